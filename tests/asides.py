"""Small computations that tests have done beside the server."""

from __future__ import annotations

import os
import time
from typing import Any

from builder.errors import StrataError
from engines.aside.telling import tell


def squares(count: int) -> dict[str, Any]:
    """The first squares, and who computed them."""
    import numpy as np

    return {"squares": np.arange(count) ** 2, "process": os.getpid()}


def slow(seconds: float) -> dict[str, Any]:
    """Nothing, after some time."""
    tell(0.1, "Sleeping …")
    time.sleep(seconds)
    return {}


def refused() -> dict[str, Any]:
    """An error that teaches."""
    raise StrataError("Got nothing. Give more.")


def broken() -> dict[str, Any]:
    """A fault of ours."""
    return {"ratio": 1 / 0}
