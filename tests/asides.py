"""Small computations that tests have done beside the server."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from builder.errors import StrataError
from engines.aside import tell, telling
from engines.aside.telling import unpacked


def squares(count: int) -> dict[str, Any]:
    """The first squares, and who computed them, at which priority."""
    import numpy as np

    print("this must not come between the answers", flush=True)
    os.write(1, b"nor this")
    return {"squares": np.arange(count) ** 2, "process": os.getpid(), "nice": os.nice(0)}


def counted(file: str) -> dict[str, Any]:
    """How often this was called."""
    with open(file, "a") as lines:
        lines.write("x")
    time.sleep(0.3)
    return {"calls": Path(file).stat().st_size}


def slow(seconds: float) -> dict[str, Any]:
    """Nothing, after some time in which it never looks whether it is wanted."""
    tell(0.1, "Sleeping …")
    time.sleep(seconds)
    return {}


def stepwise(steps: int, mark: str = "") -> dict[str, Any]:
    """Many small steps, each told."""
    for step in range(steps):
        tell(step / steps, f"Step {step + 1} of {steps}", {"step": step})
        time.sleep(0.02)
    return {"steps": steps, "mark": mark}


def refused() -> dict[str, Any]:
    """An error that teaches."""
    raise StrataError("Got nothing. Give more.")


def broken() -> dict[str, Any]:
    """A fault of ours."""
    return {"ratio": 1 / 0}


def unsendable() -> dict[str, Any]:
    """What cannot cross."""
    return {"function": unsendable}


@contextmanager
def listening() -> Iterator[list[dict[str, Any]]]:
    """What work in this process tells meanwhile: share, words, and partial results or None."""
    heard: list[dict[str, Any]] = []

    def hear(row: dict[str, Any], partial: bytes) -> None:
        heard.append({**row, "partial": unpacked(partial) if partial else None})

    telling.listen(hear, lambda: True)
    try:
        yield heard
    finally:
        telling._listener = telling._wanted = None
