"""What crosses between the server and those who work beside it: lines of JSON, and results as arrays."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

Result = Mapping[str, Any]
"""Names → NumPy arrays, or values that JSON knows."""

_listener: Callable[[dict[str, Any]], None] | None = None
"""Where a worker's progress goes; nowhere in a process that is none."""


def tell(share: float, words: str = "") -> None:
    """Tell how far the work is: a share from 0 to 1, and what is being done, in a few words."""
    if _listener:
        _listener({"share": min(max(share, 0.0), 1.0), "words": words})


def listen(listener: Callable[[dict[str, Any]], None]) -> None:
    """Say where progress goes."""
    global _listener
    _listener = listener


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
