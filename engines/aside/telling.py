"""What crosses between the server and those who work beside it: lines of JSON, and results as arrays."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

Result = Mapping[str, Any]
"""Names → NumPy arrays, or values that JSON knows."""
EVERY = 0.05
"""Seconds between two words about a piece of work, at least; partial results are always told."""


class Stopped(Exception):
    """Nobody wants this work any more: let it pass."""


_listener: Callable[[dict[str, Any], bytes], None] | None = None
"""Where a worker's progress goes; nowhere in a process that is none."""
_wanted: Callable[[], bool] | None = None
_told = (0.0, "")


def tell(share: float, words: str = "", partial: Result | None = None) -> None:
    """Tell how far the work is: a share from 0 to 1, what is being done in a few words, and what is known already.

    Raises:
        Stopped: nobody wants it any more.
    """
    global _told
    if not _listener:
        return
    if _wanted and not _wanted():
        raise Stopped
    now = time.monotonic()
    if partial is not None or words != _told[1] or now - _told[0] >= EVERY:
        _told = now, words
        row: dict[str, Any] = {"share": min(max(share, 0.0), 1.0), "words": words}
        _listener(row, b"" if partial is None else packed(partial))


def listen(listener: Callable[[dict[str, Any], bytes], None], wanted: Callable[[], bool]) -> None:
    """Say where progress goes, and who knows whether it is wanted."""
    global _listener, _wanted
    _listener, _wanted = listener, wanted


def packed(result: Result) -> bytes:
    """A result as bytes, nothing in which is run when it is read."""
    import numpy as np
    from safetensors.numpy import save

    arrays = {name: np.ascontiguousarray(one) for name, one in result.items() if isinstance(one, np.ndarray)}
    plain = {name: one for name, one in result.items() if name not in arrays}
    return save(arrays, {"plain": json.dumps(plain)})


def unpacked(data: bytes) -> dict[str, Any]:
    """What `packed` packed."""
    from safetensors.numpy import load

    size = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + size])
    arrays: dict[str, np.ndarray] = load(data)
    return {**arrays, **json.loads(header["__metadata__"]["plain"])}


def send(pipe: IO[bytes], row: Mapping[str, Any], data: bytes = b"") -> None:
    """Write a line, and what belongs to it.

    Raises:
        OSError: nobody reads any more.
    """
    pipe.write(json.dumps({**row, "bytes": len(data)}).encode() + b"\n")
    pipe.write(data)
    pipe.flush()


def receive(pipe: IO[bytes]) -> tuple[dict[str, Any], bytes]:
    """The next line, and what belongs to it.

    Raises:
        EOFError: the other end is closed.
    """
    line = pipe.readline()
    if not line.endswith(b"\n"):
        raise EOFError
    row: dict[str, Any] = json.loads(line)
    data = pipe.read(row["bytes"])
    if len(data) < row["bytes"]:
        raise EOFError
    return row, data
