"""Summary: what a list of runs tells of each, read from its folder without its curves."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from engines.events import State
from engines.runs.disk import read_json
from engines.runs.label import label
from engines.runs.run import Run

DOING = "updated state step steps epoch epochs elapsed left loss message measured".split()
"""What of it the status tells."""


@dataclass(frozen=True)
class Summary:
    """A run in a list."""

    id: str
    of: str = ""
    """The id of its project."""
    by: str = ""
    """Who started it."""
    name: str = ""
    """Of the project when the run was made."""
    created: float = 0.0
    """When (seconds since 1970)."""
    updated: float = 0.0
    """When it last told how it is doing."""
    device: str = ""
    parent: str = ""
    """The id of the run that it branched off from; "" if it began by itself."""
    branched: int = 0
    """The step of the parent at which it branched off."""
    state: State = "created"
    step: int = 0
    steps: int = 0
    epoch: int = 0
    epochs: int = 0
    elapsed: float = 0.0
    """Seconds of training."""
    left: float | None = None
    loss: float | None = None
    message: str = ""
    measured: dict[str, dict[str, float]] = field(default_factory=dict)
    """The last measurement of each part."""
    tags: tuple[str, ...] = ()
    note: str = ""


def summary(folder: Path) -> Summary:
    """What a list tells of the run in a folder."""
    about, status, written = read_json(folder / "run.json"), Run(folder).status(), label(folder)
    told: dict[str, Any] = {name: _told(about, name) for name in ("of", "by", "name", "device", "parent")}
    told |= {name: getattr(status, name) for name in DOING}
    return Summary(
        id=folder.name,
        created=_number(about, "created"),
        branched=int(_number(about, "branched")),
        tags=written.tags,
        note=written.note,
        **told,
    )


def _told(about: dict[str, Any], name: str) -> str:
    return value if isinstance(value := about.get(name), str) else ""


def _number(about: dict[str, Any], name: str) -> float:
    return value if isinstance(value := about.get(name), int | float) else 0
