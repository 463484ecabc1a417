"""The process that works beside the server: requests on its input, one at a time, until that ends."""

from __future__ import annotations

import importlib
import os
import queue
import sys
import threading
import traceback
from typing import IO, Any

from builder.errors import StrataError
from engines.aside.telling import Stopped, listen, packed, receive, send
from engines.runs.limits import cap_memory, die_first, step_back

ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"), "1")


class Desk:
    """What this process has to do, and what nobody wants any more."""

    def __init__(self, requests: IO[bytes]) -> None:
        self.waiting: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        self.number = self.unwanted = -1
        self._requests = requests

    def wanted(self) -> bool:
        """Whether somebody wants what is being done."""
        return self.number != self.unwanted

    def take(self) -> None:
        """Take requests, also while work is going on; end with the server, even in the middle of it."""
        try:
            while True:
                row, _ = receive(self._requests)
                if "stop" in row:
                    self.unwanted = row["stop"]
                else:
                    self.waiting.put(row)
        except (EOFError, OSError):
            os._exit(0)


def main(rest: str) -> None:
    """Obey one request after the other, until none has come for `rest` seconds."""
    os.environ.update(ONE_THREAD)  # libraries read it when they are loaded
    out = os.fdopen(os.dup(1), "wb")
    desk = Desk(os.fdopen(os.dup(0), "rb"))
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.dup2(2, 1)  # what a library prints is no answer
    threading.Thread(target=desk.take, daemon=True).start()
    step_back()
    die_first()
    listen(lambda row, data: send(out, row, data), desk.wanted)
    import torch

    torch.set_num_threads(1)
    cap_memory()
    try:
        while True:
            asked = desk.waiting.get(timeout=float(rest))
            desk.number = asked["number"]
            send(out, {"taken": True})
            send(out, *_answered(asked))
    except (queue.Empty, OSError):
        os._exit(0)


def _answered(asked: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
    """What a request leads to: a result, or why there is none."""
    module, _, function = asked["call"].partition(":")
    try:
        return {"done": True}, packed(
            getattr(importlib.import_module(module), function)(**asked["arguments"])
        )
    except Stopped:
        return {"stopped": True}, b""
    except StrataError as error:
        return {"failed": str(error)}, b""
    except MemoryError:
        return {
            "failed": "This takes more memory than there is. Choose fewer examples, or a smaller node."
        }, b""
    except Exception as error:
        traceback.print_exc()  # a fault of ours stands in the server's log
        return {"failed": f"This could not be computed: {error or type(error).__name__}"}, b""


if __name__ == "__main__":
    main(sys.argv[1])
