import streamlit as st

from builder.errors import StrataError
from engines.runs.run import Run
from engines.runs.status import Status
from pages.parts import state
from pages.parts.awaiting import await_weights, untrained
from pages.parts.choosing import choose
from pages.parts.header import page_head, project_page, run_name
from pages.parts.inspecting.keeping import keeping
from pages.parts.inspecting.section import all_sections
from pages.parts.inspecting.subject import Subject
from pages.parts.loaded import loaded, newest
from pages.parts.travelling import UNKEPT, moments
from pages.parts.waiting import computing
from pages.parts.words import plain

NEWS = 2.0
"""Seconds between two looks whether a run that trains has newer weights."""

UNTRAINED = (
    "Once this network trains, you can look into every node of it here, while it learns and after: what it computes, "
    "where it errs, and why."
)


@st.fragment(run_every=NEWS)
def follow(run: Run, seen: int) -> None:
    """Run the page again when a run that trains has newer weights than those that are shown."""
    status = run.status()
    on = st.toggle(
        "Follow the training", True, key=f"follow {run.id}", help="Draw anew whenever there are newer weights"
    )
    if status.over or (on and newest(run) != seen and not computing()):
        st.rerun()


def said(run: Run, status: Status) -> str:
    """Why it stands where it does: a failure, a pause, weights that were put back."""
    told = [row["text"] for row in run.curves().notices()] if status.over else []
    return status.message or (told[-1] if told else "")


opened = project_page("Inspect")
run = state.current_run(opened.id)
at = state.moment(run)
status = run.status() if run else None
told = "Look into every node of a network, while it learns and after."
if run and status:
    step, steps = status.step if at is None else at, max(status.steps, status.step)
    when = (
        f"step {step:,} of {steps:,}"
        if status.over or at is not None
        else f"the newest weights, of {steps:,} steps"
    )
    told = f"{run_name(run).capitalize()} · {opened.project.name} · {when}"
with page_head("Inspect", plain(told)):
    if run and run.checkpoints.numbers():
        keeping(opened, run)
if run is None or status is None:
    untrained(UNTRAINED)
    st.stop()
if not run.checkpoints.numbers():
    await_weights(run)
    st.stop()
with st.container(horizontal=True, vertical_alignment="bottom", key="inspect moment"):
    moments(run, at)
    if at is None and run.alive():
        follow(run, newest(run))
if at is None and st.query_params.get("at"):
    st.caption(UNKEPT)
if at is None and (words := said(run, status)):
    st.caption(f":material/info: {plain(words)}")
try:
    checkpoint = newest(run)  # before the weights, so that nothing old is remembered as of the new ones
    subject = Subject(opened, run, at, checkpoint, loaded(run, at, checkpoint))
except StrataError as error:
    st.error(plain(error), icon=":material/error:")
    if at is not None:
        st.caption("Choose another moment on the slider above.")
    st.stop()
section = all_sections()[choose("inspect look", "look", all_sections(), "Look at")]()
st.caption(plain(section.help()))
if obstacle := section.obstacle(subject):
    st.info(obstacle, icon=":material/info:")
else:
    section.show(subject)
