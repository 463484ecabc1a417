"""One node: what it is, what is wrong with it, its fields, its connections, what it expects, gives and costs."""

from functools import partial
from typing import Any

import streamlit as st

from builder.edits import Connect, Disconnect, Paste, RemoveNodes, Rename, SetConfig, SetKind, Share
from builder.fields import output_ports
from builder.graph import Graph, Node
from builder.layer import NUMBERS, Layer, Spec, axes_in_words
from builder.layers import LAYERS
from builder.layers.io import Block
from builder.shapes import lends
from pages.parts import state
from pages.parts.editing.blocks import use_form
from pages.parts.editing.formulas import known
from pages.parts.editing.here import WAIT, Here
from pages.parts.editing.naming import refusal
from pages.parts.forms.bound import bound
from pages.parts.forms.fields import holds_number
from pages.parts.forms.form import Form, fields
from pages.parts.forms.refusing import text_field
from pages.parts.problems import problem_list
from pages.parts.reading import why_unknown
from pages.parts.words import count, plain, size

NOTHING = "nothing"
OWN = "its own"
"""What stands for weights that a node does not share."""
"""What stands for a further dimension among the axes of a kind."""
BESIDE = (30.0, 30.0)
"""Where a copy lies, seen from its original."""


def node_form(here: Here, node: Node) -> None:
    """Everything about one node."""
    kind = LAYERS.get(node.kind)
    _head(here, node, kind)
    if said := kind.help() if kind else why_unknown(here.opened.project, node.kind):
        st.caption(plain(said))
    mine = [here.mended(problem) for problem in here.problems if problem.node == node.id]
    problem_list(here.opened, mine, f"node {here.key} {node.id} {node.kind}", partial(_mend, here, node))
    if kind is not None:
        if issubclass(kind, Block):
            use_form(here, node)
        else:
            _config(here, node, kind)
        _connections(here, node, kind)
        _weights(here, node, kind)
        _flow(here, node, kind)
        _teaching(kind)
    _identity(here, node)


def _head(here: Here, node: Node, kind: type[Layer] | None) -> None:
    row = st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute")
    with row:
        icon = kind.icon if kind else "help"
        st.markdown(f":material/{icon}: **{plain(node.id)}** · {plain(kind.title if kind else node.kind)}")
        with st.container(horizontal=True, width="content", gap="xxsmall"):
            st.button(
                "", key=f"node {here.key} {node.id} duplicate", icon=":material/content_copy:", type="tertiary",
                help="Place a copy beside it, with the same settings", on_click=_duplicate, args=(here, node),
            )  # fmt: skip
            st.button(
                "", key=f"node {here.key} {node.id} remove", icon=":material/delete:", type="tertiary",
                help="Remove this node; what read it then reads what it read",
                on_click=here.edit, args=(RemoveNodes(ids=(node.id,), bridge=True), node),
            )  # fmt: skip


def _mend(here: Here, node: Node, fix: Any) -> bool:
    return here.edit(fix, node)


def _duplicate(here: Here, node: Node) -> None:
    if here.edit(Paste(nodes=(here.now(node),), by=BESIDE), node):
        here.show(*here.newest())


def _config(here: Here, node: Node, kind: type[Layer]) -> None:
    def commit(name: str, value: Any) -> None:
        here.edit(SetConfig(node=node.id, config={name: value}), node)

    form = Form(
        f"config {here.key} {node.id} {node.kind}",
        commit,
        columns=1 if here.names else 2,  # what a formula gives stands beside it
        plain=4,
        names=here.names,
    )
    settings = here.graph.settings(node)
    fields(form, kind, settings, hide=kind.idle(settings))
    if here.names and any(holds_number(info.annotation) for info in kind.model_fields.values()):
        st.caption(f"A number may be a formula of {known(here.names)}.")


def _connections(here: Here, node: Node, kind: type[Layer]) -> None:
    """A box for each input port."""
    graph = here.graph
    names = kind.port_names(node.inputs)
    if issubclass(kind, Block) and (block := graph.blocks.get(node.config.get("block", ""))):
        names = block.ids("Input")
    names = (*names, *(port for port in node.inputs if port not in names))
    if not names:
        return
    sources = [
        reference for other in graph.nodes if other.id != node.id for reference in outputs_of(graph, other)
    ]
    for port in names:
        now = node.inputs.get(port)
        key, connect = f"port {here.key} {node.id} {node.kind} {port}", partial(_connect, here, node, port)
        options = [NOTHING, *sources, *([now] if now and now not in sources else [])]
        st.selectbox(
            "Reads from" if len(names) == 1 else f"Port {plain(port)} reads from",
            **bound(key, now or NOTHING, connect, options),
        )


