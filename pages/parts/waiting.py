"""Waiting for what is computed beside the server: how far it is, and a button that stops it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from builder.errors import StrataError
from engines import aside
from pages.parts import state
from pages.parts.words import plain

TICK = 0.5
"""Seconds between two looks at a task."""
PATIENCE = 0.15
"""Seconds that are waited before anything is drawn: what is quick must not flicker."""


def waiting(
    key: str, call: str, *, preview: Callable[[dict[str, Any]], None] | None = None, **arguments: Any
) -> dict[str, Any] | None:
    """What a function gives that is computed beside the server (see engines/aside); None until it is there.

    Meanwhile a bar shows how far it is; then the page runs again. What failed, or was stopped, says so, with a button
    to try again. Where the arguments change, what was asked for before is let go.

    Args:
        key: the place on the page.
        call: a function of engines/.
        preview: draws what the function tells meanwhile.
        arguments: of the function.
    """
    task = _task(f"waiting {key}", call, arguments)
    task.wait(PATIENCE)
    if not task.over:
        st.fragment(_bar, run_every=TICK)(key, task, preview)
        return None
    try:
        return task.result()
    except StrataError as error:
        with st.container(border=True, horizontal=True, vertical_alignment="center"):
            st.markdown(plain(error), width="stretch")
            st.button(
                "Compute it again",
                key=f"again {key}",
                icon=":material/refresh:",
                on_click=lambda: st.session_state.pop(f"waiting {key}", None),
            )
        return None


def _task(place: str, call: str, arguments: dict[str, Any]) -> aside.Task:
    """What this tab asked for at a place; begun, if it asks for something else now."""
    wish, known = (call, arguments), st.session_state.get(place)
    if known is None or known[0] != wish:
        if known is not None:
            known[1].stop()
        with aside.asked_by(state.person() or str(st.session_state.get("tab", ""))):
            known = st.session_state[place] = wish, aside.begin(call, **arguments)
    task: aside.Task = known[1]
    return task


def _bar(key: str, task: aside.Task, preview: Callable[[dict[str, Any]], None] | None) -> None:
    if task.over:
        st.rerun()
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        words = "Waiting for others …" if task.state == "waiting" else task.words or "Computing …"
        st.progress(task.share, plain(words), width="stretch")
        st.button("Stop", key=f"stop {key}", icon=":material/stop:", on_click=task.stop)
    if preview is not None and task.partial is not None:
        preview(task.partial)
