"""Each unit of a node: what it gives on average, and whether it gives anything."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import streamlit as st

from pages.parts.chart import chart
from pages.parts.inspecting.nodes.aspect import Aspect
from pages.parts.inspecting.nodes.look import Look
from pages.parts.words import plain
from pages.views.distribution import units

MOST = 4096
MEANT = {
    "dead": "gave 0 for each of these examples: none of them brings a gradient to its weights",
    "constant": "gave the same for each of these examples: it tells nothing",
    "active": "",
}


class Units(Aspect):
    """Each unit over many examples: channels of maps, features of vectors and sequences. Orange ones are dead."""

    title: ClassVar = "Units"
    icon: ClassVar = "scatter_plot"
    order: ClassVar = 30

    def show(self, look: Look) -> None:
        """A point for each unit, and all in a table."""
        stats = look.array("activations/units")
        if stats is None:
            st.caption("Nothing is known of its units.")
            return
        count = stats.shape[1]
        stats = stats[:, :MOST]
        state = states(stats)
        all_of = f"{count:,}" if count <= MOST else f"the first {MOST:,} of {count:,}"
        dead, constant = state.count("dead"), state.count("constant")
        if len(state) == 1:
            told = f"The only unit is {state[0]}"
        else:
            told = f"**{dead}** of {all_of} units are dead" if dead else f"None of {all_of} units is dead"
        more = f", {constant} constant" if constant and len(state) > 1 else ""
        st.markdown(f"{told}{more}, over {look.seen:,} examples.")
        for kind in ("dead", "constant"):
            if kind in state:
                st.caption(f"A {kind} unit {MEANT[kind]}.")
        alt = plain(f"{len(state)} units: means from {stats[0].min():.3g} to {stats[0].max():.3g}")
        chart(units, stats, np.array([one != "active" for one in state]), key=f"{look.key} units", alt=alt)
        names = ("mean", "deviation", "zero in, %", "largest")
        columns = {
            name: (row * (100 if "%" in name else 1)).tolist() for name, row in zip(names, stats, strict=True)
        }
        table = {"unit": [*range(len(state))], **columns, "state": state}
        st.dataframe(
            table, hide_index=True, height=300 if count > 8 else "content", alt="Every unit, in numbers"
        )


def states(stats: np.ndarray) -> list[str]:
    """Whether each unit is dead, constant or active: of (4, units), mean, deviation, share of zeros, largest."""
    dead, constant = stats[2] >= 1, stats[1] <= 1e-7 * np.maximum(np.abs(stats[0]), 1)
    return [
        "dead" if one else "constant" if other else "active"
        for one, other in zip(dead, constant, strict=True)
    ]
