"""What a person looks at in the canvas of a project: as the canvas told last, and as it is told to show next."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st


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


def key(project: str) -> str:
    """Of the canvas of a project, in session state."""
    return f"canvas {project}"


def looked_at(project: str) -> Selection:
    """What the canvas of a project told last; nothing if it was not shown yet."""
    told = st.session_state.get(key(project))
    return _read(told.get("view") if told else None)


def look_at(project: str, selection: Selection) -> None:
    """Look at a place of the project where there is no canvas to say so."""
    view = {"nodes": [*selection.ids], "role": selection.role, "path": [*selection.path]}
    st.session_state[key(project)] = {"view": view}


def select(project: str, ids: Sequence[str], path: Sequence[str] | None = None) -> None:
    """Select nodes in the canvas when it is shown next, inside these Block nodes: a choice that was made outside it."""
    last = wished(project) or {"n": 0}
    wish: dict[str, Any] = {"n": last["n"] + 1, "ids": [*ids]}
    st.session_state[f"select {project}"] = wish if path is None else {**wish, "path": [*path]}


def wished(project: str) -> dict[str, Any] | None:
    """What `select` wished last, numbered."""
    return st.session_state.get(f"select {project}")


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
