"""Which way the loss wants a node to change."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import streamlit as st

from engines.health import health
from pages.parts.chart import chart
from pages.parts.inspecting.nodes.aspect import Aspect
from pages.parts.inspecting.nodes.aspects.values import show_tensor
from pages.parts.inspecting.nodes.look import Look
from pages.parts.words import plain
from pages.views.distribution import along


class Gradients(Aspect):
    """Which way the loss of the example wants its values to change; and how strong the pull at its weights was."""

    title: ClassVar = "Gradients"
    icon: ClassVar = "trending_down"
    order: ClassVar = 60

    def suits(self, look: Look) -> bool:
        """A node that the loss depends on."""
        return look.slopes is not None

    def show(self, look: Look) -> None:
        """∂L/∂value as a picture; norms over the run."""
        assert look.slopes is not None
        port, slopes = look.slopes
        what = f"its {port}, which alone is read" if port else "what it gives"
        st.markdown(f"**∂L/∂ {plain(what)}**, for the example")
        scale = float(np.abs(slopes).max(initial=0))
        if not scale:
            st.caption("All of it is 0: no change of this node would change the loss of this example.")
        show_tensor(f"{look.key} slopes", slopes, plain(f"The gradient at {look.path}"))
        rows = [row for row in look.subject.run.curves().probes if look.path in row["layers"]]
        if not rows or "gradient" not in rows[-1]["layers"][look.path]:
            return
        told = health(look.subject.run.curves().probes).get(look.path)
        st.markdown("**Over the run**" + (f" :gray[· {plain(told.words)}]" if told else ""))
        for names, title in ((("gradient",), "norm of the gradient"), (("update",), "update ÷ weight")):
            known = [row for row in rows if all(row["layers"][look.path].get(name) for name in names)]
            if known:
                lines = {name: np.array([row["layers"][look.path][name] for row in known]) for name in names}
                chart(
                    along, [row["step"] for row in known], lines, title, True, key=f"{look.key} {title}",
                    alt=f"{title} of {look.path}, last {lines[names[0]][-1]:.3g}",
                )  # fmt: skip
