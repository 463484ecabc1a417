"""Waiting for what is computed beside the server: how far it is, and a button that stops it."""

from __future__ import annotations

from typing import Any

import streamlit as st

from builder.errors import StrataError
from engines import aside
from pages.parts.words import plain

TICK = 0.5
"""Seconds between two looks at a task."""
PATIENCE = 0.15
"""Seconds that are waited before anything is drawn: what is quick must not flicker."""


def waiting(key: str, call: str, **arguments: Any) -> dict[str, Any] | None:
    """What a function gives that is computed beside the server (see engines/aside); None until it is there.

    Meanwhile a bar shows how far it is; then the page runs again. What failed, or was stopped, says so, with a button
    to try again.
    """
    stopped = f"stopped {key} {call} {sorted(arguments.items())}"
    if message := st.session_state.get(stopped):
        with st.container(border=True, horizontal=True, vertical_alignment="center"):
            st.markdown(plain(message), width="stretch")
            if not st.button("Compute it again", key=f"again {key}", icon=":material/refresh:"):
                return None
        del st.session_state[stopped]
    task = aside.begin(call, **arguments)
    task.wait(PATIENCE)
    if not task.over:
        _bar(key, task)
        return None
    try:
        return task.result()
    except StrataError as error:
        st.session_state[stopped] = str(error)
        st.rerun()


@st.fragment(run_every=TICK)
def _bar(key: str, task: aside.Task) -> None:
    if task.over:
        st.rerun()
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        words = "Waiting for others …" if task.state == "waiting" else task.words or "Computing …"
        st.progress(task.share, plain(words), width="stretch")
        st.button("Stop", key=f"stop {key}", icon=":material/stop:", on_click=task.stop)
