"""Runs that a test of the Runs page puts into the home folder: as a worker leaves them, without training."""

from typing import Any

import builder
from builder.project import Project
from engines.events import State
from engines.runs.disk import Lines
from engines.runs.label import write_label
from engines.runs.run import Run
from engines.runs.status import Status
from engines.workspace import Workspace

STEPS = 4
"""In each epoch."""


def put_run(
    name: str = "Digits",
    state: State = "finished",
    accuracies: tuple[float, ...] = (0.5, 0.9, 0.8),
    *,
    of: str = "mine",
    tags: tuple[str, ...] = (),
    note: str = "",
    project: Project | None = None,
    home: Workspace | None = None,
    **about: Any,
) -> Run:
    """A run with an accuracy for each epoch and a loss that halves with each step; its test accuracy is the last."""
    home = home or Workspace()
    project = (project or builder.template("digits-mlp")).with_fields(name=name)
    run = Run.create(home.runs / home._new_id(name), project, of=of, device="cpu", threads=1, **about)
    lines = Lines(run.folder / "events.jsonl")
    lines.add(
        {"type": "measured", "step": 0, "epoch": 0, "part": "baseline: Mean", "values": {"accuracy": 0.3}}
    )
    measured: dict[str, dict[str, float]] = {"baseline: Mean": {"accuracy": 0.3}}
    for epoch, accuracy in enumerate(accuracies):
        first = STEPS * epoch + 1
        losses = [2.0**-step for step in range(first, first + STEPS)]
        lines.add(
            {"type": "steps", "first": first, "values": {"loss": losses}, "elapsed": first + STEPS - 1.0}
        )
        measured["validation"] = {"accuracy": accuracy, "loss": 1 - accuracy}
        row = {
            "step": STEPS * (epoch + 1),
            "epoch": epoch,
            "part": "validation",
            "values": measured["validation"],
        }
        lines.add({"type": "measured", **row})
    if state == "finished" and accuracies:
        measured["test"] = {"accuracy": accuracies[-1], "loss": 0.5}
        lines.add(
            {**row, "type": "measured", "epoch": len(accuracies), "part": "test", "values": measured["test"]}
        )
    lines.close()
    steps = STEPS * len(accuracies)
    run.report(
        Status(
            state=state, step=steps, steps=steps, epoch=len(accuracies), epochs=len(accuracies), elapsed=float(steps),
            loss=2.0**-steps, measured=measured, device="cpu", threads=1,
        )
    )  # fmt: skip
    if tags or note:
        write_label(run.folder, tags, note)
    return run
