"""Moment: what a run had told by a step, for whoever goes back to it."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from engines.runs.run import Run


@dataclass(frozen=True)
class Moment:
    """A run as it was after a step."""

    step: int
    epoch: int = 0
    """Complete epochs."""
    seconds: float | None = None
    """Of training until then."""
    rate: float | None = None
    """The learning rate."""
    loss: float | None = None
    """Mean of the last steps, on the training part."""
    validation: dict[str, float] = field(default_factory=dict)
    """The last measurement until then."""
    changes: dict[str, Any] = field(default_factory=dict)
    """The settings that had been changed by then."""
    probes: Sequence[dict[str, Any]] = ()
    """What probes had read by then, in order."""


def moment(run: Run, step: int) -> Moment:
    """What the run had told by a step."""
    curves = run.curves()
    measured = [row for row in curves.measured("validation") if row["step"] <= step]
    rates = curves.rates[: bisect_right(curves.rates, (step, float("inf")))]
    changes: dict[str, Any] = {}
    for row in curves.changes():
        changes |= row["values"] if row["step"] <= step else {}
    return Moment(
        step=step,
        epoch=measured[-1]["epoch"] + 1 if measured else 0,
        seconds=curves.seconds(step),
        rate=rates[-1][1] if rates else None,
        loss=curves.loss(step),
        validation=measured[-1]["values"] if measured else {},
        changes=changes,
        probes=[row for row in curves.probes if row["step"] <= step],
    )
