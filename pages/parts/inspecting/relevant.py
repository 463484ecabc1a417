"""Relevance drawn on what it is about: an image, the columns of a table, the steps of a series, words."""

from __future__ import annotations

import html
from typing import Any

import numpy as np
import streamlit as st

from pages.parts.chart import chart
from pages.parts.inspecting.subject import Example, Subject
from pages.parts.words import figure, plain, short
from pages.views import relevance as views
from pages.views.examples import montage

PICTURE = 300
"""Pixels of a picture on the screen, at most."""


def draw(subject: Subject, example: Example, found: np.ndarray, title: str, signed: bool, key: str) -> None:
    """What counts, on the input itself, with the meaning of its colours."""
    form = shape_of(example)
    {"image": _image, "table": _table, "series": _series, "words": _words}[form](
        subject, example, found, title, key
    )
    if not found.any():
        st.warning(
            "Nothing counts here: the map is zero everywhere. The score does not change with the input, or the network "
            "decides by a step, of which gradients know nothing; Occlusion goes without gradients.",
            icon=":material/info:",
        )
        return
    told = (
        "Orange speaks for it, blue against it" if signed else "The stronger the orange, the more it counts"
    )
    top = views.largest(views.together(found) if form == "image" else found)
    st.caption(f"{told}; the full colour is {'±' if signed else ''}{figure(top)}.")


def shape_of(example: Example) -> str:
    """The form of an example's input: "image", "table", "series" or "words"."""
    if not example.inputs.is_floating_point():
        return "words"
    return {4: "image", 2: "table"}.get(example.inputs.ndim, "series")


def pixels_of(example: Example) -> np.ndarray:
    """An image (channels, height, width) as a person knows it, or as the network is given it where that differs."""
    given = example.inputs[0].numpy()
    raw = np.asarray(example.raw)[0] if isinstance(example.raw, np.ndarray) else given
    return raw if raw.shape == given.shape else given


def _image(subject: Subject, example: Example, found: np.ndarray, title: str, key: str) -> None:
    image = pixels_of(example)
    grid = st.grid(2, min_column_width=140)
    grid.image(montage(image[None], 1, PICTURE), width="stretch", alt="The example", caption="The example")
    alt = f"What counts by {title}: most at {where(found)}"
    grid.image(views.overlay(image, found, PICTURE), width="stretch", alt=alt, caption=title)


def _table(subject: Subject, example: Example, found: np.ndarray, title: str, key: str) -> None:
    names, values, counts = columns_of(subject, example, found)
    order = np.argsort(-np.abs(counts), kind="stable")[:5]
    told = "; ".join(f"{names[one]} {counts[one]:.3g}" for one in order)
    chart(views.bars, names, values, counts, key=key, alt=f"The columns that count most by {title}: {told}")
    if len(names) > views.MOST_BARS:
        st.caption(f"The {views.MOST_BARS} that count most, of {len(names):,} columns.")


def _series(subject: Subject, example: Example, found: np.ndarray, title: str, key: str) -> None:
    splits = subject.splits
    assert splits is not None
    values = np.asarray(example.raw[0], float).reshape(len(found), -1)
    flat = found.reshape(len(found), -1)
    names = [*splits.examples.columns]
    if len(names) != flat.shape[1]:
        names = [f"feature {place + 1}" for place in range(flat.shape[1])]
    chart(views.series, values, flat, names, key=key, alt=f"What counts by {title}: most at {where(flat)}")


def _words(subject: Subject, example: Example, found: np.ndarray, title: str, key: str) -> None:
    """Words, each on a ground as strong as it counts."""
    top, pieces = views.largest(found), []
    for token, value in zip(example.inputs.flatten().tolist(), found.ravel(), strict=True):
        share = min(abs(float(value)) / top, 1)
        colour = "232,89,12" if value > 0 else "25,113,194"
        pieces.append(
            f'<span title="{value:.3g}" style="background:rgba({colour},{0.75 * share:.2f});padding:2px 5px;'
            f'margin:2px;border-radius:5px;display:inline-block">{html.escape(str(token))}</span>'
        )
    st.html(f"<div>{''.join(pieces)}</div>")


def columns_of(
    subject: Subject, example: Example, found: np.ndarray
) -> tuple[list[str], list[str], np.ndarray]:
    """A row's columns, their values as a person knows them, and what each counts: all features of a column together."""
    splits = subject.splits
    assert splits is not None
    owners = splits.preprocessing.inputs.owners
    names = [*dict.fromkeys(owners)]
    counts = np.zeros(len(names))
    np.add.at(counts, [names.index(owner) for owner in owners], found)
    raw: Any = example.raw
    if isinstance(raw, np.ndarray):
        return names, [figure(float(value)) for value in np.ravel(raw[0])], counts
    cells = {str(name): value for name, value in raw.iloc[0].items()}
    return names, ["missing" if cells[name] != cells[name] else str(cells[name]) for name in names], counts


def places_of(subject: Subject, example: Example, maps: np.ndarray) -> tuple[list[str], np.ndarray]:
    """The parts of an example that is no image by name, and what each counts by several methods (methods, parts)."""
    form = shape_of(example)
    if form == "table":
        told = [columns_of(subject, example, one) for one in maps]
        return told[0][0], np.stack([counts for _, _, counts in told])
    flat = maps.reshape(len(maps), maps.shape[1], -1).sum(-1)
    if form == "words":
        return [short(str(one), 12) for one in example.inputs.flatten().tolist()], flat
    return [str(place + 1) for place in range(flat.shape[1])], flat


def where(found: np.ndarray) -> str:
    """Where the relevance is largest, in words."""
    flat = np.abs(views.together(found))
    place = np.unravel_index(int(flat.argmax()), flat.shape)
    if found.ndim == 3:
        return plain(f"row {place[0] + 1}, column {place[1] + 1}")
    return f"step {place[0] + 1}"
