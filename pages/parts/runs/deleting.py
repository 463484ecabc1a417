"""Deleting runs on the Runs page, and taking that back."""

import time
from collections.abc import Callable
from typing import Any

import streamlit as st

from builder.errors import StrataError
from engines.runs.deleted import AtWork
from pages.parts import state
from pages.parts.header import run_name
from pages.parts.kept import kept, undo_line
from pages.parts.words import plain, short

UNDO = "deleted run"
"""Where a tab keeps what it has just deleted: key and name."""
BUSY = "run at work"
"""Where a tab keeps the run that it could not delete: its id, and why."""
STOPPING = 15.0
"""Seconds to wait until a run is over."""


def delete(id: str) -> None:
    """Put a run aside and remember how to take that back; one that is at work is refused."""
    forget_deletion()
    try:
        key = state.workspace().delete_run(id)
    except AtWork as error:
        st.session_state[BUSY] = (id, str(error))
    except StrataError as error:
        st.session_state["refused"] = str(error)
    else:
        names = {one.key: one.name for one in state.workspace().list_deleted_runs()}
        st.session_state[UNDO] = (key, names.get(key, ""), id)


def stop_and_delete(id: str) -> None:
    """Stop a run, wait until it is over, and put it aside."""

    def stopped() -> None:
        run = state.workspace().run(id)
        run.send("stop")
        end = time.monotonic() + STOPPING
        while (not run.status().over or run.alive()) and time.monotonic() < end:
            time.sleep(0.02)

    _told(stopped)
    delete(id)


def restore(key: str) -> None:
    """Put a deleted run back."""
    forget_deletion()
    _told(lambda: state.workspace().restore_run(key))


def forget_deletion() -> None:
    """What was deleted, or could not be, is no longer the last thing that was done."""
    st.session_state.pop(UNDO, None)
    st.session_state.pop(BUSY, None)


def deletion() -> None:
    """What came of the last deletion: its undo, or why it was refused and the button that goes on."""
    if refused := st.session_state.pop("refused", ""):
        st.error(plain(refused), icon=":material/block:")
    if UNDO in st.session_state:
        key, name, id = st.session_state[UNDO]
        undo_line(f"Deleted **{run_name(id)} · {plain(short(name, 60))}**.", restore, key, "run deletion")
    if BUSY in st.session_state:
        id, why = st.session_state[BUSY]
        with st.container(
            border=True, horizontal=True, vertical_alignment="center", gap="small", key="run at work box"
        ):
            st.markdown(f":material/block: {plain(why)}", width="content")
            st.button("Stop and delete it", key="stop and delete", on_click=stop_and_delete, args=(id,))
            st.button("Keep it", key="keep run", type="tertiary", on_click=forget_deletion)


def deleted_runs() -> None:
    """A popover with the runs that can be restored; nothing if there are none."""
    kept("Deleted runs", "Kept for 30 days.", state.workspace().list_deleted_runs(), restore)


def _told(do: Callable[[], Any]) -> None:
    try:
        do()
    except StrataError as error:
        st.session_state["refused"] = str(error)
