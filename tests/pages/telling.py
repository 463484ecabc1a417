"""What a worker writes about its run, written by a test."""

import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

import builder
from engines.runs.run import Run
from engines.runs.status import Status


def told(run: Run, *rows: dict[str, Any]) -> None:
    """Write events as a worker does."""
    with (run.folder / "events.jsonl").open("a") as file:
        file.writelines(json.dumps(row) + "\n" for row in rows)


def steps(first: int, *losses: float, **more: float) -> dict[str, Any]:
    """The event of some steps; with `elapsed` and `rate`, if they are given."""
    return {"type": "steps", "first": first, "values": {"loss": list(losses)}, **more}


def measured(step: int, loss: float, *, epoch: int = 1, **values: float) -> dict[str, Any]:
    """The event of a measurement."""
    values = {"loss": loss, **values}
    return {"type": "measured", "step": step, "epoch": epoch, "part": "validation", "values": values}


def probed(step: int, **gradients: float | None) -> dict[str, Any]:
    """What probes read: layers with a gradient learn well, those without are activations with dead units alone."""
    layers = {
        name: {"dead": 1.0} if value is None else {"gradient": value, "weight": 1.0, "update": 1e-3}
        for name, value in gradients.items()
    }
    return {"type": "probed", "step": step, "layers": layers}


class Pretender:
    """Holds a run's lock, as its worker does, and writes what a test wants to see, when it wants to see it."""

    def __init__(self, home: Path, id: str, *, template: str = "digits-mlp", steps: int = 4000) -> None:
        builder.save(builder.template(template), home / "projects" / f"{id}.json")
        self.run = Run.create(home / "runs" / f"000900-{id}", builder.template(template), of=id)
        self.address = f"train?project={id}&run={self.run.id}"
        self.layers: dict[str, dict[str, float | None]] = {}
        self.status = Status(
            state="running", steps=steps, epochs=steps // 100, speed=50.0, device="cpu", threads=1
        )
        self._lock = self.run.lock()

    def __enter__(self) -> Self:
        self._lock.acquire()
        self.report()
        return self

    def __exit__(self, *_: object) -> None:
        self.report(state="stopped")
        self._lock.release()

    def report(self, **changes: Any) -> None:
        """Write the status."""
        self.status = replace(self.status, **changes)
        self.run.report(self.status)

    def train(self, count: int = 10) -> None:
        """So many steps, with a probe, and a measurement at the end of each epoch."""
        first = self.status.step
        losses = [
            2 * math.exp(-step / 300) + 0.1 * math.sin(step) ** 2 for step in range(first, first + count)
        ]
        last = first + count
        told(self.run, steps(first + 1, *losses, elapsed=last / 50, rate=0.001))
        if self.layers:
            told(self.run, {"type": "probed", "step": last, "layers": self.layers})
        if last // 100 > first // 100:
            told(
                self.run,
                measured(last, losses[-1], epoch=last // 100 - 1, accuracy=1 - math.exp(-last / 300)),
            )
        self.report(step=last, epoch=last // 100, elapsed=last / 50, left=(self.status.steps - last) / 50)

    def asked(self) -> list[str]:
        """What was asked of it."""
        lines = (self.run.folder / "commands.jsonl").read_text().splitlines()
        return [json.loads(line)["command"] for line in lines]

    def obey(self, state: str) -> None:
        """Be in another state, because it was asked for."""
        self.report(state=state, commands=(self.run.folder / "commands.jsonl").stat().st_size)
