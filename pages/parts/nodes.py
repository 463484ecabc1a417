"""The nodes of a network: the table with shapes and costs, and the settings of the one that is chosen."""

from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

from builder.edits import Connect, Disconnect, RemoveNodes, Rename, SetConfig, SetKind
from builder.errors import Problem
from builder.graph import Graph, Node
from builder.layers import LAYERS
from builder.layers.io import Block
from builder.summary import Summary
from pages.parts.form import Form, fields
from pages.parts.problems import problem_list
from pages.parts.state import Opened
from pages.parts.words import plain

NOTHING = "nothing"
SIGNS = {"error": "✕", "warning": "△"}


def table(graph: Graph, summary: Summary, problems: Sequence[Problem]) -> str:
    """Every node in the order of computation; the id of the chosen one.

    It can be chosen in the table or, from the keyboard or with a screen reader, in the box above it.
    """
    import pandas as pd

    ids = [row.node for row in summary.rows] + [
        node.id for node in graph.nodes if node.id not in {r.node for r in summary.rows}
    ]
    costs = {row.node: row for row in summary.rows}
    bad = {problem.node: problem.severity for problem in problems}
    rows = []
    for id in ids:
        node, row = graph[id], costs.get(id)
        rows.append(
            {
                "Node": f"{SIGNS[bad[id]]} {id}" if id in bad else id,
                "Layer": kind_of(node),
                "Reads": ", ".join(node.inputs.values()),
                "Shape": (row.shape if row else None) or "?",
                "Parameters": (row and row.parameters) or None,
                "Multiply–adds": (row and row.multiply_adds) or None,
            }
        )
    if st.session_state.get("node") not in ids:
        faulty = [id for id in ids if id in bad]
        st.session_state["node"] = faulty[0] if faulty else ids[-2 if len(ids) > 1 else -1]

    def clicked() -> None:
        chosen = st.session_state[key].selection.rows
        if chosen:
            st.session_state["node"] = ids[chosen[0]]

    key = f"nodes {len(ids)}"
    whole = st.column_config.NumberColumn(format="localized")
    st.selectbox(
        "Chosen node",
        ids,
        key="node",
        help="Or click a row of the table",
        format_func=lambda id: f"{id} · {graph[id].kind}",
    )
    st.dataframe(
        pd.DataFrame(rows),
        hide_index=True,
        key=key,
        on_select=clicked,
        selection_mode="single-row",
        height="content",
        column_config={"Parameters": whole, "Multiply–adds": whole},
        placeholder="–",
        alt="The nodes of the network with their shapes and costs",
    )
    return str(st.session_state["node"])


def kind_of(node: Node) -> str:
    """The kind of a node as the table shows it; of a block its name, and how often it is repeated."""
    if node.kind != "Block":
        return node.kind
    repeat = node.config.get("repeat", 1)
    return f"Block {node.config.get('block', '?')}" + (f" × {repeat}" if repeat != 1 else "")


def inspector(opened: Opened, node: Node, problems: Sequence[Problem], move: Callable[[int], None]) -> None:
    """Everything about one node: what it is, what is wrong with it, its fields and its connections."""
    kind = LAYERS.get(node.kind)
    row = st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute")
    with row:
        st.markdown(f"**{plain(node.id)}** · {plain(kind.title if kind else node.kind)}")
        with st.container(horizontal=True, width="content", gap="xxsmall"):
            st.button(
                "",
                key="node up",
                icon=":material/arrow_upward:",
                help="Earlier in the list",
                on_click=move,
                args=(-1,),
                type="tertiary",
            )
            st.button(
                "",
                key="node down",
                icon=":material/arrow_downward:",
                help="Later in the list",
                on_click=move,
                args=(1,),
                type="tertiary",
            )
            st.button(
                "",
                key="node remove",
                icon=":material/delete:",
                help="Remove this node; what read it then reads what it read",
                type="tertiary",
                on_click=opened.edit,
                args=(RemoveNodes(ids=(node.id,), bridge=True),),
            )
    if kind is None:
        st.error(f"There is no layer {plain(node.kind)}.", icon=":material/error:")
    else:
        st.caption(plain(kind.help()))
    mine = [problem for problem in problems if problem.node == node.id]
    problem_list(opened, mine, f"node {node.id}")
    if kind is not None:
        _connections(opened, node, kind)
        _config(opened, node, kind, mine)
        if kind.formula:
            st.latex(kind.formula)
        if kind.reference:
            st.caption(f":material/menu_book: {plain(kind.reference)}")
    _identity(opened, node)


