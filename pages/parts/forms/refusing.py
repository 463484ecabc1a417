"""Why what was typed into a field was refused: it stands at the field until the next try."""

from collections.abc import Callable
from typing import Any

import streamlit as st

from pages.parts.forms.bound import bound
from pages.parts.words import plain

_LAST = "refused at"
"""Where a tab keeps the key of the last field that was tried, and why that was refused."""


def refuse(key: str, why: str) -> None:
    """Keep the reason for a field; "" if nothing is wrong with what was typed there."""
    st.session_state[_LAST] = key, why


def reason(key: str) -> None:
    """Draw the reason, where this field was the last one that was tried."""
    at, why = st.session_state.get(_LAST, ("", ""))
    if at == key and why:
        st.error(plain(why), icon=":material/block:")


def text_field(label: str, key: str, value: str, commit: Callable[[str], str], **more: Any) -> None:
    """A text that the project holds. `commit` says why it refuses what was typed, or does it and says nothing."""

    def changed(text: str) -> None:
        refuse(key, commit(text))

    with st.container(gap="xxsmall"):
        reason(key)  # above: below it would be out of view where the field is the last that a panel shows
        st.text_input(label, **more, **bound(key, value, changed))
