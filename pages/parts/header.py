"""What all pages have around them: the sidebar, the line with project and run, and what to do where nothing is."""

import html
import time
from collections.abc import Mapping
from typing import Any, NoReturn

import streamlit as st

from builder.errors import BadFile
from builder.files import dumps
from engines.runs.run import Run
from pages.parts import state
from pages.parts.words import ago, plain

ACTIVE = ("starting", "running")
COLOURS = {"starting": "blue", "running": "blue", "paused": "orange", "finished": "green", "failed": "red"}
_STYLE = """<style>
@keyframes strata-pulse { 50% { opacity: .25; } }
.strata-dot { display: inline-block; width: 8px; height: 8px; border-radius: 50%; margin-right: 6px; }
.strata-dot { background: #868E96; }
.strata-dot.blue { background: #4C6EF5; animation: strata-pulse 1.4s infinite; }
.strata-dot.orange { background: #F08C00; }
.strata-dot.green { background: #0CA678; }
.strata-dot.red { background: #E03131; }
.strata-line { font-size: .87rem; white-space: nowrap; opacity: .85; }
@media (prefers-reduced-motion: reduce) { .strata-dot.blue { animation: none; } }
</style>"""


def sidebar(pages: Mapping[str, Any]) -> None:
    """Links to the pages, which keep the project and the run."""
    st.html(_STYLE)
    with st.sidebar:
        st.page_link(pages["start"], width="stretch")
        st.caption("Project")
        for name in ("build", "data", "train", "export"):
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


def run_name(run: Run) -> str:
    """`run 3` for 000003-digits-mlp."""
    number = run.id.split("-")[0]
    return f"run {int(number)}" if number.isdecimal() else f"run {run.id[:20]}"


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
        _live_line(run)


def _live_line(run: Run | None) -> None:
    active = run is not None and run.status().state in ACTIVE

    @st.fragment(run_every=2 if active else None)
    def line() -> None:
        if run is None:
            st.html(
                '<span class="strata-line"><span class="strata-dot"></span>not trained yet</span>',
                width="content",
            )
            return
        status = run.status()
        doing = (
            f" · epoch {min(status.epoch + 1, status.epochs)} of {status.epochs}"
            if status.state == "running"
            else ""
        )
        text = html.escape(f"{run_name(run).capitalize()} {status.state}{doing}")
        colour = COLOURS.get(status.state, "")
        st.html(
            f'<span class="strata-line"><span class="strata-dot {colour}"></span>{text}</span>',
            width="content",
        )

    line()


def _about(opened: state.Opened) -> None:
    st.text_input(
        "Name", opened.project.name, key=f"name {opened.id}", max_chars=120, on_change=_rename, args=(opened,)
    )
    if opened.project.notes:
        st.caption(plain(opened.project.notes))
    st.download_button(
        "Download project file",
        dumps(opened.project),
        f"{opened.id}.strata.json",
        "application/json",
        icon=":material/download:",
        on_click="ignore",
    )
    if st.button("Make a copy", icon=":material/content_copy:"):
        copy = opened.project.with_fields(name=f"{opened.project.name[:110]} (copy)")
        go("build", project=state.create(copy))


def _rename(opened: state.Opened) -> None:
    if name := st.session_state[f"name {opened.id}"].strip():
        opened.keep(opened.project.with_fields(name=name))


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
    page_head("Not found", "The address leads to something that is not here.")
    with st.container(border=True):
        st.markdown(plain(message))
        st.caption(
            "It may lie in another home folder, or its address may have been cut off. Nothing was changed."
        )
        if st.button("Go to the start page", type="primary", icon=":material/home:"):
            st.switch_page(st.session_state["pages"]["start"])
        recent_projects("or go on with")
    st.stop()
    raise AssertionError("unreachable")


def recent_projects(caption: str, most: int = 6) -> None:
    """Links to the projects that were changed last; nothing if there are none."""
    found = [(id, when, project) for id, when in state.recent(most) if (project := state.project_named(id))]
    if not found:
        return
    st.caption(caption)
    with st.container(horizontal=True, gap="small"):
        for id, when, project in found:
            name = project.name if len(project.name) <= 40 else project.name[:39] + "…"
            if st.button(
                f"{plain(name)} :gray[{ago(when, time.time())}]", key=f"recent {id}", icon=":material/folder:"
            ):
                runs = state.workspace().list_runs(id)
                go("train" if runs else "build", project=id)
