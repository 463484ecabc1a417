"""The list of all projects: a compact row each, with a link, what is known of it, and a menu."""

import html
import time
from collections import Counter
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import streamlit as st

from engines.listing import Listed
from engines.runs.run import Run
from engines.workspace import Workspace
from pages.parts import projects
from pages.parts.forms.refusing import reason, refuse
from pages.parts.header import ACTIVE, COLOURS, run_name
from pages.parts.words import ago, plain

FEW, MORE = 8, 50
"""Rows at first, and how many come with each click."""
_STYLE = """<style>
.st-key-projects { padding: .35rem .5rem; }
.st-key-projects [class*="st-key-row-"] { min-height: 2.5rem; padding: 0 .35rem; border-radius: 8px; }
.st-key-projects [class*="st-key-row-"] { flex-wrap: nowrap; }
.st-key-projects [class*="st-key-row-"]:hover { background: color-mix(in srgb, currentColor 5%, transparent); }
.st-key-projects [class*="st-key-row-"] > :first-child { flex: 1 1 0; min-width: 0; }
.st-key-projects [data-testid="stPageLink"] a { background: transparent; min-width: 0; }
.st-key-projects [data-testid="stPageLink"] p { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.st-key-projects [data-testid="stPopoverButton"] p {
  position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%);
}
.st-key-projects [data-testid="stPopoverButton"] > div > [aria-hidden="true"] { display: none; }
[class*="st-key-items-"] button { min-height: 2.2rem; }
[class*="st-key-items-"] :is(button, button > div) { justify-content: flex-start; }
[data-testid="stPopoverBody"]:has([class*="st-key-items-"]) { min-width: 0; width: auto; padding: .4rem .8rem; }
.strata-row { display: flex; gap: 1rem; font-size: .85rem; white-space: nowrap; align-items: center; }
.strata-row > span { opacity: .72; text-align: right; }
.strata-row > .run { min-width: 8.5rem; text-align: left; opacity: .85; }
.strata-row > .nodes { min-width: 6.5rem; }
.strata-row > .when { min-width: 6.5rem; }
@media (max-width: 640px) {
  .strata-row { gap: .25rem; }
  .strata-row > .nodes, .strata-row > .run > .words { display: none; }
  .strata-row > .run, .strata-row > .when { min-width: 0; }
}
</style>"""


def project_list() -> None:
    """Your projects, the last changed first, with what can be done to each; nothing before there is one."""
    busy = any(run.status().state in ACTIVE for run in Workspace().newest_runs().values())
    st.fragment(run_every=5 if busy else None)(_list)()


def _list() -> None:
    home = Workspace()
    found = home.list_projects()
    if not found and not home.list_deleted():
        return
    st.html(_STYLE)
    searched = _head(len(found))
    projects.deletion()
    if refused := st.session_state.pop("refused", ""):
        st.error(plain(refused), icon=":material/block:")
    if found:
        _rows(home, found, searched)


def _head(count: int) -> list[str]:
    """Title, search and deleted projects; the words that are searched."""
    searched = ""
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="projects head"):
        st.markdown("##### Your projects", width="content")
        st.space("stretch")
        if count > FEW:
            searched = st.text_input(
                "Search projects",
                key="search projects",
                placeholder=f"Search {count} projects",
                label_visibility="collapsed",
                icon=":material/search:",
                on_change=projects.forget_deletion,
                width=240,
            )
        projects.deleted_projects()
    return searched.lower().split()


def _rows(home: Workspace, found: list[Listed], searched: list[str]) -> None:
    most = st.session_state.get("projects shown", FEW)
    wanted = [one for one in found if all(word in one.name.lower() for word in searched)]
    shown = wanted[: max(most, MORE) if searched else most]
    runs, names = home.newest_runs(), Counter(one.name for one in found)
    with st.container(border=True, gap=None, key="projects"):
        for one in shown:
            _row(one, runs.get(one.id), alone=names[one.name] == 1, few=len(shown) <= FEW)
        if not wanted:
            st.caption(f"No project has {plain(' '.join(searched)[:60])} in its name.")
    with st.container(horizontal=True, gap="small"):
        if (rest := len(wanted) - len(shown)) > 0:
            words = f"Show all {len(wanted)}" if rest <= MORE else f"Show {MORE} more of {len(wanted)}"
            _reach(words, "expand_more", len(shown) + MORE)
        if most > FEW and len(wanted) > FEW:
            _reach("Show fewer", "expand_less", FEW)


def _reach(words: str, icon: str, most: int) -> None:
    """A button that shows so many rows."""
    st.button(words, key=words, type="tertiary", icon=f":material/{icon}:", on_click=_show, args=(most,))


