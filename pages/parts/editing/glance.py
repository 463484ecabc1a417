"""A network at a glance, where nothing is selected: what to do next, its roles and its blocks."""

import streamlit as st

from builder.edits import AddNode, Several
from builder.graph import Node
from pages.parts.editing.blocks import block_list, definition
from pages.parts.editing.here import WAIT, Here
from pages.parts.editing.roles import role_list
from pages.parts.header import go
from pages.parts.problems import problem_list
from pages.parts.reading import notes_of
from pages.parts.words import plain

MOST = 3
"""Problems that are shown at once."""
SMALL = Several(
    edits=tuple(
        AddNode(node=node)
        for node in (
            Node(id="input1", kind="Input", config={"shape": [1, 8, 8]}),
            Node(id="flatten1", kind="Flatten", inputs={"input": "input1"}),
            Node(id="linear1", kind="Linear", config={"units": 10}, inputs={"input": "flatten1"}),
            Node(id="output1", kind="Output", inputs={"input": "linear1"}),
        )
    )
)
"""The smallest network that trains on the data of a new project."""


def glance(here: Here, keys: bool) -> None:
    """What is open, as a whole; `keys` says whether there is a canvas, which has shortcuts."""
    if here.block:
        definition(here)
        _next(here)
    elif here.graph.nodes:
        _next(here)
    else:
        _empty(here, keys)
    notes_of(here.opened.project)
    block_list(here)
    role_list(here)
    if keys:
        st.caption(
            "Choose a node to see its settings. On the canvas, `/` adds a layer and `?` shows every key."
        )


def _empty(here: Here, keys: bool) -> None:
    st.markdown("**This network is empty**")
    where = "Drag layers from the list onto the canvas, or press `/`. " if keys else ""
    st.caption(
        f"{where}Begin with an Input, which says what data comes in. Put layers behind it, and an Output at the end."
    )
    st.button(
        "Begin with a small network", key=f"begin {here.key}", icon=":material/auto_awesome:", on_click=here.edit,
        args=(SMALL,), help="Four nodes that read digits of 8 × 8 pixels, to be changed",
    )  # fmt: skip


def _next(here: Here) -> None:
    """The first problems with their fixes; or where to go on."""
    errors = here.errors
    if here.pending:
        st.caption(WAIT)
        return
    if not errors:
        st.markdown(":green[:material/check_circle:] **Everything fits**")
        warnings = [problem for problem in here.problems if problem.severity == "warning"]
        problem_list(here.opened, warnings[:MOST], f"glance {here.key} warning", here.edit)
        if not here.block:
            _onward()
        return
    rest = f", the first {MOST} are" if len(errors) > MOST else ""
    st.markdown(f"**{len(errors)} to mend**{rest}")
    for number, problem in enumerate(errors[:MOST]):
        problem_list(here.opened, [problem], f"glance {here.key} {number}", here.edit)
        if problem.node in here.graph:
            st.button(
                f"Show {plain(problem.node)}", key=f"glance show {here.key} {number} {problem.node}", type="tertiary",
                icon=":material/center_focus_strong:", on_click=here.show, args=(problem.node,),
            )  # fmt: skip


def _onward() -> None:
    st.caption("Go on: say what it learns from, then train it.")
    with st.container(horizontal=True, gap="small"):
        for page in ("data", "train"):
            if st.button(page.capitalize(), key=f"glance {page}", icon=":material/arrow_forward:"):
                go(page)
