"""What was deleted and can be restored, as pages show it: an undo line, and a popover."""

import time
from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

from engines.kept import Deleted
from pages.parts.words import ago, plain, short

MOST = 50


def undo_line(words: str, restore: Callable[[str], Any], key: str, name: str) -> Any:
    """A line that says what was deleted, with its undo; the container of the line, for more buttons.

    Args:
        words: Markdown, with what people typed made plain.
        restore: what undoes it, given the key.
        key: of what was deleted.
        name: of the element.
    """
    line = st.container(border=True, horizontal=True, vertical_alignment="center", gap="small", key=name)
    with line:
        st.markdown(f":material/delete: {words}", width="content")
        st.button("Undo", key=f"undo {name}", icon=":material/undo:", on_click=restore, args=(key,))
    return line


def kept(title: str, caption: str, found: Sequence[Deleted], restore: Callable[[str], Any]) -> None:
    """A popover with what can be restored; nothing if there is none."""
    if not found:
        return
    with st.popover(title, icon=":material/delete:", type="tertiary", key=title.lower()):
        st.caption(caption)
        for one in found[:MOST]:
            with st.container(
                horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"
            ):
                when = ago(one.deleted, time.time())
                st.markdown(f"{plain(short(one.name, 40))} :gray[· {when}]", width="content")
                st.button("Restore", key=f"restore {one.key}", on_click=restore, args=(one.key,))
        if len(found) > MOST:
            st.caption(f"{len(found) - MOST} older ones lie in the folder `deleted` of the home folder.")
