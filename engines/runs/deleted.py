"""Deleting a run, and taking that back. Use it through `Workspace`."""

from __future__ import annotations

import json
import os
import shutil
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from builder.errors import BadFile, StrataError
from builder.files import write_atomically
from engines.kept import ID, Deleted, Kept
from engines.runs.disk import read_json
from engines.runs.run import Run
from engines.runs.summary import summary

if TYPE_CHECKING:
    from engines.workspace import Workspace

LAST = "last-run.json"
"""A file beside the deleted runs: the highest number of a run that is kept no longer, for no number comes twice."""
BUSY = ("queued", "starting", "running")
"""States in which somebody will go on with a run, even if its worker is not there at this moment."""


class AtWork(StrataError):
    """A run cannot be deleted while it is being trained."""


def delete(home: Workspace, id: str) -> str:
    """Put a run aside, for 30 days; what `restore` takes to undo it. One that is deleted already stays as it is.

    Raises:
        BadFile: there is no such run.
        AtWork: it is being trained, waits for that, or is paused by its worker.
    """
    kept = _kept(home)
    _forget(home, kept)
    with FileLock(home.runs / ".lock"), ExitStack() as holding:
        if ID.fullmatch(id) and not (home.runs / id).exists() and (last := kept.find(id)):
            return last.key
        run = home.run(id)
        try:
            holding.enter_context(run.lock())  # no worker takes it up while it moves
        except Timeout:
            raise AtWork(_busy(run)) from None
        if run.status().state in BUSY:
            raise AtWork(_busy(run))
        if os.name == "nt":
            holding.close()  # Windows moves no folder in which a file is open
        key = kept.new_key(id)
        os.replace(run.folder, kept.path(key))
    return key


def restore(home: Workspace, key: str) -> str:
    """Put a deleted run back; its id. One that has been restored already stays as it is.

    Args:
        home: the workspace.
        key: what `delete` gave, or the run's id.

    Raises:
        BadFile: no such run is kept.
    """
    id, kept = key.partition(".")[0], _kept(home)
    with FileLock(home.runs / ".lock"):
        found = kept.find(key) if ID.fullmatch(id) else None
        if found is None and ID.fullmatch(id) and Run(home.runs / id).exists():
            return id
        if found is None or Run(home.runs / id).exists():
            raise BadFile("This run is not kept any more: deleted runs are kept for 30 days.")
        shutil.rmtree(
            home.runs / id, ignore_errors=True
        )  # what somebody left who did not know that it was deleted
        os.replace(kept.path(found.key), home.runs / id)  # its id was given to no other
    return id


def every(home: Workspace) -> list[Deleted]:
    """The runs that can be restored, the last deleted first."""
    return _kept(home).all()


def numbers(home: Workspace) -> list[int]:
    """The numbers of deleted runs, and the highest of those that are kept no longer: none is given again."""
    last = read_json(home.deleted / LAST).get("number")
    return [*map(_number, _kept(home).ids()), last if isinstance(last, int) else 0]


def _forget(home: Workspace, kept: Kept) -> None:
    """Remove what was deleted too long ago, but not what its number was."""
    if gone := [_number(id) for id, _ in kept.too_old()]:
        write_atomically(home.deleted / LAST, json.dumps({"number": max(*gone, *numbers(home))}).encode())
        kept.forget()


def _kept(home: Workspace) -> Kept:
    return Kept(home.deleted, "", _name)


def _name(folder: Path) -> str:
    """What a deleted run is called: its project's name when it was made."""
    return summary(folder).name


def _number(id: str) -> int:
    return int(id[:6]) if id[:6].isdecimal() else 0


def _busy(run: Run) -> str:
    state = run.status().state
    return f"Run {_number(run.id) or run.id} is {state}, so it cannot be deleted. Stop it first."