def _config(opened: Opened, node: Node, kind: Any, problems: Sequence[Problem]) -> None:
    def commit(name: str, value: Any) -> None:
        opened.edit(SetConfig(node=node.id, config={name: value}))

    options = {"block": list(opened.graph.blocks)} if issubclass(kind, Block) else {}
    fields(
        Form(f"config {opened.id} {node.id} {node.kind}", commit, problems, options, columns=2, plain=4),
        kind,
        node.config,
    )


def _connections(opened: Opened, node: Node, kind: Any) -> None:
    """A box for each input port."""
    graph = opened.graph
    names = kind.port_names(node.inputs)
    if issubclass(kind, Block) and (block := graph.blocks.get(node.config.get("block", ""))):
        names = tuple(inner.id for inner in block.nodes if inner.kind == "Input")
    sources = [
        reference for other in graph.nodes if other.id != node.id for reference in _outputs(graph, other)
    ]
    for port in (*names, *(port for port in node.inputs if port not in names)):
        now = node.inputs.get(port)
        options = [NOTHING, *sources, *([now] if now and now not in sources else [])]
        key = f"port {opened.id} {node.id} {port}"
        st.session_state[key] = now or NOTHING
        words = "Reads from" if len(names) == 1 else f"Port {plain(port)} reads from"
        st.selectbox(words, options, key=key, on_change=_connect, args=(opened, node.id, port, key))


def _outputs(graph: Graph, node: Node) -> list[str]:
    """What can be read from a node: its id, and each further output."""
    if node.kind not in LAYERS or node.kind == "Output":
        return []
    ports = LAYERS[node.kind].outputs
    if node.kind == "Block" and (block := graph.blocks.get(node.config.get("block", ""))):
        ports = tuple(inner.id for inner in block.nodes if inner.kind == "Output")
    return [node.id, *(f"{node.id}.{port}" for port in ports[1:])]


def _connect(opened: Opened, node: str, port: str, key: str) -> None:
    source = st.session_state[key]
    opened.edit(
        Disconnect(node=node, port=port)
        if source == NOTHING
        else Connect(source=source, node=node, port=port)
    )


def _identity(opened: Opened, node: Node) -> None:
    """Its name, and what kind of layer it is."""
    with st.expander("Name and kind", key=f"identity {node.id}"):
        left, right = st.columns(2)
        name, kind = f"rename {opened.id} {node.id}", f"kind {opened.id} {node.id}"
        st.session_state[name], st.session_state[kind] = node.id, node.kind
        left.text_input(
            "Name",
            key=name,
            max_chars=64,
            on_change=_rename,
            args=(opened, node.id, name),
            help="Letters a to z, digits and underscores: it becomes an attribute in the source",
        )
        options = [*LAYERS, *([node.kind] if node.kind not in LAYERS else [])]
        right.selectbox("Layer", options, key=kind, on_change=_set_kind, args=(opened, node.id, kind))


def _rename(opened: Opened, node: str, key: str) -> None:
    from pydantic import ValidationError

    try:
        edit = Rename(node=node, to=st.session_state[key].strip())
    except ValidationError as error:
        reason = str(error.errors(include_url=False)[0]["msg"]).removeprefix("Value error, ")
        st.session_state["refused"] = f"'{node}': id {reason}. Got {st.session_state[key]!r}."
        return
    if opened.edit(edit):
        st.session_state["node"] = edit.to


def _set_kind(opened: Opened, node: str, key: str) -> None:
    opened.edit(SetKind(node=node, kind=st.session_state[key]))
