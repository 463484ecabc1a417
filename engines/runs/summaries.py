"""The runs of a home folder as a list: the one place that a list asks."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from engines.kept import ID
from engines.once import once
from engines.runs.label import LABEL
from engines.runs.summary import Summary, summary

if TYPE_CHECKING:
    from engines.workspace import Workspace


def summaries(home: Workspace, of: str = "") -> list[Summary]:
    """All runs, or those of one project, newest first. A folder is read again only when one of its files changed."""
    found = []
    for folder in sorted(home.runs.iterdir(), reverse=True):
        if ID.fullmatch(folder.name):
            try:
                told = once(folder / "run.json", _of_file, (folder / "status.json", folder / LABEL))
            except OSError:
                continue  # no run, or one that is just being moved
            if not of or told.of == of:
                found.append(told)
    return found


def _of_file(about: Path) -> Summary:
    return summary(about.parent)
