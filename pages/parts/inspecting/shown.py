"""Examples of the data as a person knows them: pictures in one image, rows of a table, points, series."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st

from pages.parts.inspecting.subject import Subject, truth
from pages.parts.words import figure, plain
from pages.views.examples import captioned

if TYPE_CHECKING:
    from engines.answers import Answers
    from engines.data.data import PartName

MOST = 24


def show_examples(
    subject: Subject, part: PartName, numbers: Sequence[int], answers: Answers | None = None, most: int = MOST
) -> None:
    """Some examples of a part, by their places in it, with their truth and what the network answers."""
    splits = subject.splits
    assert splits is not None
    numbers = [int(one) for one in numbers]
    if len(numbers) > most:
        st.caption(f"The first {most} of {len(numbers):,}.")
    numbers = numbers[:most]
    if not numbers:
        st.caption("No example is like that.")
        return
    raw = splits.raw(part)
    told = [_told(subject, part, one, answers) for one in numbers]
    if isinstance(raw, np.ndarray) and raw.ndim == 4:
        words = [f"{one['true']} → {one['answer']}" if "answer" in one else one["true"] for one in told]
        st.image(
            captioned(
                raw[numbers], [f"#{number + 1} {text}" for number, text in zip(numbers, words, strict=True)]
            ),
            width="content",
            alt=plain(f"Examples {', '.join(str(one + 1) for one in numbers)}: {'; '.join(words)}"),
        )
        return
    st.dataframe(
        _table(splits, part, numbers, told), hide_index=True, height="content", alt="The examples, a row each"
    )


def _told(subject: Subject, part: PartName, number: int, answers: Answers | None) -> Mapping[str, Any]:
    """What is said of an example: its truth, the answer, how sure it is, the loss."""
    splits = subject.splits
    assert splits is not None
    row = {"true": truth(splits, splits.raw_targets(part)[number])}
    if answers is not None:
        row["answer"] = said(answers, number)
        if answers.task == "classification":
            row["sure"] = f"{answers.scores[number].max():.0%}"
        row["loss"] = figure(float(answers.losses[number]))
    return row


def said(answers: Answers, number: int) -> str:
    """What a network answers for one example, in words."""
    decision = answers.decisions[number]
    if answers.task == "classification":
        return answers.names[int(decision)]
    if answers.task == "multi-label":
        there = [name for name, applies in zip(answers.names, decision, strict=True) if applies]
        return ", ".join(there) or "none of them"
    return ", ".join(figure(float(one)) for one in decision)


def _table(splits: Any, part: PartName, numbers: Sequence[int], told: Sequence[Mapping[str, Any]]) -> Any:
    import pandas as pd

    raw = splits.raw(part)
    if isinstance(raw, np.ndarray):
        flat = raw[numbers].reshape(len(numbers), -1)
        names = [*splits.examples.columns][: flat.shape[1]]
        names = names if len(names) == flat.shape[1] else [str(place + 1) for place in range(flat.shape[1])]
        rows = pd.DataFrame(flat, columns=names)
    else:
        rows = raw.iloc[numbers].reset_index(drop=True)
    said = pd.DataFrame([{f"→ {name}": value for name, value in one.items()} for one in told])
    return pd.concat([pd.DataFrame({"#": [one + 1 for one in numbers]}), said, rows], axis=1)
