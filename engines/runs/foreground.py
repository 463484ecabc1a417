"""Training in the process of whoever asks for it, such as the command line."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from filelock import Timeout

from builder import Project
from builder.check import check, errors
from builder.errors import BadGraph, StrataError
from engines.engine import engine_of
from engines.events import State
from engines.runs.exact import exact
from engines.runs.explain import explain
from engines.runs.machine import check_threads, device_of
from engines.runs.record import Watch
from engines.runs.run import Run
from engines.runs.worker import prepared, work


def check_training(project: Project, device: str, threads: int) -> None:
    """Refuse what cannot be trained, before there is a run; the data are kept, so that nothing is read twice.

    Raises:
        StrataError: a field is refused, network, loss and data do not fit, or the machine lacks the device.
    """
    device_of(device)
    check_threads(threads)
    engine = engine_of(project.engine)
    for role in engine.roles:
        if wrong := errors(check(project.graphs[role])) if role in project.graphs else []:
            raise BadGraph(wrong)
    with exact(project.seed):
        prepared(engine, project)


def train_here(run: Run, watch: Watch | None = None) -> Run:
    """Train a run to its end in this process; see `engines.train`."""
    check_threads(run.about["threads"])  # where there is no run, or a damaged one, this says so
    if run.status().state == "finished":
        return run
    try:
        with run.lock(timeout=1), _interruptible() as asked:
            run.report(replace(run.status(), state="starting", message="", node=""))  # also if it was paused
            status = work(run, asked, watch, attended=False)
    except Timeout as error:
        raise StrataError(f"The run in {run.folder.name!r} is being trained by another process.") from error
    except OSError as error:
        raise StrataError(explain(error)[0]) from error
    if asked and status.state != "finished":
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
