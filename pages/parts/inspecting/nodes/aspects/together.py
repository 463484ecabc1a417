"""What comes together: Gram matrices of maps, and capsules that agree."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import streamlit as st

from pages.parts.inspecting.nodes.aspect import Aspect
from pages.parts.inspecting.nodes.look import Look
from pages.views.tensor import pictured


class Style(Aspect):
    """Which channels answer at the same places of the example, wherever those are: the Gram matrix, its style."""

    title: ClassVar = "Style"
    icon: ClassVar = "palette"
    order: ClassVar = 70

    def suits(self, look: Look) -> bool:
        """A convolution of images."""
        return look.array("gram/matrix") is not None

    def show(self, look: Look) -> None:
        """The matrix, and its strongest pairs."""
        matrix = look.array("gram/matrix")
        assert matrix is not None
        left, right = st.columns([3, 2], gap="medium")
        left.image(pictured(matrix, 480), width="stretch", alt=f"Gram matrix of {len(matrix)} channels")
        sizes = np.sqrt(np.maximum(np.diag(matrix), 1e-12))
        alike = matrix / sizes[:, None] / sizes[None]
        rows, columns = np.triu_indices(len(matrix), 1)
        order = np.argsort(-np.abs(alike[rows, columns]))[:10]
        with right:
            st.caption("Pairs of channels that are most alike (1: the same, −1: opposite)")
            told = [
                {
                    "channel": int(rows[one]),
                    "and": int(columns[one]),
                    "alike": float(alike[rows[one], columns[one]]),
                }
                for one in order
            ]
            st.dataframe(told, hide_index=True, alt="The most alike pairs of channels")


class Routing(Aspect):
    """How much of each capsule (down) goes to each of the next layer (across), by iteration of the routing."""

    title: ClassVar = "Routing"
    icon: ClassVar = "alt_route"
    order: ClassVar = 5

    def suits(self, look: Look) -> bool:
        """A layer of capsules that routes."""
        return look.array("couplings/routing") is not None

    def show(self, look: Look) -> None:
        """The couplings of each iteration."""
        couplings = look.array("couplings/routing")
        assert couplings is not None
        columns = st.columns(len(couplings))
        for number, (column, one) in enumerate(zip(columns, couplings, strict=True)):
            words = f"Iteration {number + 1}"
            column.image(
                pictured(one, 300), width="stretch", alt=f"Couplings, {words.lower()}", caption=words
            )
