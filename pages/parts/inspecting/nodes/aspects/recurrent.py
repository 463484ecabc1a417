"""Recurrent layers: what they remember, step by step."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import streamlit as st

from engines.probes.kinds.hidden import GATES
from pages.parts.chart import chart
from pages.parts.inspecting.nodes.aspect import Aspect
from pages.parts.inspecting.nodes.look import Look
from pages.views.distribution import along
from pages.views.tensor import pictured


class Recurrent(Aspect):
    """What the layer remembers, step (down) by step and unit (across); its gates; and how far back the loss reaches."""

    title: ClassVar = "Memory"
    icon: ClassVar = "history_toggle_off"
    order: ClassVar = 5

    def suits(self, look: Look) -> bool:
        """A recurrent layer that reads whole sequences."""
        return look.array("hidden/states") is not None

    def show(self, look: Look) -> None:
        """States, gates, and the gradient through time."""
        states, gates, reach = (look.array(f"hidden/{one}") for one in ("states", "gates", "gradient"))
        assert states is not None
        steps, units = states.shape
        st.image(
            pictured(states, 900), width="stretch", alt=f"Hidden state: {steps} steps, {units} units",
            caption=f"Hidden state: {steps} steps down, {units} units across",
        )  # fmt: skip
        if gates is not None:
            names = GATES[look.place.node.kind]
            columns = st.columns(len(names))
            for place, (column, name) in enumerate(zip(columns, names, strict=True)):
                average = f"{name}, on average {gates[:, place].mean():.2f}"
                column.image(
                    pictured(gates[:, place], 320),
                    width="stretch",
                    alt=f"Gate {average}",
                    caption=average.capitalize(),
                )
            means = {name: gates[:, place].mean(1) for place, name in enumerate(names)}
            chart(
                along,
                range(steps),
                means,
                "mean of the gate",
                key=f"{look.key} gates",
                alt="The mean of each gate by step",
            )
        if reach is not None and (reach > 0).any():
            chart(
                along, range(steps), {"gradient": np.maximum(reach, 1e-12)}, "‖∂L/∂hₜ‖", True, key=f"{look.key} reach",
                alt=f"The gradient at the first step is {reach[0]:.2e}, at the last {reach[-1]:.2e}",
            )  # fmt: skip
            st.caption(
                f"The loss pulls at the first state {reach[0] / max(reach.max(), 1e-30):.2g} times as strongly as "
                "where it pulls most: where that is next to nothing, what came early cannot be learned from."
            )
