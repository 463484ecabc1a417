"""The canvas on a page: what it is told about the project, and what a person looks at in it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import streamlit as st

from strata_canvas import built, canvas

if TYPE_CHECKING:
    from pages.parts.state import Opened

__all__ = ["Selection", "build_canvas", "built", "look_at", "looked_at", "select"]
HEIGHT = 640


@dataclass(frozen=True)
class Selection:
    """What a person looks at in the canvas."""

    ids: tuple[str, ...] = ()
    """Of the selected nodes, as the canvas shows them; another tab may have removed them meanwhile."""
    role: str = ""
    path: tuple[str, ...] = ()
    """The ids of the Block nodes that are open, from the outermost in."""
    revision: int = 0
    """Of the project, as the canvas shows it."""


def build_canvas(opened: "Opened") -> None:
    """Show the canvas of the open project."""
    data = {
        "project": opened.id,
        "tab": opened.tab,
        "role": opened.role,
        "path": [*looked_at(opened.id).path],
        "revision": opened.project.revision,
        "select": st.session_state.get(f"select {opened.id}"),
    }
    canvas(data, key=_key(opened.id), height=HEIGHT, on_change=partial(_followed, opened.id))


def looked_at(project: str) -> Selection:
    """What the canvas of a project told last; nothing if it was not shown yet."""
    told = st.session_state.get(_key(project))
    return _read(told.get("view") if told else None)


def select(project: str, ids: Sequence[str], path: Sequence[str] | None = None) -> None:
    """Select nodes in the canvas when it is shown next, inside these Block nodes: a choice that was made outside it."""
    last = st.session_state.get(f"select {project}") or {"n": 0}
    wish: dict[str, Any] = {"n": last["n"] + 1, "ids": [*ids]}
    st.session_state[f"select {project}"] = wish if path is None else {**wish, "path": [*path]}


def look_at(project: str, selection: Selection) -> None:
    """Look at a place of the project where there is no canvas to say so."""
    view = {"nodes": [*selection.ids], "role": selection.role, "path": [*selection.path]}
    st.session_state[_key(project)] = {"view": view}


def _followed(project: str) -> None:
    """Keep the role that is looked at in the URL, where a reload and a shared link find it."""
    if role := looked_at(project).role:
        st.query_params["role"] = role


def _key(project: str) -> str:
    return f"canvas {project}"


def _read(view: Mapping[str, Any] | None) -> Selection:
    """What the browser sent, as far as it is what we expect."""
    view = view or {}
    revision, role = view.get("revision"), view.get("role")
    return Selection(
        ids=_texts(view.get("nodes")),
        role=role if isinstance(role, str) else "",
        path=_texts(view.get("path")),
        revision=revision if isinstance(revision, int) else 0,
    )


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list | tuple) else ()
