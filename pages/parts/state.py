"""What is open in this tab: the project and the run that the URL names, read from and saved to the home folder."""

import re
import secrets
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import streamlit as st

from builder.edits import History
from builder.errors import BadFile, StrataError
from builder.files import load, save
from builder.graph import Graph
from builder.project import Project
from engines.runs.run import Run
from engines.workspace import ID, Workspace

TWICE = 2.0
"""Seconds within which a second click on the same button is the same wish."""


@dataclass
class Opened:
    """The project that this tab works on, with the history of its network."""

    id: str
    project: Project
    history: History
    stamp: int
    """When the file was last read or written, in nanoseconds, as the file system tells."""

    @property
    def graph(self) -> Graph:
        """The network."""
        return self.project.graph

    @property
    def role(self) -> str:
        """The role of the network that the pages edit."""
        return "model" if "model" in self.project.graphs else next(iter(self.project.graphs))

    def keep(self, project: Project) -> None:
        """Save a changed project at once."""
        self.project = project
        path = _path(self.id)
        save(project, path)
        self.stamp = path.stat().st_mtime_ns

    def edit(self, edit: Any) -> None:
        """Apply an edit of the network and save; one that does not fit is told, and changes nothing."""
        try:
            self.keep(self.project.with_graph(self.history.do(edit), self.role))
        except StrataError as error:
            st.session_state["refused"] = str(error)

    def undo(self) -> None:
        """Take the last edit back."""
        self.keep(self.project.with_graph(self.history.undo(), self.role))

    def redo(self) -> None:
        """Make the edit again that was last taken back."""
        self.keep(self.project.with_graph(self.history.redo(), self.role))


def workspace() -> Workspace:
    """The home folder."""
    return Workspace()


def create(project: Project) -> str:
    """Save a new project; its id, which cannot be guessed."""
    stem = re.sub(r"[^a-z0-9]+", "-", project.name.lower()).strip("-")[:40].strip("-") or "project"
    id = f"{stem}-{secrets.token_hex(5)}"
    save(project, _path(id))
    return id


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
    stamp = path.stat().st_mtime_ns
    if known and known.id == id and known.stamp == stamp:
        return known
    project = load(path)
    if known and known.id == id and known.project != project:
        st.toast("This project was changed in another tab. You see its newest state.", icon=":material/sync:")
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
