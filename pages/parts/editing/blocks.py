"""Blocks: the settings of one use, and the definition that all uses share."""

from functools import partial
from typing import Any

import streamlit as st

from builder.edits import RemoveBlock, RenameBlock, SetArguments, SetConfig, Unpack
from builder.graph import Graph, Node
from builder.inside import way_to
from builder.layers.io import Block
from pages.parts.editing.formulas import known, outcome
from pages.parts.editing.here import Here
from pages.parts.editing.naming import name_field, refusal
from pages.parts.editing.view import show
from pages.parts.forms.bound import bound
from pages.parts.forms.fields import understood, written
from pages.parts.forms.form import Form, fields
from pages.parts.forms.refusing import text_field
from pages.parts.words import plain

ARGUMENT = float | int


def uses(graph: Graph, block: str) -> int:
    """In how many places of a network a block is used, inside other blocks too."""
    return sum(
        node.kind == "Block" and node.config.get("block") == block
        for one in (graph, *graph.blocks.values())
        for node in one.nodes
    )


def use_form(here: Here, node: Node) -> None:
    """The settings of a Block node: which block, how often, and its arguments."""
    mine = [problem for problem in here.problems if problem.node == node.id]

    def commit(name: str, value: Any) -> None:
        here.edit(SetConfig(node=node.id, config={name: value}), node)

    form = Form(
        f"config {here.key} {node.id} Block", commit, mine, {"block": [*here.whole.blocks]}, names=here.names
    )
    fields(form, Block, node.config, hide=("arguments",))
    _arguments(here, node)
    block = node.config.get("block", "")
    if block in here.whole.blocks:
        with st.container(horizontal=True, gap="xsmall"):
            st.button(
                "Open", key=f"open {here.key} {node.id}", icon=":material/login:", on_click=show,
                args=(here.opened, (), (*here.path, node.id)), help="Look at what is inside, and change it",
            )  # fmt: skip
            st.button(
                "Unpack", key=f"unpack {here.key} {node.id}", icon=":material/unarchive:", on_click=here.edit,
                args=(Unpack(node=node.id), node), help="Put its nodes here in place of the block",
            )  # fmt: skip


def _arguments(here: Here, node: Node) -> None:
    """A field for each argument; empty is the block's default."""
    given = node.config.get("arguments", {})
    given = given if isinstance(given, dict) else {}
    block = here.whole.blocks.get(node.config.get("block", ""), Graph())
    names = here.names_for(node)
    for name in dict.fromkeys((*block.arguments, *given)):
        with st.container(horizontal=True, vertical_alignment="bottom", gap="xsmall"):
            st.text_input(
                plain(name),
                placeholder=f"{block.arguments[name]:.6g} (default)"
                if name in block.arguments
                else "no such argument",
                help=f"A number, or a formula of {known(names)}. Empty: the block's default."
                if names
                else "A number. Empty: the block's default.",
                **bound(
                    f"argument {here.key} {node.id} {name}",
                    written(given.get(name)),
                    partial(_set_argument, here, node, name),
                ),
            )
            if told := outcome(given.get(name), names):
                st.markdown(f":gray[{plain(told)}]", width="content")


def _set_argument(here: Here, node: Node, name: str, text: str) -> None:
    text, given = text.strip(), here.now(node).config.get("arguments", {})
    kept = {one: value for one, value in given.items() if one != name} if isinstance(given, dict) else {}
    new = {name: understood(text, ARGUMENT)} if text else {}
    here.edit(SetConfig(node=node.id, config={"arguments": {**kept, **new}}), node)


def definition(here: Here) -> None:
    """The block that is open: its name, its uses and its arguments; a change of it changes every use."""
    graph, block = here.whole, here.block
    number = uses(graph, block)
    st.markdown(f":material/view_module: **{plain(block)}** · block")
    many = f"It is used in {number} places; what you change here changes in all of them."
    st.caption("It is used in one place." if number == 1 else many)
    rename = partial(_rename, here, block)
    text_field("Name of the block", f"block name {here.key} {block}", block, rename, max_chars=64)
    st.caption("**Arguments**: numbers that fields inside may name, and that each use may set.")
    for name, value in here.graph.arguments.items():
        _default(here, name, value)
    _new_argument(here)
    if here.names:
        st.caption(f"Here, {known(here.names)}.")


def _default(here: Here, name: str, value: float) -> None:
    key, change = f"default {here.key} {here.block} {name}", partial(_set_default, here, name)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="xsmall"):
        text_field(plain(name), key, written(value), change, help="Its value by default")
        st.button(
            "", key=f"{key} remove", icon=":material/delete:", type="tertiary", help=f"Remove {plain(name)}",
            on_click=_remove_argument, args=(here, name),
        )  # fmt: skip


def _arguments_now(here: Here) -> dict[str, Any]:
    """The arguments of the open block as they are now; another one may have been changed since the form was drawn."""
    return dict(here.whole.blocks.get(here.block, here.graph).arguments)


def _remove_argument(here: Here, name: str) -> None:
    _set_arguments(here, {one: value for one, value in _arguments_now(here).items() if one != name})


def _set_default(here: Here, name: str, text: str) -> str:
    value = understood(text, ARGUMENT)
    if not isinstance(value, int | float):
        return f"Argument '{name}' must be a number. Got {value!r}."
    _set_arguments(here, {**_arguments_now(here), name: value})
    return ""


def _new_argument(here: Here) -> None:
    key = f"new argument {here.key} {here.block} {' '.join(here.graph.arguments)}"

    def add(text: str) -> str:
        name, known = text.strip(), _arguments_now(here)
        why = refusal(name, "argument", known) if name else ""
        if name and not why:
            _set_arguments(here, {**known, name: 1})
        return why

    text_field(
        "New argument", key, "", add, max_chars=64, placeholder="its name", help="Type a name and press Enter"
    )


def _set_arguments(here: Here, arguments: dict[str, Any]) -> None:
    here.edit_whole(SetArguments(block=here.block, arguments=arguments))


def _rename(here: Here, block: str, name: str) -> str:
    name = name.strip()
    if name == block:
        return ""
    why = refusal(name, "block", here.whole.blocks)
    if not why:
        here.edit_whole(RenameBlock(block=block, to=name))
    return why


def block_list(here: Here) -> None:
    """The blocks of a network: how often each is used, its name, and away with it if it is not used."""
    graph = here.whole
    if not graph.blocks:
        return
    with st.expander("Blocks", key="blocks", icon=":material/view_module:"):
        for name, block in graph.blocks.items():
            number = uses(graph, name)
            arguments = ", ".join(f"{one} = {value:.6g}" for one, value in block.arguments.items())
            told = [f"{len(block.nodes)} nodes", f"used {number} ×" if number else "not used"]
            st.caption(plain(" · ".join([*told, *([arguments] if arguments else [])])))
            with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
                _block_row(here, name, number)


def _block_row(here: Here, name: str, number: int) -> None:
    key = f"block {here.opened.id} {here.role} {name}"
    name_field(f"Name of block {plain(name)}", key, name, partial(_rename, here, name))
    path = way_to(here.whole, name)
    if path:
        st.button(
            "", key=f"{key} open {'.'.join(path)}", icon=":material/login:", type="tertiary",
            help=f"Open {plain(name)}", on_click=show, args=(here.opened, (), path),
        )  # fmt: skip
    if not number:
        st.button(
            "", key=f"{key} remove", icon=":material/delete:", type="tertiary", help=f"Remove {plain(name)}",
            on_click=here.edit_whole, args=(RemoveBlock(block=name),),
        )  # fmt: skip
