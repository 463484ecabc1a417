import streamlit as st

from builder.around import around
from builder.layer import Layer
from builder.layers import LAYERS
from builder.meant import meant_kind
from builder.project import Project
from builder.reference import Entry, entry, example, networks_with
from builder.registry import spaced
from builder.templates import about
from pages.parts import state
from pages.parts.address import keep
from pages.parts.chart import chart
from pages.parts.documents.kinds import categories, searched
from pages.parts.editing.here import WAIT
from pages.parts.finding import best_first, found
from pages.parts.header import go, page_head
from pages.parts.lifespan import torch_is_ready
from pages.parts.sampling import draws, sampled
from pages.parts.words import plain
from pages.views.curve import curve

STYLE = """<style>
[class*="st-key-links"] [data-testid="stPageLink"] a { background: transparent; font-weight: 400; }
.st-key-links_index [data-testid="stPageLink"] a { align-items: flex-start; height: 100%; }
.st-key-links_index [data-testid="stPageLink"] p { white-space: normal; line-height: 1.4; font-weight: 400; }
.st-key-links_index [data-testid="stPageLink"] strong { display: block; font-weight: 600; }
</style>"""
CATEGORY, FIND = "category", "kind"
"""Where the session, and the address, keep which category is shown and what is searched for."""


def link(kind: type[Layer]) -> None:
    """A kind in the list: its name, and what it does."""
    st.page_link(
        pages["reference"], label=f"**{kind.__name__}** :small[:gray[{plain(kind.help())}]]",
        icon=f":material/{kind.icon}:", query_params=state.parameters(layer=kind.__name__), width="stretch",
    )  # fmt: skip


