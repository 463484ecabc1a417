"""A landscape while its run trains: the network moves through it, until a person asks for a new one."""

from __future__ import annotations

from typing import Any

import numpy as np
import streamlit as st

from engines.runs.run import Run
from pages.parts.inspecting.subject import Subject
from pages.parts.loaded import newest
from pages.parts.surveying.asking import Asked
from pages.parts.surveying.showing import show
from pages.parts.waiting import latest

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
    status = run.status()
    if status.over:
        st.rerun()
    moves = type(asked.axes).follows
    doing = "paused" if status.state == "paused" else "still learning"
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(
            f":material/my_location: The network is {doing}. It moves over the landscape of its past."
            if moves
            else f":material/info: The network is {doing}. Of its way a plane that was not made for it holds next to "
            "nothing, so it is not drawn here.",
            width="stretch",
        )
        if st.button(
            "Refresh", icon=":material/refresh:", help="Compute the landscape around the newest weights"
        ):
            st.session_state[f"landscape of {run.id}"] = newest(run)
            st.rerun()
    show(subject, asked, {**found, **_trail(run, found)} if moves and found["kept"] else found)


def _trail(run: Run, found: dict[str, Any]) -> dict[str, Any]:
    """Where the network was since, and is now; what was known last, as long as newer is on its way."""
    key = f"trail {found['kept']}"
    known: Trail = st.session_state.setdefault(key, Trail(int(found["step"])))
    told = latest(
        key, "engines.landscape.follow:trail", PATIENCE,
        folder=str(run.folder), kept=found["kept"], after=known.after, checkpoint=newest(run),
    )  # fmt: skip
    if told is not None:
        known.take(told)
    return {"trail": np.concatenate([known.before, known.now]), "beside": known.off}


class Trail:
    """The way of a network since a landscape was computed, as far as it is known.

    Attributes:
        after: the step of the last moment in `before`.
        before: moments that were kept, (n, 2).
        now: the newest weights, (1, 2), or nothing.
        off: how far beside the plane these are, as a share of their way from the centre.
    """

    def __init__(self, after: int) -> None:
        self.after, self.off = after, 0.0
        self.before = self.now = np.zeros((0, 2))

    def take(self, told: dict[str, Any]) -> None:
        """Take what `engines.landscape.follow.trail` tells, of which some may be known."""
        steps, at = told["steps"], told["at"]
        new = np.flatnonzero(steps[:-1] > self.after)
        if len(new):
            self.before = np.concatenate([self.before, at[new]])
            self.after = int(steps[new[-1]])
        self.now, self.off = at[-1:], float(told["off"][-1])
