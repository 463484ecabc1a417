from functools import partial

import streamlit as st

import builder
from builder.edits import Reorder
from builder.graph import Graph
from pages.parts import state
from pages.parts.adding import add_node
from pages.parts.header import go, page_head, project_page
from pages.parts.nodes import inspector, table
from pages.parts.problems import problem_list
from pages.parts.words import count, plain, size
from pages.views.picture import picture


def move(opened: state.Opened, id: str, by: int) -> None:
    """Move a node in the list."""
    ids = [node.id for node in opened.graph.nodes]
    place = ids.index(id) + by
    if 0 <= place < len(ids):
        opened.edit(Reorder(node=id, place=place))


def totals(summary: builder.Summary, batch: int) -> None:
    """What the whole network costs."""
    grid = st.grid(4, min_column_width=115)
    grid.metric("Parameters", count(summary.parameters), border=True, help="Numbers that the network learns")
    grid.metric("Multiply–adds", count(summary.multiply_adds), border=True, help="For one example")
    grid.metric(
        "Depth", summary.depth, border=True, help="Layers that multiply by weights on the longest path"
    )
    grid.metric(
        "Training memory",
        size(summary.training_bytes(batch)),
        border=True,
        help=f"About, for a batch of {batch}: weights, gradients, Adam's moments and activations",
    )


def source_of(graph: Graph, ready: bool) -> None:
    """The source, written when it is looked at."""
    with st.expander("Python source", icon=":material/code:", key="source", on_change="rerun") as opened:
        if not opened.open:
            return
        if ready:
            st.caption("This text is what trains, and what you take away. It needs only PyTorch.")
            st.code(builder.source(graph), language="python", height=420)
        else:
            st.caption("The source is written once the network has no more errors.")


opened = project_page("Build")
graph = opened.graph
problems = builder.check(graph)
errors = [problem for problem in problems if problem.severity == "error"]
summary = builder.summary(graph)

caption = f"{len(graph.nodes)} nodes · "
caption += f"{len(errors)} to mend" if errors else "no errors"
with page_head("Build", caption):
    add_node(opened)
    st.button("Undo", icon=":material/undo:", on_click=opened.undo, disabled=not opened.history.can_undo)
    st.button("Redo", icon=":material/redo:", on_click=opened.redo, disabled=not opened.history.can_redo)
    if st.button("Data", icon=":material/arrow_forward:", icon_position="right", type="primary", key="next"):
        go("data")

problem_list(opened, [problem for problem in problems if problem.node not in graph], "graph")
if not graph.nodes:
    with st.container(border=True):
        st.markdown("**This network is empty**")
        st.caption(
            "Add an Input node: it says what data comes in. Then put layers behind it, and an Output at the end."
        )
    st.stop()

st.image(picture(graph), width=480, alt="The layers of the network, in the order of computation")
left, right = st.columns([3, 2], gap="medium")
with left:
    chosen = table(graph, summary, problems)
    totals(summary, opened.project.engine.get("batch", 64))
    source_of(graph, not errors)
with right, st.container(border=True):
    if chosen in graph:
        inspector(opened, graph[chosen], problems, partial(move, opened, chosen))
    else:
        st.caption(f"Choose a node to see {plain('its settings')}.")
