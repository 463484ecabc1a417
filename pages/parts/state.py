"""What is open in this tab: the project and the run that the URL names, read from and saved to the home folder."""

import secrets
import time
from collections.abc import Callable
from typing import Any

import streamlit as st

from builder.edits import History, InRole
from builder.errors import BadFile, StrataError
from builder.graph import Graph
from builder.project import Project, usual_role
from engines.runs.index import Index
from engines.runs.run import Run
from engines.workspace import Workspace
from pages.parts import guard
from pages.parts.documents.document import Document, document
from pages.parts.looking import looked_at
from pages.parts.stream import source

TWICE = 2.0
"""Seconds within which a second click on the same button is the same wish."""


class Opened:
    """The project as this tab sees it: what it was when the script began, or after this tab's last change."""

    def __init__(self, document: Document, tab: str) -> None:
        self.document = document
        self.tab = tab
        """What tells this tab from others; its canvas goes by the same name."""
        self.project = document.refresh().project

    @property
    def id(self) -> str:
        """The project's id."""
        return self.document.id

    @property
    def graph(self) -> Graph:
        """The network of the role that is looked at."""
        return self.project.graphs[self.role]

    @property
    def role(self) -> str:
        """The role of the network that the pages edit: the one that the URL names, or else the usual one."""
        return usual_role(self.project.graphs, st.query_params.get("role", ""))

    @property
    def path(self) -> tuple[str, ...]:
        """The ids of the Block nodes that are open on the canvas, from the outermost in."""
        looked = looked_at(self.id)
        return looked.path if looked.role in ("", self.role) else ()

    @property
    def history(self) -> History[dict[str, Graph]]:
        """What can be undone and redone."""
        return self.document.history

    def refresh(self) -> None:
        """See the newest state; if another tab made it, that is told."""
        seen = self.project.revision
        self._see(self.document.refresh().project, seen)

    def change(self, make: Callable[[Project], Project]) -> bool:
        """Save what `make` makes of the newest project, another tab's changes included; whether that was possible.

        What does not fit the newest project is told, and changes nothing.
        """
        return self._do(lambda: self.document.change(make, self.tab))

    def keep(self, project: Project) -> bool:
        """Save a project that was made of this one: what it changed is changed, and nothing else."""
        return self._do(lambda: self.document.keep(self.project, project, self.tab))

    def edit(self, edit: Any) -> bool:
        """Apply an edit to the newest network and save; whether it fitted. One that does not is told."""
        return self._do(lambda: self.document.edit(InRole(role=self.role, inner=edit), self.tab))

    def edit_project(self, edit: Any) -> bool:
        """Apply an edit of the project's networks, such as AddRole."""
        return self._do(lambda: self.document.edit(edit, self.tab))

    def undo(self) -> None:
        """Take the last edit back; not if another tab has gone on meanwhile, for that would take its work back."""
        self._do(lambda: self.document.undo(self.tab, self.project.revision))

    def redo(self) -> None:
        """Make the edit again that was last taken back."""
        self._do(lambda: self.document.redo(self.tab, self.project.revision))

    def _do(self, work: Callable[[], Project]) -> bool:
        seen = self.project.revision
        try:
            self._see(work(), seen)
        except StrataError as error:
            st.session_state["refused"] = str(error)
            self._see(self.document.project, seen)
            return False
        return True

    def _see(self, project: Project, seen: int) -> None:
        self.project = project
        if self.document.foreign(seen, self.tab):
            st.toast(
                "This project was changed in another tab. You see its newest state.", icon=":material/sync:"
            )


def workspace() -> Workspace:
    """The home folder."""
    return Workspace()


def person() -> str:
    """Who sits at this browser, as far as its cookie tells; "" where it tells nothing."""
    return guard.person(st.context.cookies)


def once(wish: str, make: Any) -> Any:
    """What `make()` gives; or what it gave a moment ago, if this tab wished the same (a double click)."""
    known = st.session_state.get("wished")
    if known and known[0] == wish and time.monotonic() - known[1] < TWICE:
        return known[2]
    made = make()
    st.session_state["wished"] = (wish, time.monotonic(), made)
    return made


def opened() -> Opened | None:
    """The project that the URL names, or whose run it names, as it is on the disk now; None if the URL names none.

    Raises:
        BadFile: there is no such project or run, or its file is damaged.
    """
    id = st.query_params.get("project", "")
    if not id and (run := st.query_params.get("run", "")):
        id = st.query_params["project"] = str(_run(run).about["of"])
    if not id:
        return None
    known: Opened | None = st.session_state.get("opened")
    one = document(id)
    if known and known.document is one:
        known.refresh()
        return known
    st.session_state["opened"] = Opened(one, st.session_state.setdefault("tab", secrets.token_hex(8)))
    return st.session_state["opened"]


def current_run(of: str) -> Run | None:
    """The run that the URL names, or else the newest one of the project; None if it was never trained.

    Raises:
        BadFile: the URL names a run that does not exist, or one of another project.
    """
    if id := st.query_params.get("run", ""):
        run = _run(id)
        if run.about["of"] != of:
            raise BadFile(f"There is no run {id[:80]!r} in this project.")
        return run
    ids = Index(workspace()).ids(of)
    return _run(ids[0]) if ids else None


def moment(run: Run | None) -> int | None:
    """The step of the snapshot that the URL names; None if it names none, or none that is kept."""
    text = st.query_params.get("at", "")
    step = int(text) if text.isascii() and text.isdecimal() and len(text) < 16 else None
    return step if run is not None and step in run.snapshots.numbers() else None


def _run(id: str) -> Run:
    """The run, one object for all tabs: what it has told is read and kept once, however many look at it."""
    return source(workspace().run(id)).run


def parameters(**more: str) -> dict[str, str]:
    """The query of a link to another page of the open project and run."""
    kept = {name: st.query_params[name] for name in ("project", "run") if st.query_params.get(name)}
    return {**kept, **{name: value for name, value in more.items() if value}}
