"""Networks of another make: read beside the server, and told about once they are open."""

import json

import streamlit as st

from builder.errors import StrataError
from builder.project import Project
from builder.reading.apart import read_apart
from builder.reading.draft import UNKNOWN
from pages.parts import state
from pages.parts.words import plain, short

LARGEST = 200
"""Megabytes."""
WAITING = "network_to_read"
TOLD = "what_was_read"
FEW, MOST = 3, 60
"""Lines of the report in the message that comes up, and beside the canvas."""


def is_project(content: bytes) -> bool:
    """Whether a file is to be read as a project of ours: text that does not say that it is Keras's."""
    start = content[:64].lstrip(b"\xef\xbb\xbf \t\r\n")
    if start[:1] not in (b"{", b"[", b""):
        return False
    try:
        raw = json.loads(content[: 32 * 2**20])
    except (ValueError, RecursionError):
        return True
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
    """Say once what was read, and what was not understood; the project's notes keep it, on Build as well."""
    if told := st.session_state.pop(TOLD, ""):
        lines = told.splitlines()
        rest = [f"{len(lines) - FEW} more under Notes, beside the canvas."] * (len(lines) > FEW)
        shown = "  \n".join(plain(short(line, 160)) for line in [*lines[:FEW], *rest])
        st.toast(shown, icon=":material/fact_check:", duration="infinite" if UNKNOWN in told else "long")


def notes_of(project: Project) -> None:
    """The notes of a project, a line each; open if they tell what was not understood."""
    if not project.notes:
        return
    with st.expander("Notes", icon=":material/notes:", expanded=UNKNOWN in project.notes):
        for line in project.notes.splitlines()[:MOST]:
            st.caption(plain(line))


def why_unknown(project: Project, kind: str) -> str:
    """What the notes say of an operator that was not understood; "" if they say nothing."""
    lines = project.notes.splitlines()
    return next((line for line in lines if line.startswith(f"{UNKNOWN} {kind} (")), "")
