"""Where there are no weights to look at: nothing was trained, or a run has only just begun."""

import streamlit as st

from engines.runs.run import Run
from pages.parts.header import go

NEWS = 2.0
"""Seconds between two looks whether there are any."""


def untrained(promise: str) -> None:
    """What to do with a network that was never trained, and what there will be to see."""
    with st.container(border=True):
        st.markdown("**Nothing has been trained yet**")
        st.caption(promise)
        if st.button("Go to Train", type="primary", icon=":material/monitoring:"):
            go("train")


@st.fragment(run_every=NEWS)
def await_weights(run: Run) -> None:
    """Run the page again when there are weights to look at."""
    st.caption(
        ":material/hourglass_top: The run has not saved any weights yet. They appear here in a moment."
    )
    if run.checkpoints.numbers():
        st.rerun()
