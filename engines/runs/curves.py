"""What a run has told so far, folded out of its events: losses by step, measurements, notices, changes of state."""

from __future__ import annotations

import math
import threading
from array import array
from pathlib import Path
from typing import Any

from engines.runs.disk import read_lines

FIELDS: dict[Any, dict[str, type]] = {
    "steps": {"first": int, "values": dict},
    "resumed": {"step": int, "marks": int},
    "measured": {"step": int, "epoch": int, "part": str, "values": dict},
    "notice": {"step": int, "level": str, "text": str},
    "state": {"state": str, "step": int, "text": str},
}
"""What a line must tell to be read; others are passed over, as those are that a kill cut short."""


class Curves:
    """Everything that events.jsonl tells, kept up to date by `read`, which reads only what is new.

    Attributes:
        steps: name → one value a step, the first at index 0; NaN where none was told. Always holds "loss" when there
            was a step.
        marks: measurements and notices by the engine, in order, as written (see engines/events.py).
        states: changes of state and the driver's notices, in order.
        rewinds: how often steps were taken back because a worker resumed from a checkpoint; a chart that has drawn
            points draws them anew when this number has changed.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._offset = 0
        self._reading = threading.Lock()
        self.steps: dict[str, array[float]] = {}
        self.marks: list[dict[str, Any]] = []
        self.states: list[dict[str, Any]] = []
        self.rewinds = 0

    def read(self) -> Curves:
        """Take in the events that were written since; returns itself. Many threads may share one."""
        with self._reading:
            rows, self._offset = read_lines(self._path, self._offset)
            for row in rows:
                if _whole(row):
                    self._fold(row)
        return self

    def measured(self, part: str) -> list[dict[str, Any]]:
        """The measurements of one part: {"step", "epoch", "values": {name: number}}, in order."""
        return [row for row in self.marks if row["type"] == "measured" and row["part"] == part]

    def notices(self) -> list[dict[str, Any]]:
        """What the engine and the driver had to say: {"step", "level", "text"}, the engine's first."""
        return [row for row in (*self.marks, *self.states) if row["type"] == "notice"]

    def __len__(self) -> int:
        return max((len(values) for values in self.steps.values()), default=0)

    def _fold(self, row: dict[str, Any]) -> None:
        kind = row.get("type")
        if kind == "steps":
            for name, values in row["values"].items():
                curve = self.steps.setdefault(name, array("d"))
                self._cut(curve, row["first"] - 1)
                curve.extend(math.nan if value is None else value for value in values)
        elif kind == "resumed":
            self.rewinds += 1
            for curve in self.steps.values():
                self._cut(curve, min(row["step"], len(curve)))
            del self.marks[row["marks"] :]
        elif kind == "measured" or (kind == "notice" and "by" not in row):
            self.marks.append(row)
        elif kind in ("state", "notice"):
            self.states.append(row)

    @staticmethod
    def _cut(curve: array[float], length: int) -> None:
        """Make a curve this long: forget what comes after, and leave a gap where lines were lost."""
        del curve[length:]
        curve.extend([math.nan] * (length - len(curve)))


def _whole(row: dict[str, Any]) -> bool:
    """Whether a line tells what its type must tell."""
    kind = row.get("type")
    fields = FIELDS.get(kind) if isinstance(kind, str) else None
    if fields is None or any(type(row.get(name)) is not wanted for name, wanted in fields.items()):
        return False
    if any(row[name] < 0 for name in ("first", "step", "marks") if name in fields):
        return False
    return kind != "steps" or all(
        isinstance(values, list) and {type(value) for value in values} <= {float, int, type(None)}
        for values in row["values"].values()
    )
