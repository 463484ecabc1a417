"""Networks of another make: read beside the server, and told about once they are open."""

import json

import streamlit as st

from builder.errors import StrataError
from builder.reading.apart import read_apart
from pages.parts import state
from pages.parts.words import plain

LARGEST = 200
"""Megabytes."""
WAITING = "network_to_read"
TOLD = "what_was_read"


def is_project(content: bytes) -> bool:
    """Whether a file says that it is a project of ours; if it is damaged, it is still one."""
    try:
        raw = json.loads(content[: 32 * 2**20])
    except (ValueError, RecursionError):
        return b'"strata"' in content[:1000] or not content.lstrip()[:1]
    return not isinstance(raw, dict) or "strata" in raw or "class_name" not in raw


def read_waiting() -> str:
    """Read the network that was uploaded, if there is one, and say where to go; why not, if it is refused."""
    if WAITING not in st.session_state:
        return ""
    content, name = st.session_state.pop(WAITING)
    try:
        with st.spinner("Reading the network, and running it beside the original …"):
            project = read_apart(content, name)
        st.session_state["go"] = ("build", state.workspace().add_project(project), "")
    except StrataError as error:
        return str(error)
    st.session_state[TOLD] = project.notes
    return ""


def tell() -> None:
    """Say once what was read, and what was not understood; the project's notes keep it."""
    if told := st.session_state.pop(TOLD, ""):
        shown = "\n".join(told.splitlines()[:6])
        st.toast(
            plain(shown), icon=":material/fact_check:", duration="infinite" if "Unknown" in told else "long"
        )
