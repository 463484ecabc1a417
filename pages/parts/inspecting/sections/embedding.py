"""Embedding: how a node arranges the examples, beside how they lie as they come in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
import streamlit as st

from builder.errors import StrataError
from engines.answers import Answers, columns
from engines.embedding import FEWEST, METHODS, MOST, NEIGHBOURS
from pages.parts.chart import chosen
from pages.parts.inspecting.answered import answered
from pages.parts.inspecting.section import Section
from pages.parts.inspecting.shown import said, show_examples
from pages.parts.inspecting.subject import Subject, no_data, truth
from pages.parts.waiting import waiting
from pages.parts.words import figure, plain, short
from pages.views.embedded import embedded

USUAL = 2_000
INPUT = ""
"""The path that stands for the input itself."""
CLASS, LABELS, ANSWER, RIGHT, LOSS = "class", "labels", "answer", "right or wrong", "loss"


class Embedding(Section):
    """How a node arranges the examples, beside how they lie as they come in: what belongs together moves together."""

    title: ClassVar = "Embedding"
    icon: ClassVar = "scatter_plot"
    order: ClassVar = 60

    def obstacle(self, subject: Subject) -> str:
        """It needs examples."""
        if told := no_data(subject):
            return told
        assert subject.splits is not None
        most = max(len(one) for one in (subject.splits.train, subject.splits.validation, subject.splits.test))
        return f"A layout needs at least {FEWEST} examples in a part." if most < FEWEST else ""

    def show(self, subject: Subject) -> None:
        """Two pictures, how far they can be trusted, and the examples that are chosen in them."""
        asked = _choices(subject)
        told = _answers(subject, asked["part"])
        ways = _ways(subject, asked["part"], told)
        with st.container(horizontal=True, vertical_alignment="bottom"):
            way = st.selectbox("Colour by", ways, key=f"{subject.key} colour {asked['part']}", width=220)
        places = st.columns(2, gap="medium")
        with places[0]:
            picked = _picture(subject, asked, told, str(way))
        with places[
            1
        ]:  # shows where they were; not the other way round, for a picture that changes lets go of its choice
            picked += _picture(subject, {**asked, "node": INPUT}, told, str(way), picked)
        st.caption(f"**{asked['method']}**: {METHODS[asked['method']]}")
        if picked:
            numbers = [*dict.fromkeys(picked)]
            st.markdown(f"**{len(numbers):,} chosen**")
            show_examples(subject, asked["part"], numbers, told)
        else:
            flat = ":material/lasso_select: Click a point, or draw around several, to see the examples."
            deep = ":material/360: Turn it with the pointer. Examples can be chosen in two dimensions."
            st.caption(flat if asked["dimensions"] == 2 else deep)


def _choices(subject: Subject) -> dict[str, Any]:
    """What is to be laid out, and how."""
    paths = [path for path, place in subject.places.items() if place.node.kind != "Input"]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        part = subject.part()
        with st.container(width=320):
            node = subject.node(paths[::-1], "Node, the last first")  # what is learned shows behind
        method = st.segmented_control(
            "Layout", [*METHODS], default="PCA", required=True, key=f"{subject.key} layout",
            help="PCA is there at once; t-SNE and UMAP take from seconds to a minute",
        )  # fmt: skip
        with st.popover("More", icon=":material/tune:"):
            dimensions = st.segmented_control(
                "Dimensions", [2, 3], default=2, required=True, key=f"{subject.key} dimensions"
            )
            most = st.number_input(
                "Examples at most", FEWEST, MOST, USUAL, 100, key=f"{subject.key} most",
                help="Drawn at random, the same ones each time",
            )  # fmt: skip
    return {"part": part, "node": node, "method": str(method), "dimensions": dimensions, "most": int(most)}


def _answers(subject: Subject, part: Any) -> Answers | None:
    """What the network answers, for colours and words; the layout does without where it gives no numbers."""
    try:
        return answered(subject, part)
    except StrataError:
        return None


def _ways(subject: Subject, part: Any, told: Answers | None) -> list[str]:
    """By what points can be coloured."""
    splits = subject.splits
    assert splits is not None
    if splits.task == "regression":
        own = [*(splits.examples.target or ("target",))]
    else:
        own = [CLASS if splits.task == "classification" else LABELS]
    if told is not None:
        own += [LOSS] if splits.task == "regression" else [ANSWER, RIGHT, LOSS]
    return [*own, *(name for name in map(str, columns(splits, part).columns) if name not in own)]


def _picture(
    subject: Subject, asked: dict[str, Any], told: Answers | None, way: str, marked: Sequence[int] = ()
) -> list[int]:
    """One layout, with a ring around some examples; the numbers of those that are chosen in it."""
    node = asked["node"]
    st.markdown(f"**{plain(short(node, 48)) if node else 'The input itself'}**")
    folder, checkpoint, at = subject.moment
    moment = {"folder": folder, "checkpoint": checkpoint if node else 0, "at": at if node else None}
    key = f"{subject.key} {'node' if node else 'input'} layout"
    found = waiting(key, "engines.embedding:project", **moment, **asked)
    if found is None:
        return []
    numbers = found["numbers"]
    colours, words = _colours(subject, asked["part"], numbers, told, way)
    picked = chosen(
        embedded, found["points"], numbers, words, colours, way, marked, key=f"{key} {asked} {at} {way}", many=True,
        alt=f"{asked['method']} of {node or 'the input'}: {len(numbers):,} examples, coloured by {way}",
    )  # fmt: skip
    st.caption(_measured(subject, found))
    return [int(np.ravel(one)[0]) for one in picked]


def _measured(subject: Subject, found: dict[str, Any]) -> str:
    """How far the picture can be trusted."""
    assert subject.splits is not None
    written = figure if subject.splits.task == "regression" else _share
    near, shown = (written(float(found[one])) for one in ("near", "shown"))
    values = f"all {found['width']:,} values" if found["width"] > 1 else "its value"
    start = f"The {NEIGHBOURS} nearest neighbours"
    if subject.splits.task == "regression":
        text = f"{start} predict an example's target with R² **{near}** by {values}, {shown}"
    else:
        what = "class" if subject.splits.task == "classification" else "labels"
        text = f"{start} tell an example's {what} in **{near}** by {values}, {shown}"
    text += f" in the picture, which keeps {found['kept']:.0%} of who is near whom (trustworthiness)."
    if found["explained"]:
        text += f" It shows {sum(found['explained']):.0%} of the variance."
    return text.replace("%", " %")


def _share(value: float) -> str:
    return f"{value:.1%}"


def _colours(
    subject: Subject, part: Any, numbers: np.ndarray, told: Answers | None, way: str
) -> tuple[Any, list[str]]:
    """The colours of examples, and what is said of each."""
    import pandas as pd

    splits = subject.splits
    assert splits is not None
    targets = splits.raw_targets(part)[numbers]
    truths = [truth(splits, one) for one in targets]
    words = [f"example {number + 1}: {true}" for number, true in zip(numbers, truths, strict=True)]
    if told is not None:
        answers = [said(told, int(number)) for number in numbers]
        words = [f"{word}\nanswered {answer}" for word, answer in zip(words, answers, strict=True)]
        known: dict[str, Any] = {LOSS: told.losses[numbers], ANSWER: answers}
        known[RIGHT] = ["right" if told.right[number] else "wrong" for number in numbers]
        if way in known:
            return known[way], words
    if way in (CLASS, LABELS):
        return truths, words
    if splits.task == "regression" and way in (names := splits.examples.target or ("target",)):
        return np.reshape(targets, (len(numbers), -1))[:, [*names].index(way)], words
    cells = columns(splits, part)[way].iloc[numbers]
    if pd.api.types.is_numeric_dtype(cells) and not pd.api.types.is_bool_dtype(cells):
        return cells.to_numpy(np.float64, na_value=np.nan), words
    return [*cells.astype(object).where(cells.notna(), "missing").map(str)], words
