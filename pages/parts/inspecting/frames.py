"""Frames of the slow motion: a node on the way forward, and on the way back; in numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from builder.layers import LAYERS
from pages.parts.words import between, plain, short
from pages.views.tensor import MOST_MAPS, pictured

if TYPE_CHECKING:
    from engines.motion import Film, Working

FEW = 16
"""Numbers that are written beside a picture."""


def show_frame(key: str, film: Film, path: str, back: bool, rate: float) -> None:
    """One frame: of a node forward or back."""
    kind, value = film.kind(path), film.values[path]
    shape = " × ".join(map(str, value.shape)) or "one number"
    reads = ", ".join(film.wires[path]) or "the example"
    st.markdown(
        f"##### {plain(path)} :gray[{plain(kind)} · {plain(shape)} · reads {plain(short(reads, 120))}]"
    )
    left, right = st.columns([2, 3], gap="medium")
    with left:
        unit = _unit(key, film, path, back)
        _picture(film, path, back, unit)
    with right:
        formula = LAYERS[kind].formula if kind in LAYERS else ""
        if not film.wires[path]:
            st.caption("This is where the example enters; nothing is computed here.")
        elif not value.is_floating_point():
            st.caption("This node gives whole numbers, to which there is no gradient.")
        else:
            if formula:
                st.latex(formula)
            work = _worked(film, path, unit)
            (_backward if back else _forward)(film, work, rate)


def _unit(key: str, film: Film, path: str, back: bool) -> int:
    """The unit that is looked at: the largest, until another is chosen."""
    count = film.values[path].numel()
    if count <= 1:
        return 0
    usual = film.usual_unit(path, back)
    what = "gradient" if back else "value"
    chosen = st.number_input(
        f"Unit, 0 to {count - 1:,}", 0, count - 1, usual, key=f"{key} unit {path} {back} {usual}",
        help=f"That of the largest {what} in size, to begin with; it has a dark frame in the picture",
    )  # fmt: skip
    return int(chosen)


def _worked(film: Film, path: str, unit: int) -> Working:
    from engines.motion import work_out

    if (path, unit) not in film.worked:
        film.worked[path, unit] = work_out(film, path, unit)
    return film.worked[path, unit]


def _picture(film: Film, path: str, back: bool, unit: int) -> None:
    """What a node gives, or the gradient to it, as one image, and few numbers as such."""
    told = film.slopes.get(path) if back else film.values[path]
    if told is None:
        _others(film, path)
        return
    numbers, unit, which = _page(told.double().numpy(), unit)
    what = "∂L/∂ what it gives" if back else "What it gives"
    reach = between(numbers)
    st.image(
        pictured(numbers, mark=unit), width="content", caption=f"{what}: {reach}; orange above 0, blue below{which}",
        alt=f"{what}: {path}, from {reach}",
    )  # fmt: skip
    if numbers.size <= FEW:
        st.caption(plain(", ".join(number(float(one)) for one in numbers.ravel())))


def _page(numbers: np.ndarray, unit: int) -> tuple[np.ndarray, int, str]:
    """Of very many maps those that are drawn with the unit's: they, its place among them, and which they are."""
    maps = numbers.reshape(-1, *numbers.shape[-2:]) if numbers.ndim > 2 else numbers[None]
    if len(maps) <= MOST_MAPS:
        return numbers, unit, ""
    first = unit // maps[0].size // MOST_MAPS * MOST_MAPS
    some = maps[first : first + MOST_MAPS]
    return some, unit - first * maps[0].size, f"; maps {first} to {first + len(some) - 1} of {len(maps)}"


def _others(film: Film, path: str) -> None:
    """That the loss does not read what the node gives; and what it reads of it instead."""
    others = film.further(path)
    if not others:
        st.caption("The loss does not depend on this node.")
    for one in others:
        port, slope = one.removeprefix(f"{path}__"), film.slopes[one].double().numpy()
        st.caption(f"The loss reads its `{port}` alone. ∂L/∂{plain(port)}: {between(slope)}")
        st.image(pictured(slope), width="content", alt=f"The gradient to {one}: {between(slope)}")


