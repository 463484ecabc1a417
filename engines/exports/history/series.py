"""All that a run told as named series of numbers: what every format of its history is made of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from engines.runs.curves import Curves
from engines.runs.score import is_number

if TYPE_CHECKING:
    import numpy as np

TRAIN, SETTINGS, PROBES = "train", "settings", "probes"
"""Which parts hold what each step told, what a person changed, and what was read off the layers; the others are those
that were measured."""


class Series(NamedTuple):
    """A number at some steps."""

    part: str
    name: str
    steps: np.ndarray
    values: np.ndarray
    """(n,) each; the values are finite."""


def series(curves: Curves) -> Iterator[Series]:
    """Every series of a run, in the order in which it began to tell them; of two values at a step the last."""
    import numpy as np

    for name, told in curves.steps.items():
        values = np.array(told, np.float64)
        there = np.flatnonzero(np.isfinite(values))
        yield Series(TRAIN, name, there + 1, values[there])
    gathered: dict[tuple[str, str], dict[int, float]] = {}
    for part, name, step, value in (*_marks(curves), *_probes(curves)):
        if is_number(value):
            gathered.setdefault((part, name), {})[step] = value
    for (part, name), points in gathered.items():
        steps = sorted(points)
        yield Series(part, name, np.array(steps), np.array([points[step] for step in steps], np.float64))


def _marks(curves: Curves) -> Iterable[tuple[str, str, int, Any]]:
    for row in curves.marks:
        if row["type"] in ("measured", "changed"):
            part = row.get("part", SETTINGS)
            for name, value in row["values"].items():
                yield part, name, row["step"], value


def _probes(curves: Curves) -> Iterable[tuple[str, str, int, Any]]:
    for row in curves.probes:
        for layer, measures in row["layers"].items():
            for measure, value in measures.items() if isinstance(measures, dict) else ():
                yield f"{PROBES} {measure}", layer, row["step"], value