def outputs_of(graph: Graph, node: Node) -> list[str]:
    """What can be read from a node: its id, and each further output."""
    if node.kind not in LAYERS or node.kind == "Output":
        return []
    ports = output_ports(node, graph.blocks, tuple(graph.arguments.items()))
    return [node.id, *(f"{node.id}.{port}" for port in ports[1:])]


def _connect(here: Here, node: Node, port: str, source: str) -> None:
    here.edit(
        Disconnect(node=node.id, port=port)
        if source == NOTHING
        else Connect(source=source, node=node.id, port=port),
        node,
    )


def _weights(here: Here, node: Node, kind: type[Layer]) -> None:
    """Whose weights it uses, where another node has some that fit."""
    lenders = [
        one.id for one in here.graph.nodes if one.id != node.id and not one.shares and lends(one.kind, kind)
    ]
    place = here.place(node)
    weightless = not kind.borrows and place.outcome is not None and not place.outcome.parameters
    if node.shares or (lenders and not weightless):
        options = [*([] if kind.borrows else [OWN]), *lenders]
        options += [node.shares] if node.shares and node.shares not in lenders else []
        share = partial(_share, here, node)
        st.selectbox(
            "Weights",
            **bound(f"weights {here.key} {node.id} {node.kind}", node.shares or OWN, share, options),
            help="Nodes that share weights are one layer used several times: what one learns, all have learned.",
        )


def _share(here: Here, node: Node, owner: str) -> None:
    here.edit(Share(node=node.id, owner="" if owner == OWN else owner), node)


def _flow(here: Here, node: Node, kind: type[Layer]) -> None:
    """What reaches it, what leaves it, and what that costs."""
    place = here.place(node)
    lines = [] if kind.category == LAYERS["Input"].category else [f":gray[Expects] {expected(kind)}"]
    lines += _specs("In", place.inputs)
    if place.outcome:
        lines += _specs("Out", place.outcome.outputs)
        costs = [f":gray[Parameters] {count(place.outcome.parameters)}"]
        costs += [f":gray[Multiply–adds] {count(place.outcome.multiply_adds)}"]
        lines += [*costs, f":gray[Memory] {size(place.outcome.activation_bytes)} for one example"]
    elif not here.pending and not any(problem.node == node.id for problem in here.errors):
        lines.append(":gray[What leaves it is not known until what comes before it fits.]")
    with st.container(key="node_flow"):
        st.markdown("  \n".join(f":small[{line}]" for line in lines))
        if here.pending:
            st.caption(WAIT)


def _specs(word: str, specs: dict[str, Spec]) -> list[str]:
    if len(specs) == 1:
        return [f":gray[{word}] {spec} :gray[{spec.dtype}]" for spec in specs.values()]
    return [f":gray[{word}] {plain(port)}: {spec} :gray[{spec.dtype}]" for port, spec in specs.items()]


def expected(kind: type[Layer]) -> str:
    """What a kind expects of its first input, in words."""
    first = (*kind.inputs, *kind.optional, "")[0]
    return f"{axes_in_words(kind.axes)}, {NUMBERS[kind.taken(first)]}"


def _teaching(kind: type[Layer]) -> None:
    """Its formula, where it comes from, and the way to all that is known of it."""
    if kind.formula:
        st.latex(kind.formula)
    if kind.reference:
        st.caption(f":material/menu_book: {plain(kind.reference)}")
    st.page_link(
        st.session_state["pages"]["reference"], label=f"{kind.__name__} in the Reference", icon=":material/menu_book:",
        query_params=state.parameters(layer=kind.__name__),
    )  # fmt: skip


def _identity(here: Here, node: Node) -> None:
    """Its name, and what kind of layer it is."""
    with st.expander("Name and kind", key=f"identity {here.key} {node.id}"):
        text_field(
            "Name",
            f"rename {here.key} {node.id}",
            node.id,
            partial(_rename, here, node),
            max_chars=64,
            help="Letters a to z, digits and underscores: it becomes an attribute in the source",
        )
        kinds = [*LAYERS, *([node.kind] if node.kind not in LAYERS else [])]
        kind = bound(f"kind {here.key} {node.id}", node.kind, partial(_set_kind, here, node), kinds)
        st.selectbox("Layer", **kind)


def _rename(here: Here, node: Node, name: str) -> str:
    name = name.strip()
    if name == node.id:
        return ""
    if why := refusal(name, "node", here.graph):
        return why
    if here.edit(Rename(node=node.id, to=name), node):
        here.show(name)
    return ""


def _set_kind(here: Here, node: Node, kind: str) -> None:
    here.edit(SetKind(node=node.id, kind=kind), node)
