"""Judging: by which number a run is judged, and the learning rate that its schedule plans."""

from __future__ import annotations

from typing import Any

from builder.errors import StrataError
from engines.engine import engine_of
from engines.metrics import primary
from engines.runs.curves import Curves
from engines.runs.run import Run
from engines.runs.score import judged_by
from pages.parts.words import SHARES, metric_name

POINTS = 60
"""Of a planned learning rate."""


def metric_of(run: Run, curves: Curves) -> str:
    """The metric by which a run is judged: the usual one of its task, told by what was measured."""
    return judged_by(curves.metrics()) or _expected(run)


def _expected(run: Run) -> str:
    """The metric of the task that the run's loss is made for, until anything was measured."""
    try:
        tasks = engine_of(run.project.engine).loss.tasks  # type: ignore[attr-defined]
        return primary(tasks[0])[0]
    except (StrataError, AttributeError):
        return "accuracy"


def metric_section(run: Run, curves: Curves) -> dict[str, str]:
    """The metric as charts show it: its name, what it is called, and its unit."""
    name = metric_of(run, curves)
    return {"name": name, "label": metric_name(name), "unit": "%" if name in SHARES else ""}


def plan(run: Run, steps: int) -> dict[str, Any] | None:
    """The learning rate that the run's schedule plans, by step; None where the engine has none.

    A schedule that watches the validation loss plans nothing; then only its title is told.
    """
    engine = engine_of(run.project.engine)
    optimiser, schedule = getattr(engine, "optimiser", None), getattr(engine, "schedule", None)
    if optimiser is None or schedule is None:
        return None
    title = type(schedule).title.lower()
    if schedule.watches or not steps:
        return {"title": title, "x": [], "lr": []}
    places = [round(at * (steps - 1) / POINTS) for at in range(POINTS + 1)]
    rates = [float(f"{optimiser.lr * schedule.factor(at, steps):.5g}") for at in places]
    return {"title": title, "x": [at + 1 for at in places], "lr": rates}
