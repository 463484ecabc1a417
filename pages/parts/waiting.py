"""Waiting for what is computed beside the server: how far it is, and a button that stops it."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable
from typing import Any

import streamlit as st

from builder.errors import StrataError
from engines import aside
from pages.parts import state
from pages.parts.words import plain

TICK = 0.5
"""Seconds between two looks at a task."""
ASKED, PLACE = "asked aside", "waiting "
"""Where a tab's state tells the places that ask for something while a page is drawn, and what they asked for."""
PATIENCE = 0.15
"""Seconds that are waited before anything is drawn: what is quick must not flicker."""


def waiting(
    key: str, call: str, *, preview: Callable[[dict[str, Any]], None] | None = None, **arguments: Any
) -> dict[str, Any] | None:
    """What a function gives that is computed beside the server (see engines/aside); None until it is there.

    Meanwhile a bar shows how far it is; then the page runs again. What failed, or was stopped, says so, with a button
    to try again. Where the arguments change, or the place is no more, what was asked for before is let go.

    Args:
        key: the place on the page.
        call: a function of engines/.
        preview: draws what the function tells meanwhile.
        arguments: of the function.
    """
    st.session_state.setdefault(ASKED, set()).add(f"{PLACE}{key}")
    task = _task(f"{PLACE}{key}", call, arguments)
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
                on_click=lambda: st.session_state.pop(f"{PLACE}{key}", None),
            )
        wish = st.session_state[f"{PLACE}{key}"]
        if preview is not None and wish.seen is not None:  # what was known when it was stopped
            preview(wish.seen)
        return None


def latest(key: str, call: str, patience: float, **arguments: Any) -> dict[str, Any] | None:
    """What a function that is computed beside the server gave last, asked for again whenever it is done; draws nothing.

    Args:
        key: the place on the page; what it asks for there is never computed twice at once.
        call: a function of engines/.
        patience: seconds that are waited for it.
        arguments: of the function, as they are now.
    """
    place = f"{PLACE}{key}"
    st.session_state.setdefault(ASKED, set()).add(place)
    wish: _Wish | None = st.session_state.get(place)
    told = None if wish is None else _given(wish)
    if wish is None or wish.task.over:
        wish = st.session_state[place] = _asked(call, arguments)
    wish.task.wait(patience)
    return _given(wish) or told


def _given(wish: _Wish) -> dict[str, Any] | None:
    """What was computed; None if it is not there, or never will be."""
    return wish.task.result() if wish.task.state == "done" else None


def let_go() -> None:
    """Stop what this tab asked for earlier, and did not while its page was drawn now; call it when that is done."""
    asked = st.session_state.pop(ASKED, set())
    for place in [one for one in st.session_state if str(one).startswith(PLACE) and one not in asked]:
        st.session_state.pop(place).task.stop()


def computing() -> bool:
    """Whether something is on its way that this tab asked for: what would ask for another thing can wait."""
    wishes = [st.session_state[one] for one in st.session_state if str(one).startswith(PLACE)]
    return any(not one.task.over for one in wishes)


class _Wish:
    """What a tab asked for. When the tab is gone, and its state with it, nobody wants it any more."""

    def __init__(self, call: str, arguments: dict[str, Any]) -> None:
        self.call, self.arguments = call, arguments
        self.seen: dict[str, Any] | None = None
        """What was drawn last of it, while it was on its way."""
        self.task = aside.begin(call, **arguments)
        # in a thread: garbage is collected anywhere, also where the lock that stopping takes is held
        ending = weakref.finalize(
            self, lambda stop: threading.Thread(target=stop, daemon=True).start(), self.task.stop
        )
        ending.atexit = False


def _task(place: str, call: str, arguments: dict[str, Any]) -> aside.Task:
    """What this tab asked for at a place; begun, if it asks for something else now."""
    known: _Wish | None = st.session_state.get(place)
    if known is None or (known.call, known.arguments) != (call, arguments):
        if known is not None:
            known.task.stop()
        known = st.session_state[place] = _asked(call, arguments)
    return known.task


def _asked(call: str, arguments: dict[str, Any]) -> _Wish:
    """A wish of the person in this tab."""
    with aside.asked_by(state.person() or str(st.session_state.get("tab", ""))):
        return _Wish(call, arguments)


def _bar(key: str, task: aside.Task, preview: Callable[[dict[str, Any]], None] | None) -> None:
    if task.over:
        st.rerun()
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        words = "Waiting for its turn …" if task.state == "waiting" else task.words or "Computing …"
        st.progress(task.share, plain(words), width="stretch")
        st.button("Stop", key=f"stop {key}", icon=":material/stop:", on_click=task.stop)
    if preview is not None and task.partial is not None:
        wish = st.session_state.get(f"{PLACE}{key}")
        if wish is not None:
            wish.seen = task.partial
        preview(task.partial)
