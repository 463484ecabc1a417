"""Time travel: along the curve to a moment that was kept, to look at it and to branch off from it."""

from __future__ import annotations

from typing import Any

import streamlit as st

from builder.errors import BadValue, StrataError
from engines.engine import engine_of
from engines.runs.moment import Moment, moment
from engines.runs.run import Run
from engines.tuning import tuned
from pages.parts import state
from pages.parts.forms.bound import bound
from pages.parts.forms.form import Form, fields
from pages.parts.header import go
from pages.parts.retuning import written
from pages.parts.settings import values
from pages.parts.words import figure, metric_name, metric_value, plain, seconds

NOW = "now"
UNKEPT = ":material/info: The address names a moment that was not kept: this is now."


def travel(opened: state.Opened, run: Run, metric: str) -> None:
    """A slider over the moments that were kept; at one of them, what was so then, and the way to branch off."""
    kept = run.snapshots.numbers()
    if not kept:
        return
    at = state.moment(run)
    with st.container(border=True, key="travel"):
        st.markdown("**Time travel**")
        st.caption(
            "Click on a curve, or move along it here, to go back to a moment: look at it, ask the network as it was, "
            "or train on from there with other settings."
        )
        if at is None and st.query_params.get("at"):
            st.caption(UNKEPT)
        moments(run, at)
        if at is not None:
            _then(run, moment(run, at), metric)
            _ways(opened, run, at)


def moments(run: Run, at: int | None) -> None:
    """A slider over the moments that were kept; nothing where none was."""
    kept = run.snapshots.numbers()
    if not kept:
        return
    st.select_slider(
        "Step",
        [*map(str, kept), NOW],
        format_func=lambda one: one if one == NOW else f"{int(one):,}",
        **bound(f"travel {run.id}", NOW if at is None else str(at), _go_to),
    )


def _go_to(step: str) -> None:
    if step == NOW:
        st.query_params.pop("at", None)
    else:
        st.query_params["at"] = step


def visit(run: Run, step: int) -> None:
    """Go to the moment that was kept nearest to a step."""
    if kept := run.snapshots.numbers():
        _go_to(str(min(kept, key=lambda one: abs(one - step))))


def _then(run: Run, then: Moment, metric: str) -> None:
    """What was so at a moment."""
    grid = st.grid(5, min_column_width=120)
    grid.metric("Epochs complete", f"{then.epoch}", border=True)
    grid.metric("Train loss", figure(then.loss), border=True)
    grid.metric("Validation loss", figure(then.validation.get("loss")), border=True)
    grid.metric(
        f"Validation {metric_name(metric)}", metric_value(metric, then.validation.get(metric)), border=True
    )
    grid.metric("Learning rate", "–" if then.rate is None else f"{then.rate:.3g}", border=True)
    told = [f"after {seconds(then.seconds)} of training"] if then.seconds is not None else []
    told += [f"with {written(run, then.changes)}"] if then.changes else []
    if told:
        st.caption(plain(" · ".join(told).capitalize()))


def _ways(opened: state.Opened, run: Run, at: int) -> None:
    """What can be done with a moment."""
    with st.container(horizontal=True, gap="small"):
        st.button(
            "Train from here",
            key="branch",
            type="primary",
            icon=":material/fork_right:",
            on_click=_branch,
            args=(opened, run, at),
            help="A run of its own, beside this one: weights, and what the optimiser remembers, are those of this step",
        )
        if st.button("Look inside", key="inspect then", icon=":material/frame_inspect:"):
            go("inspect", **state.parameters(run=run.id, at=str(at)))
        if st.button("Ask and export it", key="ask then", icon=":material/ios_share:"):
            go("export", **state.parameters(run=run.id, at=str(at)))
        st.button("Back to now", key="now", icon=":material/last_page:", on_click=_go_to, args=(NOW,))
    # Drawn when it is unfolded: whoever only looks does not need it.
    form = st.expander(
        "With other settings", icon=":material/tune:", key=f"branch form {run.id}", on_change="rerun"
    )
    if form.open:
        with form:
            _form(run, at)


def _form(run: Run, at: int) -> None:
    """The settings of the branch: those that were so at the moment, until they are changed here."""
    engine = _settings(run, at)
    place = _place(run, at)

    def commit(name: str, value: Any) -> None:
        try:
            st.session_state[place] = engine_of({**engine.dump(), name: value}).dump()
        except BadValue as error:
            st.session_state["refused"] = str(error)

    fields(Form(place, commit, columns=3, plain=2), type(engine), values(engine.dump()))


def _place(run: Run, at: int) -> str:
    return f"branch {run.id} {at}"


def _settings(run: Run, at: int) -> Any:
    if chosen := st.session_state.get(_place(run, at)):
        return engine_of(chosen)
    return tuned(engine_of(run.project.engine), moment(run, at).changes)


def _branch(opened: state.Opened, run: Run, at: int) -> None:
    project = run.project.with_fields(engine=_settings(run, at).dump())
    try:
        made = state.once(
            f"branch {run.id} {at}", lambda: state.workspace().branch(run, project, at, by=state.person())
        )
    except StrataError as error:
        st.session_state["refused"] = str(error)
        return
    st.query_params.pop("at", None)
    st.query_params["run"] = made.id
