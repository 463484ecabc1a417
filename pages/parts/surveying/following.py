"""A landscape while its run trains: the network moves through it, until a person asks for a new one."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import numpy as np
import streamlit as st

from builder.errors import StrataError
from engines import aside
from engines.runs.run import Run
from pages.parts.inspecting.subject import Subject
from pages.parts.loaded import newest
from pages.parts.surveying.asking import Asked
from pages.parts.surveying.showing import show

NEWS = 1.0
"""Seconds between two looks where the network is now."""
PATIENCE = 0.3
"""Seconds that such a look may take before the picture is drawn without it."""


def held(run: Run, live: bool) -> int:
    """The checkpoint whose landscape is shown: of a run that trains, the newest one when a person asked for it."""
    key = f"landscape of {run.id}"
    if not live:
        st.session_state.pop(key, None)
        return newest(run)
    known: int = st.session_state.setdefault(key, newest(run))
    return known


@st.fragment(run_every=NEWS)
def follow(subject: Subject, asked: Asked, found: dict[str, Any]) -> None:
    """The landscape, and where the network is on it now; what is drawn again is only what has moved."""
    run = subject.run
    if run.status().over:
        st.rerun()
    with st.container(horizontal=True, vertical_alignment="center"):
        moves = asked.axes.kind == "Trajectory"
        st.caption(
            ":material/my_location: The network is still learning, and moves over the landscape of its past."
            if moves
            else ":material/info: The network is still learning. Of its way a plane that was not made for it holds "
            "next to nothing, so it is not drawn here.",
            width="stretch",
        )
        if st.button(
            "Refresh", icon=":material/refresh:", help="Compute the landscape around the newest weights"
        ):
            st.session_state[f"landscape of {run.id}"] = newest(run)
            st.rerun()
    show(subject, asked, {**found, "trail": _trail(run, found)} if moves else found)


def _trail(run: Run, found: dict[str, Any]) -> np.ndarray:
    """Where the network was since, and is now; what was known last, if that takes a moment."""
    key, after = f"trail {run.id} {found['kept']}", int(max(found["steps"], default=0))
    task = aside.begin(
        "engines.landscape.follow:trail",
        folder=str(run.folder),
        kept=found["kept"],
        after=after,
        checkpoint=newest(run),
    )
    if task.wait(PATIENCE):
        with suppress(StrataError):  # its plane is too large to be kept: it is shown without
            st.session_state[key] = task.result()["at"]
    known: np.ndarray = st.session_state.get(key, np.zeros((0, 2)))
    return known
