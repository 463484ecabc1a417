"""The Playground's process: requests on its input, answers on its output, until the input ends.

A request is a line of JSON, {"id", "bytes"}, and the bytes of an Ask; an answer is {"id", "bytes"} and a frame. One is
answered after the other, by turns; the more wait, the shorter is each one's turn.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections.abc import Callable
from typing import BinaryIO

from engines.runs.limits import cap_memory, die_first, step_back


def main() -> None:
    """Load torch, rehearse, then answer."""
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints is no answer
    die_first()
    import torch

    from engines.playground.asked import Sessions
    from engines.playground.session import Session
    from engines.playground.settings import Settings
    from engines.playground.turns import Turns

    torch.set_num_threads(1)
    turns = Turns()
    threading.Thread(target=_hear, args=(sys.stdin.buffer, turns.put), daemon=True).start()
    Session(Settings()).advance(1)  # what the first training of a process imports
    cap_memory()
    step_back()  # only now: somebody waits for the first frame
    sessions = Sessions()
    while True:
        request = turns.take()
        begun = time.monotonic()
        answer = sessions.answer(request.body, len(turns))
        turns.spent(request.tab, time.monotonic() - begun)
        out.write(json.dumps({"id": request.id, "bytes": len(answer)}).encode() + b"\n" + answer)
        out.flush()


def _hear(given: BinaryIO, put: Callable[[int, bytes], None]) -> None:
    """Take all requests from the pipe, so that it is known how many wait. When it closes, all ends, at once."""
    for line in iter(given.readline, b""):
        row = json.loads(line)
        put(row["id"], given.read(row["bytes"]))
    os._exit(0)  # there is nothing to tidy up, and nobody to answer


if __name__ == "__main__":
    main()
