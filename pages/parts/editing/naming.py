"""Names that people give to nodes, blocks and roles: a bad one is refused with its reason."""

from collections.abc import Container

import streamlit as st

from builder.graph import named


def valid(name: str) -> bool:
    """Whether a name can stand in the source; if not, the page will say why."""
    try:
        named(name)
    except ValueError as error:
        refusal(f"A name {error}. Got {name[:80]!r}.")
        return False
    return True


def refusal(message: str) -> None:
    """Tell why something was not done, the next time that the page is drawn."""
    st.session_state["refused"] = message


def free(stem: str, taken: Container[str]) -> str:
    """The stem with the first number that is free: `block1`."""
    number = 1
    while f"{stem}{number}" in taken:
        number += 1
    return f"{stem}{number}"
