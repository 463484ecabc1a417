"""A worker as the server sees it: a process, and a thread that hears what it tells."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import IO, Any

from engines.aside.telling import receive, send
from engines.runs.launch import ROOT
from engines.runs.limits import limits

ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"), "1")


class Worker:
    """A process beside this one; it ends when this one does, for its input closes, or when it has rested long."""

    def __init__(
        self, heard: Callable[[Worker, dict[str, Any], bytes], None], lost: Callable[[Worker], None]
    ) -> None:
        """Start it.

        Args:
            heard: is called with what it tells.
            lost: is called once, when the process has ended.
        """
        path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
        self.work: Any = None
        """What it does; whoever gives it something keeps that here."""
        self.taken = False
        """Whether it has begun with that."""
        self.process = subprocess.Popen(
            [sys.executable, "-m", "engines.aside", str(60 * limits().idle_minutes)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,
            env={**os.environ, **ONE_THREAD, "PYTHONPATH": path},
        )
        assert self.process.stdin and self.process.stdout
        self._requests: IO[bytes] = self.process.stdin
        self._hearing = threading.Thread(
            target=self._hear, args=(self.process.stdout, heard, lost), daemon=True, name="aside"
        )
        self._hearing.start()

    def ask(self, **row: Any) -> None:
        """Ask for something; that the process is gone is noticed by who hears it."""
        with suppress(OSError):
            send(self._requests, row)

    def kill(self) -> None:
        """End the process."""
        self.process.kill()

    def end(self) -> None:
        """End the process, and wait until nothing of it is left."""
        self.kill()
        self._hearing.join()

    def _hear(
        self,
        news: IO[bytes],
        heard: Callable[[Worker, dict[str, Any], bytes], None],
        lost: Callable[[Worker], None],
    ) -> None:
        try:
            while True:
                row, data = receive(news)
                self.taken = "taken" in row or "share" in row
                heard(self, row, data)
        except (EOFError, OSError, ValueError):
            self.process.kill()
            self.process.wait()
            for pipe in (self._requests, news):
                with suppress(OSError):  # what was not yet written never will be
                    pipe.close()
            lost(self)
