"""Networks of runs, loaded once for all who look at them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from engines.runs.run import Run

if TYPE_CHECKING:
    from engines.trained import Trained


def newest(run: Run) -> int:
    """The number of the newest checkpoint; 0 if there is none."""
    return max(run.checkpoints.numbers(), default=0)


def loaded(run: Run, at: int | None = None, checkpoint: int | None = None) -> Trained:
    """The network of a run as of its newest checkpoint, or of a snapshot. Change nothing in it: others look at it too.

    Args:
        run: the run.
        at: the step of the snapshot.
        checkpoint: what `newest` told, for callers that remember more by it: the weights are no older.

    Raises:
        StrataError: there is no checkpoint yet, or no such snapshot.
    """
    return _loaded(str(run.folder), newest(run) if checkpoint is None else checkpoint, at)


@st.cache_resource(max_entries=8, show_spinner="Loading the weights …")
def _loaded(folder: str, checkpoint: int, at: int | None) -> Trained:
    from engines.trained import Trained

    return Trained.of(Run(folder), at=at)
