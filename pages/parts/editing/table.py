"""The network as a table, for the keyboard, for screen readers, and where there is no canvas."""

from typing import Any

import streamlit as st

from builder.amounts import batch_of
from builder.edits import Reorder
from builder.graph import Node
from builder.summary import summary_inside
from builder.trial import Outcome
from pages.parts.costs import cost_table
from pages.parts.editing.adding import add_node
from pages.parts.editing.here import WAIT, Here
from pages.parts.editing.view import show
from pages.parts.forms.bound import bound
from pages.parts.words import plain

SIGNS = {"error": "✕", "warning": "△"}
VIEWS = ("Connections", "Costs")


def table_editor(here: Here, chosen: str) -> None:
    """The nodes as a table, with a box to choose one and buttons to add, move, undo and redo."""
    opened = here.opened
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        if here.graph.nodes:
            _node_box(here, chosen)
        add_node(here, chosen)
        st.button("Undo", icon=":material/undo:", on_click=opened.undo, disabled=not opened.history.can_undo)
        st.button("Redo", icon=":material/redo:", on_click=opened.redo, disabled=not opened.history.can_redo)
        if here.path:
            st.button(
                "Leave the block", key=f"leave {here.key}", icon=":material/logout:",
                on_click=show, args=(opened, (), here.path[:-1]),
            )  # fmt: skip
    if not here.graph.nodes:
        return
    view = st.segmented_control(
        "What the table shows", VIEWS, default=VIEWS[0], required=True, key=f"table view {opened.id}",
        label_visibility="collapsed",
    )  # fmt: skip
    if view == VIEWS[0]:
        _table(here)
    elif here.pending:
        st.caption(WAIT)
    else:
        _costs(here, chosen)


def _costs(here: Here, chosen: str) -> None:
    """What each node costs; a row for a block, into which one can look."""
    opened = here.opened
    node = here.graph.by_id.get(chosen)
    if node and node.kind == "Block":
        st.button(
            f"Look inside {plain(node.id)}", key=f"inside {here.key} {node.id}", icon=":material/login:",
            on_click=show, args=(opened, (), (*here.path, node.id)),
        )  # fmt: skip
    if here.path:
        st.caption(
            f"One repeat of the block {plain(here.block)}, with what reaches it in {plain(' → '.join(here.path))}."
        )
    summary = summary_inside(here.whole, here.path)
    ids = " ".join(row.node for row in summary.rows)
    name = "-".join((opened.id, here.role, *here.path))
    cost_table(summary, batch_of(opened.project), f"costs {here.key} {ids}", name, here.show)


def _node_box(here: Here, chosen: str) -> None:
    graph = here.graph
    ids = _order(here)
    st.selectbox(
        "Chosen node",
        placeholder="Choose a node",
        help="Or click a row of the table",
        format_func=lambda id: f"{id} · {graph[id].kind}" if id in graph else id,
        width=260,
        **bound(
            f"node {here.key}",
            chosen if chosen in graph else None,
            lambda id: here.show(*([id] if id else [])),
            ids,
        ),
    )
    place = next((number for number, node in enumerate(graph.nodes) if node.id == chosen), None)
    for way, by, words in (("up", -1, "Earlier in the list"), ("down", 1, "Later in the list")):
        new = max(0, (place or 0) + by)
        st.button(
            "", key=f"node {here.key} {chosen} {way}", icon=f":material/arrow_{way}ward:", type="tertiary", help=words,
            disabled=place is None or not 0 <= place + by < len(graph.nodes),
            on_click=here.edit, args=(Reorder(node=chosen, place=new), *(n for n in graph.nodes if n.id == chosen)),
        )  # fmt: skip


def _order(here: Here) -> list[str]:
    """The ids in the order of computation; those on a circle at the end."""
    return [*dict.fromkeys((*here.inference.places, *(node.id for node in here.graph.nodes)))]


def _table(here: Here) -> None:
    import pandas as pd

    ids = _order(here)
    bad = {problem.node: problem.severity for problem in reversed(here.problems)}

    def clicked() -> None:
        rows = st.session_state[key].selection.rows
        if rows and rows[0] < len(ids):
            here.show(ids[rows[0]])

    key = f"nodes {here.key} {' '.join(ids)}"
    whole = st.column_config.NumberColumn(format="localized")
    st.dataframe(
        pd.DataFrame([_row(here, here.graph[id], bad.get(id, "")) for id in ids]),
        hide_index=True,
        key=key,
        on_select=clicked,
        selection_mode="single-row",
        height="content",
        column_config={"Parameters": whole, "Multiply–adds": whole},
        placeholder="–",
        alt="The nodes of the network with their shapes and costs",
    )


def _row(here: Here, node: Node, severity: str) -> dict[str, Any]:
    outcome: Outcome | None = here.place(node).outcome
    shape = next(iter(outcome.outputs.values()), None) if outcome else None
    return {
        "Node": f"{SIGNS[severity]} {node.id}" if severity else node.id,
        "Layer": kind_of(node),
        "Reads": ", ".join(node.inputs.values()),
        "Shape": str(shape) if shape else "?",
        "Parameters": (outcome.parameters if outcome else None) or None,
        "Multiply–adds": (outcome.multiply_adds if outcome else None) or None,
    }


def kind_of(node: Node) -> str:
    """The kind of a node as the table shows it; of a block its name, and how often it is repeated."""
    if node.kind != "Block":
        return node.kind
    repeat = node.config.get("repeat", 1)
    return f"Block {node.config.get('block', '?')}" + (f" × {repeat}" if repeat != 1 else "")
