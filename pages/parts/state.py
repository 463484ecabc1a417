"""What is open in this tab: the project and the run that the URL names, read from and saved to the home folder."""

import re
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import streamlit as st
from filelock import FileLock

from builder.edits import History
from builder.errors import BadFile, BadValue, StrataError
from builder.files import load, save
from builder.graph import Graph
from builder.project import Project
from engines.data import Data
from engines.engine import engine_of
from engines.runs.run import Run
from engines.workspace import ID, Workspace

TWICE = 2.0
"""Seconds within which a second click on the same button is the same wish."""
Stamp = tuple[int, int, int]
"""When a file was last written (nanoseconds), its number and its size: each write changes at least one of them."""
_ABSENT = object()


@dataclass
class Opened:
    """The project that this tab works on, with the history of its network."""

    id: str
    project: Project
    history: History
    stamp: Stamp
    """Of the file as this tab last read or wrote it."""

    @property
    def graph(self) -> Graph:
        """The network."""
        return self.project.graph

    @property
    def role(self) -> str:
        """The role of the network that the pages edit."""
        return "model" if "model" in self.project.graphs else next(iter(self.project.graphs))

    def change(self, make: Callable[[Project], Project]) -> bool:
        """Save what `make` makes of the newest project, another tab's changes included; whether that was possible.

        What does not fit the newest project is told, and changes nothing.
        """
        try:
            with self._newest():
                self._write(make(self.project))
        except StrataError as error:
            st.session_state["refused"] = str(error)
            if self.history.graph != self.project.graph:  # an edit that could not be saved
                self.history = History(self.project.graph)
            return False
        return True

    def keep(self, project: Project) -> bool:
        """Save a project that was made of this one: what it changed is changed, and nothing else."""
        base = self.project
        return self.change(lambda newest: project if newest is base else _merged(base, project, newest))

    def edit(self, edit: Any) -> bool:
        """Apply an edit to the newest network and save; whether it fitted. One that does not is told."""
        return self.change(lambda newest: newest.with_graph(self.history.do(edit), self.role))

    def undo(self) -> None:
        """Take the last edit back."""
        self._step("undo")

    def redo(self) -> None:
        """Make the edit again that was last taken back."""
        self._step("redo")

    def _step(self, way: str) -> None:
        """A step in this tab's history; not if another tab has gone on meanwhile, for that would take its work back."""
        history = self.history

        def stepped(newest: Project) -> Project:
            if self.history is not history:
                raise StrataError(
                    f"This project was changed in another tab, so {way} here would take that change back. "
                    "You see the newest state; nothing was undone."
                )
            return newest.with_graph(getattr(history, way)(), self.role)

        self.change(stepped)

    @contextmanager
    def _newest(self) -> Iterator[None]:
        """No other tab writes meanwhile, and this one knows what lies on the disk."""
        path = _path(self.id)
        with FileLock(path.with_name(f".{self.id}.lock")):
            if not path.is_file():
                raise BadFile("The file of this project has been removed, so the change could not be saved.")
            if (stamp := _stamp(path)) != self.stamp:
                project = load(path)
                if project != self.project:
                    self.project, self.history = project, History(project.graph)
                    _tell_newest()
                self.stamp = stamp
            yield

    def _write(self, project: Project) -> None:
        path = _path(self.id)
        save(project, path)
        self.project, self.stamp = project, _stamp(path)


def workspace() -> Workspace:
    """The home folder."""
    return Workspace()


def create(project: Project) -> str:
    """Save a new project; its id, which cannot be guessed."""
    stem = re.sub(r"[^a-z0-9]+", "-", project.name.lower()).strip("-")[:40].strip("-") or "project"
    id = f"{stem}-{secrets.token_hex(5)}"
    save(project, _path(id))
    return id


def numbered(name: str) -> str:
    """A name for a new project: "New project", or "New project 2" where there is one; told by ids, renamed or not."""
    stem = re.sub(r"[^a-z0-9]+", "-", name.lower())
    pattern = re.compile(rf"{stem}(?:-(\d{{1,6}}))?-[0-9a-f]{{10}}")
    found = [pattern.fullmatch(path.stem) for path in workspace().projects.glob(f"{stem}-*.json")]
    last = max((int(match[1] or 1) for match in found if match), default=0)
    return f"{name} {last + 1}" if last else name


