"""Starting workers: by a forkserver that has torch loaded, or else as fresh processes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from engines.runs.heartbeat import born

ROOT = Path(__file__).resolve().parents[2]
LAUNCHED = "launched"
"""A file in the run's folder, from the moment a worker was asked for until it holds the lock; it
tells that moment, and who asked."""

LOG = "worker.log"
"""A file in the run's folder for what a worker prints: tracebacks, and the last words of a crash."""


def launch(folder: Path) -> None:
    """Start a worker for a run's folder. It lives on when this process ends."""
    folder = folder.resolve()
    # not the time of day, which may be set meanwhile; and who asks, for what he asked for may be lost when he is killed
    asked = {"at": time.monotonic(), "process": os.getpid(), "born": born(os.getpid())}
    (folder / LAUNCHED).write_text(json.dumps(asked))
    if not any(server.fork(folder) for server in _SERVERS):
        process = _start([sys.executable, "-m", "engines.runs.worker", str(folder)], subprocess.DEVNULL)
        threading.Thread(
            target=process.wait, daemon=True
        ).start()  # or it stays in the process table when it ends


def _start(command: list[str], stdin: int) -> subprocess.Popen[bytes]:
    """A process in a session of its own, so that what ends ours does not reach it."""
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    return subprocess.Popen(
        command,
        stdin=stdin,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        env={**os.environ, "PYTHONPATH": path},
    )


class Forkserver:
    """A small process that has loaded what workers need, and forks one for each run: 20 ms instead of seconds.

    Whoever starts it keeps it; it ends when its owner does, and its workers live on. `launch` uses every one that has
    been started in this process. Where the system cannot fork, it does nothing.
    """

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._writing = threading.Lock()

    def start(self, command: Sequence[str] = (sys.executable, "-m", "engines.runs.forkserver")) -> None:
        """Start the process. It takes requests at once, and serves them when it has loaded torch."""
        if hasattr(os, "fork"):
            self._process = _start(list(command), subprocess.PIPE)
            _SERVERS.append(self)

    def fork(self, folder: Path) -> bool:
        """Ask for a worker; False if the process is not there to be asked."""
        with self._writing:
            if self._process is None or self._process.stdin is None or self._process.poll() is not None:
                return False
            try:
                self._process.stdin.write(json.dumps(str(folder)).encode() + b"\n")
                self._process.stdin.flush()
            except OSError:
                return False
            return True

    def close(self) -> None:
        """End the process; its workers live on."""
        if self in _SERVERS:
            _SERVERS.remove(self)
        if self._process and self._process.stdin:
            self._process.stdin.close()
            try:
                self._process.wait(0.5)
            except subprocess.TimeoutExpired:  # still loading; what it was asked for, the next keeper starts
                self._process.kill()
                self._process.wait()


_SERVERS: list[Forkserver] = []
