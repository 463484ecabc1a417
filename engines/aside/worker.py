"""A worker as the server sees it: a process, and a thread that hears what it tells."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from engines.aside.telling import receive, send
from engines.runs.child import Child
from engines.runs.limits import limits


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
        self.work: Any = None
        """What it does; whoever gives it something keeps that here."""
        self.taken = False
        """Whether it has begun with that."""
        self.child = Child("engines.aside", str(60 * limits().idle_minutes))
        self._requests = self.child.socket.makefile("wb")
        self._hearing = threading.Thread(target=self._hear, args=(heard, lost), daemon=True, name="aside")
        self._hearing.start()

    def ask(self, **row: Any) -> None:
        """Ask for something; that the process is gone is noticed by who hears it."""
        with suppress(OSError):
            send(self._requests, row)

    def kill(self) -> None:
        """End the process."""
        self.child.kill()

    def end(self) -> None:
        """End the process, and wait until nothing of it is left."""
        self.kill()
        self._hearing.join()

    def _hear(
        self, heard: Callable[[Worker, dict[str, Any], bytes], None], lost: Callable[[Worker], None]
    ) -> None:
        try:
            self.child.meet()
            with self.child.socket.makefile("rb") as news:
                while True:
                    row, data = receive(news)
                    self.taken = "taken" in row or "share" in row
                    heard(self, row, data)
        except (EOFError, OSError, ValueError):
            with suppress(OSError):  # what was not yet written never will be
                self._requests.close()
            self.child.close()
            lost(self)