def once(wish: str, make: Any) -> Any:
    """What `make()` gives; or what it gave a moment ago, if this tab wished the same (a double click)."""
    known = st.session_state.get("wished")
    if known and known[0] == wish and time.monotonic() - known[1] < TWICE:
        return known[2]
    made = make()
    st.session_state["wished"] = (wish, time.monotonic(), made)
    return made


def opened() -> Opened | None:
    """The project that the URL names, as it is on the disk now; None if the URL names none.

    Raises:
        BadFile: there is no such project, or its file is damaged.
    """
    id = st.query_params.get("project", "")
    if not id:
        return None
    path = _path(id) if ID.fullmatch(id) else None
    if path is None or not path.is_file():
        raise BadFile(f"There is no project {id[:80]!r} here.")
    known: Opened | None = st.session_state.get("opened")
    stamp = _stamp(path)
    if known and known.id == id and known.stamp == stamp:
        return known
    project = load(path)
    if known and known.id == id and known.project != project:
        _tell_newest()
    st.session_state["opened"] = Opened(id, project, History(project.graph), stamp)
    return st.session_state["opened"]


def current_run(of: str) -> Run | None:
    """The run that the URL names, or else the newest one of the project; None if it was never trained.

    Raises:
        BadFile: the URL names a run that does not exist, or one of another project.
    """
    if id := st.query_params.get("run", ""):
        run = _run(str(workspace().home), id)
        if run.about["of"] != of:
            raise BadFile(f"There is no run {id[:80]!r} in this project.")
        return run
    runs = workspace().list_runs(of)
    return _run(str(workspace().home), runs[0].id) if runs else None


def _run(home: str, id: str) -> Run:
    """The run, the same object each time in a tab: its curves are read once."""
    known: dict[tuple[str, str], Run] = st.session_state.setdefault("runs", {})
    if (home, id) not in known:
        known[home, id] = Workspace(home).run(id)
    return known[home, id]


def recent(most: int = 6) -> list[tuple[str, float]]:
    """The ids of the projects that were changed last, and when (seconds since 1970)."""
    files = [
        (path.stem, path.stat().st_mtime)
        for path in workspace().projects.glob("*.json")
        if ID.fullmatch(path.stem)
    ]
    return sorted(files, key=lambda item: -item[1])[:most]


def project_named(id: str) -> Project | None:
    """The project of this id; None if its file is damaged."""
    try:
        return load(_path(id))
    except BadFile:
        return None


def parameters(**more: str) -> dict[str, str]:
    """The query of a link to another page of the open project and run."""
    kept = {name: st.query_params[name] for name in ("project", "run") if st.query_params.get(name)}
    return {**kept, **{name: value for name, value in more.items() if value}}


def _path(id: str) -> Path:
    return workspace().projects / f"{id}.json"


def _stamp(path: Path) -> Stamp:
    told = path.stat()
    return told.st_mtime_ns, told.st_ino, told.st_size


def _tell_newest() -> None:
    st.toast("This project was changed in another tab. You see its newest state.", icon=":material/sync:")


def _merged(base: Project, mine: Project, newest: Project) -> Project:
    """The newest project with what `mine` changed of `base`."""
    three = [_written_out(project) for project in (base, mine, newest)]
    return newest.with_fields(
        **{name: _taken(*(project[name] for project in three)) for name in Project.model_fields}
    )


def _written_out(project: Project) -> dict[str, Any]:
    """The fields of a project; of data and engine also those that have their defaults, where they can be read."""
    fields: dict[str, Any] = {name: getattr(project, name) for name in Project.model_fields}
    with suppress(BadValue):
        fields["engine"] = engine_of(project.engine).dump()
    with suppress(BadValue):
        fields["data"] = Data.parse(project.data).model_dump(mode="json")
    return fields


def _taken(base: Any, mine: Any, newest: Any) -> Any:
    """The newest value with what `mine` changed of `base`; field by field, unless another kind was chosen."""
    if mine == base or (mine is _ABSENT and newest != base):
        return newest
    if not all(isinstance(value, dict) for value in (base, mine, newest)):
        return mine
    if len({value["kind"] for value in (base, mine, newest) if "kind" in value}) > 1:
        return mine
    names = [*newest, *(name for name in mine if name not in newest)]
    taken = {
        name: _taken(base.get(name, _ABSENT), mine.get(name, _ABSENT), newest.get(name, _ABSENT))
        for name in names
    }
    return {name: value for name, value in taken.items() if value is not _ABSENT}
