"""What a worker writes about its run: lines of events, and the status beside them."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import torch

from engines.events import Measured, Notice, State, Step
from engines.runs.disk import Lines, read_lines
from engines.runs.heartbeat import progressed
from engines.runs.run import Run
from engines.runs.status import Status

Watch = Callable[[Status], None]


class Record:
    """The writing end of a run. Rows gather until `write`, which the driver calls about ten times a second."""

    def __init__(self, run: Run, watch: Watch | None = None) -> None:
        self.run = run
        self.status = replace(run.status(), node="", process=os.getpid())
        self.marks = 0
        self._watch = watch
        self._lines = Lines(run.folder / "events.jsonl")
        self._rows: list[dict[str, Any]] = []
        self._steps: list[Step] = []
        self._first = 1

    def resumed(self, step: int, marks: int) -> None:
        """Say that the run goes on from a checkpoint, and that what was told since will be told again."""
        self.marks, self._first = marks, step + 1
        self._rows, self._steps = [], []
        self._lines.add({"type": "resumed", "step": step, "marks": marks})

    def recall(self, position: dict[str, int], elapsed: float) -> None:
        """Take the status from a checkpoint and the events, where status.json cannot be trusted."""
        told = self.run.curves().latest()
        self.status = replace(
            self.status,
            step=position["step"],
            steps=position["steps"],
            epoch=position["epoch"],
            epochs=position["epochs"],
            measured=told,
            elapsed=elapsed,
            left=0.0,
        )

    def step(self, step: Step) -> None:
        """Note a step; its tensors are read when it is written."""
        self._steps.append(step)

    def mark(self, event: Measured | Notice, step: int, epoch: int) -> None:
        """Note what the engine measured or has to say."""
        self.marks += 1
        progressed()
        if isinstance(event, Notice):
            self._rows.append({"type": "notice", "step": step, "level": event.level, "text": event.text})
            return
        values = {name: _finite(value) for name, value in event.values.items()}
        self._rows.append(
            {"type": "measured", "step": step, "epoch": epoch, "part": event.part, "values": values}
        )
        self.status = replace(self.status, measured={**self.status.measured, event.part: event.values})

    def changed(self, step: int, values: dict[str, Any]) -> None:
        """Write at once that a person has changed settings after a step."""
        self._tell("changed", step, values)

    def evidence(self, values: dict[str, Any]) -> None:
        """Write at once what was measured of the data."""
        self._tell("evidence", 0, values)

    def _tell(self, kind: str, step: int, values: dict[str, Any]) -> None:
        self.marks += 1
        self._rows.append({"type": kind, "step": step, "values": values})
        self.write()

    def probed(self, step: int, layers: dict[str, dict[str, float]]) -> None:
        """Note what probes read off the model."""
        told = {
            layer: {name: _brief(value) for name, value in values.items()} for layer, values in layers.items()
        }
        self._rows.append({"type": "probed", "step": step, "layers": told})

    def notice(self, text: str, level: str = "info") -> None:
        """Write at once what the driver has to say."""
        self._rows.append(
            {"type": "notice", "by": "driver", "step": self.status.step, "level": level, "text": text}
        )
        self.write()

    def state(self, state: State, message: str = "", node: str = "") -> None:
        """Write at once that the run is in another state."""
        self.status = replace(self.status, state=state, message=message, node=node)
        if (
            self.status.over
        ):  # what was asked of it and came too late must not be obeyed when it is started again
            self.status = replace(self.status, commands=read_lines(self.run.folder / "commands.jsonl")[1])
        self._rows.append(
            {
                "type": "state",
                "state": state,
                "step": self.status.step,
                "text": message,
                "node": node,
                "at": time.time(),
            }
        )
        self.write()
        self.report()

    def write(self) -> int | None:
        """Write all that was noted; the number of the first step since whose loss is not finite, or None."""
        bad = None
        if self._steps:
            progressed()
            values = _columns(self._steps)
            bad = next(
                (self._first + index for index, loss in enumerate(values["loss"]) if loss is None), None
            )
            row = {
                "type": "steps",
                "first": self._first,
                "values": values,
                "elapsed": round(self.status.elapsed, 3),
            }
            row |= {"rate": self.status.rate} if self.status.rate is not None else {}
            self._rows.insert(0, row)
            self._first += len(self._steps)
            self.status = replace(self.status, loss=values["loss"][-1], step=self._first - 1)
            self._steps = []
        if self._rows:
            self._lines.add(*self._rows)
            self._rows = []
        return bad

    def report(self) -> None:
        """Write the status, and show it to whoever watches."""
        self.status = replace(self.status, updated=time.time())
        self.run.report(self.status)
        if self._watch:
            self._watch(self.status)

    def sync(self) -> None:
        """Wait until the events are on the disk: a checkpoint must not know more than they tell."""
        self._lines.sync()

    def close(self) -> None:
        """Close the file of events."""
        self._lines.close()


def _columns(steps: list[Step]) -> dict[str, list[float | None]]:
    """The numbers of steps by name, read from the device in one go each; None where not finite, or not told."""
    columns = {"loss": [_finite(value) for value in torch.stack([step.loss for step in steps]).tolist()]}
    for name in sorted({name for step in steps for name in step.others}):
        told = [index for index, step in enumerate(steps) if name in step.others]
        values = torch.stack([torch.as_tensor(steps[index].others[name]) for index in told]).tolist()
        columns[name] = [None] * len(steps)
        for index, value in zip(told, values, strict=True):
            columns[name][index] = _finite(value)
    return columns


def _brief(value: float) -> float | None:
    return float(f"{value:.5g}") if math.isfinite(value) else None


def _finite(value: float) -> float | None:
    """The number, or None (JSON's null) in place of NaN and infinities."""
    return float(value) if math.isfinite(value) else None
