"""Examples of the data as a person knows them: pictures in one image, rows of a table, points, series."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st

from pages.parts.chart import chosen
from pages.parts.inspecting.subject import Subject, truth
from pages.parts.words import figure, short
from pages.views.gallery import gallery

if TYPE_CHECKING:
    from engines.answers import Answers
    from engines.data.data import PartName

MOST = 24
SERIES = "series"
"""The column of a series of single values."""


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
    told = [_told(subject, part, one, answers) for one in numbers]
    key = f"{subject.key} shown {part} {hash(tuple(numbers))}"
    draw = _pictures if _is_pictures(splits.raw(part)) else _rows
    picked = draw(splits, part, numbers, told, key)
    if picked is None:
        st.caption("Click one to take it along: the other sections then look at it.")
        return
    st.query_params.update(part=part, example=str(picked + 1))
    st.caption(f":material/check: The other sections look at example {picked + 1:,} of this part now.")


def _is_pictures(raw: Any) -> bool:
    return isinstance(raw, np.ndarray) and raw.ndim == 4


def _pictures(
    splits: Any, part: PartName, numbers: Sequence[int], told: Sequence[Mapping[str, Any]], key: str
) -> int | None:
    """Pictures as one, with words below; the number of the one that was clicked."""
    captions, words = [], []
    for number, one in zip(numbers, told, strict=True):
        answer = one.get("answer", one["true"])
        same = answer == one["true"]
        captions.append(short(answer, 14) if same else f"{short(one['true'], 8)} → {short(answer, 8)}")
        words.append(
            "\n".join([f"example {number + 1}", *(f"{name}: {value}" for name, value in one.items())])
        )
    points = chosen(
        gallery, splits.raw(part)[[*numbers]], captions, words, np.array(numbers), key=key,
        alt=f"Examples {', '.join(str(one + 1) for one in numbers)}: {'; '.join(captions)}",
    )  # fmt: skip
    return int(np.ravel(points[0])[0]) if points else None


def _rows(
    splits: Any, part: PartName, numbers: Sequence[int], told: Sequence[Mapping[str, Any]], key: str
) -> int | None:
    """Rows of a table, in their own units; the number of the one that was clicked."""
    picked: Any = st.dataframe(
        _table(splits, part, numbers, told),
        hide_index=True,
        height="content",
        alt="The examples, a row each",
        key=key,
        on_select="rerun",
        selection_mode="single-row",
        column_config={SERIES: st.column_config.LineChartColumn(width="medium")},
    )
    rows = picked["selection"]["rows"]
    return numbers[rows[0]] if rows and rows[0] < len(numbers) else None


def _told(subject: Subject, part: PartName, number: int, answers: Answers | None) -> Mapping[str, Any]:
    """What is said of an example: its truth, the answer, how sure it is, the loss."""
    splits = subject.splits
    assert splits is not None
    row = {"true": truth(splits, splits.raw_targets(part)[number])}
    if answers is not None:
        row["answer"] = said(answers, number)
        if answers.task == "classification":
            row["sure"] = f"{answers.scores[number].max():.1%}"
        row["loss"] = figure(float(answers.losses[number]))
    return row


def said(answers: Answers, number: int) -> str:
    """What a network answers for one example, in words."""
    if not answers.finite[number]:
        return "no number"
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
    if isinstance(raw, np.ndarray) and raw.ndim == 3 and raw.shape[2] == 1:
        rows = pd.DataFrame({SERIES: [*raw[numbers, :, 0].tolist()]})
    elif isinstance(raw, np.ndarray):
        flat = raw[numbers].reshape(len(numbers), -1)
        names = [*splits.examples.columns][: flat.shape[1]]
        names = names if len(names) == flat.shape[1] else [str(place + 1) for place in range(flat.shape[1])]
        rows = pd.DataFrame(flat, columns=names)
    else:
        rows = raw.iloc[numbers].reset_index(drop=True)
    said = pd.DataFrame([{f"→ {name}": value for name, value in one.items()} for one in told])
    return pd.concat([pd.DataFrame({"#": [one + 1 for one in numbers]}), said, rows], axis=1)