@st.fragment
def index() -> None:
    """All kinds by category, with a search; drawn anew alone as one looks around."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        typed = st.text_input(
            "Search layers", key=FIND, bind="query-params", icon=":material/search:", width=300, max_chars=80,
            placeholder=f"Search {len(LAYERS)} layers by any name", label_visibility="collapsed",
        )  # fmt: skip
        chosen = st.pills(
            "Category",
            categories(),
            key=CATEGORY,
            bind="query-params",
            label_visibility="collapsed",
            wrap=True,
        )
    words = typed.lower().split()
    shown = {name: kinds for name, kinds in shelves(words).items() if chosen in (None, name)}
    with st.container(key="links_index"):
        for category, kinds in shown.items():
            st.markdown(f"##### {plain(category)}")
            grid = st.grid(3, min_column_width=280, gap="small")
            for kind in kinds:
                with grid:
                    link(LAYERS[kind])
    if not shown:
        st.caption(
            f"No layer goes by the name {plain(' '.join(words))}{f' in {plain(chosen)}' if chosen else ''}."
        )
        st.button("Show all layers", icon=":material/close:", on_click=show_everything)


def shelves(words: list[str]) -> dict[str, list[str]]:
    """Categories with their kinds that go by all these words: by name, then by other names."""
    told = {name: (f"{name}, {spaced(name)}".lower(), searched(kind)) for name, kind in LAYERS.items()}
    every = {category: sorted((name for name, kind in LAYERS.items() if kind.category == category), key=str.lower)
             for category in categories()}  # fmt: skip
    return best_first(every, found(words, told))


def show_everything() -> None:
    """Search for nothing."""
    st.session_state[FIND], st.session_state[CATEGORY] = "", None


def canvas(kind: str) -> None:
    """Make a project of one layer, to try it; a double click makes one."""
    project = Project(name=kind, graphs={"model": around(kind)})
    st.session_state["go"] = state.once(f"layer {kind}", lambda: state.workspace().add_project(project))


def show(one: Entry) -> None:
    """The page of a kind."""
    with page_head(f":material/{one.icon}: {one.kind}", f"{plain(one.category)} · {plain(one.help)}"):
        with st.container(key="links_back", width="content"):
            st.page_link(
                pages["reference"],
                label="All layers",
                icon=":material/menu_book:",
                query_params=state.parameters(),
            )
        st.button(
            "Try it on the canvas", icon=":material/account_tree:", on_click=canvas, args=(one.kind,),
            help="A new project of this layer alone",
        )  # fmt: skip
    left, right = st.columns([3, 2], gap="medium")
    with left:
        if one.formula:
            st.latex(one.formula)
        ports(one)
        fields(one)
    with right:
        tried(one.kind)
        known(one)


def ports(one: Entry) -> None:
    """What it expects and gives."""
    lines = [f":gray[Expects] {plain(one.expects)}"]
    for port in one.inputs:
        lines.append(
            f":gray[Input] **{plain(port.name)}** · {port.takes}{' · may stay free' * port.optional}"
        )
    lines += [f":gray[Output] **{plain(name)}**" for name in one.outputs]
    st.markdown("  \n".join(lines))


def fields(one: Entry) -> None:
    """Its fields with their types, ranges and defaults."""
    if not one.fields:
        st.caption("It has nothing to set.")
        return
    st.markdown("##### Settings")
    items = [
        f"**{plain(field.name)}** :small[:gray[{plain(field.type)}{f', {plain(field.range)}' * bool(field.range)} · "
        f"usually {plain(field.default)}]]  \n{plain(field.description)}"
        for field in one.fields
    ]
    st.markdown("\n\n".join(items))


@st.fragment
def tried(kind: str) -> None:
    """Its curve, what it does with shapes, and what it becomes; once torch is loaded."""
    if not torch_is_ready():
        st.caption(WAIT)
        wait()
        return
    if draws(kind):
        chart(curve, *sampled(kind), key=f"curve {kind}", alt=f"{kind} and its derivative from −5 to 5")
    found = example(kind)
    with st.container(border=True, gap="xsmall"):
        st.markdown("**Example**")
        through = f"{', '.join(found.takes)} → " if found.takes else ""
        st.markdown(plain(f"{through}{', '.join(found.gives)}"))
        st.caption(f"{found.parameters:,} parameters · {found.multiply_adds:,} multiply–adds for one example")
        if found.source:
            st.code(found.source, language="python", wrap_lines=True)


@st.fragment(run_every=0.5)
def wait() -> None:
    """Draw the page anew once torch is loaded; then this is not drawn any more."""
    if torch_is_ready():
        st.rerun()


def known(one: Entry) -> None:
    """Where it comes from, in which networks it stands, what else it is called."""
    if one.paper:
        st.caption(f":material/menu_book: {plain(one.paper)}")
    if names := networks_with(one.kind):
        st.markdown("**Stands in**")
        with st.container(horizontal=True, gap="xsmall"):
            for name in names:
                st.page_link(
                    pages["network"], label=plain(about(name).title), query_params=state.parameters(name=name)
                )
    if one.other_names:
        st.caption(f"Also known as {plain(', '.join(one.other_names))}")


def unknown(kind: str) -> None:
    """What to do where the address names no kind."""
    page_head("Reference", "The address names no layer.")
    with st.container(border=True):
        st.markdown(f"There is no layer **{plain(kind[:80])}**.")
        if near := meant_kind(kind):
            st.page_link(
                pages["reference"],
                label=f"Did you mean {near}?",
                icon=":material/search:",
                query_params=state.parameters(layer=near),
            )
        st.page_link(
            pages["reference"],
            label="All layers",
            icon=":material/menu_book:",
            query_params=state.parameters(),
        )


if made := st.session_state.pop("go", None):
    go("build", project=made)
pages = st.session_state["pages"]
st.html(STYLE)
kind = st.query_params.get("layer", "")
keep("layer", kind)
if not kind:
    page_head("Reference", "Every kind of layer: formula, shapes, settings, source.")
    index()
elif kind in LAYERS:
    show(entry(kind))
else:
    unknown(kind)
