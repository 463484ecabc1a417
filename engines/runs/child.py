"""Processes of ours that work for us and talk with us while they do, and end when we do."""

from __future__ import annotations

import socket
import sys
from contextlib import suppress

import psutil

from engines.runs.launch import forked, start


class Child:
    """A process that runs `main(arguments)` of a module's `__main__`; its input and output are a socket's other end.

    It is forked from a warm process where there is one: tens of milliseconds instead of the seconds that torch takes
    to load, and what was loaded is in memory once for all. It must end when its input closes, for so it ends with us.

    Attributes:
        socket: our end. Talk after `meet` alone.
        process: it, once it was met.
    """

    def __init__(self, module: str, *arguments: str) -> None:
        self.socket, theirs = socket.socketpair()
        self.process: psutil.Process | psutil.Popen | None = None
        with theirs:
            if not forked({"talk": module, "arguments": arguments}, theirs):
                command = [sys.executable, "-m", module, *arguments]
                self.process = start(command, theirs, theirs, None)

    def meet(self) -> None:
        """Wait until it runs.

        Raises:
            EOFError: it never will.
        """
        told = b""
        while self.process is None:
            one = self.socket.recv(1)
            if not one:
                raise EOFError
            if one == b"\n":
                try:
                    self.process = psutil.Process(int(told))
                except psutil.NoSuchProcess:
                    raise EOFError from None
            told += one

    def kill(self) -> None:
        """End it, whatever it does, and let whoever waits for its words know."""
        if self.process:
            with suppress(psutil.NoSuchProcess):
                self.process.kill()
        with suppress(OSError):  # it may be closed already
            self.socket.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """End it, and wait until nothing of it is left."""
        self.kill()
        if self.process:
            self.process.wait()
        self.socket.close()
