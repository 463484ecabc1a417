from functools import cache

import streamlit as st

from builder.errors import StrataError
from builder.files import loads
from builder.project import Project
from builder.templates import TEMPLATES, Template, about
from pages.parts import projects, state
from pages.parts.forms.refusing import reason, refuse
from pages.parts.header import go, page_head
from pages.parts.live import fetch_ahead
from pages.parts.project_list import project_list
from pages.parts.words import plain
from pages.views.picture import picture

UPLOAD = "project_file"
ORDER = ("Images", "Points in the plane", "Tables", "Published networks")
GROUPS = {
    "Images": "Small pictures of handwritten digits: every kind of network can read them, each in its way.",
    "Points in the plane": "Two numbers a point, so that everything a network does can be drawn.",
    "Tables": "Measurements in columns, beside the simple models that are hard to beat.",
    "Published networks": "As their papers draw them. Those without data open in Build.",
}


@cache
def drawn(name: str) -> str:
    """The picture of a template."""
    return picture(about(name).project().graph)


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
    """Open a project file as a project of its own."""
    refuse(UPLOAD, "")
    file = st.session_state.get(UPLOAD)
    if file is None:
        return
    try:
        st.session_state["go"] = ("build", state.workspace().add_project(loads(file.getvalue())), "")
    except StrataError as error:
        refuse(UPLOAD, str(error))


def card(template: Template) -> None:
    """A ready network: its picture, what to look for, and the buttons."""
    with st.container(border=True, height="stretch", vertical_alignment="distribute"):
        with st.container(gap="xsmall"):
            st.image(drawn(template.name), width="stretch", alt=f"The layers of {template.title}")
            st.markdown(f"**{plain(template.title)}**")
            st.caption(plain(template.about))
            if template.reference:
                st.caption(f":material/menu_book: {plain(template.reference)}")
        with st.container(horizontal=True, gap="small"):
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


if wish := st.session_state.pop("go", None):
    go(wish[0], project=wish[1], **({"run": wish[2]} if wish[2] else {}))

actions = page_head(
    "What would you like to train?",
    "One click on Train, and you watch a network learn. Everything can be changed.",
)
with actions:
    st.button("New project", icon=":material/add:", on_click=empty)
    with st.popover("Open project file", icon=":material/upload_file:"):
        st.file_uploader(
            "A Strata project (.json)", type=["json"], key=UPLOAD, on_change=upload, max_upload_size=32
        )
        reason(UPLOAD)
if refused := st.session_state.pop("refused", ""):
    st.error(plain(refused), icon=":material/block:")
project_list()
for group in [*ORDER, *sorted({template.group for template in TEMPLATES.values()} - set(ORDER))]:
    members = [template for template in TEMPLATES.values() if template.group == group]
    if not members:
        continue
    st.markdown(f"##### {plain(group)}")
    st.caption(GROUPS.get(group, ""))
    grid = st.grid(3, min_column_width=280)
    for template in members:
        with grid:
            card(template)
fetch_ahead()
