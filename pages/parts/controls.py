"""Controls of a run: its buttons, and what was asked of it until it has obeyed.

A button only asks. The page says at once what was asked for; when the run is in another state, or has obeyed, the
stream tells so and the page is drawn anew.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

import streamlit as st

from builder.errors import StrataError
from builder.project import Project
from engines.runs.run import Run
from engines.runs.status import Status
from pages.parts import state
from pages.parts.lifespan import warm
from pages.parts.problems import training_problems
from pages.parts.retuning import retune
from pages.parts.sentences import ACTIVE
from pages.parts.state import Opened

PATIENCE = 15.0
"""Seconds after which a wish that was not obeyed is forgotten, and can be made again."""
DOING = {
    "pause": "Pausing …", "resume": "Resuming …", "step": "Training one batch …",
    "epoch": "Training to the end of the epoch …", "stop": "Stopping …", "restart": "Stopping, to train again …",
}  # fmt: skip


@dataclass(frozen=True)
class Asked:
    """What was asked of a run."""

    run: str
    command: str
    offset: int
    """How far commands.jsonl must have been read for it to be obeyed."""
    at: float
    then: Project | None = None
    """What to train when the run is over."""


def pending(run: Run | None, status: Status) -> Asked | None:
    """What was asked of a run in this tab and is not yet done."""
    asked: Asked | None = st.session_state.get("asked")
    if asked is None or run is None or asked.run != run.id:
        return None
    done = asked.then is None and (status.over or status.commands >= asked.offset)
    late = time.time() - asked.at > PATIENCE and not (asked.then and status.over)
    if done or late:
        st.session_state.pop("asked", None)
        return None
    return asked


def ask(run: Run, command: str, then: Project | None = None) -> None:
    """Ask a run for something; returns at once."""
    if not run.exists():
        return  # it was deleted meanwhile, and the page tells so
    if command == "start":
        try:
            state.workspace().go_on(run)
        except StrataError as error:
            st.session_state["refused"] = str(error)
        return
    run.send("stop" if command == "restart" else command)  # type: ignore[arg-type]
    path = run.folder / "commands.jsonl"  # not there if the run was over before anything was asked of it
    offset = path.stat().st_size if path.exists() else 0
    st.session_state["asked"] = Asked(run.id, command, offset, time.time(), then)


def go_on(opened: Opened, run: Run | None) -> None:
    """Start the run that waits until this one is over, once it is; the page begins anew with it."""
    asked: Asked | None = st.session_state.get("asked")
    if run is None or asked is None or asked.then is None or asked.run != run.id or not run.status().over:
        return
    st.session_state.pop("asked")
    _start(opened, asked.then)
    st.rerun()


def train(opened: Opened, paused: Run | None = None) -> None:
    """Start a run with the present settings, unless something is wrong; a paused one is stopped before."""
    if warm.is_set() and any(problem.severity == "error" for problem in training_problems(opened)):
        st.session_state["refused"] = "This cannot be trained yet. What is wrong stands above the settings."
    elif paused is not None:
        ask(paused, "restart", opened.project)
    else:
        _start(opened, opened.project)


def restart(opened: Opened, run: Run) -> None:
    """Train again what a run trains, from the same first weights, for the seed is the same; it is stopped before."""
    if not run.exists():
        return  # it was deleted meanwhile, and the page tells so
    if time.time() - run.about.get("created", 0) < state.TWICE:
        return  # the second half of a double click on Train, in whose place the button stands now
    if run.status().over:
        _start(opened, run.project)
    else:
        ask(run, "restart", run.project)


def _start(opened: Opened, project: Project) -> None:
    try:
        device = st.session_state.get("device", "auto")
        run = state.workspace().start(project, opened.id, device=device, by=state.person())
    except StrataError as error:
        st.session_state["refused"] = str(error)
        return
    st.query_params["run"] = run.id


def diverged(status: Status) -> bool:
    """Whether a run paused by itself, with a reason: to resume it would most likely lead there again."""
    return status.state == "paused" and bool(status.message)


def buttons(opened: Opened, run: Run | None, status: Status, asked: Asked | None) -> None:
    """What can be asked of the run now."""
    now = status.state if run else "none"
    busy = asked is not None
    if run is None or status.over:
        if run is not None and now != "finished":
            button("Resume", "resume", run, "start", "P", "Go on from the last checkpoint", busy)
        if run is not None:
            restart_button(opened, run, busy)
        train_button(opened, "Train again" if run else "Train", busy=busy)
        return
    if now == "paused":
        if diverged(status):
            train_button(opened, "Train again", paused=run, busy=busy)
        button("Resume", "resume", run, "resume", "P", "Go on training", busy, primary=not diverged(status))
        button("Step", "skip_next", run, "step", "S", "Train one batch, then pause again", busy)
        button(
            "Epoch",
            "fast_forward",
            run,
            "epoch",
            "E",
            "Train to the end of the epoch, then pause again",
            busy,
        )
    elif now in ACTIVE:
        button("Pause", "pause", run, "pause", "P", "Stop for a moment, after the present batch", busy)
    button("Stop", "stop", run, "stop", "X", "End this run; it can be resumed later", busy)
    if now != "queued":
        restart_button(opened, run, busy)
    retune(run)


def train_button(opened: Opened, words: str, *, paused: Run | None = None, busy: bool = False) -> None:
    """The button that trains from the beginning, with the present settings."""
    st.button(
        words,
        type="primary",
        icon=":material/play_arrow:",
        key="train",
        shortcut="Ctrl+Enter",
        on_click=train,
        args=(opened, paused),
        disabled=busy,
        help="Train this network from new weights, with the present settings",
    )


def restart_button(opened: Opened, run: Run, busy: bool) -> None:
    """The button that trains the same again."""
    st.button(
        "Restart",
        icon=":material/replay:",
        key="restart",
        shortcut="Shift+Enter",
        on_click=restart,
        args=(opened, run),
        disabled=busy,
        help="Train this again from the same first weights, with the settings that the run has; it is kept",
    )


def button(
    words: str, icon: str, run: Run, command: str, shortcut: str, help: str, busy: bool, primary: bool = False
) -> None:
    """A button that sends a command."""
    st.button(
        words,
        icon=f":material/{icon}:",
        key=f"run {command}",
        shortcut=shortcut,
        on_click=ask,
        args=(run, command),
        help=help,
        disabled=busy,
        type="primary" if primary else "secondary",
    )
