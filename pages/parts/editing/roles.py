"""The networks of a project that has several, by role: which one is open, their names, and away with one."""

from functools import partial

import streamlit as st

from builder.edits import RemoveRole, RenameRole
from pages.parts.editing.here import Here
from pages.parts.editing.naming import name_field, refusal
from pages.parts.words import plain


def role_list(here: Here) -> None:
    """Each network with its role; nothing where there is only one."""
    graphs = here.opened.project.graphs
    if len(graphs) < 2:
        return
    with st.expander("Networks", key="roles", icon=":material/hub:"):
        for role, graph in graphs.items():
            nodes = f"{len(graph.nodes)} nodes"
            st.caption(f"{nodes} · open now" if role == here.opened.role else nodes)
            with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
                _row(here, role)


def _row(here: Here, role: str) -> None:
    key = f"role {here.opened.id} {role}"
    name_field(f"Role of network {plain(role)}", key, role, partial(_rename, here, role))
    if role != here.opened.role:
        st.button(
            "", key=f"{key} open", icon=":material/login:", type="tertiary", help=f"Open {plain(role)}",
            on_click=_open, args=(here, role),
        )  # fmt: skip
    st.button(
        "", key=f"{key} remove", icon=":material/delete:", type="tertiary",
        help=f"Remove {plain(role)} with all that is in it; undo brings it back",
        on_click=here.opened.edit_project, args=(RemoveRole(role=role),),
    )  # fmt: skip


def _open(here: Here, role: str) -> None:
    st.query_params["role"] = role


def _rename(here: Here, role: str, name: str) -> str:
    name = name.strip()
    if name == role:
        return ""
    if why := refusal(name, "network", here.opened.project.graphs):
        return why
    current = here.opened.role
    if here.opened.edit_project(RenameRole(role=role, to=name)) and current == role:
        st.query_params["role"] = name
    return ""
