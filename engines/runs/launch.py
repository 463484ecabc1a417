"""Starting workers: by a forkserver that has torch loaded, or else as fresh processes."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import psutil

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
    if not forked({"folder": str(folder)}):
        process = start([sys.executable, "-m", "engines.runs.worker", str(folder)])
        threading.Thread(
            target=process.wait, daemon=True
        ).start()  # or it stays in the process table when it ends


def forked(request: Mapping[str, Any], end: socket.socket | None = None) -> bool:
    """Ask a forkserver of this process for a child (engines/runs/forkserver.py); False if there is none."""
    return any(server.ask(request, end) for server in _SERVERS)


def start(
    command: Sequence[str],
    reads: socket.socket | int = subprocess.DEVNULL,
    writes: socket.socket | int = subprocess.DEVNULL,
    tells: int | None = subprocess.DEVNULL,
) -> psutil.Popen:
    """A process in a session of its own, so that what ends ours does not reach it; it finds our modules."""
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    return psutil.Popen(
        [*command],
        stdin=reads,
        stdout=writes,
        stderr=tells,
        start_new_session=True,
        env={**os.environ, "PYTHONPATH": path},
    )


class Forkserver:
    """A small process that has loaded what workers need, and forks one when asked: 20 ms instead of seconds.

    Whoever starts it keeps it; it ends when its owner does, and the workers of runs live on. `launch` and `Child` use
    every one that has been started in this process. Where the system cannot fork, it does nothing.
    """

    def __init__(self) -> None:
        self._process: psutil.Popen | None = None
        self._channel: socket.socket | None = None
        self._writing = threading.Lock()

    def start(self, command: Sequence[str] = (sys.executable, "-m", "engines.runs.forkserver")) -> None:
        """Start the process. It takes requests at once, and serves them when it has loaded torch."""
        if hasattr(os, "fork"):
            self._channel, theirs = socket.socketpair()
            with theirs:
                self._process = start(command, theirs)
            _SERVERS.append(self)

    def ask(self, request: Mapping[str, Any], end: socket.socket | None = None) -> bool:
        """Ask for a child, which gets `end` and our stderr; False if the process is not there to be asked."""
        row = json.dumps(request).encode()
        ends = [] if end is None else [end.fileno(), 2]
        with self._writing:
            if self._process is None or self._channel is None or self._process.poll() is not None:
                return False
            try:
                socket.send_fds(self._channel, [len(row).to_bytes(4, "big")], ends)
                self._channel.sendall(row)
            except OSError:
                return False
            return True

    def close(self) -> None:
        """End the process; the workers of runs live on."""
        if self in _SERVERS:
            _SERVERS.remove(self)
        if self._process and self._channel:
            self._channel.close()
            try:
                self._process.wait(0.5)
            except psutil.TimeoutExpired:  # still loading; what it was asked for, the next keeper starts
                self._process.kill()
                self._process.wait()


_SERVERS: list[Forkserver] = []
