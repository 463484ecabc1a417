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
from pages.parts.live import ROW, View, board, chart, figures, layers, progress, reserve
from pages.parts.sentences import run_name
from pages.parts.state import Opened
from pages.parts.stream import source
from pages.parts.tokens import token
from pages.parts.travelling import visit
from pages.parts.words import metric_name, metric_value, plain


def show(opened: Opened, run: Run, status: Status, asked: Asked | None = None) -> None:
    """Everything about a run, for as long as its state is this one."""
    reserve()
    doing = DOING.get(asked.command, "") if asked else ""
    progress(run, status, asked=asked.offset if asked else 0, doing=doing, patience=PATIENCE)
    message(opened, status)
    board(run, views(run, status), on_moment=partial(visit, run))
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


def views(run: Run, status: Status) -> list[View]:
    """What moves: the figures, losses and metric, the learning rate, and what probes read of the layers."""
    curves, at = source(run).curves(), state.moment(run)
    metric = metric_section(run, curves)
    label = metric["label"]
    travel = {
        "others": _parent(run),
        "cursor": at is not None and {"step": at, "seconds": curves.seconds(at)},
        "travels": True,
    }
    words = "Loss of each step, and on the validation part after each epoch"
    loss = chart("loss", "Loss", words, span=18, **travel)
    words = f"Validation {label} after each epoch, with the best simple model"
    score = chart("metric", label[:1].upper() + label[1:], words, span=12, metric=metric, **travel)
    shown = [figures(run, status), loss, score]
    rate = "Learning rate", "The learning rate at each step"
    if not curves.probes and status.over:
        return [*shown, chart("rate", *rate, span=ROW, height=220)] if _has_rate(run) else shown
    words = "The length of each layer's gradient over time, on a logarithmic scale"
    gradient = chart("gradient", "Gradient norm by layer", words, span=10)
    words = "How much a step changes each layer's weights, as a share of their size, on a logarithmic scale"
    update = chart("update", "Update ÷ weight by layer", words, span=10)
    return [*shown, chart("rate", *rate, span=10), gradient, update, layers(_kinds(run))]


def _has_rate(run: Run) -> bool:
    return hasattr(engine_of(run.project.engine), "schedule")


def _parent(run: Run) -> list[dict[str, str]]:
    """The run that this one is a branch of, to be drawn beside it: its token, and its name."""
    id = run.about.get("parent")
    if not isinstance(id, str):
        return []
    try:
        return [{"token": token(state.workspace().run(id)), "name": run_name(id)}]
    except BadFile:
        return []  # it was deleted


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