def number(value: float) -> str:
    """A number as it is written in the sums."""
    if value == 0:
        return "0"
    return f"{value:.6f}" if 1e-4 <= abs(value) < 1e5 else f"{value:.4e}"


def _named(source: str, index: tuple[int, ...]) -> str:
    return f"{source}[{', '.join(str(one) for one in index)}]" if index else source


def _forward(film: Film, work: Working, rate: float) -> None:
    """The unit as a sum of products, or with its slopes."""
    name = _named(work.path, work.unit)
    if not work.exact:
        st.markdown(f"**{plain(name)} = {plain(number(work.value))}**")
        _squashed(film, work)
        st.caption("This is no weighted sum. How much it changes when what it reads changes by a little:")
        rows = [
            {"reads": _named(one.source, one.index), "value": number(one.value), "slope": number(one.factor)}
            for one in work.terms
        ]
    else:
        st.markdown(f"**{plain(name)}** = {_sum(work)} = **{plain(number(work.value))}**")
        rows = [
            {
                "reads": _named(one.source, one.index), "weight": number(one.factor), "value": number(one.value),
                "product": number(one.product),
            }
            for one in work.terms
        ]  # fmt: skip
    if rows:
        st.dataframe(
            rows, hide_index=True, height="content", alt="What the unit reads, the most important first"
        )
    if work.others:
        st.caption(
            f"… and {work.others:,} more" + (f", which add up to {number(work.rest)}" if work.exact else "")
        )


def _sum(work: Working) -> str:
    """A weighted sum as it is written: weights × values, what is left out, the bias."""
    pieces = [f"{number(one.factor)} × {number(one.value)}" for one in work.terms]
    pieces += [f"{number(work.rest)} ({work.others:,} more terms)"] if work.others else []
    pieces += [number(work.constant)] if work.constant or not pieces else []
    return plain(" + ".join(pieces).replace("+ -", "− "))


def _squashed(film: Film, work: Working) -> None:
    """Of a function of one number: that number put in."""
    if len(work.terms) == 1 and not work.others:
        kind, one = film.kind(work.path), work.terms[0]
        st.markdown(
            plain(
                f"{kind}({number(one.value)}) = {number(work.value)}, where its slope is {number(one.factor)}"
            )
        )


def _backward(film: Film, work: Working, rate: float) -> None:
    """The chain rule at a unit, and what one step makes of its weights."""
    name = _named(work.path, work.unit)
    if work.slope is None:
        if not film.further(work.path):
            st.caption("The loss does not depend on this unit.")
        return
    st.markdown(f"**∂L/∂{plain(name)} = {plain(number(work.slope))}** has come from behind.")
    if work.terms:
        one = work.terms[0]
        through = work.slope * one.factor
        told = f"∂L/∂{_named(one.source, one.index)} = {number(work.slope)} × {number(one.factor)} = {number(through)}"
        part = " through this unit" if one.slope is not None and abs(through - one.slope) > 1e-9 else ""
        st.markdown(f"Chain rule: {plain(told)}{part}")
        rows = [
            {
                "to": _named(t.source, t.index), "∂unit/∂it": number(t.factor),
                "× ∂L/∂unit": number(work.slope * t.factor),
                "∂L/∂it in all": number(t.slope) if t.slope is not None else "–",
            }
            for t in work.terms
        ]  # fmt: skip
        st.dataframe(rows, hide_index=True, height="content", alt="The gradient to what the unit reads")
        st.caption("In all: through every unit that reads it.")
    _step(work, rate)


def _step(work: Working, rate: float) -> None:
    """What plain gradient descent would make of the weights that matter most to the unit."""
    rows = [
        {
            "parameter": _named(one.name, one.index), "value": number(one.value), "∂unit/∂it": number(one.factor),
            "× ∂L/∂unit": number((work.slope or 0.0) * one.factor),
            "∂L/∂it in all": number(one.slope),
            "after a step": number(one.value - rate * one.slope),
        }
        for one in work.weights
        if one.slope is not None
    ]  # fmt: skip
    if rows:
        st.dataframe(rows, hide_index=True, height="content", alt="The gradient of the unit's parameters")
        st.caption(f"A step of plain gradient descent on this example alone: value − {rate:g} × ∂L/∂it.")
