"""Tasks: what was asked to be computed beside the server, how far it is, and what came of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections import OrderedDict
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal

from builder.errors import StrataError
from engines.aside.telling import unpacked

ROOT = Path(__file__).resolve().parents[2]
WORKERS = max(1, (os.cpu_count() or 2) - 1)
MOST = 64
"""Results that are remembered, so that fifty who look at the same compute it once."""
LOST = "The process that computed this has ended. Try again; with fewer examples, if it was out of memory."

State = Literal["waiting", "working", "done", "failed", "stopped"]


class Task:
    """One computation. Ask it as often as you like; it changes by itself."""

    def __init__(self, call: str, arguments: dict[str, Any]) -> None:
        self.call, self.arguments = call, arguments
        self.state: State = "waiting"
        self.share, self.words = 0.0, ""
        self._result: dict[str, Any] = {}
        self._message = ""
        self._worker: subprocess.Popen[bytes] | None = None
        self._changing = threading.Lock()
        self._ended = threading.Event()

    @property
    def over(self) -> bool:
        """Whether nothing will change any more."""
        return self.state in ("done", "failed", "stopped")

    def result(self) -> dict[str, Any]:
        """What was computed: arrays and plain values by name.

        Raises:
            StrataError: it failed, was stopped, or is not done yet.
        """
        if self.state == "done":
            return self._result
        raise StrataError(self._message or "This has not been computed yet.")

    def wait(self, seconds: float) -> bool:
        """Wait until it is over, but no longer than this; whether it is."""
        return self._ended.wait(seconds) or self.over

    def stop(self) -> None:
        """Give it up; its process is ended, which works also in the middle of a long call of a library."""
        with self._changing:
            if self.over:
                return
            self.state, self._message = "stopped", "This was stopped."
            if self._worker:
                self._worker.kill()

    def _run(self) -> None:
        """Have a worker compute it."""
        try:
            self._compute()
        finally:
            self._ended.set()

    def _compute(self) -> None:
        with _places:
            with self._changing:
                if self.over:
                    return
                self._worker = _idle.pop() if _idle else _started()
                self.state, self.words = "working", "Starting …"
            try:
                whole = self._converse(self._worker)
            except (OSError, ValueError):
                whole = False
            with self._changing:
                worker, self._worker = self._worker, None
                if not self.over:
                    self.state, self._message = "failed", LOST
            if whole and worker.poll() is None:
                _idle.append(worker)
            else:
                _end(worker)

    def _converse(self, worker: subprocess.Popen[bytes]) -> bool:
        """Ask a worker and hear it to the end; whether it can be asked again."""
        assert worker.stdin and worker.stdout
        worker.stdin.write(json.dumps({"call": self.call, "arguments": self.arguments}).encode() + b"\n")
        worker.stdin.flush()
        for line in iter(worker.stdout.readline, b""):
            row = json.loads(line)
            data = worker.stdout.read(row["bytes"])
            if "done" in row and len(data) == row["bytes"]:
                result = unpacked(data)
                with self._changing:
                    if not self.over:
                        self._result, self.share, self.state = result, 1.0, "done"
                return True
            if "failed" in row:
                with self._changing:
                    if not self.over:
                        self._message, self.state = row["failed"], "failed"
                return True
            self.share, self.words = row.get("share", self.share), row.get("words", self.words)
        return False


def begin(call: str, **arguments: Any) -> Task:
    """Have a function of ours computed beside the server: `begin("engines.embedding:project", …)`; returns at once.

    What was asked for before, with the same arguments, is not computed again, unless it failed or was stopped.

    Args:
        call: module and function, which gives a mapping of names to NumPy arrays and plain values.
        arguments: plain JSON values, by name: folders of runs, names, numbers.
    """
    key = json.dumps([call, arguments], sort_keys=True)
    with _looking:
        known = _known.get(key)
        if known is None or known.state in ("failed", "stopped"):
            known = _known[key] = Task(call, arguments)
            threading.Thread(target=known._run, daemon=True, name="aside").start()
        _known.move_to_end(key)
        for old in [*_known][: max(0, len(_known) - MOST)]:
            if _known[old].over:
                del _known[old]
    return known


def close() -> None:
    """End all workers; what they were doing is stopped."""
    for task in [*_known.values()]:
        task.stop()
    while _idle:
        _end(_idle.pop())
    _known.clear()


def _end(worker: subprocess.Popen[bytes]) -> None:
    """End a worker, and what connects it with us."""
    worker.kill()
    worker.wait()
    for pipe in (worker.stdin, worker.stdout):
        if pipe:
            with suppress(OSError):  # what was not yet written never will be
                pipe.close()


def _started() -> subprocess.Popen[bytes]:
    """A worker, in a session of its own, that ends when we do: its input closes."""
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    return subprocess.Popen(
        [sys.executable, "-m", "engines.aside"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        env={**os.environ, "PYTHONPATH": path},
    )


_places = threading.BoundedSemaphore(WORKERS)
_idle: list[subprocess.Popen[bytes]] = []
_known: OrderedDict[str, Task] = OrderedDict()
_looking = threading.Lock()
