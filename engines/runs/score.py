"""Score: by which metric a run is judged, and the best value that it reached."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping
from typing import Any, NamedTuple

from engines.metrics import PRIMARY, primary

LOSS = "loss"
SMALLER = {LOSS, "mae", *(name for name, higher in PRIMARY.values() if not higher)}
"""The metrics of which less is better."""


class Best(NamedTuple):
    """The best value of a metric among a run's measurements."""

    value: float
    epoch: int
    step: int


def judged_by(names: Collection[str]) -> str:
    """The metric by which a run that measured these is judged: the usual one of its task; "" if it measured none."""
    for task in ("regression", "multi-label", "classification"):
        metric = primary(task)[0]
        if metric in names and (task != "multi-label" or "exact" in names):
            return metric
    return min(set(names) - {LOSS} or names, default="")


def better(metric: str, one: float, other: float) -> bool:
    """Whether one value of a metric is better than another."""
    return one < other if metric in SMALLER else one > other


def best_of(metric: str, values: Iterable[float | None]) -> float | None:
    """The best of some values; None if there is none that is a number."""
    numbers = [value for value in values if is_number(value)]
    return (min if metric in SMALLER else max)(numbers, default=None)  # type: ignore[type-var]


def best(metric: str, measured: Iterable[Mapping[str, Any]]) -> Best | None:
    """The best measurement: the first of those with the best value.

    Args:
        metric: its name, "loss" included.
        measured: what `Curves.measured("validation")` gives.
    """
    found: Best | None = None
    for row in measured:
        value = row["values"].get(metric)
        if is_number(value) and (found is None or better(metric, value, found.value)):
            found = Best(value, row["epoch"], row["step"])
    return found


def is_number(value: Any) -> bool:
    """Whether a measured value is a finite number."""
    return type(value) in (int, float) and math.isfinite(value)
