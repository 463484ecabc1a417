"""What a comparison shows of each run: its letter and colour, its curves along an axis, its figures. No Streamlit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from engines.metrics import BASELINE
from engines.runs.axes import ends_of_epochs, in_epochs, in_seconds
from engines.runs.curves import Curves
from engines.runs.glance import curves_of
from engines.runs.run import Run
from engines.runs.score import LOSS, best, best_of, judged_by
from engines.runs.summary import Summary
from engines.runs.thin import extremes, smoothed
from pages.parts.colours import RUNS
from pages.parts.header import run_name
from pages.parts.words import figure, metric_name, metric_value, seconds
from pages.views.overlay import Line

AXES = {"step": "Step", "epoch": "Epoch", "time": "Time"}
ACROSS = {"step": "step", "epoch": "epoch", "time": "seconds of training"}
LETTERS = "ABCDEF"
POINTS = 1000
"""Of a curve, at most."""
SMOOTH = 60
"""The training loss is averaged over a part of all its steps of one in this many."""


@dataclass(frozen=True)
class Compared:
    """A run in a comparison."""

    place: int
    summary: Summary
    run: Run

    @property
    def letter(self) -> str:
        """How the page calls it."""
        return LETTERS[self.place]

    @property
    def colour(self) -> str:
        """In which colour it is drawn."""
        return RUNS[self.place]

    @property
    def name(self) -> str:
        """`run 3`."""
        return run_name(self.run)

    @cached_property
    def curves(self) -> Curves:
        """What it told until now."""
        return curves_of(self.run.folder)

    @cached_property
    def validation(self) -> list[dict[str, Any]]:
        """Its measurements on the validation part."""
        return self.curves.measured("validation")

    @cached_property
    def metric(self) -> str:
        """By which it is judged."""
        return judged_by({name for row in self.validation for name in row["values"]})

    def along(self, axis: str, steps: np.ndarray) -> np.ndarray:
        """Where steps (n,) lie along an axis: themselves, in epochs, or in seconds of training."""
        if axis == "epoch":
            return in_epochs(steps, ends_of_epochs(self.curves, self.summary))
        return in_seconds(steps, self.curves) if axis == "time" else steps

    def losses(self, axis: str) -> Line | None:
        """The training loss, smoothed, with all that it came from behind it."""
        values = np.asarray(self.curves.steps.get(LOSS, ()), np.float64)
        kept = extremes(values, POINTS)
        if not np.isfinite(values).any():
            return None
        smooth = smoothed(values, len(values) // SMOOTH)
        even = np.unique(np.linspace(0, len(values) - 1, min(POINTS, len(values))).astype(int))
        x, behind = (self.along(axis, places + 1.0) for places in (even, kept))
        return Line(self.name, self.letter, self.colour, x, smooth[even], (behind, values[kept]))

    def measured(self, name: str, axis: str) -> Line | None:
        """A measurement on the validation part, after each epoch."""
        rows = [row for row in self.validation if row["values"].get(name) is not None]
        if not rows:
            return None
        steps, values = (
            np.array(some, np.float64)
            for some in zip(*((row["step"], row["values"][name]) for row in rows), strict=True)
        )
        kept = extremes(values, POINTS)
        return Line(self.name, self.letter, self.colour, self.along(axis, steps[kept]), values[kept])


@dataclass(frozen=True)
class Figure:
    """A row of the results: a number for each run, as it is shown, and which are the best."""

    title: str
    shown: tuple[str, ...]
    best: tuple[bool, ...]


def results(runs: Sequence[Compared], metric: str, parameters: Sequence[int | None]) -> list[Figure]:
    """What the runs reached and cost. A best value is marked only where not all are the same."""
    tops = [best(metric, one.validation) for one in runs]
    name = metric_name(metric)
    rows = []
    if metric:
        values = [top.value if top else None for top in tops]
        epochs = [f" · epoch {top.epoch + 1}" if top else "" for top in tops]
        rows.append(_row(f"Best validation {name}", metric, values, epochs))
        rows.append(_row(f"Last validation {name}", metric, [_last(one, metric) for one in runs]))
    rows.append(_row("Last validation loss", LOSS, [_last(one, LOSS) for one in runs]))
    rows.append(_row("Last training loss", LOSS, [_mean(one) for one in runs]))
    told = [one.summary.measured for one in runs]
    for measure in _names(values.get("test", {}) for values in told):
        rows.append(
            _row(f"Test {metric_name(measure)}", measure, [v.get("test", {}).get(measure) for v in told])
        )
    for part in _names({part: 0.0 for part in v if part.startswith(BASELINE)} for v in told):
        title = f"Baseline on test: {part.removeprefix(BASELINE)}, {name}"
        rows.append(_row(title, "", [v.get(part, {}).get(metric) for v in told], form=metric))
    rows.append(_row("Parameters", "", parameters, form="count"))
    rows.append(_row("Training time", "", [one.summary.elapsed for one in runs], form="time"))
    rows.append(_row("Steps", "", [one.summary.step for one in runs], form="count"))
    return [row for row in rows if any(text != "–" for text in row.shown)]


def _row(
    title: str, metric: str, values: Sequence[float | None], more: Sequence[str] = (), form: str = ""
) -> Figure:
    """A row; `metric` says what is better, "" that nothing is; `form` how numbers are shown."""
    told = {value for value in values if value is not None}
    top = best_of(metric, told) if metric and len(told) > 1 else None
    texts = [_shown(form or metric, value) for value in values]
    shown = tuple(f"{text}{end}" for text, end in zip(texts, more or [""] * len(texts), strict=True))
    return Figure(title, shown, tuple(top is not None and value == top for value in values))


def _shown(form: str, value: float | None) -> str:
    if value is None:
        return "–"
    if form == "count":
        return f"{value:,.0f}"
    return seconds(value) if form == "time" else metric_value(form, value) if form else figure(value)


def _last(one: Compared, name: str) -> float | None:
    return one.validation[-1]["values"].get(name) if one.validation else None


def _mean(one: Compared) -> float | None:
    """The mean of the last losses: a single one says little."""
    losses = np.asarray(one.curves.steps.get(LOSS, ())[-20:], np.float64)
    losses = losses[np.isfinite(losses)]
    return float(losses.mean()) if len(losses) else None


def _names(parts: Any) -> list[str]:
    return [*dict.fromkeys(name for part in parts for name in part)]
