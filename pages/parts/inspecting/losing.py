"""The loss in slow motion: what the network gives, what was wanted, and what that costs."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import streamlit as st

from pages.parts.inspecting.frames import number
from pages.parts.inspecting.subject import truth
from pages.parts.words import figure, plain

if TYPE_CHECKING:
    from engines.data.data import Splits
    from engines.motion import Film

MOST = 50


def show_loss(film: Film, splits: Splits) -> None:
    """The outputs beside the target, in words and in numbers; how the loss follows, where that is one probability."""
    st.markdown("##### The loss")
    left, right = st.columns(2)
    rows, told = _rows(film, splits)
    left.caption("The network gives")
    left.dataframe(rows[:MOST], hide_index=True, height="content", alt="The outputs")
    right.caption("It should be")
    right.markdown(f"**{plain(told)}**")
    right.metric("Loss L", number(film.loss or 0.0), border=True)
    if splits.task == "classification" and (why := _surprise(film, splits)):
        right.caption(why)
    if splits.task == "regression":
        right.caption("The network learns standardised values: the loss is of these.")
    right.caption("From here the gradient goes back: how much L changes when a number changes by a little.")


def _rows(film: Film, splits: Splits) -> tuple[list[dict[str, Any]], str]:
    """The outputs, a row each; and the target in words."""
    from engines.tasks import probabilities

    outputs = film.values[film.answer].double()[None]
    given, wanted = outputs.flatten().tolist(), film.target
    if splits.task == "regression":
        target = wanted.double().reshape(outputs.shape) if wanted is not None else outputs
        own, right = (splits.decode(one).flatten().tolist() for one in (outputs, target))
        places = zip(given, target.flatten().tolist(), own, right, strict=True)
        rows = [
            {
                "gives": number(a),
                "should give": number(b),
                "in the data's units": f"{figure(c)}, should be {figure(d)}",
            }
            for a, b, c, d in places
        ]
        return rows, ", ".join(map(figure, right[:20]))
    chances = probabilities(splits.task, outputs)[0].tolist()
    right = wanted[0].tolist() if wanted is not None else 0
    rows = []
    for place, name in enumerate(splits.classes):
        row = (
            {"class": name, "score": number(given[place])} if len(given) == len(chances) else {"class": name}
        )
        is_right = bool(right[place]) if isinstance(right, list) else place == int(right)
        rows.append({**row, "probability": f"{chances[place]:.4%}", "wanted": "←" if is_right else ""})
    return rows, truth(splits, wanted[0].numpy()) if wanted is not None else "–"


def _surprise(film: Film, splits: Splits) -> str:
    """L = −log p, where the loss is that; "" where it is another."""
    from engines.tasks import probabilities

    if film.target is None or film.loss is None:
        return ""
    chances = probabilities(splits.task, film.values[film.answer].double()[None])[0]
    p = float(chances[int(film.target[0])])
    if p <= 0 or abs(-math.log(p) - film.loss) > 1e-6 * max(1.0, film.loss):
        return ""
    return f"L = −log p = −log {number(p)}: the less probable the right class was, the larger."
