"""Training in the process of whoever asks for it, such as the command line."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from filelock import Timeout

from builder.errors import StrataError
from engines.events import State
from engines.runs.record import Watch
from engines.runs.run import Run
from engines.runs.worker import work


def train_here(run: Run, watch: Watch | None = None) -> Run:
    """Train a run to its end in this process; see `engines.train`."""
    if not run.exists():
        raise StrataError(f"There is no run in {run.folder.name!r}.")
    if run.status().state == "finished":
        return run
    try:
        with run.lock(timeout=1), _interruptible() as asked:
            run.report(replace(run.status(), state="starting", message="", node=""))  # also if it was paused
            status = work(run, asked, watch, attended=False)
    except Timeout as error:
        raise StrataError(f"The run in {run.folder.name!r} is being trained by another process.") from error
    if asked and status.over and status.state != "finished":
        raise KeyboardInterrupt
    if status.state in ("failed", "paused"):
        raise StrataError(status.message)
    return run


@contextmanager
def _interruptible() -> Iterator[list[State]]:
    """Let Ctrl-C and SIGTERM end a run after its next step; a second Ctrl-C ends the process at once."""
    asked: list[State] = []
    if threading.current_thread() is not threading.main_thread():  # only that one may receive signals
        yield asked
        return

    def stop(number: int, frame: Any) -> None:
        asked.append("stopped" if number == signal.SIGINT else "interrupted")
        signal.signal(signal.SIGINT, signal.default_int_handler)

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield asked
    finally:
        for number, previous in before.items():
            signal.signal(number, previous)
