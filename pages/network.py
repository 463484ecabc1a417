from collections.abc import Mapping
from functools import cache

import streamlit as st

import builder
from builder.amounts import batch_of
from builder.errors import nearest
from builder.layers import LAYERS
from builder.reference import kinds_in
from builder.shapes import Inference
from builder.summary import Summary
from builder.templates import TEMPLATES, Template, about
from pages.parts import projects, state
from pages.parts.address import keep
from pages.parts.costs import cost_table, totals
from pages.parts.editing.here import WAIT
from pages.parts.families import drawn, graphs_of, related
from pages.parts.header import go, page_head
from pages.parts.lifespan import torch_is_ready
from pages.parts.playground.component import plays
from pages.parts.words import plain, size

MOST_KINDS = 18


@cache
def summary_of(name: str, role: str) -> Summary:
    """What a graph of a ready network costs; worked out once for all sessions."""
    found = builder.summary(dict(graphs_of(about(name)))[role])
    _ = found.rows
    return found


@cache
def source_of(name: str, role: str) -> str:
    """The source of a graph of a ready network; written once for all sessions."""
    return builder.source(dict(graphs_of(about(name)))[role])


def build(name: str) -> None:
    """Make a project of a template and open it; a double click makes one."""
    home = state.workspace()
    id = state.once(f"build {name}", lambda: home.add_project(about(name).project()))
    st.session_state["go"] = ("build", id, "")


def unknown(name: str) -> None:
    """What to do where the address names no network."""
    page_head("Networks", "The address names no ready network." if name else "Which network?")
    with st.container(border=True):
        if name:
            st.markdown(f"There is no ready network **{plain(name[:80])}**.")
        titles = {one.title.lower(): one.name for one in TEMPLATES.values()}
        near = nearest(name.lower(), TEMPLATES) or titles.get(nearest(name.lower(), titles), "")
        if near:
            st.page_link(
                pages["network"], label=f"Did you mean {plain(about(near).title)}?", icon=":material/search:",
                query_params=state.parameters(name=near),
            )  # fmt: skip
        st.page_link(pages["start"], label="All ready networks", icon=":material/home:")


def head(one: Template) -> None:
    """Title, family, and the buttons."""
    with page_head(
        one.title, f"{plain(one.group)} · {plain(one.reference)}" if one.reference else plain(one.group)
    ):
        if one.trains:
            st.button(
                "Train",
                type="primary",
                icon=":material/play_arrow:",
                on_click=projects.train_template,
                args=(one.name,),
            )
        if one.trains and plays(one.project()):
            st.page_link(
                st.session_state["pages"]["playground"], label="Play with it", icon=":material/toys_fan:",
                query_params={"template": one.name},
            )  # fmt: skip
        st.button(
            "Open in Build", icon=":material/account_tree:", on_click=build, args=(one.name,),
            type="secondary" if one.trains else "primary",
        )  # fmt: skip


def told(one: Template) -> None:
    """What to look for, whether it trains here, and where it comes from."""
    st.markdown(plain(one.about))
    if not one.trains:
        st.caption(
            ":material/info: It comes without data: open it to change it and give it data, or take its source with you."
        )


@st.fragment
def figures(one: Template) -> None:
    """Size, cost and shapes; of several roles the one that is chosen."""
    graphs = graphs_of(one)
    role = next(iter(graphs))
    if len(graphs) > 1:
        role = (
            st.segmented_control("Role", [*graphs], default=role, required=True, format_func=str.capitalize)
            or role
        )
    if not torch_is_ready():
        st.caption(WAIT)
        wait()
        return
    summary, batch = summary_of(one.name, role), batch_of(one.project())
    totals(summary, batch)
    grid = st.grid(4, min_column_width=130, key="shapes")
    grid.metric("Weights", size(summary.weight_bytes), border=True, help="Memory of all that it learns")
    grid.metric(
        "Activations",
        size(summary.activation_bytes),
        border=True,
        help="Memory of all outputs, for one example",
    )
    grid.metric("Takes", shapes(summary.inference, "Input"), border=True, help="B is the batch")
    grid.metric("Gives", shapes(summary.inference, "Output"), border=True, help="B is the batch")
    st.markdown("##### By node")
    cost_table(summary, batch, f"costs {one.name} {role}", f"{one.name}-{role}")
    source(one, role)


def shapes(inference: Inference, kind: str) -> str:
    """What a network takes or gives."""
    places = inference.of_kind(kind)
    return ", ".join(str(place.outcome.outputs["output"]) for place in places if place.outcome)


def source(one: Template, role: str) -> None:
    """The source, written when it is looked at."""
    key = f"source {one.name} {role}"
    with st.expander("PyTorch source", icon=":material/code:", key=key, on_change="rerun") as shown:
        if shown.open:
            st.caption("This text is what trains, and what you take away. It needs only PyTorch.")
            text = source_of(one.name, role)
            st.code(text, language="python", height=420)
            st.download_button(
                "Download", text, f"{one.name.replace('-', '_')}.py", "text/x-python", icon=":material/download:",
                on_click="ignore",
            )  # fmt: skip


@st.fragment(run_every=0.5)
def wait() -> None:
    """Draw the page anew once torch is loaded; then this is not drawn any more."""
    if torch_is_ready():
        st.rerun()


def layers(counts: Mapping[str, int]) -> None:
    """The kinds of layers that it is made of, with links into the reference."""
    st.markdown("##### Made of")
    with st.container(horizontal=True, gap="small"):
        for kind, count in [*counts.items()][:MOST_KINDS]:
            if kind in LAYERS:
                st.page_link(
                    pages["reference"], label=f"{kind} :gray[×{count}]", icon=f":material/{LAYERS[kind].icon}:",
                    query_params=state.parameters(layer=kind), help=LAYERS[kind].help(),
                )  # fmt: skip


def family(one: Template) -> None:
    """Links to the others of its family."""
    others = related(one)
    if not others:
        return
    st.markdown("##### Of the same family")
    grid = st.grid(6, min_column_width=150, key="related")
    for other in others[:12]:
        with grid, st.container(gap="xxsmall"):
            st.image(drawn(other.name), width="stretch", alt=f"The layers of {other.title}")
            st.page_link(
                pages["network"], label=plain(other.title), query_params=state.parameters(name=other.name)
            )


STYLE = """<style>
.st-key-related [data-testid="stPageLink"] a { background: transparent; }
.st-key-shapes [data-testid="stMetricValue"] :is(div, p) { white-space: normal; overflow: visible; line-height: 1.2; }
</style>"""


def show(one: Template) -> None:
    """The page of a network."""
    st.html(STYLE)
    head(one)
    if refused := st.session_state.pop("refused", ""):
        st.error(plain(refused), icon=":material/block:")
    st.image(drawn(one.name, large=True), width="stretch", alt=f"The layers of {one.title}")
    told(one)
    figures(one)
    layers(kinds_in(one.name))
    family(one)


if wish := st.session_state.pop("go", None):
    go(wish[0], project=wish[1], **({"run": wish[2]} if wish[2] else {}))
pages = st.session_state["pages"]
name = st.query_params.get("name", "")
keep("name", name)
if name in TEMPLATES:
    show(about(name))
else:
    unknown(name)
