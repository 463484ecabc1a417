"""What all pages have around them: the sidebar, the line with project and run, and what to do where nothing is."""

import time
from collections.abc import Mapping
from functools import partial
from typing import Any, NoReturn

import streamlit as st

from builder.errors import BadFile, StrataError
from builder.files import dumps
from engines.kept import Deleted
from engines.runs.run import Run
from engines.workspace import Workspace
from pages.parts import live, projects, sentences, state
from pages.parts.forms.refusing import text_field
from pages.parts.playground.component import plays
from pages.parts.sentences import ACTIVE as ACTIVE
from pages.parts.sentences import COLOURS as COLOURS
from pages.parts.words import ago, plain, short

_STYLE = """<style>
@keyframes strata-pulse { 50% { opacity: .25; } }
.strata-dot { display: inline-block; width: 8px; height: 8px; border-radius: 50%; margin-right: 6px; }
.strata-dot { background: #868E96; }
.strata-dot.blue { background: #4C6EF5; animation: strata-pulse 1.4s infinite; }
.strata-dot.violet { background: #AE3EC9; animation: strata-pulse 2.8s infinite; }
.strata-dot.orange { background: #F08C00; }
.strata-dot.green { background: #0CA678; }
.strata-dot.red { background: #E03131; }
.strata-line { font-size: .87rem; white-space: nowrap; opacity: .85; font-variant-numeric: tabular-nums; }
.strata-line { color: var(--st-text-color); font-family: var(--st-font); }
.st-key-live_line { min-height: 1.4rem; }
@media (min-width: 1000px) { .stMainBlockContainer { padding-left: 2rem; padding-right: 2rem; } }
@media (prefers-reduced-motion: reduce) { .strata-dot { animation: none !important; } }
</style>"""


def sidebar(pages: Mapping[str, Any]) -> None:
    """Links to the pages, which keep the project and the run."""
    st.html(_STYLE)
    with st.sidebar:
        st.page_link(pages["start"], width="stretch")
        st.page_link(pages["runs"], query_params=state.parameters(), width="stretch")
        st.page_link(pages["playground"], width="stretch")
        st.page_link(pages["reference"], query_params=state.parameters(), width="stretch")
        st.caption("Project")
        for name in ("build", "data", "train", "inspect", "landscape", "export"):
            st.page_link(pages[name], query_params=state.parameters(), width="stretch")


def go(page: str, **parameters: str) -> NoReturn:
    """Go to another page; with the open project and run, unless others are named."""
    st.switch_page(st.session_state["pages"][page], query_params=parameters or state.parameters())
    raise AssertionError("unreachable")


def project_page(title: str) -> state.Opened:
    """The header of a page of a project, and the project; without one the page says what to do, and ends here."""
    try:
        opened = state.opened()
        run = state.current_run(opened.id) if opened else None
    except BadFile as error:
        _lost(str(error))
    if opened is None:
        _nothing_open(title)
    if st.query_params.get("role", opened.role) != opened.role:
        del st.query_params["role"]  # the address names what is shown, and nothing else
    projects.forget_deletion()
    _line(opened, run)
    if refused := st.session_state.pop("refused", ""):
        st.error(plain(refused), icon=":material/block:")
    return opened


def page_head(title: str, caption: str) -> Any:
    """The page's title and caption on the left; the container on the right, for its actions, is returned."""
    row = st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute")
    with row.container(gap=None, width="content"):
        st.subheader(title, anchor=False)
        st.caption(caption)
    return row.container(horizontal=True, width="content", vertical_alignment="center")


def run_name(run: Run | str) -> str:
    """`run 3` for 000003-digits-mlp."""
    return sentences.run_name(run if isinstance(run, str) else run.id)


def _line(opened: state.Opened, run: Run | None) -> None:
    """Name, saved, current run."""
    row = st.container(horizontal=True, vertical_alignment="center", gap="small", key="project_line")
    with row:
        name = opened.project.name
        with st.popover(
            plain(name if len(name) <= 40 else name[:39] + "…"),
            type="tertiary",
            icon=":material/folder_open:",
        ):
            _about(opened)
        st.badge("Saved", icon=":material/check:", color="green", help="Every change is on the disk at once.")
        live.line(run)


