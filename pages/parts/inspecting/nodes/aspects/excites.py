"""What excites a unit most: examples of the data, and an input that is made to."""

from __future__ import annotations

from typing import ClassVar

import streamlit as st

from engines.exciting import most_exciting
from pages.parts.chart import chart
from pages.parts.inspecting.nodes.aspect import Aspect
from pages.parts.inspecting.nodes.look import Look
from pages.parts.inspecting.shown import show_examples
from pages.parts.waiting import waiting
from pages.parts.words import figure
from pages.views.distribution import along
from pages.views.examples import montage
from pages.views.tensor import pictured

COUNT = 12
SCANNED = 4000


class Excites(Aspect):
    """The examples for which a unit gives most, and an input that was made so that it does."""

    title: ClassVar = "What excites it"
    icon: ClassVar = "bolt"
    order: ClassVar = 40

    def suits(self, look: Look) -> bool:
        """A node that gives numbers that may vary a little."""
        return look.array("activations/units") is not None and look.place.node.kind != "Input"

    def show(self, look: Look) -> None:
        """The top examples, and on request activation maximisation."""
        stats = look.array("activations/units")
        assert stats is not None and look.subject.splits is not None
        count, usual = stats.shape[1], int(stats[3].argmax())
        unit = 0
        if count > 1:
            label = f"Unit, 0 to {count - 1}"
            unit = int(st.number_input(label, 0, count - 1, usual, key=f"{look.key} excited", width=200))
        part = look.example.part
        inputs = look.subject.splits.part(part).inputs[:SCANNED]
        numbers, values = most_exciting(look.subject.trained, inputs, look.path, unit, COUNT)
        st.markdown(
            f"**Most exciting examples**: {figure(float(values[0]))} down to {figure(float(values[-1]))}"
        )
        show_examples(look.subject, part, [int(one) for one in numbers])
        if look.subject.splits.train.inputs.is_floating_point():
            self._made(look, unit)

    def _made(self, look: Look, unit: int) -> None:
        st.markdown("**An input made for it**")
        wanted = f"{look.key} make {unit} {look.subject.at}"
        if not st.session_state.get(wanted):
            st.caption("Gradient ascent on the input, from noise (Erhan et al. 2009).")
            if st.button("Make one", key=f"{wanted} now", icon=":material/auto_fix_high:"):
                st.session_state[wanted] = True
                st.rerun()
            return
        folder, checkpoint, at = look.subject.moment
        told = waiting(
            wanted, "engines.exciting:maximise_of", folder=folder, checkpoint=checkpoint, at=at, part=look.example.part,
            path=look.path, unit=unit, seed=0,
        )  # fmt: skip
        if told is None:
            return
        made, reached = told["input"], told["reached"]
        left, right = st.columns([1, 2], gap="medium")
        image = montage(made[None], 1, 300) if made.ndim == 3 else pictured(made, 300)
        left.image(image, width="stretch", alt=f"An input that excites unit {unit} of {look.path}")
        with right:
            chart(
                along, range(len(reached)), {"the unit's mean": reached}, "value", key=f"{wanted} curve",
                alt=f"The unit's mean rises to {reached[-1]:.3g}",
            )  # fmt: skip
            st.caption(
                f"It reaches {figure(float(reached[-1]))} on average over its places; "
                f"the best example {figure(told['best'])} at one of them."
            )
