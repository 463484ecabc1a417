from collections.abc import Sequence

import streamlit as st

from builder.errors import StrataError
from builder.files import loads
from builder.project import Project
from builder.templates import TEMPLATES, Template, about
from pages.parts import projects, reading, state
from pages.parts.families import FAMILIES, drawn, families, searched
from pages.parts.forms.refusing import reason, refuse
from pages.parts.header import go, page_head
from pages.parts.live import fetch_ahead
from pages.parts.project_list import project_list
from pages.parts.words import listed, plain

UPLOAD = "project_file"
FAMILY, FIND = "family", "find"
"""Where the session, and the address, keep which family is shown and what is searched for."""
FEW = 4
"""How many of a family are shown before one asks for more: about a row."""


def build(name: str) -> None:
    """Make a project of a template and open it; a double click makes one."""
    home = state.workspace()
    id = state.once(f"build {name}", lambda: home.add_project(about(name).project()))
    st.session_state["go"] = ("build", id, "")


def empty() -> None:
    """Make a project with an empty canvas, and data to begin with."""
    home = state.workspace()
    name = home.numbered_name("New project")
    project = Project(name=name, data={"source": {"kind": "Digits"}}, engine={"kind": "Supervised"})
    st.session_state["go"] = ("build", state.once("empty", lambda: home.add_project(project)), "")


def upload() -> None:
    """Open a project file as a project of its own; a network of another make is read when the page is drawn."""
    refuse(UPLOAD, "")
    file = st.session_state.get(UPLOAD)
    if file is None:
        return
    content = file.getvalue()
    if not reading.is_project(content):
        st.session_state[reading.WAITING] = (content, file.name)
        return
    try:
        st.session_state["go"] = ("build", state.workspace().add_project(loads(content)), "")
    except StrataError as error:
        refuse(UPLOAD, str(error))


def card(template: Template) -> None:
    """A ready network: its picture, what to look for, and the buttons."""
    with st.container(border=True, height="stretch", vertical_alignment="distribute", gap="small"):
        with st.container(gap="xxsmall"):
            st.image(drawn(template.name), width="stretch", alt=f"The layers of {template.title}")
            st.markdown(f"**{plain(template.title)}**  \n:small[:gray[{plain(template.about)}]]")
        with st.container(horizontal=True, gap="xsmall", vertical_alignment="center"):
            if template.trains:
                st.button(
                    "Train",
                    key=f"train {template.name}",
                    type="primary",
                    icon=":material/play_arrow:",
                    on_click=projects.train_template,
                    args=(template.name,),
                )
            st.button(
                "Open",
                key=f"open {template.name}",
                icon=":material/account_tree:",
                on_click=build,
                args=(template.name,),
                type="tertiary" if template.trains else "secondary",
            )
            st.page_link(
                st.session_state["pages"]["network"],
                label="Details",
                icon=":material/info:",
                query_params={"name": template.name},
            )


def show_family(name: str) -> None:
    """Show all of a family."""
    st.session_state[FAMILY] = name


def family(name: str, members: Sequence[Template], shown: Sequence[Template]) -> None:
    """A headed group of cards; the names of those that are not shown, and a button that shows them."""
    told = f"{len(members)} networks. " if len(members) > FEW else ""
    st.markdown(f"##### {plain(name)}  \n:small[:gray[{told}{FAMILIES.get(name, '')}]]")
    grid = st.grid(FEW, min_column_width=250, key=f"cards {name}")
    for template in shown:
        with grid:
            card(template)
    if rest := [one.title for one in members if one not in shown]:
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            words = f"Show all {len(members)}"
            st.button(
                words,
                key=f"all {name}",
                icon=":material/expand_more:",
                on_click=show_family,
                args=(name,),
                type="tertiary",
            )
            st.caption(plain(f"Also {listed(rest)}"))


@st.fragment
def gallery() -> None:
    """The ready networks by family, with a search and a choice of family; drawn anew alone as one looks around."""
    if "go" in st.session_state:
        st.rerun()  # a button of a card was pressed: the page knows where to go
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="gallery head"):
        typed = st.text_input(
            "Search networks", key=FIND, bind="query-params", icon=":material/search:", width=300, max_chars=80,
            placeholder=f"Search {len(TEMPLATES)} networks, layers, papers", label_visibility="collapsed",
        )  # fmt: skip
        chosen = st.pills(
            "Family", [*families()], key=FAMILY, bind="query-params", label_visibility="collapsed", wrap=True
        )
    if refused := st.session_state.pop("refused", ""):
        st.error(plain(refused), icon=":material/block:")
    words, hits = typed.lower().split(), 0
    for name, fitting in (searched(words) if words else families()).items():
        if chosen in (None, name):
            hits += len(fitting)
            family(name, fitting, fitting if words or chosen else fitting[:FEW])
    if not hits:
        where = f" in {plain(chosen)}" if chosen else ""
        st.caption(
            f"No ready network{where} has {plain(' '.join(words))} in its name, description, source or layers."
        )
        st.button("Show all networks", icon=":material/close:", on_click=show_everything)


def show_everything() -> None:
    """Search for nothing."""
    st.session_state[FIND], st.session_state[FAMILY] = "", None


STYLE = """<style>
@media (max-width: 640px) {
    [class*="st-key-cards"] { display: flex !important; flex-wrap: nowrap; overflow-x: auto; padding-bottom: .5rem; }
    [class*="st-key-cards"] > * { flex: 0 0 260px; }
}
</style>"""
"""On a phone the cards of a family lie side by side, to be pushed along."""

if refused := reading.read_waiting():
    refuse(UPLOAD, refused)
if wish := st.session_state.pop("go", None):
    go(wish[0], project=wish[1], **({"run": wish[2]} if wish[2] else {}))

actions = page_head(
    "What would you like to train?",
    "One click on Train, and you watch a network learn. Everything can be changed.",
)
with actions:
    st.button("New project", icon=":material/add:", on_click=empty)
    with st.popover("Open project file", icon=":material/upload_file:"):
        # any file may be chosen: what is not opened is told with the safe way, which Streamlit's refusal does not know
        st.file_uploader(
            "A Strata project (.json), an ONNX model, or Keras's JSON",
            key=UPLOAD,
            on_change=upload,
            max_upload_size=reading.LARGEST,
        )
        reason(UPLOAD)
st.html(STYLE)
project_list()
gallery()
fetch_ahead()
