"""What a worker writes about its run, written by a test."""

import json
from typing import Any

from engines.runs.run import Run


def told(run: Run, *rows: dict[str, Any]) -> None:
    """Write events as a worker does."""
    with (run.folder / "events.jsonl").open("a") as file:
        file.writelines(json.dumps(row) + "\n" for row in rows)


def steps(first: int, *losses: float, elapsed: float | None = None, **others: list[float]) -> dict[str, Any]:
    """The event of some steps."""
    row = {"type": "steps", "first": first, "values": {"loss": list(losses), **others}}
    return row if elapsed is None else {**row, "elapsed": elapsed}


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
