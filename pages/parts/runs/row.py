"""A run as a row of the list: what is known of it, its curve, and a menu."""

import html
import time
from collections.abc import Callable, Collection
from urllib.parse import urlsplit

import streamlit as st

from engines.runs.glance import Glance, glance
from engines.runs.summary import Summary
from pages.parts import state
from pages.parts.header import COLOURS, run_name
from pages.parts.runs import deleting
from pages.parts.runs.downloads import downloads
from pages.parts.runs.label import label_form
from pages.parts.runs.wanted import written
from pages.parts.tokens import token
from pages.parts.words import ago, figure, metric_name, metric_value, plain, seconds, short
from pages.views.thumbnail import as_image

STYLE = """<style>
.st-key-runs { padding: .35rem .6rem; }
.st-key-runs [class*="st-key-run-row-"] { padding: .35rem .3rem; border-radius: 8px; flex-wrap: nowrap; }
.st-key-runs [class*="st-key-run-row-"]:hover { background: color-mix(in srgb, currentColor 4%, transparent); }
.st-key-runs [class*="st-key-run-row-"] > :first-child { flex: 0 0 auto; width: auto; }
.st-key-runs [class*="st-key-run-names-"] { flex: 1 1 0; min-width: 0; }
.st-key-runs [data-testid="stPageLink"] a { background: transparent; min-width: 0; padding-left: 0; }
.st-key-runs [data-testid="stPageLink"] a > :not(:has(p)) { display: none; }
.st-key-runs [data-testid="stPageLink"] p {
  overflow: hidden; text-overflow: ellipsis; white-space: nowrap; font-weight: 600;
}
.st-key-runs [data-testid="stPopoverButton"] p {
  position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%);
}
.st-key-runs [data-testid="stPopoverButton"] > div > [aria-hidden="true"] { display: none; }
[data-testid="stPopoverBody"]:has([class*="st-key-run-items-"]) { width: 320px; }
.strata-run { font-size: .85rem; line-height: 1.5; display: flex; flex-wrap: wrap; gap: .15rem .7rem; }
.strata-run > span { opacity: .78; }
.strata-run > .tag {
  opacity: 1; border-radius: 6px; padding: 0 .45rem; font-size: .8rem; overflow-wrap: anywhere;
  background: color-mix(in srgb, #4C6EF5 16%, transparent);
}
.strata-run > .note {
  flex-basis: 100%; font-style: italic; overflow: hidden; overflow-wrap: anywhere;
  display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 2;
}
.strata-figures {
  display: grid; grid-template-columns: 112px 104px 84px; gap: .25rem 1rem; align-items: center; font-size: .85rem;
}
.strata-figures b { display: block; font-size: 1rem; font-weight: 600; }
.strata-figures span { opacity: .72; white-space: nowrap; }
@media (max-width: 900px) {
  .strata-figures { grid-template-columns: 104px; gap: 0; }
  .strata-figures > .test { display: none; }
}
@media (max-width: 520px) {
  .st-key-runs-tools > :has([data-testid="stTextInput"]) { flex: 1 1 100%; width: 100%; }
  .st-key-runs-tools > :has([data-testid="stSelectbox"]) { flex: 1 1 40%; width: auto; min-width: 0; }
  .strata-figures { grid-template-columns: auto; }
  .strata-figures > .curve { display: none; }
}
</style>"""
MOST_CHOSEN = 6
CHOSEN = "chosen runs"
"""Where a tab keeps the ids of the runs that are to be compared, in the order in which they were chosen."""


def chosen() -> list[str]:
    """The ids of the runs that are to be compared."""
    return st.session_state.setdefault(CHOSEN, [])


def row(one: Summary, projects: Collection[str], known: Callable[[], list[str]]) -> None:
    """Draw a run.

    Args:
        one: what the list tells of it.
        projects: the ids of the projects that there are.
        known: gives the tags that can be chosen from.
    """
    name = f"{run_name(one.id).capitalize()} · {short(one.name or 'Untitled', 80)}"
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key=f"run row {one.id}"):
        st.checkbox(
            f"Compare {plain(name)}",
            value=one.id in chosen(),
            key=f"choose {one.id}",
            label_visibility="collapsed",
            on_change=_choose,
            args=(one.id,),
        )
        with st.container(gap=None, key=f"run names {one.id}"):
            _link(one, name)
            st.html(told(one, one.of in projects))
        st.html(figures(one, glance(state.workspace().runs / one.id)), width="content")
        menu = st.popover(
            f"Menu of {plain(name)}",  # for those who hear the page; the style hides it
            icon=":material/more_horiz:",
            type="tertiary",
            key=f"menu {one.id}",
            on_change="rerun",
        )
        if menu.open:
            with menu.container(key=f"run items {one.id}"):
                _menu(one, known())