def _about(opened: state.Opened) -> None:
    text_field("Name", f"name {opened.id}", opened.project.name, partial(_rename, opened), max_chars=120)
    for line in opened.project.notes.splitlines():
        st.caption(plain(line))
    st.download_button(
        "Download project file",
        dumps(opened.project),
        f"{opened.id}.strata.json",
        "application/json",
        icon=":material/download:",
        on_click="ignore",
    )
    if plays(opened.project) and st.button(
        "Play with it", icon=":material/toys_fan:", help="Watch every neuron learn, in the Playground."
    ):
        go("playground", project=opened.id)
    if st.button("Duplicate", icon=":material/content_copy:") and (copy := projects.duplicate(opened.id)):
        go("build", project=copy)
    if st.button("Delete project", icon=":material/delete:", help="It can be restored for 30 days."):
        projects.delete(opened.id, opened.project.name)
        st.switch_page(st.session_state["pages"]["start"])


def _rename(opened: state.Opened, name: str) -> str:
    if not (name := name.strip()):
        return projects.NAMELESS
    opened.keep(opened.project.with_fields(name=name))
    return ""


def _nothing_open(title: str) -> NoReturn:
    page_head(title, "No project is open.")
    with st.container(border=True):
        st.markdown("**Choose what to work on**")
        st.caption(
            "A ready network trains with one click. You can also begin with a new project, or open a file."
        )
        if st.button("Choose a network", type="primary", icon=":material/home:"):
            st.switch_page(st.session_state["pages"]["start"])
        recent_projects("or go on with")
    st.stop()
    raise AssertionError("unreachable")


def _lost(message: str) -> NoReturn:
    found = _deleted()
    if found:
        page_head("Deleted", f"The address leads to a {found[0]} that was deleted.")
    else:
        page_head("Not found", "The address leads to something that is not here.")
    with st.container(border=True):
        if refused := st.session_state.pop("refused", ""):
            st.error(plain(refused), icon=":material/block:")
        if found:
            _offer(*found)
        else:
            st.markdown(plain(message))
            st.caption(
                "It may lie in another home folder, or its address may have been cut off. Nothing was changed."
            )
        if st.button(
            "Go to the start page", type="secondary" if found else "primary", icon=":material/home:"
        ):
            st.switch_page(st.session_state["pages"]["start"])
        recent_projects("or go on with")
    st.stop()
    raise AssertionError("unreachable")


def _deleted() -> tuple[str, Deleted] | None:
    """The project or the run to which the address leads, if it was deleted and can be restored; which of both it is."""
    home = Workspace()
    project, run = st.query_params.get("project", ""), st.query_params.get("run", "")
    there = (home.projects / f"{project}.json").is_file()
    if not there and (deleted := home.deleted_project(project)):
        return "project", deleted
    gone = next((one for one in home.list_deleted_runs() if one.id == run), None) if run else None
    return ("run", gone) if gone else None


def _offer(what: str, deleted: Deleted) -> None:
    """What to do at the address of a deleted project or run."""
    when = ago(deleted.deleted, time.time())
    if what == "run":
        st.markdown(f"**{run_name(deleted.id).capitalize()}** was deleted {when}.")
        st.caption("It is kept for 30 days.")
    else:
        st.markdown(f"The project **{plain(short(deleted.name, 80))}** was deleted {when}.")
        st.caption("It is kept for 30 days, and its runs with it.")
    if st.button("Restore it", type="primary", icon=":material/undo:"):
        if what == "run":
            _restore_run(deleted)
            st.rerun()
        if id := projects.restore(deleted.key):
            if id == deleted.id:
                st.rerun()
            go("build", project=id)


def _restore_run(deleted: Deleted) -> None:
    try:
        Workspace().restore_run(deleted.key)
    except StrataError as error:
        st.session_state["refused"] = str(error)


def recent_projects(caption: str, most: int = 6) -> None:
    """Links to the projects that were changed last; nothing if there are none."""
    found = [one for one in Workspace().list_projects() if one.nodes >= 0][:most]
    if not found:
        return
    runs = Workspace().newest_runs()
    st.caption(caption)
    with st.container(horizontal=True, gap="small"):
        for one in found:
            words = f"{plain(short(one.name, 40))} :gray[{ago(one.changed, time.time())}]"
            if st.button(words, key=f"recent {one.id}", icon=":material/folder:"):
                go("train" if one.id in runs else "build", project=one.id)
