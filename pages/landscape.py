import streamlit as st

from builder.errors import StrataError
from pages.parts import state
from pages.parts.awaiting import await_weights, untrained
from pages.parts.header import page_head, project_page, run_name
from pages.parts.inspecting.subject import Subject, no_data
from pages.parts.loaded import loaded
from pages.parts.surveying.asking import ask
from pages.parts.surveying.following import follow, held
from pages.parts.surveying.showing import show
from pages.parts.travelling import UNKEPT, moments
from pages.parts.waiting import waiting
from pages.parts.words import plain

UNTRAINED = (
    "Once this network has trained, you can see the loss around it here: the valley that it found, the way that the "
    "optimiser took through it, and how other networks compare."
)


opened = project_page("Landscape")
run = state.current_run(opened.id)
at = state.moment(run)
told = "The loss around your own network, and the way that the optimiser took through it."
if run:
    when = "" if at is None else f" · step {at:,}"
    told = f"{run_name(run).capitalize()} · {opened.project.name}{when}"
page_head("Landscape", plain(told))
if run is None:
    untrained(UNTRAINED)
    st.stop()
if not run.checkpoints.numbers():
    await_weights(run)
    st.stop()
with st.container(horizontal=True, vertical_alignment="bottom"):
    moments(run, at)
if at is None and st.query_params.get("at"):
    st.caption(UNKEPT)
try:
    live = at is None and run.alive() and not run.status().over
    checkpoint = held(run, live)
    subject = Subject(opened, run, at, checkpoint, loaded(run, at, checkpoint))
except StrataError as error:
    st.error(plain(error), icon=":material/error:")
    st.stop()
if obstacle := no_data(subject):
    st.info(obstacle, icon=":material/info:")
    st.stop()
if asked := ask(subject):
    found = waiting(
        "landscape",
        "engines.landscape.survey:survey",
        preview=lambda one: show(subject, asked, one),
        **asked.arguments(subject),
    )
    if found is not None:
        (follow if live else show)(subject, asked, found)
