"""How the values of a node are distributed, and how that changed."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import streamlit as st

from pages.parts.chart import chart
from pages.parts.inspecting.nodes.aspect import Aspect
from pages.parts.inspecting.nodes.look import Look
from pages.parts.words import figure, plain
from pages.views.distribution import distribution, over_time


class Spread(Aspect):
    """How its values are distributed over many examples, and how that changed while it trained."""

    title: ClassVar = "Distribution"
    icon: ClassVar = "bar_chart"
    order: ClassVar = 20

    def show(self, look: Look) -> None:
        """The histogram now, and over the run."""
        show_spread(look, f"activations/histogram/{look.path}", look.array("activations/histogram"), "value")


def show_spread(look: Look, name: str, now: np.ndarray | None, what: str) -> None:
    """A distribution now on the left, over the steps of the run on the right."""
    left, right = st.columns(2, gap="medium")
    if now is not None:
        with left:
            words = f"from {figure(float(now[0]))} to {figure(float(now[1]))}"
            chart(
                distribution,
                now,
                what,
                key=f"{look.key} now {name}",
                alt=f"{what} of {name.split('/')[-1]} {words}",
            )
    with right:
        steps, found = look.over_time(name)
        if len(steps) > 1:
            alt = plain(f"How it changed over {len(steps)} moments of the run")
            chart(over_time, steps, found, look.subject.at, key=f"{look.key} then {name}", alt=alt)
