"""What can be done with a project as a whole: rename, duplicate, delete, and take that back."""

from collections.abc import Callable
from typing import TypeVar

import streamlit as st

from builder.errors import StrataError
from builder.templates import about
from engines.workspace import Workspace
from pages.parts import state
from pages.parts.documents.document import ELSEWHERE, document
from pages.parts.kept import kept, undo_line
from pages.parts.words import plain, short

T = TypeVar("T")
NAMELESS = "A project must have a name that is more than spaces."
UNDO = "deleted project"
"""Where a tab keeps what it has just deleted: key, name, and the run that is not over."""


def train_template(name: str) -> None:
    """Make a project of a template and train it; a double click makes one. The page then goes where `go` says."""

    def make() -> tuple[str, str]:
        project, home = about(name).project(), Workspace()
        id = home.add_project(project)
        return id, home.start(project, id, by=state.person()).id

    if wish := _told(lambda: state.once(f"train {name}", make)):
        st.session_state["go"] = ("train", *wish)


def rename(id: str, name: str) -> None:
    """Give a project another name, and keep its id and address."""
    forget_deletion()
    tab = st.session_state.get("tab", ELSEWHERE)
    _told(lambda: document(id).change(lambda newest: newest.with_fields(name=name), tab))


def duplicate(id: str) -> str:
    """A copy of a project; its id, "" if that was not possible."""
    forget_deletion()
    return _told(lambda: Workspace().duplicate_project(id)) or ""


def delete(id: str, name: str) -> None:
    """Put a project aside, and remember how to take that back."""
    forget_deletion()
    home = Workspace()
    if key := _told(lambda: home.delete_project(id)):
        run = home.newest_runs().get(id)
        st.session_state[UNDO] = (key, name, run.id if run and not run.status().over else "")


def restore(key: str) -> str:
    """Put a deleted project back; its id, "" if that was not possible."""
    forget_deletion()
    return _told(lambda: Workspace().restore_project(key)) or ""


def forget_deletion() -> None:
    """What was deleted is no longer the last thing that was done."""
    st.session_state.pop(UNDO, None)


def deletion() -> None:
    """The line that tells what was just deleted, with its undo; nothing if nothing was."""
    if UNDO not in st.session_state:
        return
    key, name, run = st.session_state[UNDO]
    words = f"Deleted **{plain(short(name, 60))}**."
    if run:
        words += " Its run stays paused." if _state(run) == "paused" else " Its run goes on."
    line = undo_line(words, restore, key, "deletion")
    if run:
        line.button("Stop the run", key="stop run", icon=":material/stop:", on_click=_stop, args=(run,))


def deleted_projects() -> None:
    """A popover with the projects that can be restored; nothing if there are none."""
    caption = "Kept for 30 days. Their runs are kept as well."
    kept("Deleted projects", caption, Workspace().list_deleted(), restore)


def _stop(run: str) -> None:
    key, name, _ = st.session_state[UNDO]
    _told(lambda: Workspace().run(run).send("stop"))
    st.session_state[UNDO] = (key, name, "")


def _state(run: str) -> str:
    return Workspace().run(run).status().state


def _told(do: Callable[[], T]) -> T | None:
    """What `do` gives; None, and the reason on the page, if it was refused."""
    try:
        return do()
    except StrataError as error:
        st.session_state["refused"] = str(error)
        return None
