"""The home folder: where projects, runs and uploads lie."""

from __future__ import annotations

import os
import re
import secrets
import time
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock

from builder.errors import BadFile, StrataError
from engines.kept import ID, Deleted, Kept
from engines.listing import Listed, copy_name, listed
from engines.runs.index import Index
from engines.runs.limits import full
from engines.runs.queue import Queue
from engines.runs.run import Run
from engines.runs.status import OVER

if TYPE_CHECKING:
    from builder.project import Project

HOME = "STRATA_HOME"
"""The environment variable that names the home folder; without it, `.strata` in the current folder."""


class Workspace:
    """A home folder with projects/, runs/ and uploads/, which are made when they are needed."""

    def __init__(self, home: str | Path | None = None) -> None:
        self.home = Path(home or os.environ.get(HOME) or ".strata").resolve()

    @property
    def projects(self) -> Path:
        """Where project files lie."""
        return self._folder("projects")

    @property
    def runs(self) -> Path:
        """Where runs lie, a folder each."""
        return self._folder("runs")

    @property
    def uploads(self) -> Path:
        """Where uploaded files lie."""
        return self._folder("uploads")

    @property
    def deleted(self) -> Path:
        """Where deleted projects (ID.MILLISECONDS.json) and runs (ID.MILLISECONDS) lie, until restored or too old."""
        return self._folder("deleted")

    def project_path(self, id: str) -> Path:
        """The file of a project.

        Raises:
            BadFile: there is none (an id that could lead out of the folder is none either).
        """
        path = self.projects / f"{id}.json"
        if not ID.fullmatch(id) or not path.is_file():
            raise BadFile(f"There is no project {id[:80]!r} here.")
        return path

    def project_lock(self, id: str) -> FileLock:
        """The lock under which the file of a project is changed; ask for it with an id that `ID` matches."""
        return FileLock(self.projects / f".{id}.lock")

    def add_project(self, project: Project) -> str:
        """Save a new project; its id, which cannot be guessed."""
        from builder.files import save

        id = self._new_project_id(project.name)
        save(project, self.projects / f"{id}.json")
        return id

    def numbered_name(self, name: str) -> str:
        """A name for a new project: "Net", or "Net 2" where there was one; told by ids, so that none comes twice."""
        stem = _slug(name)
        pattern = re.compile(rf"{stem}(?:-(\d{{1,6}}))?-[0-9a-f]{{10}}")
        found = [pattern.fullmatch(path.stem) for path in self.projects.glob(f"{stem}-*.json")]
        last = max((int(match[1] or 1) for match in found if match), default=0)
        return f"{name} {last + 1}" if last else name

    def list_projects(self) -> list[Listed]:
        """All projects, those that were changed last first. A file is read again only when it was changed."""
        files = [path for path in self.projects.glob("*.json") if ID.fullmatch(path.stem)]
        found = [one for path in files if (one := listed(path)) is not None]
        return sorted(found, key=lambda one: (-one.changed, one.id))

    def duplicate_project(self, id: str) -> str:
        """Make a copy of a project under a name of its own, such as "Digits (copy 2)"; the copy's id.

        Raises:
            BadFile: there is no such project, or its file is damaged.
        """
        from builder.files import load

        project = load(self.project_path(id))
        name = copy_name(project.name, {one.name for one in self.list_projects()})
        return self.add_project(project.with_fields(name=name))

    def delete_project(self, id: str) -> str:
        """Put a project aside, for 30 days; its runs stay, and go on. What `restore_project` takes to undo it.

        One that is deleted already (by a second click, or in another tab) stays as it is.

        Raises:
            BadFile: there is no such project.
        """
        kept = self._deleted_projects()
        kept.forget()
        if not ID.fullmatch(id):
            raise BadFile(f"There is no project {id[:80]!r} here.")
        with self.project_lock(id):  # nobody writes the file meanwhile; afterwards they see that it is gone
            if not (self.projects / f"{id}.json").is_file() and (last := self.deleted_project(id)):
                return last.key
            key = kept.new_key(id)
            os.replace(self.project_path(id), kept.path(key))
        return key

    def restore_project(self, key: str) -> str:
        """Put a deleted project back; the id under which it is found: a new one if its own is in use again.

        Args:
            key: what `delete_project` gave; or an id, for the last that was deleted with it. One that has been restored
                already stays as it is.

        Raises:
            BadFile: no such project is kept.
        """
        id = key.split(".")[0]
        if not ID.fullmatch(id):
            raise BadFile(f"There is no deleted project {key[:80]!r}.")
        with self.project_lock(id):
            there = (self.projects / f"{id}.json").is_file()
            kept = self._deleted_projects().find(key)
            if kept is None and there:
                return id
            if kept is None:
                raise BadFile("This project is not kept any more: deleted projects are kept for 30 days.")
            found = self._new_project_id(kept.name) if there else id
            os.replace(self._deleted_projects().path(kept.key), self.projects / f"{found}.json")
        return found

    def list_deleted(self) -> list[Deleted]:
        """The projects that can be restored, the last deleted first."""
        return self._deleted_projects().all()

    def deleted_project(self, id: str) -> Deleted | None:
        """The last project that was deleted with this id; None if it is not kept (any more)."""
        return self._deleted_projects().find(id) if ID.fullmatch(id) else None

    def newest_runs(self) -> dict[str, Run]:
        """The newest run of each project that was ever trained, by the project's id."""
        return {of: Run(self.runs / id) for of, id in Index(self).newest().items()}

    def delete_run(self, id: str) -> str:
        """Put a run aside, for 30 days; see engines/runs/deleted.py."""
        from engines.runs.deleted import delete

        return delete(self, id)

    def restore_run(self, key: str) -> str:
        """Put a deleted run back; see engines/runs/deleted.py."""
        from engines.runs.deleted import restore

        return restore(self, key)

    def list_deleted_runs(self) -> list[Deleted]:
        """The runs that can be restored, the last deleted first."""
        from engines.runs.deleted import every

        return every(self)

    def run(self, id: str) -> Run:
        """The run with an id.

        Raises:
            BadFile: there is none (an id that could lead out of the folder is none either).
        """
        run = Run(self.runs / id) if ID.fullmatch(id) else None
        if run is None or not run.exists():
            raise BadFile(f"There is no run {id[:80]!r}.")
        return run

    def run_ids(self) -> list[str]:
        """The names of all folders that may hold a run."""
        return [name for name in _names(self.runs) if ID.fullmatch(name)]

    def list_runs(self, of: str = "") -> list[Run]:
        """All runs, or those of one project, newest first."""
        return [Run(self.runs / id) for id in Index(self).ids(of)]

    def start(self, project: Project, of: str, *, device: str = "auto", by: str = "") -> Run:
        """Train a project as soon as there is room, unless that is done (or waits) already, branches aside; the run.

        However many ask at the same moment, one run starts: a double click, or two tabs, make no second one.

        Args:
            project: what to train.
            of: the project's id; runs with the same id are runs of the same project.
            device: "auto", "cpu", "cuda" …
            by: who asks, for the queue: people take turns.

        Raises:
            StrataError: the disk is nearly full.
        """
        with FileLock(self.runs / ".lock", poll_interval=0.005):
            going = next((one for one in Index(self).doing(of) if one.state not in OVER), None)
            if going is None:
                if why := full(self.runs):
                    raise StrataError(why)
                id = self._new_id(project.name)
                run = Run.create(self.runs / id, project, device=device, of=of, by=by)
            else:
                run = Run(self.runs / going.id)
            if going is None or going.state == "created":  # or the server died before it could queue it
                Queue(self).add(run)
            return run

    def branch(self, parent: Run, project: Project, at: int | None = None, *, by: str = "") -> Run:
        """Train a project beside a run that it branches off from; see engines/runs/branch.py.

        Raises:
            StrataError: there is no such snapshot, the project's networks have other weights than it, or the disk is
                nearly full.
        """
        from engines.runs.branch import branch

        of = parent.about["of"]
        if why := full(self.runs):
            raise StrataError(why)
        with FileLock(self.runs / ".lock", poll_interval=0.005):
            run = branch(parent, self.runs / self._new_id(project.name), project, at, of=of, by=by)
            Queue(self).add(run)
            return run

    def go_on(self, run: Run) -> None:
        """Go on with a run that is over but not finished, from its last checkpoint, as soon as there is room.

        Raises:
            StrataError: the disk is nearly full.
        """
        if why := full(self.runs):
            raise StrataError(why)
        Queue(self).add(run)

    def _new_id(self, name: str) -> str:
        from engines.runs.deleted import numbers

        known = [int(name[:6]) for name in _names(self.runs) if re.match(r"\d{6}-", name)]
        return f"{max([*known, *numbers(self)], default=0) + 1:06d}-{_slug(name) or time.strftime('%Y%m%d')}"

    def _deleted_projects(self) -> Kept:
        return Kept(self.deleted, ".json", lambda path: one.name if (one := listed(path)) else "")

    def _new_project_id(self, name: str) -> str:
        return f"{_slug(name) or 'project'}-{secrets.token_hex(5)}"

    def _folder(self, name: str) -> Path:
        folder = self.home / name
        folder.mkdir(parents=True, exist_ok=True)
        return folder


def _names(folder: Path) -> list[str]:
    with os.scandir(folder) as found:
        return [one.name for one in found]


def _slug(name: str) -> str:
    """What a name becomes in an id."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:40].strip("-")
