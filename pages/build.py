import streamlit as st

import builder
from builder.amounts import batch_of
from builder.errors import BadFile
from pages.parts import reading
from pages.parts.canvas import build_canvas, built
from pages.parts.costs import totals
from pages.parts.editing.here import WAIT, Here, here
from pages.parts.editing.properties import properties
from pages.parts.editing.table import table_editor
from pages.parts.editing.view import chosen
from pages.parts.header import go, page_head, project_page
from pages.parts.lifespan import torch_is_ready
from pages.parts.state import Opened

BUILD_IT = ".venv/bin/pip install --no-deps --force-reinstall ./builder/canvas"
SIDE = 320
"""Width of the settings beside the canvas, in pixels."""
LEAST = 480
"""Height of canvas and settings in pixels, where the window is no higher; STYLE gives them what the window has."""
STYLE = """<style>
.st-key-board { --canvas-height: clamp(480px, 100vh - 220px, 1100px); }
.st-key-board .st-key-board_side { height: var(--canvas-height); max-height: none; }
.st-key-board > :has(> .st-key-board_side) { height: var(--canvas-height); max-height: none; }
@media (max-width: 1199px) {
    .st-key-board { --canvas-height: clamp(420px, 100vh - 330px, 1100px); flex-direction: column; }
    .st-key-board > div { flex: 0 0 auto; width: 100% !important; height: auto !important; max-height: none; }
    .st-key-board .st-key-board_side { width: 100%; height: auto; max-height: none; }
}
</style>"""


def heading(seen: Here) -> None:
    """How large it is, what is wrong, and the way on."""
    many, errors = len(seen.graph.nodes), len(seen.errors)
    nodes = "1 node" if many == 1 else f"{many} nodes" if many else "No nodes yet"
    told = f"{nodes} · {f'{errors} to mend' if errors else 'no errors'}"
    with page_head("Build", told if many and not seen.pending else nodes):
        if st.button(
            "Data", icon=":material/arrow_forward:", icon_position="right", type="primary", key="next"
        ):
            go("data")


def board(opened: Opened) -> Here:
    """The canvas, and beside it the settings of what is selected there."""
    head = st.container()
    with st.container(horizontal=True, gap="small", key="board"):
        with st.container(key="board_canvas", width="stretch"):
            build_canvas(opened)  # first: it is on the screen while a cold server still loads torch
        side = st.container(key="board_side", border=True, width=SIDE, height=LEAST)
    seen = here(opened)
    with head:
        heading(seen)
    with side:
        properties(seen, chosen(opened))
    with st.expander("As a table", icon=":material/table_rows:", key="table", on_change="rerun") as table:
        if table.open:
            st.caption("The same network, for the keyboard alone and for screen readers.")
            table_editor(seen, next(iter(chosen(opened)), ""))
            if not seen.pending:
                totals(builder.summary(seen.opened.graph), batch_of(seen.opened.project))
    return seen


def fallback(opened: Opened) -> Here:
    """Table and settings, where the canvas was not built."""
    seen = here(opened)
    heading(seen)
    with st.container(border=True):
        st.markdown(
            "**The canvas is not built yet, so the table serves.** Build it once, then restart Strata:"
        )
        st.code(BUILD_IT, language="bash")
    left, right = st.columns([3, 2], gap="medium")
    one = next(iter(chosen(opened)), "")
    with left:
        table_editor(seen, one)
        if not seen.pending:
            totals(builder.summary(seen.opened.graph), batch_of(seen.opened.project))
    with right.container(border=True):
        properties(seen, [one], keys=False)
    return seen


def source_of(seen: Here) -> None:
    """The source, written when it is looked at."""
    with st.expander("Python source", icon=":material/code:", key="source", on_change="rerun") as source:
        if not source.open:
            return
        graph = seen.opened.graph
        if seen.pending:
            st.caption(WAIT)
        elif any(problem.severity == "error" for problem in builder.check(graph)):
            st.caption("The source is written once the network has no more errors.")
        else:
            st.caption("This text is what trains, and what you take away. It needs only PyTorch.")
            st.code(builder.source(graph), language="python", height=420)


@st.fragment
def page() -> None:
    """Everything below the line with project and run; it is drawn anew when the canvas tells of something."""
    try:
        opened.refresh()
    except BadFile:
        st.rerun()
    seen = board(opened) if built() else fallback(opened)
    source_of(seen)
    if seen.pending:
        wait()


@st.fragment(run_every=0.5)
def wait() -> None:
    """Draw the page anew once torch is loaded and everything can be told; then this is not drawn any more."""
    if torch_is_ready():
        st.rerun()


st.html(STYLE)
opened = project_page("Build")
reading.tell()
page()
