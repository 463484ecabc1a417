"""Branch: a new run that begins at a moment of another one, with other settings."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from builder.errors import StrataError
from engines.engine import engine_of
from engines.runs.curves import Curves
from engines.runs.disk import Lines
from engines.runs.run import Run

if TYPE_CHECKING:
    from builder.project import Project


def branch(parent: Run, folder: Path, project: Project, at: int | None = None, **about: Any) -> Run:
    """Make the folder of a run that goes on from a snapshot of another; it is yet to be started.

    Weights, random states and data order are those of that moment, and so is what the optimiser remembers, unless it is
    of another kind now. What the parent told until then is told again, so that the curves are whole.

    Args:
        parent: the run to branch off from.
        folder: of the new run.
        project: what to train, with other settings; from a snapshot its networks must have the parent's weights.
        at: the step of the snapshot; None begins anew, with the same initial weights where the network is the same.
        about: what else run.json is to tell.

    Raises:
        BadFile: there is no such snapshot, or it is damaged.
        StrataError: the project's networks have other weights than the snapshot.
    """
    told = {"parent": parent.id, "branched": at or 0, **about}
    if at is None:
        return Run.create(folder, project, **told)
    tree = parent.snapshots.read(at)
    _check(project, tree)
    notice = _fitted(project, tree)
    making = folder.with_name(f".{folder.name}")  # a kill must not leave a run that has lost its beginning
    shutil.rmtree(making, ignore_errors=True)
    run = Run.create(making, project, **{"threads": parent.about["threads"], **told})
    _tell(run, parent.curves(), parent.id, at, tree["marks"], notice)
    run.checkpoints.save(tree)
    position = tree["context"]["position"]
    measured = run.curves().latest()
    epochs = {"epoch": position["epoch"], "epochs": position["epochs"], "steps": position["steps"]}
    run.report(replace(run.status(), step=at, elapsed=tree["elapsed"], measured=measured, **epochs))
    making.rename(folder)
    return Run(folder)


def _check(project: Project, tree: dict[str, Any]) -> None:
    """Refuse networks whose weights are not those of the snapshot, before there is a run."""
    from builder import compile

    for role, weights in tree["context"]["models"].items():
        if role not in project.graphs:
            raise StrataError(f"The project has no network {role!r} any more, so it cannot go on from there.")
        here = {
            name: tuple(one.shape) for name, one in compile(project.graphs[role], "meta").state_dict().items()
        }
        there = {name: tuple(one.shape) for name, one in weights.items()}
        if here != there:
            other = next(name for name in {**here, **there} if here.get(name) != there.get(name))
            raise StrataError(
                f"The network was changed: its weights {other!r} are not those of the snapshot, so it cannot go on "
                "from there. Branch off from the beginning."
            )


def _fitted(project: Project, tree: dict[str, Any]) -> str:
    """Let the moment fit the new settings; what a person should know of that, "" if nothing."""
    engine, context = engine_of(project.engine), tree["context"]
    tree["finished"] = False
    context["tuned"] = {}
    if (batch := getattr(engine, "batch", None)) is not None:
        context["tuned"] = {"batch": batch}  # counts what is left anew, should the parent have had another
    optimiser = getattr(engine, "optimiser", None)
    others = {one["kind"] for one in context["updates"].values()} - {getattr(optimiser, "kind", "")}
    if not others:
        return ""
    context["updates"] = {}
    title = optimiser.title if optimiser else "The engine"
    return f"{title} begins anew here: what {min(others)} remembered is not for it."


def _tell(run: Run, curves: Curves, parent: str, at: int, marks: int, notice: str) -> None:
    """Write what the parent told until the moment."""
    lines = Lines(run.folder / "events.jsonl")
    try:
        rows = [
            *_steps(curves, at),
            *({**row, "of": parent} if row["type"] == "changed" else row for row in curves.marks[:marks]),
            *(row for row in curves.probes if row["step"] <= at),
        ]
        if notice:
            rows.append({"type": "notice", "by": "driver", "step": at, "level": "info", "text": notice})
        lines.add(*rows)
    finally:
        lines.close()


def _steps(curves: Curves, at: int) -> list[dict[str, Any]]:
    rates = dict(curves.rates)
    ends = sorted({step for step, _ in curves.clock if step < at} | {at})
    rows, first = [], 1
    for end in ends:
        values = {
            name: [None if one != one else one for one in column[first - 1 : end]]
            for name, column in curves.steps.items()
        }
        row: dict[str, Any] = {"type": "steps", "first": first, "values": values}
        if (seconds := curves.seconds(end)) is not None:
            row["elapsed"] = seconds
        if end in rates:
            row["rate"] = rates[end]
        rows.append(row)
        first = end + 1
    return rows
