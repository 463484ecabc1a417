"""What is looked at: what the canvas told last, or what was chosen beside it since."""

import streamlit as st

from pages.parts import canvas
from pages.parts.looking import Selection, look_at, looked_at, select
from pages.parts.state import Opened

_CHOSEN = "chosen"


def show(opened: Opened, ids: tuple[str, ...], path: tuple[str, ...] | None = None) -> None:
    """Select nodes, and open the block inside these Block nodes; without them what is open stays so."""
    if canvas.built():
        select(opened.id, ids, path)
    elif path is not None:
        look_at(opened.id, Selection(role=opened.role, path=path))
    st.session_state[_CHOSEN] = opened.id, looked_at(opened.id), ids


def chosen(opened: Opened) -> tuple[str, ...]:
    """The ids of the selected nodes: those that were chosen beside the canvas, until it tells of others."""
    looked = looked_at(opened.id)
    if looked.role not in ("", opened.role):
        return ()
    id, then, ids = st.session_state.get(_CHOSEN, ("", None, ()))
    return ids if id == opened.id and then == looked else looked.ids
