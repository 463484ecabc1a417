"""What a node gives for one example, as a picture and in numbers."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import streamlit as st

from pages.parts.inspecting.nodes.aspect import Aspect
from pages.parts.inspecting.nodes.look import Look
from pages.parts.words import between
from pages.views.tensor import MOST_MAPS, pictured


class Values(Aspect):
    """What the node makes of the example: blue below zero, orange above."""

    title: ClassVar = "Values"
    icon: ClassVar = "grid_view"
    order: ClassVar = 10

    def show(self, look: Look) -> None:
        """All of it as one image; one map large, with its numbers."""
        values = look.value
        show_tensor(look.key, values, f"What {look.path} gives")
        whole = (
            next(iter(look.place.outcome.outputs.values())).shape[1:] if look.place.outcome else values.shape
        )
        if tuple(whole) != values.shape:
            was, shown = (" × ".join(map(str, one)) for one in (whole, values.shape))
            which = "every few places" if values.ndim > 1 else "the first"
            of = f" of the first {len(values)}" if values.ndim > 1 and len(values) < whole[0] else ""
            st.caption(f"It gives {was} numbers, which is too many to keep: here are {which}{of}, {shown}.")


def show_tensor(key: str, values: np.ndarray, what: str) -> None:
    """A tensor as one image with a pager over its maps, and the numbers of one of them."""
    maps = (
        values.reshape(-1, *values.shape[-2:])
        if values.ndim > 2
        else values[None]
        if values.ndim == 2
        else None
    )
    first = 0
    if maps is not None and len(maps) > MOST_MAPS:
        pages = -(-len(maps) // MOST_MAPS)
        page = st.number_input(f"Maps, page 1 to {pages}", 1, pages, 1, key=f"{key} page", width=200)
        first = (int(page) - 1) * MOST_MAPS
        st.caption(f"Maps {first} to {min(first + MOST_MAPS, len(maps)) - 1} of {len(maps)}.")
    left, right = st.columns([3, 2], gap="medium")
    shown = maps[first : first + MOST_MAPS] if maps is not None else values
    reach = between(values)
    with left:
        st.image(pictured(shown, 560), width="stretch", alt=f"{what}: {reach}", caption=reach)
    with right:
        if maps is None:
            rows = [{"unit": place, "value": float(one)} for place, one in enumerate(np.ravel(values)[:2000])]
            st.dataframe(rows, hide_index=True, height=360, alt=f"{what}, in numbers")
            return
        chosen = 0
        if len(maps) > 1:
            chosen = int(
                st.number_input(
                    f"Map, 0 to {len(maps) - 1}", 0, len(maps) - 1, first, key=f"{key} map {first}"
                )
            )
            st.image(pictured(maps[chosen], 320), width="stretch", alt=f"{what}: map {chosen} alone")
        shown = _table(maps[chosen])
        rows = len(maps[chosen])
        st.dataframe(
            shown, hide_index=False, height=260 if rows > 6 else "content", alt=f"{what}: the numbers of map {chosen}",
            column_config={name: st.column_config.NumberColumn(format="%.4g") for name in shown},
        )  # fmt: skip


def _table(numbers: np.ndarray) -> dict[str, list[float]]:
    """A matrix as columns, at most 64 of them and 200 rows."""
    return {
        str(column): numbers[:200, column].astype(float).tolist()
        for column in range(min(numbers.shape[1], 64))
    }
