"""Thinning: a long curve as few points that look the same, and numbers as short as a chart needs them."""

from __future__ import annotations

import math
from array import array
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

MOST_POINTS = 3000
"""About how many points of a curve are sent for a whole run."""

Column = list[float | None]


def stride_of(steps: int) -> int:
    """How many steps become two points, for a run of so many steps."""
    return max(1, 2 * steps // MOST_POINTS)


def thinned(curves: Mapping[str, Any], start: int, end: int, stride: int) -> dict[str, Column]:
    """The steps from `start` to `end` (not included): of every `stride` the lowest and the highest loss, in order.

    Min–max thinning (Jugel et al. 2014, M4, without the first and last points) keeps every peak that a screen can show.
    """
    loss = _part(curves.get("loss", ()), start, end)
    kept = start + (np.arange(end - start) if stride == 1 else extremes(loss, stride))
    told: dict[str, Column] = {"x": (kept + 1).tolist()}
    for name, values in curves.items():
        column = _part(values, start, end)
        told[name] = numbers(column[kept - start])
    return told


def extremes(values: NDArray[np.float64], stride: int) -> NDArray[np.int64]:
    """Where in every `stride` values the lowest and the highest lie, in order; the first where none is a number."""
    if not len(values):
        return np.zeros(0, np.int64)
    rows = -(-len(values) // stride)
    padded = np.full(rows * stride, np.nan)
    padded[: len(values)] = values
    table = padded.reshape(rows, stride)
    low = np.where(np.isnan(table), np.inf, table).argmin(axis=1)
    high = np.where(np.isnan(table), -np.inf, table).argmax(axis=1)
    both = np.stack([low, high], axis=1) + stride * np.arange(rows)[:, None]
    return np.unique(both)


def _part(values: Any, start: int, end: int) -> NDArray[np.float64]:
    """A part of a curve as a copy of its own, filled up with NaN where it ends before."""
    part = np.asarray(values[start:end], dtype=np.float64)
    if len(part) == end - start:
        return part
    return np.concatenate([part, np.full(end - start - len(part), np.nan)])


def numbers(values: NDArray[np.float64] | Sequence[float] | array[float]) -> Column:
    """The values with six digits that count; None (a gap) for what is no number."""
    return [number(value) for value in np.asarray(values, dtype=np.float64).tolist()]


def number(value: Any) -> float | None:
    """A number with six digits that count; None for anything else."""
    if type(value) not in (int, float) or not math.isfinite(value):
        return None
    return float(f"{value:.6g}")


def seconds(clock: Sequence[tuple[int, float]], steps: Sequence[float | None]) -> Column:
    """The seconds of training until each of some rising steps, between those that the clock tells."""
    if not clock or not steps:
        return [None] * len(steps)
    first = max(bisect_left(clock, (steps[0],)) - 1, 0)
    part = clock[first : bisect_left(clock, (steps[-1],)) + 1]
    known = np.array([(0, 0.0), *part] if first == 0 else part, dtype=np.float64)
    return [round(value, 2) for value in np.interp(np.array(steps, float), *known.T).tolist()]


def spread(count: int, most: int) -> list[int]:
    """At most about so many of `count` places, evenly spread, the last among them."""
    stride = max(1, -(-count // most))
    return [*range((count - 1) % stride, count, stride)]
