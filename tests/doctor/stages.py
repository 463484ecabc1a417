"""A run as a page saw it while it was going on: its events told again, a few at a time."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from builder.errors import StrataError
from builder.project import Project
from engines import train
from engines.doctor import Diagnosis, examine
from engines.runs.curves import Curves
from engines.runs.run import Run


def trained(project: Project, folder: Path) -> Run:
    """The run of a project, also of one that ends paused because its loss is no number any more."""
    try:
        return train(project, folder, device="cpu", threads=1)
    except StrataError:
        return Run(folder)


def examined(run: Run) -> list[Diagnosis]:
    """What the doctor says of a run now."""
    return examine(run.project, run.curves(), run.status())


def stages(run: Run, scratch: Path) -> Iterator[tuple[int, list[Diagnosis]]]:
    """What the doctor said after each line of events, by the step."""
    path, status = scratch / f"{run.id}.jsonl", run.status()
    curves = Curves(path)
    for row in run.events()[0]:
        with path.open("a") as lines:
            lines.write(json.dumps(row) + "\n")
        step = len(curves.read())
        epoch = step * status.epochs // max(status.steps, 1)
        yield step, examine(run.project, curves, replace(status, state="running", step=step, epoch=epoch))
