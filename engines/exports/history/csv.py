"""The history as a table: a row a step."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from typing import Any, ClassVar

from engines.exports.history.history import History, stem
from engines.exports.history.series import SETTINGS, TRAIN, Series, series
from engines.runs.axes import ends_of_epochs, in_seconds
from engines.runs.run import Run

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
"""How a text begins that a spreadsheet may take for a formula (fault 54)."""


class Csv(History):
    """A table with a row for each step: epoch, seconds, loss, and each measurement in a column of its own."""

    title: ClassVar = "CSV"
    icon: ClassVar = "table"
    needs: ClassVar = "a spreadsheet, pandas or any other program"

    def files(self, run: Run) -> dict[str, bytes]:
        """One file; numbers have all their digits, and what was not told at a step is empty."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerows([safe(cell) for cell in row] for row in rows(run))
        return {f"{stem(run)}.csv": text.getvalue().encode()}


def rows(run: Run) -> Iterator[list[Any]]:
    """The head, then a row for each step at which anything was told."""
    import numpy as np

    curves, changes = run.curves(), _changes(run)
    told = [one for one in series(curves) if one.part != SETTINGS]
    steps = np.unique(np.concatenate([[*changes], *(one.steps for one in told)])).astype(int)
    ends = ends_of_epochs(curves, run.status())
    at, complete = (np.array(side) for side in zip(*ends, strict=True)) if ends else (np.array([]),) * 2
    if len(ends) == 1 and complete[0] > 1:  # no end of an epoch was told: they are equally long
        at, complete = np.arange(1, complete[0] + 1) * at[0] / complete[0], np.arange(1, complete[0] + 1)
    places = np.searchsorted(at, steps)
    seconds = in_seconds(steps, curves)
    columns = [dict(zip(one.steps.tolist(), one.values.tolist(), strict=True)) for one in told]
    yield ["step", "epoch", "seconds", *(_head(one) for one in told), *(["changed"] if changes else [])]
    for number, step in enumerate(steps.tolist()):
        epoch = int(complete[min(places[number], len(at) - 1)]) if len(at) else ""
        clock = round(float(seconds[number]), 6) if seconds[number] == seconds[number] else ""
        more = [changes.get(step, "")] if changes else []
        yield [step, epoch, clock, *(column.get(step, "") for column in columns), *more]


def _changes(run: Run) -> dict[int, str]:
    """The settings that a person changed after a step, as JSON."""
    found: dict[int, dict[str, Any]] = {}
    for row in run.curves().changes():
        found.setdefault(row["step"], {}).update(row["values"])
    return {step: json.dumps(values, ensure_ascii=False) for step, values in found.items()}


def _head(one: Series) -> str:
    return f"{one.part} {one.name}" if one.part != TRAIN or one.name == "loss" else one.name


def safe(cell: Any) -> Any:
    """A cell that no spreadsheet takes for a formula; numbers stay what they are."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA) else cell
