"""The list of all runs: search, filter, order, choose for a comparison."""

import html
from collections import Counter
from collections.abc import Sequence

import streamlit as st

from engines.listing import Listed
from engines.runs.glance import words
from engines.runs.index import Index
from engines.runs.summary import Summary
from pages.parts import projects, state
from pages.parts.header import ACTIVE, go, page_head
from pages.parts.runs import deleting
from pages.parts.runs.row import CHOSEN, MOST_CHOSEN, STYLE, chosen, row
from pages.parts.runs.wanted import ORDERS, Wanted, address
from pages.parts.words import short

FEW, MORE = 20, 50
"""Rows at first, and how many come with each click."""
EVERY = "all"
"""What `?of=` says where a project is open and the runs of all are wanted."""
READY = "digits-mlp"
"""The ready network that the empty page trains."""


def run_list() -> None:
    """The page as a list."""
    if wish := st.session_state.pop("go", None):
        go(wish[0], project=wish[1], run=wish[2])
    page_head("Runs", "Every training, also of deleted projects. Tick two or more to compare them.")
    busy = any(one.state in (*ACTIVE, "queued") for one in Index(state.workspace()).summaries())
    st.fragment(run_every=5 if busy else None)(_list)()


def _list() -> None:
    home = state.workspace()
    every = Index(home).summaries()
    there = [one.id for one in every]
    st.session_state[CHOSEN] = [id for id in chosen() if id in there]
    if not every:
        deleting.deletion()
        _nothing()
        return
    st.html(STYLE)
    known = home.list_projects()
    wanted = _tools(every, known)
    deleting.deletion()
    found = wanted.among(every, lambda one: words(home.runs / one.id))
    _rows(found, every, known, wanted)


def _nothing() -> None:
    """What to do where nothing was trained yet."""
    with st.container(border=True):
        st.markdown("**Nothing has been trained yet**")
        st.caption("Each training is kept here with its curves, whatever becomes of its project.")
        with st.container(horizontal=True, gap="small"):
            st.button(
                "Train a ready network",
                type="primary",
                icon=":material/play_arrow:",
                on_click=projects.train_template,
                args=(READY,),
            )
            if st.button("Choose another", icon=":material/home:"):
                st.switch_page(st.session_state["pages"]["start"])
            deleting.deleted_runs()
    if "go" in st.session_state:
        st.rerun()


def _tools(every: Sequence[Summary], known: Sequence[Listed]) -> Wanted:
    """The fields over the list, and what they ask for."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key="runs tools"):
        text = st.text_input(
            "Search",
            key="search runs",
            placeholder="Search names, tags, notes, settings such as lr=0.001",
            icon=":material/search:",
            label_visibility="collapsed",
            on_change=_again,
            width=330,
        )
        of = _project(every, known)
        order = st.selectbox(
            "Order", [*ORDERS], format_func=ORDERS.get, key="order of runs", label_visibility="collapsed",
            on_change=_again, width=190,
        )  # fmt: skip
        states, tags = _filter(every)
        deleting.deleted_runs()
        st.space("stretch")
        _compare()
    return Wanted(tuple(text.lower().split()), of, states, tags, order)


def _project(every: Sequence[Summary], known: Sequence[Listed]) -> str:
    """The project whose runs are wanted: the one of the URL, unless another or all were chosen; "" for all."""
    names = {one.id: one.name for one in known}
    ids = {one.of: names.get(one.of, f"{one.name} (deleted)") for one in every if one.of}
    here = st.query_params.get("of", "") or st.query_params.get("project", "")
    if here not in ids and here in names:
        ids[here] = names[here]
    twice = Counter(ids.values())
    options = ["", *sorted(ids, key=lambda id: ids[id].lower())]

    def shown(id: str) -> str:
        name = short(ids[id], 50) if id else "All projects"
        return f"{name} ({id})" if id and twice[ids[id]] > 1 else name

    def chose() -> None:
        _again()
        st.query_params["of"] = st.session_state[key] or EVERY

    of = here if here in ids else ""
    key = f"project of runs {of}"
    if len(options) < 2:
        return ""
    return st.selectbox(
        "Project", options, options.index(of), format_func=shown, key=key, label_visibility="collapsed",
        on_change=chose, width=210,
    )  # fmt: skip


def _filter(every: Sequence[Summary]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The states and the tags that are wanted."""
    states, tags = sorted({one.state for one in every}), _tags(every)
    wanted = [*st.session_state.get("states of runs", []), *st.session_state.get("tags of runs", [])]
    words = f"Filter ({len(wanted)})" if wanted else "Filter"
    with st.popover(words, icon=":material/filter_list:", key="filter runs"):
        some = st.multiselect(
            "State", states, key="states of runs", on_change=_again, placeholder="Any state"
        )
        if tags:
            with_tags = st.multiselect(
                "Tags", tags, key="tags of runs", on_change=_again, placeholder="With any tags or none"
            )
        else:
            with_tags = []
            st.caption("Tags are given in the menu of a run.")
    return tuple(some), tuple(with_tags)


