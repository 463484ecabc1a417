"""A run as the Train page shows it. What moves is drawn in the browser (live.py); what stands still is drawn here."""

from __future__ import annotations

from functools import partial
from typing import Any

import streamlit as st

from builder.errors import BadFile
from builder.graph import Graph
from engines.engine import engine_of
from engines.metrics import BASELINE
from engines.runs.run import Run
from engines.runs.status import Status
from pages.parts import looking, state
from pages.parts.controls import DOING, PATIENCE, Asked
from pages.parts.judging import metric_section
from pages.parts.live import figures, layers, live_chart, progress, reserve
from pages.parts.sentences import run_name
from pages.parts.state import Opened
from pages.parts.stream import source
from pages.parts.tokens import token
from pages.parts.travelling import visit
from pages.parts.words import metric_name, metric_value, plain

HEIGHT = 320


def show(opened: Opened, run: Run, status: Status, asked: Asked | None = None) -> None:
    """Everything about a run, for as long as its state is this one."""
    reserve()
    doing = DOING.get(asked.command, "") if asked else ""
    progress(run, status, asked=asked.offset if asked else 0, doing=doing, patience=PATIENCE)
    message(opened, status)
    figures(run, status)
    charts(run, status)
    results(status)


def message(opened: Opened, status: Status) -> None:
    """What a person should know about the state of the run."""
    if status.state == "failed":
        st.error(plain(status.message or "The run failed."), icon=":material/error:")
        if status.node:
            _to_node(opened, status.node)
    elif status.message:
        st.warning(plain(status.message), icon=":material/warning:")
    elif status.state == "interrupted":
        st.info(
            "The system ended this run. Resume goes on from its last checkpoint, to the same bits.",
            icon=":material/info:",
        )


def _to_node(opened: Opened, node: str) -> None:
    """A button that shows the node at fault on the canvas; inside blocks its path is `stage.conv`."""
    *path, last = node.split(".")
    if st.button(f"Show {plain(node)} on Build", icon=":material/my_location:", key="to the node"):
        looking.look_at(opened.id, looking.Selection((last,), opened.role, tuple(path)))
        looking.select(opened.id, (last,), path)
        st.switch_page(st.session_state["pages"]["build"], query_params=state.parameters())


def charts(run: Run, status: Status) -> None:
    """Losses and metric, the learning rate, and what probes read of the layers."""
    curves, at = source(run).curves(), state.moment(run)
    parent, metric = _parent(run), metric_section(run, curves)
    travel = {
        "cursor": at is not None and {"step": at, "seconds": curves.seconds(at)},
        "on_moment": partial(visit, run),
    }
    probed = bool(curves.probes) or not status.over
    left, right = st.columns([3, 2])
    words = "Loss of each step, and on the validation part after each epoch"
    _chart(left, run, "loss", "Loss", words, others=parent, **travel)
    label = metric["label"]
    words = f"Validation {label} after each epoch, with the best simple model"
    _chart(right, run, "metric", label[:1].upper() + label[1:], words, others=parent, metric=metric, **travel)
    if not probed:
        if _has_rate(run):
            _chart(st, run, "rate", "Learning rate", "The learning rate at each step", height=220)
        return
    three = st.columns(3)
    _chart(three[0], run, "rate", "Learning rate", "The learning rate at each step")
    words = "The length of each layer's gradient over time, on a logarithmic scale"
    _chart(three[1], run, "gradient", "Gradient norm by layer", words)
    words = "How much a step changes each layer's weights, as a share of their size, on a logarithmic scale"
    _chart(three[2], run, "update", "Update ÷ weight by layer", words)
    with st.container(border=True, key="live_layers"):
        layers(run, _kinds(run))


def _chart(place: Any, run: Run, kind: str, title: str, alt: str, height: int = HEIGHT, **more: Any) -> None:
    with place.container(border=True, height="stretch"):
        live_chart(token(run), kind, title, alt, key=f"{kind} chart", height=height, **more)


def _has_rate(run: Run) -> bool:
    return hasattr(engine_of(run.project.engine), "schedule")


def _parent(run: Run) -> dict[str, str]:
    """The run that this one is a branch of, to be drawn beside it: its token, and its name."""
    id = run.about.get("parent")
    if not isinstance(id, str):
        return {}
    try:
        return {token(state.workspace().run(id)): run_name(id)}
    except BadFile:
        return {}  # it was deleted


def _kinds(run: Run) -> dict[str, str]:
    """What kind of layer each is, by its path in the network."""
    from builder.layer import Layer

    def walk(graph: Graph, blocks: Any, path: tuple[str, ...]) -> dict[str, str]:
        found = {}
        for node in graph.nodes:
            inner = blocks.get(node.config.get("block")) if node.kind == "Block" else None
            if inner is not None and len(path) < 20:
                found |= walk(inner, blocks, (*path, node.id))
            elif kind := Layer.registry.get(node.kind):
                found[".".join((*path, node.id))] = kind.title
        return found

    graphs = run.project.graphs
    return {name: kind for graph in graphs.values() for name, kind in walk(graph, graph.blocks, ()).items()}


def results(status: Status) -> None:
    """What the test part said, once, at the end: the network beside models so simple that it should beat them."""
    told = status.measured
    if "test" not in told:
        return
    simple = {
        part.removeprefix(BASELINE): values for part, values in told.items() if part.startswith(BASELINE)
    }
    names = [name for name in told["test"] if name != "loss"]
    rows = [
        {
            "On the test part": who,
            **{
                metric_name(name)[:1].upper() + metric_name(name)[1:]: metric_value(name, values.get(name))
                for name in names
            },
        }
        for who, values in {"This network": told["test"], **simple}.items()
    ]
    with st.container(border=True):
        st.dataframe(rows, hide_index=True, alt="Test results of the network and of simple models")
