"""What a run has told so far, folded out of its events: losses by step, measurements, notices, changes of state."""

from __future__ import annotations

import math
import threading
from array import array
from bisect import bisect_left
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from engines.runs.disk import read_lines

MEAN_OF = 20
"""Steps whose mean loss is shown."""
FIELDS: dict[Any, dict[str, type]] = {
    "steps": {"first": int, "values": dict},
    "resumed": {"step": int, "marks": int},
    "measured": {"step": int, "epoch": int, "part": str, "values": dict},
    "changed": {"step": int, "values": dict},
    "evidence": {"step": int, "values": dict},
    "probed": {"step": int, "layers": dict},
    "notice": {"step": int, "level": str, "text": str},
    "state": {"state": str, "step": int, "text": str},
}
"""What a line must tell to be read; others are passed over, as those are that a kill cut short."""


class _Index:
    """The marks by what they tell: a run of a day has a hundred thousand, and every page asks for a few."""

    def __init__(self, marks: Iterable[dict[str, Any]] = ()) -> None:
        self.parts: dict[str, list[dict[str, Any]]] = {}
        self.metrics: set[str] = set()
        self.changes: list[dict[str, Any]] = []
        self.notices: list[dict[str, Any]] = []
        self.evidence: dict[str, Any] = {}
        for row in marks:
            self.add(row)

    def add(self, row: dict[str, Any]) -> None:
        kind = row["type"]
        if kind == "measured":
            self.parts.setdefault(row["part"], []).append(row)
            self.metrics.update(row["values"])
        elif kind == "changed" and "of" not in row:
            self.changes.append(row)
        elif kind == "notice":
            self.notices.append(row)
        elif kind == "evidence":
            self.evidence = self.evidence or row["values"]


class Curves:
    """Everything that events.jsonl tells, kept up to date by `read`, which reads only what is new.

    Attributes:
        steps: name → one value a step, the first at index 0; NaN where none was told. Always holds "loss" when there
            was a step.
        marks: measurements and notices by the engine, changes of settings and evidence, in order, as written (see
            engines/events.py).
        probes: what probes read, in order: {"step", "layers": {layer: {measure: number or None}}}.
        clock: (step, seconds of training until then), in order; some times a second.
        rates: (step, learning rate of that step), in order; as often.
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
        self.probes: list[dict[str, Any]] = []
        self.clock: list[tuple[int, float]] = []
        self.rates: list[tuple[int, float]] = []
        self.rewinds = 0
        self._index = _Index()

    def read(self) -> Curves:
        """Take in the events that were written since; returns itself. Many threads may share one."""
        with self._reading:
            rows, self._offset = read_lines(self._path, self._offset)
            for row in rows:
                if _whole(row):
                    self._fold(row)
        return self

    def loss(self, until: int | None = None) -> float | None:
        """The mean loss of the last steps, of all or until one; None where none was a number."""
        losses = self.steps.get("loss", array("d"))
        until = len(losses) if until is None else until
        known = [value for value in losses[max(until - MEAN_OF, 0) : until] if math.isfinite(value)]
        return sum(known) / len(known) if known else None

    def measured(self, part: str) -> list[dict[str, Any]]:
        """The measurements of one part: {"step", "epoch", "values": {name: number}}, in order."""
        return [*self._index.parts.get(part, ())]

    def latest(self) -> dict[str, dict[str, Any]]:
        """What was measured last of each part: part → name → number."""
        return {part: rows[-1]["values"] for part, rows in [*self._index.parts.items()]}

    def metrics(self) -> set[str]:
        """The names of all that was measured, "loss" among them."""
        return {*self._index.metrics}

    def changes(self) -> list[dict[str, Any]]:
        """The settings that were changed while it trained: {"step", "values": {name: value}}, in order.

        Those of a run that it branched off from are marks of the curve, but no changes of this run.
        """
        return [*self._index.changes]

    def evidence(self) -> dict[str, Any]:
        """What was measured of the data before the first step; {} if nothing was."""
        return self._index.evidence

    def seconds(self, step: int) -> float | None:
        """The seconds of training until a step, between two that were told; None where no time was told."""
        place = bisect_left(self.clock, (step,))
        if place == len(self.clock):
            return self.clock[-1][1] if self.clock else None
        (then, until), (since, begun) = self.clock[place], self.clock[place - 1] if place else (0, 0.0)
        return begun + (until - begun) * (step - since) / max(then - since, 1)

    def notices(self) -> list[dict[str, Any]]:
        """What the engine and the driver had to say: {"step", "level", "text"}, the engine's first."""
        return [*self._index.notices, *(row for row in self.states if row["type"] == "notice")]

    def __len__(self) -> int:
        return max((len(values) for values in self.steps.values()), default=0)

    def _fold(self, row: dict[str, Any]) -> None:
        kind = row.get("type")
        if kind == "steps":
            for name, values in row["values"].items():
                curve = self.steps.setdefault(name, array("d"))
                self._cut(curve, row["first"] - 1)
                curve.extend(math.nan if value is None else value for value in values)
            if type(row.get("elapsed")) in (int, float):
                self.clock.append((len(self), row["elapsed"]))
            if type(row.get("rate")) in (int, float):
                self.rates.append((len(self), row["rate"]))
        elif kind == "resumed":
            self.rewinds += 1
            for told in (self.clock, self.rates):
                while told and told[-1][0] > row["step"]:
                    told.pop()
            while self.probes and self.probes[-1]["step"] > row["step"]:
                self.probes.pop()
            for curve in self.steps.values():
                self._cut(curve, min(row["step"], len(curve)))
            del self.marks[row["marks"] :]
            self._index = _Index(self.marks)
        elif kind in ("measured", "changed", "evidence") or (kind == "notice" and "by" not in row):
            self.marks.append(row)
            self._index.add(row)
        elif kind == "probed":
            self.probes.append(row)
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