def _tags(every: Sequence[Summary]) -> list[str]:
    """All tags, those that are used most first."""
    counts = Counter(tag for one in every for tag in one.tags)
    return sorted(counts, key=lambda tag: (-counts[tag], tag.lower()))


def _compare() -> None:
    """The button that leads to the comparison of what is ticked."""
    ids = chosen()
    if ids:
        st.button("Untick all", key="untick", type="tertiary", on_click=_untick)
    if st.button(
        f"Compare {len(ids)}" if ids else "Compare",
        key="compare",
        type="primary",
        icon=":material/compare_arrows:",
        disabled=len(ids) < 2,
        help=None if len(ids) > 1 else f"Tick two to {MOST_CHOSEN} runs first",
    ):
        st.query_params["compare"] = address(ids)
        st.rerun()


def _rows(found: list[Summary], every: Sequence[Summary], known: Sequence[Listed], wanted: Wanted) -> None:
    most = st.session_state.get("runs shown", FEW)
    shown, kept = found[:most], {one.id for one in known}
    with st.container(border=True, gap=None, key="runs"):
        for one in shown:
            row(one, kept, lambda: _tags(every))
        if not found:
            _none(wanted)
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        count = (
            f"{len(found):,} of {len(every):,} runs" if len(found) < len(every) else f"{len(every):,} runs"
        )
        st.html(f'<span class="strata-line">{html.escape(count)}</span>', width="content")
        if len(found) < len(every):
            st.button("Show all runs", key="all runs", type="tertiary", on_click=_show_all)
        if (rest := len(found) - len(shown)) > 0:
            words = f"Show {min(rest, MORE)} more"
            st.button(
                words, key="more runs", type="tertiary", icon=":material/expand_more:", on_click=_more,
                args=(len(shown) + MORE,),
            )  # fmt: skip


def _none(wanted: Wanted) -> None:
    """Why no run is listed, and what to do about it."""
    if wanted == Wanted(of=wanted.of, order=wanted.order):
        st.markdown("This project has not been trained yet.")
        train, query = st.session_state["pages"]["train"], {"project": wanted.of}
        st.page_link(train, label="Train it", query_params=query, width="content")
        return
    st.markdown("No run is like that.")
    st.caption("Every word must occur in the name, a tag, the note or a setting of the run.")


def _again() -> None:
    """Something else is searched for: the list begins at its top."""
    deleting.forget_deletion()
    st.session_state.pop("runs shown", None)


def _show_all() -> None:
    _again()
    st.session_state["search runs"] = ""
    for name in ("states of runs", "tags of runs"):
        st.session_state[name] = []
    st.query_params["of"] = EVERY


def _more(most: int) -> None:
    deleting.forget_deletion()
    st.session_state["runs shown"] = most


def _untick() -> None:
    deleting.forget_deletion()
    for id in chosen():
        st.session_state[f"choose {id}"] = False
    st.session_state[CHOSEN] = []
