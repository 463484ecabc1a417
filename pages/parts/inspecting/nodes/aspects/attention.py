"""Attention: which step looks at which, head by head."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import streamlit as st

from pages.parts.inspecting.nodes.aspect import Aspect
from pages.parts.inspecting.nodes.look import Look
from pages.views.tensor import pictured


class Attention(Aspect):
    """Which step (row) looks at which (column), for the example, head by head; rows sum to one."""

    title: ClassVar = "Attention"
    icon: ClassVar = "hub"
    order: ClassVar = 5

    def suits(self, look: Look) -> bool:
        """A node that attends."""
        return bool(_found(look))

    def show(self, look: Look) -> None:
        """All heads beside one another, one large, and how wide each of them looks."""
        found = _found(look)
        name = next(iter(found))
        if len(found) > 1:
            name = st.selectbox(
                "Which", [*found], format_func=lambda one: one.rsplit(".", 1)[-1], key=f"{look.key} which"
            )
        weights = found[str(name)]
        heads = len(weights)
        left, right = st.columns([3, 2], gap="medium")
        with left:
            st.image(
                pictured(weights, 560),
                width="stretch",
                alt=f"Attention of {heads} heads",
                caption=f"{heads} heads",
            )
        with right:
            head = 0
            if heads > 1:
                head = int(
                    st.number_input(f"Head, 0 to {heads - 1}", 0, heads - 1, 0, key=f"{look.key} head")
                )
            st.image(pictured(weights[head], 320), width="stretch", alt=f"Head {head}")
        spread = entropy(weights)
        most = float(np.log(weights.shape[-1]))
        rows = [
            {"head": place, "entropy": float(one), "share of the most": f"{one / most:.0%}" if most else "–"}
            for place, one in enumerate(spread)
        ]
        st.dataframe(rows, hide_index=True, width="content", alt="The entropy of each head")
        st.caption(f"Entropy in nats: 0 looks at one step, {most:.2f} at all alike.")


def _found(look: Look) -> dict[str, np.ndarray]:
    """The weights of the node's own attention, or of those in a layer of a transformer."""
    begin = f"attention/weights/{look.path}"
    return {name: one for name, one in look.arrays.items() if name == begin or name.startswith(f"{begin}.")}


def entropy(weights: np.ndarray) -> np.ndarray:
    """How wide each head looks, on average over steps, in nats: of (heads, steps, steps), (heads,)."""
    p = np.clip(weights, 1e-12, 1)
    return -(p * np.log(p)).sum(-1).mean(-1)
