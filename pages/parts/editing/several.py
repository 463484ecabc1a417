"""Several nodes at once: the fields that they share, what they cost together, and a block of them."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from builder.edits import MakeBlock, RemoveNodes, SetConfig, Several
from builder.graph import Node
from builder.layers import LAYERS
from pages.parts.editing.here import Here
from pages.parts.editing.naming import free, refusal
from pages.parts.forms.fields import default
from pages.parts.forms.form import Form, fields
from pages.parts.forms.refusing import reason, refuse
from pages.parts.problems import problem_list
from pages.parts.words import count, listed, plain, size

MOST_NAMED = 6


def several_form(here: Here, nodes: Sequence[Node]) -> None:
    """Everything about several nodes: of one kind their fields, and of any what can be done with all of them."""
    kinds = {node.kind for node in nodes}
    layer = LAYERS.get(nodes[0].kind) if len(kinds) == 1 else None
    row = st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute")
    ids = tuple(node.id for node in nodes)
    with row:
        st.markdown(f"**{len(nodes)} nodes**" + (f" · {plain(layer.title)}" if layer else ""))
        st.button(
            "", key=f"nodes {here.key} {' '.join(ids)} remove", icon=":material/delete:", type="tertiary",
            help="Remove these nodes; what read them then reads what they read",
            on_click=here.edit, args=(RemoveNodes(ids=ids, bridge=True), *nodes),
        )  # fmt: skip
    rest = [f"{len(ids) - MOST_NAMED} more"] if len(ids) > MOST_NAMED + 1 else []
    st.caption(plain(listed([*(ids[:MOST_NAMED] if rest else ids), *rest])))
    _costs(here, nodes)
    if layer and layer.model_fields:
        _fields(here, nodes)
    problem_list(here.opened, [p for p in here.problems if p.node in ids][:3], f"nodes {here.key}", here.edit)
    _make_block(here, nodes)


def _costs(here: Here, nodes: Sequence[Node]) -> None:
    """What they cost together."""
    outcomes = [(node, place.outcome) for node in nodes if (place := here.place(node)).outcome]
    parameters = sum(outcome.parameters for node, outcome in outcomes if not node.shares)
    operations = sum(outcome.multiply_adds for _, outcome in outcomes)
    memory = sum(outcome.activation_bytes for _, outcome in outcomes)
    lines = [
        f":gray[Parameters] {count(parameters)}",
        f":gray[Multiply–adds] {count(operations)}",
        f":gray[Memory] {size(memory)} for one example",
    ]
    if len(outcomes) < len(nodes) and not here.pending:
        lines.append(f":gray[Without {len(nodes) - len(outcomes)} of them, whose shapes are not known yet.]")
    st.markdown("  \n".join(f":small[{line}]" for line in lines))


def _fields(here: Here, nodes: Sequence[Node]) -> None:
    """The fields of their kind; what is put in is set for all of them, as one edit."""
    kind, ids = LAYERS[nodes[0].kind], [node.id for node in nodes]

    def commit(name: str, value: Any) -> None:
        here.edit(Several(edits=tuple(SetConfig(node=id, config={name: value}) for id in ids)), *nodes)

    values, differ = common(nodes)
    form = Form(
        f"config {here.key} {' '.join(ids)} {nodes[0].kind}",
        commit,
        options={"block": [*here.whole.blocks]} if kind is LAYERS["Block"] else {},
        columns=1 if here.names else 2,
        plain=4,
        names=here.names,
        differ=differ,
    )
    idle = set.intersection(*(set(kind.idle(node.config)) for node in nodes))
    fields(form, kind, values, hide=("arguments", *idle) if kind is LAYERS["Block"] else tuple(idle))


def common(nodes: Sequence[Node]) -> tuple[dict[str, Any], set[str]]:
    """The values that nodes of a kind have in common, and the fields in which they differ."""
    values: dict[str, Any] = {}
    differ = set()
    for name, info in LAYERS[nodes[0].kind].model_fields.items():
        found = [node.config.get(name, default(info)) for node in nodes]
        values[name] = found[0]
        if any(value != found[0] or type(value) is not type(found[0]) for value in found):
            differ.add(name)
    return values, differ


def _make_block(here: Here, nodes: Sequence[Node]) -> None:
    """A name and a button that turns them into a block."""
    blocks, ids = here.whole.blocks, tuple(node.id for node in nodes)
    key = f"make block {here.key} {' '.join(ids)} {' '.join(blocks)}"

    def make() -> None:
        name = st.session_state[f"{key} name"].strip()
        why = refusal(name, "block", blocks)
        refuse(key, why)
        if not why and here.edit(MakeBlock(ids=ids, name=name), *nodes):
            here.show(*here.newest())

    reason(key)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="xsmall"):
        st.text_input(
            "Block of these nodes",
            free("block", blocks),
            key=f"{key} name",
            max_chars=64,
            help="A block is a network used as a layer: as often as you like, with settings of its own",
        )
        st.button("Make block", key=key, icon=":material/view_module:", on_click=make)
