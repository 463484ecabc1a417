"""Stream: the news of a run since a position, thinned so that a chart never gets more points than it can show."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from engines.runs.curves import Curves
from engines.runs.run import Run

MOST_POINTS = 3000
"""About how many points of a curve are sent for a whole run."""


@dataclass(frozen=True)
class Position:
    """How much of a run somebody knows."""

    rewinds: int = -1
    steps: int = 0
    marks: int = 0

    @classmethod
    def read(cls, text: str) -> Position:
        """The position that a browser gives back; the very beginning if it is not one of ours."""
        parts = text.split(":")
        if len(parts) != 3 or not all(part.isdecimal() and len(part) < 16 for part in parts):
            return cls()
        return cls(*map(int, parts))

    def __str__(self) -> str:
        return f"{self.rewinds}:{self.steps}:{self.marks}"


class Stream:
    """Reads one run for one reader."""

    def __init__(self, run: Run, position: Position) -> None:
        self.run = run
        self.position = position
        self.over = False
        self._state = ""

    def read(self) -> dict[str, Any]:
        """What is new: {"reset", "steps": {"x", name: [...]}, "marks": [...], "state"}; {} if nothing is.

        `reset` says that everything known before is to be forgotten: the run went back to a checkpoint.
        """
        status = self.run.status()
        self.over = status.over  # before the events are read, so that none comes after
        with _LOCK:
            news = self._news(_curves(self.run), status.steps)
        if status.state != self._state:
            self._state = status.state
            news["state"] = status.state
        return news

    def _news(self, curves: Curves, steps: int) -> dict[str, Any]:
        news: dict[str, Any] = {}
        at = self.position
        if at.rewinds != curves.rewinds or at.steps > len(curves) or at.marks > len(curves.marks):
            at = Position(curves.rewinds)
            news["reset"] = True
        stride = max(1, 2 * max(steps, len(curves)) // MOST_POINTS)
        end = len(curves) if self.over else len(curves) - (len(curves) - at.steps) % stride
        if end > at.steps:
            news["steps"] = thinned(curves.steps, at.steps, end, stride)
        if len(curves.marks) > at.marks:
            news["marks"] = [mark for mark in curves.marks[at.marks :] if mark["type"] == "measured"]
        self.position = replace(at, steps=max(end, at.steps), marks=len(curves.marks))
        return news


def thinned(curves: dict[str, Any], start: int, end: int, stride: int) -> dict[str, list[float | None]]:
    """The steps from `start` to `end` (not included): of every `stride` the lowest and the highest loss, in order."""
    loss = curves.get("loss", ())
    kept = [*range(start, end)] if stride == 1 else [*_extremes(loss, start, end, stride)]
    told: dict[str, list[float | None]] = {"x": [index + 1 for index in kept]}
    for name, values in curves.items():
        told[name] = [_number(values[index]) if index < len(values) else None for index in kept]
    return told


def _extremes(values: Any, start: int, end: int, stride: int) -> Iterator[int]:
    for first in range(start, end, stride):
        bucket = range(first, min(first + stride, end))
        yield from _ends([index for index in bucket if values[index] == values[index]], values) or (first,)


def _ends(indices: list[int], values: Any) -> Iterable[int]:
    if not indices:
        return ()
    return sorted({min(indices, key=values.__getitem__), max(indices, key=values.__getitem__)})


def _number(value: float) -> float | None:
    return float(f"{value:.6g}") if math.isfinite(value) else None


_LOCK = threading.Lock()
_KNOWN: dict[str, Run] = {}
_MOST_KNOWN = 16


def _curves(run: Run) -> Curves:
    """The curves of a run, shared by all who watch it: its events are read once."""
    known = _KNOWN.setdefault(str(run.folder), run)
    while len(_KNOWN) > _MOST_KNOWN:
        del _KNOWN[next(iter(_KNOWN))]
    return known.curves()
