"""The process that works aside: `python -m engines.working`, a server's wishes on its input, news on its output.

Only the server that started it holds the other ends of its two pipes; when they close, it ends.
"""

from __future__ import annotations

import importlib
import os
import queue
import struct
import sys
import threading
import time
import traceback
from multiprocessing.reduction import ForkingPickler
from typing import IO, Any

from builder.errors import StrataError

EVERY = 0.1
"""Seconds between two words about one piece of work, at least; partial results are always told."""
_SIZE = struct.Struct(">Q")


class Stopped(Exception):
    """Whoever asked for this work wants it no more; let it pass."""


def packed(value: Any) -> bytes:
    """A value as it goes through a pipe to a process of ours.

    Raises:
        Exception: it cannot be sent, such as a function inside a function.
    """
    return bytes(ForkingPickler.dumps(value, 5))


def send(pipe: IO[bytes], packed: bytes) -> None:
    """Write a packed value.

    Raises:
        OSError: nobody reads any more.
    """
    pipe.write(_SIZE.pack(len(packed)))
    pipe.write(packed)
    pipe.flush()


def receive(pipe: IO[bytes]) -> tuple[Any, int]:
    """The next value, and how many bytes it took.

    Raises:
        EOFError: the other end is closed.
    """
    size = _SIZE.unpack(_whole(pipe, _SIZE.size))[0]
    return ForkingPickler.loads(_whole(pipe, size)), size


def _whole(pipe: IO[bytes], size: int) -> bytes:
    read = pipe.read(size)
    if len(read) < size:
        raise EOFError
    return read


class _Desk:
    """What one process has to do, and to whom it tells."""

    def __init__(self, wishes: IO[bytes], news: IO[bytes]) -> None:
        self.news = news
        self.waiting: queue.SimpleQueue[tuple[int, str, tuple[Any, ...], dict[str, Any]]] = (
            queue.SimpleQueue()
        )
        self.unwanted = self.number = -1
        self.told = 0.0
        self._wishes = wishes

    def listen(self) -> None:
        """Take wishes, also while work is going on; end with the server."""
        while True:
            try:
                (kind, *detail), _ = receive(self._wishes)
            except (EOFError, OSError):
                os._exit(0)
            if kind == "do":
                number, function, args, kwargs = detail
                self.waiting.put((number, function, args, kwargs))
            else:
                self.unwanted = detail[0]

    def say(self, *what: Any) -> None:
        """Tell the server."""
        send(self.news, packed(what))

    def do(self, number: int, function: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        """Do one piece of work and tell how it ended."""
        self.number, self.told = number, 0.0
        self.say("taken")
        try:
            module, _, name = function.partition(":")
            self.say("done", getattr(importlib.import_module(module), name)(*args, **kwargs))
        except Stopped:
            self.say("stopped")
        except StrataError as error:
            self.say("failed", str(error))
        except MemoryError:
            self.say("failed", "There is not enough main memory for this. Take fewer examples.")
        except Exception as error:
            traceback.print_exc()  # into the server's log: it is a fault of ours
            self.say(
                "failed", f"This went wrong in a way that nobody foresaw: {type(error).__name__}: {error}"
            )


_desk: _Desk | None = None


def tell(share: float | None = None, words: str = "", partial: Any = None) -> None:
    """Say how far the work is that this process does; without anybody who listens, it says nothing.

    Args:
        share: how much is done, 0 to 1; None leaves it as it was.
        words: what is being done; "" leaves them.
        partial: what is known already; None leaves it.

    Raises:
        Stopped: nobody wants the work any more.
    """
    if _desk is None:
        return
    if _desk.unwanted == _desk.number:
        raise Stopped
    now = time.monotonic()
    if partial is not None or now - _desk.told >= EVERY:
        _desk.told = now
        _desk.say("tell", share, words, partial)


def main(idle: float) -> None:
    """Work until the server ends, or nothing was wanted for `idle` seconds."""
    global _desk
    from engines.runs.limits import cap_memory, die_first, step_back

    # what a library prints must not come between the news
    news, nothing = os.fdopen(os.dup(1), "wb"), os.open(os.devnull, os.O_RDWR)
    wishes = os.fdopen(os.dup(0), "rb")
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    step_back()
    die_first()
    _desk = _Desk(wishes, news)
    threading.Thread(target=_desk.listen, daemon=True).start()
    import torch

    torch.set_num_threads(1)
    cap_memory()
    while True:
        try:
            _desk.do(*_desk.waiting.get(timeout=idle))
        except (queue.Empty, OSError):
            os._exit(0)


if __name__ == "__main__":
    from engines.working import main as work  # this file is there twice: the other one is what others import

    work(float(sys.argv[1]))
