"""A run as the Train page shows it: progress, figures, and the live charts."""

from __future__ import annotations

import math
from typing import Any

import streamlit as st

from engines.engine import Engine, engine_of
from engines.metrics import BASELINE, primary
from engines.runs.run import Run
from engines.runs.status import Status
from pages.parts.header import ACTIVE
from pages.parts.live import live_chart
from pages.parts.tokens import token
from pages.parts.words import count, figure, metric_name, metric_value, plain, seconds

PERIOD = 0.5
PAUSED_PERIOD = 1.5
SPARKS = 40


def sentence(status: Status) -> str:
    """`Epoch 2 of 10 · step 760 of 4,000 · 52 steps/s · about 62 s left`."""
    if status.state in ("created", "starting"):
        return "Starting …"
    parts = (
        [f"Epoch {min(status.epoch + 1, max(status.epochs, 1))} of {status.epochs}"] if status.epochs else []
    )
    parts.append(f"step {status.step:,} of {status.steps:,}" if status.steps else f"step {status.step:,}")
    if status.state == "running":
        parts += [f"{status.speed:,.0f} steps/s"] if status.speed else []
        parts += [f"about {seconds(status.left)} left"] if status.left is not None else []
        return " · ".join(parts)
    words = {
        "finished": "Finished",
        "paused": "Paused",
        "stopped": "Stopped",
        "interrupted": "Interrupted",
        "failed": "Failed",
    }
    return f"{words.get(status.state, status.state)} · {' · '.join(parts)} · {seconds(status.elapsed)} of training"


def progress(run: Run) -> None:
    """The progress bar and the figures, brought up to date while the run is active."""
    began = run.status().state
    period = PERIOD if began in ACTIVE else PAUSED_PERIOD if began == "paused" else None

    @st.fragment(run_every=period)
    def ticking() -> None:
        status = run.status()
        if status.state != began:
            st.rerun()
        share = min(status.step / status.steps, 1.0) if status.steps else 0.0
        st.progress(1.0 if status.state == "finished" else share, text=sentence(status))
        _message(run, status)
        _figures(run, status)

    ticking()


def _message(run: Run, status: Status) -> None:
    """What a person should know about the state of the run."""
    if status.state == "failed":
        where = f" In the network: {plain(status.node)}." if status.node else ""
        st.error(f"{plain(status.message or 'The run failed.')}{where}", icon=":material/error:")
    elif status.message:
        st.warning(plain(status.message), icon=":material/warning:")
    elif status.state == "interrupted":
        st.info(
            "The system ended this run. Resume goes on from its last checkpoint, to the same bits.",
            icon=":material/info:",
        )
    for notice in run.curves().notices()[-3:]:
        kind = {"warning": st.warning, "error": st.error}.get(notice["level"], st.info)
        kind(plain(notice["text"]), icon=":material/info:")


def _figures(run: Run, status: Status) -> None:
    """A row of figures, each with the line of how it came to be."""
    curves, metric = run.curves(), metric_of(run)
    validation = [row["values"] for row in curves.measured("validation")]
    losses = [value for value in curves.steps.get("loss", ()) if math.isfinite(value)]
    grid = st.grid(4, min_column_width=170)
    _figure(grid, "Train loss", figure(_mean(losses[-20:])), _thin(_smooth(losses)), "blue")
    told = [row["loss"] for row in validation if row.get("loss") is not None]
    _figure(grid, "Validation loss", figure(told[-1] if told else None), _thin(told), "orange")
    scores = [row[metric] for row in validation if row.get(metric) is not None]
    _figure(
        grid,
        f"Validation {metric_name(metric)}",
        metric_value(metric, scores[-1] if scores else None),
        _thin(scores),
        "orange",
        share=metric in ("accuracy", "exact"),
    )
    _rate(grid, run, status)


def _figure(grid: Any, words: str, value: str, line: list[float], colour: str, share: bool = False) -> None:
    """A figure in the colour that its part has in the charts, with how it changed lately."""
    delta = (
        line[-1] - line[-max(2, len(line) // 4)] if len(line) > 1 else None
    )  # over the last quarter of the line
    if delta is None:
        shown: Any = None
    elif share:
        shown = f"{100 * delta:+.1f} pt"
    else:
        shown = f"{delta:+.3f}" if abs(delta) < 100 else f"{delta:+.3g}"
    steady = shown in ("+0.000", "-0.000", "+0.0 pt", "-0.0 pt")
    grid.metric(
        words,
        value,
        "steady" if steady else shown,
        delta_color=colour,
        delta_arrow="off" if steady else "auto",
        border=True,
        height="stretch",
        chart_data=line or None,
    )


def _rate(grid: Any, run: Run, status: Status) -> None:
    """The learning rate and the line that it follows; the speed where the engine has no such rate."""
    engine = _engine(run)
    optimiser, schedule = getattr(engine, "optimiser", None), getattr(engine, "schedule", None)
    if optimiser is None or schedule is None:
        grid.metric("Speed", f"{count(status.speed)} steps/s", border=True)
        return
    total = max(status.steps, 1)
    follows = not schedule.watches
    now = optimiser.lr * (schedule.factor(min(status.step, total - 1), total) if follows else 1.0)
    line = (
        [optimiser.lr * schedule.factor(int(at * (total - 1) / SPARKS), total) for at in range(SPARKS + 1)]
        if follows
        else None
    )
    grid.metric(
        "Learning rate",
        f"{now:.3g}",
        type(schedule).title.lower(),
        delta_color="off",
        delta_arrow="off",
        border=True,
        height="stretch",
        chart_data=line,
    )


def _engine(run: Run) -> Engine:
    return engine_of(run.project.engine)


def metric_of(run: Run) -> str:
    """The metric by which the run is judged: the usual one of its task, told by what was measured."""
    told = {name for row in run.curves().marks if row["type"] == "measured" for name in row["values"]}
    for task in ("regression", "multi-label", "classification"):
        name = primary(task)[0]  # type: ignore[arg-type]
        if name in told and (task != "multi-label" or "exact" in told):
            return name
    return "accuracy" if not told or "accuracy" in told else sorted(told - {"loss"} or told)[0]


def charts(run: Run) -> None:
    """Loss and metric, side by side where there is room."""
    status, metric = run.status(), metric_of(run)
    shared = {"live": not status.over, "steps": status.steps}
    left, right = st.columns([3, 2])
    with left.container(border=True, height="stretch"):
        live_chart(
            token(run),
            "loss",
            "Loss",
            "Loss of each step, and on the validation part after each epoch",
            key="loss chart",
            **shared,
        )
    with right.container(border=True, height="stretch"):
        name = metric_name(metric)
        live_chart(
            token(run),
            "metric",
            name[:1].upper() + name[1:],
            f"Validation {name} after each epoch, with simple baselines",
            key="metric chart",
            name=metric,
            unit="%" if metric in ("accuracy", "exact") else "",
            **shared,
        )


def _smooth(values: list[float], weight: float = 0.9) -> list[float]:
    mean, mass, smoothed = 0.0, 0.0, []
    for value in values:
        mean, mass = weight * mean + (1 - weight) * value, weight * mass + 1 - weight
        smoothed.append(mean / mass)
    return smoothed


def _mean(values: list[float]) -> float | None:
    return sum(values) / len(values) if values else None


def _thin(values: list[float]) -> list[float]:
    if len(values) <= SPARKS:
        return values
    return [values[round(place * (len(values) - 1) / (SPARKS - 1))] for place in range(SPARKS)]


def results(run: Run) -> None:
    """What the test part said, once, at the end: the network beside models so simple that it should beat them."""
    told = run.status().measured
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
