"""Glance: what a list draws of a run, read once for each change of its files."""

from __future__ import annotations

import threading
from collections import OrderedDict
from pathlib import Path
from typing import NamedTuple

from builder.errors import StrataError
from engines.once import once
from engines.runs.curves import Curves
from engines.runs.run import Run
from engines.runs.score import Best, best, judged_by
from engines.runs.settings import settings
from engines.runs.thin import means

POINTS = 60
"""Of the little curve."""
MOST_KNOWN = 32
"""Runs of which only the new events are read: more than are at work at once."""
_known: OrderedDict[Path, Curves] = OrderedDict()
_knowing = threading.Lock()


class Glance(NamedTuple):
    """What the events of a run look like from afar."""

    curve: tuple[float, ...] = ()
    """The training loss in at most POINTS points."""
    metric: str = ""
    """By which the run is judged."""
    best: Best | None = None
    """Its best value on the validation part."""
    last: float | None = None
    """Its last value there."""
    test: float | None = None
    """Its value on the test part."""
    changes: int = 0
    """How often a person changed settings while it trained."""


def glance(folder: Path) -> Glance:
    """What the run in a folder looks like from afar; an empty one before it has told anything."""
    try:
        return once(folder / "events.jsonl", _seen)
    except OSError:
        return Glance()


def words(folder: Path) -> str:
    """What was set for a run, in lower case, for a search: "adamw optimiser.lr=0.001 …"; "" if it cannot be read."""
    try:
        return once(folder / "project.json", _words)
    except (OSError, StrataError):
        return ""


def curves_of(folder: Path) -> Curves:
    """The curves of the run in a folder; of those that were looked at lately only new events are read."""
    with _knowing:
        known = _known.get(folder) or Curves(folder / "events.jsonl")
        _known[folder] = known
        _known.move_to_end(folder)
        while len(_known) > MOST_KNOWN:
            _known.popitem(last=False)
    return known.read()


def _seen(events: Path) -> Glance:
    curves = curves_of(events.parent)
    validation, test = curves.measured("validation"), curves.measured("test")
    metric = judged_by(curves.metrics())
    return Glance(
        curve=tuple(means(curves.steps.get("loss", ()), POINTS)),
        metric=metric,
        best=best(metric, validation),
        last=validation[-1]["values"].get(metric) if validation else None,
        test=test[-1]["values"].get(metric) if test else None,
        changes=len(curves.changes()),
    )


def _words(project: Path) -> str:
    parts = []
    for one in settings(Run(project.parent)):
        name = one.name.removeprefix("engine.").removeprefix("data.")
        parts.append(f"{name}={one.value:g}" if isinstance(one.value, float) else f"{name}={one.value}")
    return " ".join(parts).lower()
