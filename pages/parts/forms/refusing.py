"""Why what was typed into a field was refused: it stands at the field until the next try."""

from collections.abc import Callable
from typing import Any

import streamlit as st

from pages.parts.forms.bound import bound
from pages.parts.words import plain

_LAST = "refused at"
"""Where a tab keeps the key of the last field that was tried, why that was refused, and what was typed."""


def refuse(key: str, why: str, text: str = "") -> None:
    """Keep the reason for a field, and what was typed there; "" if nothing is wrong with it."""
    st.session_state[_LAST] = key, why, text


def reason(key: str) -> None:
    """Draw the reason, where this field was the last one that was tried."""
    if why := _refused(key)[0]:
        st.error(plain(why), icon=":material/block:")


def _refused(key: str) -> tuple[str, str]:
    """Why a field was refused, and what was typed there; "" twice if it was not, or another was tried since."""
    at, why, text = st.session_state.get(_LAST, ("", "", ""))
    return (why, text) if at == key and why else ("", "")


def text_field(label: str, key: str, value: str, commit: Callable[[str], str], **more: Any) -> None:
    """A text that the project holds. `commit` says why it refuses what was typed, or does it and says nothing.

    What is refused stays in the field, to be mended.
    """

    def changed(text: str) -> None:
        refuse(key, commit(text), text.strip())

    with st.container(gap="xxsmall"):
        reason(key)  # above: below it would be out of view where the field is the last that a panel shows
        st.text_input(label, **more, **bound(key, _refused(key)[1] or value, changed))
