"""The heartbeat: a worker's sign that it lives and gets on, and the way to reach the very process that gave it.

A worker counts in a small file, once a second, in a thread of its own. Whoever looks compares the counts by a clock of
his own; no time is written, so a clock that is set changes nothing.
"""

from __future__ import annotations

import json
import os
import signal
import threading
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import ClassVar

import psutil

FILE = "heartbeat"
PERIOD = 1.0
"""Seconds between two beats."""
WIDTH = 160
"""Bytes of the file: it is written over in one go, so that a reader finds a whole beat."""
KILL: signal.Signals = getattr(signal, "SIGKILL", signal.SIGTERM)
DUMP: signal.Signals | None = getattr(signal, "SIGUSR1", None)
"""What makes a worker write into its log where each of its threads is."""


@dataclass(frozen=True)
class Beat:
    """What the file says."""

    beat: int
    """Counts on as long as the process runs."""
    progress: int
    """Counts on as long as the training gets further."""
    process: int
    born: float
    """When the process began, as the system counts; with the id it names a process for good."""


class Heartbeat:
    """Beats in a run's folder from `with` to its end; the work of a worker, which trains one run."""

    progress: ClassVar[int] = 0

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE
        self._file = -1
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True, name="heartbeat")

    def __enter__(self) -> Heartbeat:
        self._born = born(os.getpid())
        with suppress(OSError):  # on a full disk a worker goes without; its run will say what is wrong
            self._file = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
            self._beat(0)
            self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._over.set()
        if self._thread.ident:
            self._thread.join()
        if self._file >= 0:
            os.close(self._file)  # the file stays: it names a process that is gone, and nobody else

    def _run(self) -> None:
        count = 0
        while not self._over.wait(PERIOD):
            count += 1
            with suppress(OSError):
                self._beat(count)

    def _beat(self, count: int) -> None:
        beat = Beat(count, Heartbeat.progress, os.getpid(), self._born)
        os.lseek(self._file, 0, os.SEEK_SET)
        os.write(self._file, json.dumps(asdict(beat)).ljust(WIDTH).encode())


def progressed() -> None:
    """Say that the training of this process got further."""
    Heartbeat.progress += 1


def last_beat(folder: Path) -> Beat | None:
    """The last beat of the worker in a run's folder; None if it has none, or not yet."""
    try:
        return Beat(**json.loads((folder / FILE).read_bytes()))
    except (OSError, ValueError, TypeError):
        return None


def born(process: int) -> float:
    """When a process began, in ticks since the machine started where the system tells; 0 if there is none."""
    try:
        told = Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()
        return int(told[19]) if told[0] != "Z" else 0  # a zombie has ended
    except OSError:
        pass
    try:
        return psutil.Process(process).create_time()
    except psutil.Error:
        return 0


def send(beat: Beat, number: signal.Signals) -> bool:
    """Send a signal to the process that gave a beat; False if it is gone, though another may have its id now."""
    try:
        descriptor = os.pidfd_open(beat.process) if hasattr(os, "pidfd_open") else None
        try:
            if born(beat.process) != beat.born:
                return False
            if descriptor is None:
                os.kill(beat.process, number)
            else:
                signal.pidfd_send_signal(descriptor, number)
            return True
        finally:
            if descriptor is not None:
                os.close(descriptor)
    except ProcessLookupError:
        return False