def _row(one: Listed, run: Run | None, *, alone: bool, few: bool) -> None:
    """Name, last run, size, when it was changed, and the menu; the name in a field while it is changed."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key=f"row {one.id}"):
        if st.session_state.get("renaming") == one.id:
            _name_field(one)
            return
        pages = st.session_state["pages"]
        st.page_link(
            pages["train" if run else "build"],
            label=plain(one.name),
            icon=":material/error:" if one.nodes < 0 else None,
            query_params={"project": one.id},
            width="stretch",
        )
        st.html(_told(one, run, alone), width="content")
        menu = st.popover(
            f"Menu of {plain(one.name)}",  # for those who hear the page; the style hides it
            icon=":material/more_horiz:",
            type="tertiary",
            key=f"menu {one.id}",
            on_change="rerun",
        )
        if few or menu.open:
            with menu.container(gap=None, width=150, key=f"items {one.id}"):
                _menu(one)


def _told(one: Listed, run: Run | None, alone: bool) -> str:
    """What is known of a project, as HTML of ours and escaped text."""
    status = run.status() if run else None
    state = f"{run_name(run).capitalize()} {status.state}" if run and status else "Not trained yet"
    colour = COLOURS.get(status.state, "") if status else ""
    nodes = "cannot be read" if one.nodes < 0 else f"{one.nodes:,} node{'s' * (one.nodes != 1)}"
    moment = _moment(one.changed)
    when = ago(one.changed, time.time()) if alone else moment
    return (
        f'<div class="strata-row"><span class="run" title="{html.escape(state)}">'
        f'<span class="strata-dot {colour}"></span><span class="words">{html.escape(state)}</span></span>'
        f'<span class="nodes">{nodes}</span>'
        f'<span class="when" title="Changed {moment}">{when}</span></div>'
    )


def _moment(when: float) -> str:
    """A moment in the time zone of the person who looks."""
    try:
        local = datetime.fromtimestamp(when, ZoneInfo(st.context.timezone or ""))
    except (ValueError, KeyError, OSError):  # no zone is known, or not on this machine
        local = datetime.fromtimestamp(when)
    return f"{local.day} {local:%b, %H:%M:%S}"


def _menu(one: Listed) -> None:
    def item(words: str, icon: str, do: object, **more: object) -> None:
        st.button(
            words,
            key=f"{words} {one.id}",
            icon=f":material/{icon}:",
            on_click=do,
            args=(one,),
            type="tertiary",
            width="stretch",
        )

    if one.nodes >= 0:
        item("Rename", "edit", _rename)
        item("Duplicate", "content_copy", _duplicate)
    path = Workspace().projects / f"{one.id}.json"
    st.download_button(
        "Download",
        lambda: _content(path),
        f"{one.id}.strata.json",
        "application/json",
        key=f"Download {one.id}",
        icon=":material/download:",
        on_click="ignore",
        type="tertiary",
        width="stretch",
    )
    item("Delete", "delete", _delete)


def _content(path: Path) -> bytes:
    """A project file as it is now; empty if it was deleted meanwhile."""
    return path.read_bytes() if path.is_file() else b""


def _name_field(one: Listed) -> None:
    """A field in the place of the name, and why the last one was refused; Enter or Save keeps it."""
    key = f"new name {one.id}"
    form = st.form(f"rename {one.id}", border=False, width="stretch")
    with form.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.text_input("Name", one.name, key=key, max_chars=120, label_visibility="collapsed")
        st.form_submit_button(
            "Save", key=f"save name {one.id}", type="primary", on_click=_renamed, args=(one,)
        )
        st.form_submit_button(
            "Cancel", key=f"keep name {one.id}", type="tertiary", on_click=_renamed, args=(None,)
        )
    with form:
        reason(key)


def _close(one: Listed) -> None:
    st.session_state[f"menu {one.id}"] = False


def _rename(one: Listed) -> None:
    _close(one)
    projects.forget_deletion()
    st.session_state["renaming"] = one.id


def _renamed(one: Listed | None) -> None:
    """Give a project the name in its field; None gives nothing another name. What is refused may be tried again."""
    key = f"new name {one.id}" if one else ""
    name = st.session_state[key].strip() if one else ""
    refuse(key, projects.NAMELESS if one and not name else "")
    if one and not name:
        return
    st.session_state.pop("renaming", None)
    if one and name != one.name:
        projects.rename(one.id, name)


def _duplicate(one: Listed) -> None:
    _close(one)
    projects.duplicate(one.id)


def _delete(one: Listed) -> None:
    projects.delete(one.id, one.name)


def _show(most: int) -> None:
    projects.forget_deletion()
    st.session_state["projects shown"] = most
