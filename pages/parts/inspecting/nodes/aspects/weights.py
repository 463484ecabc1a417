"""What a node has learned: its parameters as pictures and in numbers."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import streamlit as st

from pages.parts.inspecting.nodes.aspect import Aspect
from pages.parts.inspecting.nodes.aspects.spread import show_spread
from pages.parts.inspecting.nodes.aspects.values import show_tensor
from pages.parts.inspecting.nodes.look import Look
from pages.parts.words import plain

LARGE = 2**20


class Weights(Aspect):
    """What the node has learned: kernels as pictures, matrices as heat maps; how their numbers are distributed."""

    title: ClassVar = "Weights"
    icon: ClassVar = "blur_linear"
    order: ClassVar = 50

    def suits(self, look: Look) -> bool:
        """A node with parameters."""
        return bool(look.parameters)

    def show(self, look: Look) -> None:
        """One parameter, chosen by name."""
        named = look.parameters
        if look.owner != look.path:
            st.caption(f"It uses the layer of `{look.owner}`: these are the weights of both.")
        name = st.selectbox("Parameter", [*named], key=f"{look.key} parameter", width=280)
        values = named[str(name)]
        shown, full = kernels(look, values), f"{look.owner}.{name}"
        cut = f"; here are those of the first {len(shown):,} units" if shown.size < values.size else ""
        st.caption(plain(f"{' × '.join(map(str, values.shape))} numbers{cut}"))
        show_tensor(f"{look.key} {name}", shown, full)
        show_spread(
            look, f"weights/histogram/{full}", look.arrays.get(f"weights/histogram/{full}"), str(name)
        )


def kernels(look: Look, values: np.ndarray) -> np.ndarray:
    """A parameter as it is best looked at: the units of a first dense layer over an image as pictures of that size."""
    if values.size > LARGE:
        values = values[: max(1, LARGE // max(values[0].size, 1))]
    trained = look.subject.trained
    shape = next(iter(trained.inputs.values())).shape[1:] if len(trained.inputs) == 1 else ()
    if values.ndim == 2 and len(shape) == 3 and values.shape[1] == int(np.prod(shape)):
        return values.reshape(-1, *shape[1:])
    return values
