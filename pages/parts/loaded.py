"""Networks of runs, loaded once for all who look at them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from engines.runs.run import Run

if TYPE_CHECKING:
    from engines.trained import Trained


def loaded(run: Run, at: int | None = None) -> Trained:
    """The network of a run as of its newest checkpoint, or of a snapshot. Change nothing in it: others look at it too.

    Raises:
        StrataError: there is no checkpoint yet, or no such snapshot.
    """
    return _loaded(str(run.folder), max(run.checkpoints.numbers(), default=0), at)


@st.cache_resource(max_entries=8, show_spinner="Loading the weights …")
def _loaded(folder: str, checkpoint: int, at: int | None) -> Trained:
    from engines.trained import Trained

    return Trained.of(Run(folder), at=at)
