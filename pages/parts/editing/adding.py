"""Adding a node: choose a kind by what it is for, read what it does, and put it where it belongs."""

import streamlit as st

from builder.edits import AddNode, Connect, Several
from builder.graph import Graph, Node
from builder.layers import LAYERS
from pages.parts.documents.kinds import categories
from pages.parts.editing.here import Here
from pages.parts.words import plain

ENDS = ("Input", "Output")


def add_node(here: Here, chosen: str) -> None:
    """The button that opens the list of layers; a new one goes behind the chosen node."""
    with st.popover("Add node", icon=":material/add:"):
        category = st.selectbox("Category", categories(), key="add category")
        kinds = [name for name, kind in LAYERS.items() if kind.category == category]
        kind = st.selectbox(
            "Layer", kinds, key=f"add kind {category}", format_func=lambda name: LAYERS[name].title
        )
        st.caption(plain(LAYERS[kind].help()))
        behind = place_for(here.graph, chosen)
        where = (
            f"after {behind}" if behind and kind not in ENDS and LAYERS[kind].port_names({}) else "at the end"
        )
        st.button(
            f"Add {plain(where)}",
            type="primary",
            icon=":material/add:",
            key=f"add {here.key} {kind} {behind}",
            on_click=_add,
            args=(here, kind, behind),
        )


def place_for(graph: Graph, chosen: str) -> str:
    """The node behind which a new one goes: the chosen one, or what leads to it if it is an Output; "" for the end."""
    if chosen not in graph:
        outputs = [node for node in graph.nodes if node.kind == "Output"]
        chosen = outputs[0].id if outputs else (graph.nodes[-1].id if graph.nodes else "")
    if chosen and graph[chosen].kind == "Output":
        return next((source for _, source, _ in graph[chosen].sources()), "")
    return chosen


def inserted(graph: Graph, kind: str, behind: str) -> Several:
    """The edit that puts a node of a kind behind another one, whose readers then read the new one."""
    layer, id = LAYERS[kind], graph.fresh(kind)
    ports = layer.port_names({})
    reads = {ports[0]: behind} if behind in graph and ports else {}
    edits: list[AddNode | Connect] = [AddNode(node=Node(id=id, kind=kind, inputs=reads))]
    if reads and kind not in ENDS:
        edits += [
            Connect(source=id, node=reader.id, port=port)
            for reader in graph.nodes
            for port, source, output in reader.sources()
            if source == behind and not output
        ]
    return Several(edits=tuple(edits))


def _add(here: Here, kind: str, behind: str) -> None:
    edit = inserted(here.graph, kind, behind)
    if here.edit(edit):
        here.show(here.graph.fresh(kind))
