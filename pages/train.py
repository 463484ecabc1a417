import time
from typing import Any

import streamlit as st

from builder.errors import StrataError
from engines.engine import engine_of
from engines.runs.run import Run
from pages.parts import settings, state
from pages.parts.forms.bound import bound
from pages.parts.forms.form import Form, fields
from pages.parts.header import ACTIVE, page_head, project_page, run_name
from pages.parts.lifespan import warm
from pages.parts.problems import problem_list, training_problems
from pages.parts.retuning import retune
from pages.parts.running import charts, metric_of, progress, results
from pages.parts.travelling import travel
from pages.parts.words import plain

PATIENCE = 0.6
"""Seconds to wait until a run has obeyed."""
STOPPING = 15.0
"""Seconds to wait until a run is over, so that another may start."""


def train(opened: state.Opened, paused: Run | None = None) -> None:
    """Start a run, unless something is wrong or one is going on; a paused one is stopped before."""
    if warm.is_set() and any(problem.severity == "error" for problem in training_problems(opened)):
        st.session_state["refused"] = "This cannot be trained yet. What is wrong stands above the settings."
        return
    if paused is not None and not stopped(paused):
        st.session_state["refused"] = "The paused run has not stopped yet. Try again in a moment."
        return
    try:
        run = state.workspace().start(
            opened.project, opened.id, device=st.session_state.get("device", "auto"), by=state.person()
        )
    except StrataError as error:
        st.session_state["refused"] = str(error)
        return
    st.query_params["run"] = run.id


def stopped(run: Run) -> bool:
    """Stop a run and wait until it is over; whether it is."""
    run.send("stop")
    end = time.monotonic() + STOPPING
    while not run.status().over and time.monotonic() < end:
        time.sleep(0.02)
    return run.status().over


def diverged(run: Run | None) -> bool:
    """Whether a run paused by itself, with a reason: to resume it would most likely lead there again."""
    status = run.status() if run else None
    return status is not None and status.state == "paused" and bool(status.message)


def send(run: Run, command: str) -> None:
    """Ask a run for something, and wait a moment until it has obeyed."""
    if command == "start":
        try:
            state.workspace().go_on(run)
        except StrataError as error:
            st.session_state["refused"] = str(error)
        return
    run.send(command)  # type: ignore[arg-type]
    asked = (run.folder / "commands.jsonl").stat().st_size
    end = time.monotonic() + PATIENCE  # the page is drawn in a moment: it should show what was asked for
    while time.monotonic() < end and run.status().commands < asked:
        time.sleep(0.02)
    time.sleep(0.05)


def buttons(opened: state.Opened, run: Run | None) -> None:
    """What can be asked of the run now."""
    now = run.status().state if run else "none"
    if now in ACTIVE or now == "paused":
        assert run is not None
        if now == "paused":
            if diverged(run):
                train_button(opened, "Train again", paused=run)
            button("Resume", "resume", run, "resume", "Go on training", primary=not diverged(run))
            button("Step", "skip_next", run, "step", "Train one batch, then pause again")
            button("Epoch", "fast_forward", run, "epoch", "Train to the end of the epoch, then pause again")
        else:
            button("Pause", "pause", run, "pause", "Stop for a moment, after the present batch")
        button("Stop", "stop", run, "stop", "End this run; it can be resumed later")
        return
    if now in ("stopped", "interrupted", "failed"):
        assert run is not None
        button("Resume", "resume", run, "start", "Go on from the last checkpoint")
    train_button(opened, "Train again" if run else "Train")


def train_button(opened: state.Opened, words: str, paused: Run | None = None) -> None:
    """The button that trains from the beginning, with the present settings."""
    st.button(
        words,
        type="primary",
        icon=":material/play_arrow:",
        key="train",
        shortcut="Ctrl+Enter",
        on_click=train,
        args=(opened, paused),
        help="Train this network from new weights, with the present settings",
    )


def button(words: str, icon: str, run: Run, command: str, help: str, primary: bool = False) -> None:
    """A button that sends a command."""
    st.button(
        words,
        icon=f":material/{icon}:",
        key=f"run {command}",
        on_click=send,
        args=(run, command),
        help=help,
        type="primary" if primary else "secondary",
    )


def setting(opened: state.Opened, engine: Any) -> str:
    """The settings in a line."""
    optimiser = getattr(engine, "optimiser", None)
    parts = [opened.project.name, type(engine).title]
    if optimiser is not None:
        parts += [f"{optimiser.title} {optimiser.lr:g}", f"batch {engine.batch}"]
    return " · ".join(plain(part) for part in parts)


def form(opened: state.Opened, busy: bool) -> None:
    """The settings of the next run."""
    engine = settings.engine(opened)

    def commit(name: str, value: object) -> None:
        settings.set_engine(opened, name, value)

    if busy:
        st.caption("Changes count from the next run on; this one keeps the settings that it began with.")
    for problem in settings.refused("engine"):
        st.error(f"{plain(problem)} The setting was left as it was.", icon=":material/block:")
    fields(
        Form(f"engine {opened.id}", commit, columns=3, plain=2), type(engine), settings.values(engine.dump())
    )
    left, right = st.columns(2)
    left.number_input(
        "Seed",
        0,
        2**53 - 1,
        help="Of weights, batches and dropout: the same seed gives the same run, to the bit",
        **bound(
            f"seed {opened.id}",
            min(opened.project.seed, 2**53 - 1),
            lambda seed: settings.set_seed(opened, seed),
        ),
    )
    right.selectbox(
        "Device", ["auto", "cpu", "cuda"], key="device", help="auto takes CUDA where there is any"
    )


opened = project_page("Train")
run = state.current_run(opened.id)
shown = setting(opened, engine_of(run.project.engine) if run else settings.engine(opened))
with page_head("Train", f"{run_name(run).capitalize()} · {shown}" if run else shown):
    buttons(opened, run)

if run is None:
    with st.container(border=True):
        st.markdown("**This network has not been trained yet**")
        st.caption(
            "Press Train: its loss and its metric are drawn here while it learns. It goes on when you close this page."
        )
else:
    progress(run)
    charts(run)
    results(run)
    if not run.status().over:
        retune(run)
    travel(opened, run, metric_of(run))

idle = run is None or run.status().over or diverged(run)
unfold = run is None or diverged(run)
if idle and warm.is_set():  # until then a check would wait for torch; the worker tells the same
    problem_list(opened, training_problems(opened), "train")
with st.expander("Settings", expanded=unfold, icon=":material/tune:", key=f"settings {unfold}"):
    form(opened, not idle)
