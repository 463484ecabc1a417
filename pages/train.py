from typing import Any

import streamlit as st

from engines.engine import engine_of
from engines.runs.run import Run
from engines.runs.status import Status
from engines.tuning import tuned
from pages.parts import controls, doctor, running, settings, state
from pages.parts.forms.bound import bound
from pages.parts.forms.form import Form, fields
from pages.parts.header import page_head, project_page, run_name
from pages.parts.judging import metric_of
from pages.parts.lifespan import warm
from pages.parts.problems import problem_list, training_problems
from pages.parts.retuning import asked as asked_of
from pages.parts.stream import source
from pages.parts.travelling import travel
from pages.parts.words import plain


def setting(opened: state.Opened, engine: Any) -> str:
    """The settings in a line."""
    optimiser = getattr(engine, "optimiser", None)
    parts = [opened.project.name, type(engine).title]
    if optimiser is not None:
        parts += [f"{optimiser.title} {optimiser.lr:g}", f"batch {engine.batch}"]
    return " · ".join(plain(part) for part in parts)


def named(run: Run) -> str:
    """The run, and where it began if it is a branch: `Run 3, from run 1 at step 480`."""
    name, parent = run_name(run).capitalize(), run.about.get("parent")
    if not isinstance(parent, str) or not parent:
        return name
    return f"{name}, from {run_name(parent)} at step {int(run.about.get('branched', 0)):,}"


def untrained(opened: state.Opened) -> None:
    """What to do with a network that was never trained."""
    with st.container(border=True, horizontal_alignment="center", gap="xsmall", key="untrained"):
        st.space("small")
        st.markdown("### :material/monitoring:", width="content")
        st.markdown("**This network has not been trained yet**", width="content")
        st.caption(
            "Press Train: its loss and its metric are drawn here while it learns. It goes on when you close this page.",
            width="content",
        )
        st.space("small")


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
        "Device",
        ["auto", "cpu", "cuda"],
        key="device",
        help="auto takes CUDA where there is any",
        persist_state="session",  # also while the settings are folded
    )


opened = project_page("Train")
run = state.current_run(opened.id)
controls.go_on(opened, run)
status = run.status() if run else Status()
asked = controls.pending(run, status)
diverged = controls.diverged(status)

shown = setting(
    opened, tuned(engine_of(run.project.engine), asked_of(run)) if run else settings.engine(opened)
)
with page_head("Train", f"{named(run)} · {shown}" if run else shown):
    controls.buttons(opened, run, status, asked)
if run is None:
    untrained(opened)
else:
    running.show(opened, run, status, asked)
    doctor.panel(opened, run, status)
    travel(opened, run, metric_of(run, source(run).curves()))

idle = run is None or status.over or diverged
if idle and warm.is_set():  # until then a check would wait for torch; the worker tells the same
    problem_list(opened, training_problems(opened), "train")
unfold = run is None or diverged
# Drawn when it is unfolded: it is half of the page's work, and who watches does not need it.
folder = st.expander(
    "Settings", expanded=unfold, icon=":material/tune:", key=f"settings {unfold}", on_change="rerun"
)
if folder.open:
    with folder:
        form(opened, not idle)
