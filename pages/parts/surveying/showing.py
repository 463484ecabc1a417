"""How a landscape is shown: the picture, what it says in numbers, and what to know before believing it."""

from __future__ import annotations

from typing import Any

import numpy as np
import streamlit as st

from engines.landscape.bending import negative
from engines.landscape.kept import Landscapes, npz
from pages.parts.inspecting.subject import Subject
from pages.parts.plot.component import plot
from pages.parts.surveying.asking import Asked
from pages.parts.waiting import waiting
from pages.parts.words import figure, plain, seconds
from pages.views import landscape as views

DRAWN = {"3d": views.surface, "contours": views.contours, "profile": views.profile}
STEEP = 0.9
"""The share of places up to whose loss the picture goes, where the rest is far higher."""
BENDS = (
    "The share of places where the loss bends downwards in some direction of the plane. Near 0 % it is one smooth "
    "bowl; deep networks without skips are at half and more."
)
EVERY_STEP = (
    "Train it again between the moments that were kept, which gives the same bits, and draw every step: what pulls it "
    "to and fro is the noise of the batches"
)
NOWHERE = "Nowhere in this plane the loss is a number. Draw less of it (More, Reach), or choose other axes."
FAR = 5
"""A rim that is so many times as high as that is cut off."""


def show(subject: Subject, asked: Asked, found: dict[str, Any]) -> None:
    """A landscape, whole or as far as it is known: the picture, and beside it what it says in numbers."""
    if not np.isfinite(found["values"]).any():
        st.warning(NOWHERE, icon=":material/warning:")
        return
    if "seconds" in found and found["explained"] and Landscapes(subject.run).has_plane(found["kept"]):
        found = {**found, **_every_step(subject, found)}
    left, right = st.columns([4, 1], gap="medium")
    with left:
        _draw(subject, asked, found)
        if found["warning"]:
            st.caption(f":material/info: {plain(found['warning'])}")
    with right:
        _facts(found)
        if "seconds" in found:
            _numbers(subject, found)


def _every_step(subject: Subject, found: dict[str, Any]) -> dict[str, Any]:
    """The path with the noise of its batches, if a person wants to see it."""
    key = f"{subject.key} every step"
    if not st.toggle("Every step", key=key, help=EVERY_STEP):
        return {}
    first, last = int(found["steps"][0]), int(found["steps"][-1])
    told = waiting(
        "every step", "engines.landscape.replay:every_step",
        folder=str(subject.run.folder), kept=found["kept"], first=first, last=last,
    )  # fmt: skip
    if told is None:
        return {}
    if not told["exact"]:
        st.caption(
            ":material/info: Trained again, it came near the moments that were kept, but not to the last bit."
        )
    if told["back"]:
        st.caption(
            ":material/info: At the end the best weights of its way were put back: the network is there."
        )
    if told["steps"][-1] < last:
        st.caption(f":material/info: The first {len(told['steps']) - 1:,} of {last - first:,} steps.")
    return {"path": told["at"]}


def _numbers(subject: Subject, found: dict[str, Any]) -> None:
    st.download_button(
        "Numbers (npz)",
        lambda: npz({name: one for name, one in found.items() if name not in ("trail", "beside")}),
        f"{subject.run.id}-landscape.npz",
        "application/octet-stream",
        icon=":material/download:",
        on_click="ignore",
        width="stretch",
        help="All that is drawn, as NumPy arrays: alpha, beta, values, marks and more",
    )


def _draw(subject: Subject, asked: Asked, found: dict[str, Any]) -> None:
    """The same camera for all pictures of one run and one choice of axes."""
    look = asked.look if len(found["beta"]) > 1 else "profile"
    view = f"{subject.key} {look} {asked.axes.kind}"
    plot(
        DRAWN[look](found, asked.log, _top(found)),
        f"{subject.key} landscape",
        _alt(found),
        view=view,
        name=f"{subject.run.id}-landscape",
    )


def _top(found: dict[str, Any]) -> float | None:
    """The highest loss that is drawn; None where all of it can be."""
    losses = found["values"][np.isfinite(found["values"])]
    if not len(losses):
        return None
    usual = float(np.quantile(losses, STEEP))
    highest = max([found["centre"], *found.get("true", [])])
    top = max(usual, highest if np.isfinite(highest) else usual) * 1.5
    return top if losses.max() > FAR * max(top, 1e-9) else None


def _facts(found: dict[str, Any]) -> None:
    values = found["values"]
    st.metric("Loss here", figure(found["centre"]), border=True)
    st.metric(
        "In the plane",
        f"{figure(float(np.nanmin(values)))} – {figure(float(np.nanmax(values)))}",
        border=True,
    )
    if min(values.shape) > 2:
        share = float(negative(values, found["alpha"], found["beta"]).mean())
        st.metric("Bends downwards", f"{share:.0%}", border=True, help=BENDS)
    if found["explained"]:
        each = " and ".join(f"{one:.0%}" for one in found["explained"])
        st.metric(
            "Of the path", f"{sum(found['explained']):.0%}", border=True,
            help=f"The share of the path's variance that lies in this plane: {each} along its two axes.",
        )  # fmt: skip
    if "seconds" in found:
        st.metric("Computed in", seconds(found["seconds"]), border=True)


def _alt(found: dict[str, Any]) -> str:
    values = found["values"]
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    return (
        f"Loss landscape over {' and '.join(found['names'])}: {figure(found['centre'])} at this network, from "
        f"{figure(low)} to {figure(high)}. {views.caption(found)}"
    )
