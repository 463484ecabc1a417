"""What the data are: how they are split, how many there are of each class, and some of them to look at."""

import numpy as np
import streamlit as st

from engines.data import Splits
from pages.parts.chart import chart
from pages.parts.words import plain
from pages.views.examples import class_counts, histogram, montage, scatter

MOST_ROWS = 200


def shares(splits: Splits) -> None:
    """How many examples each part has."""
    grid = st.grid(3, min_column_width=120)
    for name, words in (("train", "Training"), ("validation", "Validation"), ("test", "Test, held out")):
        part = splits.part(name)  # type: ignore[arg-type]
        grid.metric(words, f"{len(part):,}", border=True)


def preview(splits: Splits) -> None:
    """Classes, examples, and what is done to each column."""
    inputs = splits.examples.inputs
    names = ["Examples", "Answers", "Treatment"]
    look, answers, treatment = st.tabs(names)
    with look:
        if isinstance(inputs, np.ndarray) and inputs.ndim == 4:
            _images(splits, inputs)
        elif isinstance(inputs, np.ndarray) and inputs.shape[1:] == (2,) and splits.task == "classification":
            chart(
                scatter,
                inputs,
                splits.examples.targets,
                splits.classes,
                key="points",
                alt="The points, coloured by class",
            )
        else:
            _rows(splits)
    with answers:
        _answers(splits)
    with treatment:
        st.caption(
            "Learned from the training part alone, then done to every part, and to what you predict later."
        )
        st.dataframe(splits.preprocessing.describe(), hide_index=True, alt="What is done to each column")


def _images(splits: Splits, inputs: np.ndarray) -> None:
    rows = splits.train.rows[:32]
    st.image(montage(inputs[rows]), width="stretch", alt=f"The first {len(rows)} training images")
    told = (
        [splits.classes[number] for number in splits.examples.targets[rows]]
        if splits.task == "classification"
        else []
    )
    if told:
        st.caption(plain(f"The first {len(rows)} of the training part, by rows of 8: {' '.join(told)}"))


def _rows(splits: Splits) -> None:
    """The rows of the training part, the answer first."""
    import pandas as pd

    rows = splits.train.rows[:MOST_ROWS]
    inputs = splits.examples.inputs
    if isinstance(inputs, np.ndarray):
        flat = inputs[rows].reshape(len(rows), -1)
        frame = pd.DataFrame(flat, columns=[*splits.examples.columns][: flat.shape[1]] or None)
    else:
        frame = inputs.iloc[rows].reset_index(drop=True)
    targets = splits.examples.targets[rows]
    names = splits.examples.target or ("answer",)
    if splits.task == "classification":
        frame.insert(0, f"→ {names[0]}", [splits.classes[number] for number in targets])
    elif splits.task == "regression":
        for place in reversed(range(targets.shape[1])):
            frame.insert(0, f"→ {names[place] if place < len(names) else place + 1}", targets[:, place])
    st.dataframe(frame, hide_index=True, height=420, alt="The first rows of the training part")
    st.caption(f"The first {len(rows)} rows of the training part, as they were given; → marks the answer.")


def _answers(splits: Splits) -> None:
    if splits.task == "regression":
        name = (splits.examples.target or ("answer",))[0]
        chart(
            histogram, splits.examples.targets[:, 0], name, key="answers", alt="How often each answer occurs"
        )
        return
    counts = {name: splits.counts(name) for name in ("train", "validation", "test")}
    chart(class_counts, counts, key="answers", alt="How many examples of each class each part has")