def _link(one: Summary, name: str) -> None:
    """The way to Train; a run that belongs to no project has none."""
    if not one.of:
        st.markdown(f"**{plain(name)}**")
        return
    query = {"project": one.of, "run": one.id}
    st.page_link(st.session_state["pages"]["train"], label=plain(name), query_params=query)


def told(one: Summary, kept: bool) -> str:
    """State, time, project, tags and note, as HTML of ours and escaped text."""
    parts = [
        f'<span><span class="strata-dot {COLOURS.get(one.state, "")}"></span>{html.escape(_state(one))}</span>'
    ]
    parts.append(f"<span>{ago(one.created, time.time())}</span>")
    if one.elapsed:
        parts.append(f"<span>{seconds(one.elapsed)}</span>")
    if one.parent:
        parts.append(f"<span>from {html.escape(run_name(one.parent))} at step {one.branched:,}</span>")
    if not kept:
        words = "its project was deleted" if one.of else "belongs to no project here"
        parts.append(f"<span>{words}</span>")
    parts += [f'<span class="tag">{html.escape(tag)}</span>' for tag in one.tags]
    if one.note:
        whole, line = html.escape(one.note[:1000]), html.escape(written(one.note))
        parts.append(f'<span class="note" title="{whole}">{line}</span>')
    return f'<div class="strata-run">{"".join(parts)}</div>'


def _state(one: Summary) -> str:
    if one.state in ("running", "paused") and one.epochs:
        return f"{one.state}, epoch {min(one.epoch + 1, one.epochs)} of {one.epochs}"
    return one.state


def figures(one: Summary, seen: Glance) -> str:
    """The curve and the metrics, as HTML of ours."""
    name, best = html.escape(metric_name(seen.metric)), seen.best
    value, test = (
        f"<b>{metric_value(seen.metric, number)}</b>" for number in (best.value if best else None, seen.test)
    )
    curve = f"Training loss, now {figure(seen.curve[-1])}" if seen.curve else "No loss yet"
    told = "Nothing was measured on validation yet"
    if best:
        last = metric_value(seen.metric, seen.last)
        told = f"Best {name} on validation, in epoch {best.epoch + 1}; the last is {last}"
    return (
        f'<div class="strata-figures"><img class="curve" src="{as_image(seen.curve)}" alt="{curve}" title="{curve}">'
        f'<div title="{told}">{value}<span>best {_brief(name)}</span></div>'
        f'<div class="test" title="{name} on the test part">{test}<span>on test</span></div></div>'
    )


def _brief(name: str) -> str:
    """What fits under a figure."""
    return {"root mean squared error": "RMSE", "mean absolute error": "MAE"}.get(name, name)


def _choose(id: str) -> None:
    deleting.forget_deletion()
    ids = chosen()
    if id in ids:
        ids.remove(id)
    elif len(ids) < MOST_CHOSEN:
        ids.append(id)
    else:
        st.session_state[f"choose {id}"] = False
        st.session_state["refused"] = f"At most {MOST_CHOSEN} runs are compared at once. Untick one first."


def _menu(one: Summary, known: list[str]) -> None:
    run = state.workspace().run(one.id)
    label_form(one, known)
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        st.caption("History", width="content")
        downloads([run], one.id)
    st.caption("All that it tells, live, in a shell")
    st.code(f"curl -N {origin()}/api/runs/{token(run)}/stream", language="sh", wrap_lines=True)
    st.button(
        "Delete run",
        key=f"delete {one.id}",
        icon=":material/delete:",
        type="tertiary",
        on_click=deleting.delete,
        args=(one.id,),
        help="It can be restored for 30 days.",
    )


def origin() -> str:
    """The address under which the browser knows this server, without a path."""
    parts = urlsplit(str(st.context.url or "http://localhost:8501"))
    return f"{parts.scheme}://{parts.netloc}"
