"""The canvas on a page: what it is told about the project."""

from functools import partial

import streamlit as st

from pages.parts.looking import key, looked_at, wished
from pages.parts.state import Opened
from strata_canvas import built, canvas

__all__ = ["build_canvas", "built"]


def build_canvas(opened: Opened) -> None:
    """Show the canvas of the open project."""
    data = {
        "project": opened.id,
        "tab": opened.tab,
        "role": opened.role,
        "path": [*looked_at(opened.id).path],
        "revision": opened.project.revision,
        "select": wished(opened.id),
    }
    canvas(data, key=key(opened.id), on_change=partial(_followed, opened.id))


def _followed(project: str) -> None:
    """Keep the role that is looked at in the URL, where a reload and a shared link find it."""
    if role := looked_at(project).role:
        st.query_params["role"] = role
