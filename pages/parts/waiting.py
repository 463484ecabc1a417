"""Waiting: what a page asks to be computed beside the server, how far it is, and the button that ends it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from builder.errors import StrataError
from engines import aside
from pages.parts import state
from pages.parts.words import plain

QUICK = 0.2
"""Seconds in which a result that comes at once is waited for, so that no progress flashes up."""
TICK = 0.4
"""Seconds between two looks at what goes on."""


def waiting(
    key: str,
    function: str,
    *args: Any,
    label: str,
    partial: Callable[[Any], None] | None = None,
    **kwargs: Any,
) -> Any:
    """The result of a function that is called aside; until it is there, None below a bar that tells how far it is.

    Args:
        key: tells this place on the page from others. Where the arguments change, what was asked for before is let go.
        function: a function of engines/, such as "engines.embedding:embed" (see engines/aside.py).
        args: what it is given: paths, names and numbers.
        label: what is being done, in words, such as "Embedding 500 examples".
        partial: draws what is known already.
        kwargs: what the function is given by name.
    """
    task = _task(f"waiting {key}", (function, args, kwargs))
    task.wait(QUICK)
    if task.state == "done":
        return task.result()
    if task.state == "failed":
        try:
            task.result()
        except StrataError as error:
            st.error(plain(error), icon=":material/error:")
        _again(key, "Try again")
    elif task.state == "stopped":
        st.info(f"{plain(label)}: stopped.", icon=":material/stop_circle:")
        _again(key, "Begin again")
    else:
        st.fragment(_progress, run_every=TICK)(key, task, label, partial)
    return None


def _task(place: str, call: tuple[str, tuple[Any, ...], dict[str, Any]]) -> aside.Task:
    """What this tab asked for here; begun, if it is asked for just now."""
    known = st.session_state.get(place)
    if known is not None and known[0] == call:
        return known[1]
    if known is not None:
        known[1].stop()
    function, args, kwargs = call
    with aside.asked_by(state.person() or str(st.session_state.get("tab", ""))):
        task = aside.begin(function, *args, **kwargs)
    st.session_state[place] = call, task
    return task


def _again(key: str, label: str) -> None:
    st.button(
        label,
        icon=":material/refresh:",
        key=f"again {key}",
        on_click=lambda: st.session_state.pop(f"waiting {key}", None),
    )


def _progress(key: str, task: aside.Task, label: str, partial: Callable[[Any], None] | None) -> None:
    if task.over:
        st.rerun()
    words = task.words or ("It waits for others' work" if task.state == "waiting" else "It begins")
    with st.container(horizontal=True, vertical_alignment="center", key=f"progress {key}"):
        st.progress(task.share, f"{plain(label)} · {plain(words)} …")
        if st.button("Stop", icon=":material/stop_circle:", key=f"stop {key}"):
            task.stop()
            st.rerun()
    if partial is not None and task.partial is not None:
        partial(task.partial)
