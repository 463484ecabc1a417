"""Thinning: a long curve as few points that look the same, and numbers as short as a chart needs them."""

from __future__ import annotations

import math
from array import array
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engines.runs.thin import ends

MOST_POINTS = 3000
"""About how many points of a curve are sent for a whole run."""

Column = list[float | None]


def stride_of(steps: int) -> int:
    """How many steps become two points, for a run of so many steps."""
    return max(1, 2 * steps // MOST_POINTS)


def thinned(curves: Mapping[str, Any], start: int, end: int, stride: int) -> dict[str, Column]:
    """The steps from `start` to `end` (not included): of every `stride` the lowest and the highest loss, in order.

    There `mean` is that of the stretch in which each lies.
    """
    loss = _part(curves.get("loss", ()), start, end)
    kept = start + (np.arange(end - start) if stride == 1 else ends(loss, stride))
    told: dict[str, Column] = {"x": (kept + 1).tolist()}
    if stride > 1:
        told["mean"] = numbers(means_of(loss, stride)[(kept - start) // stride])
    for name, values in curves.items():
        column = _part(values, start, end)
        told[name] = numbers(column[kept - start])
    return told


def means_of(values: NDArray[np.float64], stride: int) -> NDArray[np.float64]:
    """The mean of the finite values in every `stride`; NaN where there is none.

    What is smoothed must be these: the lowest and the highest of a stretch lie as far apart as its noise is wide.
    """
    whole = np.pad(values, (0, -len(values) % stride), constant_values=np.nan).reshape(-1, stride)
    finite = np.isfinite(whole)
    with np.errstate(invalid="ignore"):
        return np.where(finite, whole, 0.0).sum(1) / finite.sum(1)


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
    return _between(clock, steps, [(0, 0.0)])


def rates(told: Sequence[tuple[int, float]], steps: Sequence[float | None]) -> Column:
    """The learning rates of some rising steps, between those that were told."""
    return _between(told, steps, [])


def _between(
    told: Sequence[tuple[int, float]], steps: Sequence[float | None], origin: list[tuple[int, float]]
) -> Column:
    if not told or not steps:
        return [None] * len(steps)
    first = max(bisect_left(told, (steps[0],)) - 1, 0)
    part = [*(origin if first == 0 else ()), *told[first : bisect_left(told, (steps[-1],)) + 1]]
    known = np.array(part or told[-1:], dtype=np.float64)
    return numbers(np.interp(np.array(steps, float), *known.T))


def spread(count: int, most: int) -> list[int]:
    """At most about so many of `count` places, evenly spread, the last among them."""
    stride = max(1, -(-count // most))
    return [*range((count - 1) % stride, count, stride)]
