"""Live views of a run: small components of ours, drawn in the browser from one stream a page.

While a run trains, Streamlit draws nothing anew. Python says once what is to be shown where; the scripts in `live/` do
the rest. Only a change of the run's state, told by `progress`, makes the page run again.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import streamlit as st

from engines.runs.run import Run
from engines.runs.status import Status
from pages.parts.findings import look
from pages.parts.judging import metric_section
from pages.parts.scripts import Scripts
from pages.parts.sentences import COLOURS, run_line, sentence, share, taken
from pages.parts.stream import source
from pages.parts.tokens import token

SCRIPTS = Scripts(Path(__file__).with_name("live"), "/api/live")
_LOADER = SCRIPTS.loader()
_AHEAD = f"""
export default function () {{
  setTimeout(() => {{
    const get = (name) => import(new URL(`{SCRIPTS.address}/${{name}}.js`, location.origin));
    get("index").catch(() => {{}});
    get("plotly").then(({{ plotly }}) => plotly()).catch(() => {{}});
  }}, 1000);
}}
"""
_RESERVED = """<style>
.st-key-live_progress { min-height: 2.3rem; }
.st-key-live_board:not(:has(.strata-board)) { min-height: 1100px; }
</style>"""
"""The room that views take before they are there, so that nothing jumps."""


ROW = 30
"""The parts into which a row of the board is divided."""
BOARD = "live board"


def fetch_ahead() -> None:
    """Let the browser load Plotly and our scripts while a person still chooses what to train."""
    st.components.v2.component("strata_fetch_ahead", js=_AHEAD, isolate_styles=False)(
        key="fetch ahead", height=1
    )


def reserve() -> None:
    """Keep the room of progress and figures until they are there."""
    st.html(_RESERVED)


def line(run: Run | None) -> None:
    """What the run is doing, in the line above every page."""
    if run is None:
        data: dict[str, Any] = {"token": "", "text": "not trained yet", "colour": "", "live": False}
    else:
        status = run.status()
        data = {
            "token": token(run),
            "text": run_line(run.id, status),
            "colour": COLOURS.get(status.state, ""),
            "live": not status.over,
        }
    _mount("line", data, key="live line", width="content")


def progress(run: Run, status: Status, *, asked: int = 0, doing: str = "", patience: float = 8.0) -> None:
    """How far a run is. The page runs again when its state is not `status`'s any more, the doctor finds something
    else, or it has obeyed.

    Args:
        run: the run.
        status: what the rest of the page shows.
        asked: how far the run must have read commands.jsonl to have obeyed; 0 if nothing was asked.
        doing: what is said until then, such as "Pausing …".
        patience: seconds after which the page runs again though the run has not obeyed.
    """
    data = {
        "token": token(run),
        "state": status.state,
        "message": status.message,
        "findings": look(run, source(run).curves()).key,
        "sentence": sentence(status),
        "share": share(status),
        "live": not status.over,
        "asked": asked,
        "doing": doing,
        "patience": patience,
    }
    with st.container(key="live_progress"):
        _mount("progress", data, key="live progress", default={"seen": ""}, on_seen_change=lambda: None)


@dataclass(frozen=True)
class View:
    """A part of the board.

    Args:
        name: tells it from the others.
        kind: "figures", "chart" or "layers".
        span: how much of a row it takes, in thirtieths.
        framed: whether it has a border.
        data: what it is to show.
    """

    name: str
    kind: str
    span: int
    framed: bool
    data: Mapping[str, Any]


def figures(run: Run, status: Status) -> View:
    """Losses, metric and learning rate, each with a line of how it came to be; and what the run takes."""
    data = {"metric": metric_section(run, source(run).curves()), "taken": taken(status)}
    return View("figures", "figures", ROW, False, data)


def chart(name: str, title: str, alt: str, *, span: int, height: int = 320, **more: Any) -> View:
    """A chart that grows while a run trains.

    Args:
        name: "loss" (of every step, and on the validation part), "metric" (of the validation part, with the baseline),
            "rate" (the learning rate), "gradient" or "update" (of each layer).
        title: above the chart.
        alt: what the chart shows, in words.
        span: how much of a row it takes, in thirtieths.
        height: in pixels.
        more: `others`, runs whose curves are drawn faint beside it, as {"token", "name"}; for a metric, its `metric`
            until the run tells it: {"name", "label", "unit"}; a `cursor`, {"step", "seconds"}, to be marked; `travels`,
            whether a click on a curve is told.
    """
    return View(name, "chart", span, True, {"title": title, "alt": alt, "height": height, **more})


def layers(kinds: Mapping[str, str]) -> View:
    """The table of layers with their health; `kinds` says what kind of layer each is, by its path in the network."""
    return View("layers", "layers", ROW, True, {"kinds": dict(kinds)})


def board(run: Run, views: Iterable[View], on_moment: Callable[[int], None]) -> None:
    """Views of a run, in rows; `on_moment` is told the step at which a curve was clicked."""
    told = [
        {"name": one.name, "kind": one.kind, "span": one.span, "framed": one.framed, **one.data}
        for one in views
    ]

    def clicked() -> None:
        step = st.session_state[BOARD].get("moment")
        if isinstance(step, int):
            on_moment(step)

    with st.container(key="live_board"):
        _mount("board", {"token": token(run), "row": ROW, "views": told}, key=BOARD, on_moment_change=clicked)


def _mount(kind: str, data: dict[str, Any], **more: Any) -> None:
    # Registered on every run: the components of a restarted runtime know nothing of what was registered before.
    component = st.components.v2.component("strata_live", js=_LOADER, isolate_styles=False)
    component(data={"kind": kind, **data}, **more)
