"""Waiting for the first weights of a run that has only just begun."""

import streamlit as st

from engines.runs.run import Run

NEWS = 2.0
"""Seconds between two looks whether there are any."""


@st.fragment(run_every=NEWS)
def await_weights(run: Run) -> None:
    """Run the page again when there are weights to look at."""
    st.caption(
        ":material/hourglass_top: The run has not saved any weights yet. They appear here in a moment."
    )
    if run.checkpoints.numbers():
        st.rerun()
