"""Residuals of a regression: predicted against true, what is left over, and whether that has a shape."""

from __future__ import annotations

import numpy as np
import streamlit as st

from engines.answers import Answers, autocorrelation
from pages.parts.chart import chart, chosen
from pages.parts.inspecting.shown import show_examples
from pages.parts.inspecting.subject import Subject
from pages.parts.words import figure, plain
from pages.views import judged
from pages.views.examples import histogram

LAGS = 20


def residual(subject: Subject, told: Answers, part: str) -> None:
    """Of one target: the figures, and the examples of the points that were chosen."""
    assert subject.splits is not None
    target = 0
    if len(told.names) > 1:
        target = told.names.index(st.selectbox("Target", told.names, key=f"{subject.key} target", width=240))
    truth, found = told.truth[:, target], told.scores[:, target]
    errors = found - truth
    key = f"{subject.key} {part} {target}"
    left, right = st.columns(2)
    with left:
        points = chosen(
            judged.predicted, truth, found, told.names[target], key=f"{key} predicted", many=True,
            alt=f"Predicted against true values; correlation {_correlation(truth, found):.3f}",
        )  # fmt: skip
    with right:
        chart(
            judged.residuals, found, errors, key=f"{key} residuals",
            alt=f"Residuals from {figure(float(errors.min()))} to {figure(float(errors.max()))}",
        )  # fmt: skip
    bias = float(errors.mean())
    st.caption(
        f"On average {figure(abs(bias))} too {'high' if bias > 0 else 'low'}; the residuals' deviation is "
        f"{figure(float(errors.std()))}. A cloud without a shape around 0 is what a good network leaves."
    )
    if points:
        show_examples(subject, part, [int(np.ravel(one)[0]) for one in points], told)  # type: ignore[arg-type]
    if _series(subject):
        order = np.argsort(subject.splits.part(part).rows)  # type: ignore[arg-type]
        values, bound = autocorrelation(errors[order], LAGS)
        chart(
            judged.autocorrelation, values, bound, key=f"{key} lags",
            alt=plain(f"Autocorrelation of the residuals, the largest {np.abs(values).max(initial=0):.2f}"),
        )  # fmt: skip
        st.caption(
            "Residuals in the order of time: bars beyond the dotted lines are something the network has not learned."
        )
    else:
        chart(
            histogram,
            errors,
            "predicted − true",
            key=f"{key} histogram",
            alt="How often each residual occurs",
        )


def _series(subject: Subject) -> bool:
    from engines.data import Data

    return Data.parse(subject.trained.project.data).source.category == "Sequences"


def _correlation(x: np.ndarray, y: np.ndarray) -> float:
    return float(np.corrcoef(x, y)[0, 1]) if x.std() and y.std() else 0.0
