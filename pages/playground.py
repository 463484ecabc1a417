import streamlit as st

from builder.errors import StrataError
from engines.playground import Settings, project_of
from pages.parts import state
from pages.parts.header import page_head
from pages.parts.playground.component import play
from pages.parts.words import plain

OPENED = "playground opened"
"""Where a tab keeps the project that was just made, until the page leads there."""


def told() -> tuple[dict[str, str], str]:
    """The settings that the address tells, and why they are refused ("" if they are not)."""
    query = {name: value for name, value in st.query_params.items() if name in Settings.model_fields}
    try:
        return Settings.read(query).query(), ""
    except StrataError as error:
        return {}, f"The address asks for something that cannot be, so this is the usual start. {error}"


def open_in_build(query: dict[str, str]) -> None:
    """Open the project that is played with; or make one of network, data and settings, where these are others."""
    if "project" in query and not query.keys() - {"project", "plane", "step"}:
        st.session_state[OPENED] = query["project"]
        return
    try:
        project = project_of(Settings.read(query))
        make = lambda: state.workspace().add_project(project)  # noqa: E731
        st.session_state[OPENED] = state.once(f"playground {sorted(query.items())}", make)
    except StrataError as error:
        st.session_state["refused"] = str(error)


page_head("Playground", "Change anything, press Play, and watch every neuron learn.")
if refused := st.session_state.pop("refused", ""):
    st.error(plain(refused), icon=":material/block:")
with st.container(
    key="playground_opened"
):  # hidden: the scripts follow it, so that one Back leads here again
    if id := st.session_state.pop(OPENED, ""):
        st.page_link(st.session_state["pages"]["build"], query_params={"project": id})
play(*told(), open_in_build, id)
