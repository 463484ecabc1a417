"""Residuals of a regression: predicted against true, what is left over, and whether that has a shape."""

from __future__ import annotations

import numpy as np
import streamlit as st

from engines.answers import Answers, autocorrelation
from pages.parts.chart import chart, chosen
from pages.parts.inspecting.shown import show_examples
from pages.parts.inspecting.subject import Subject
from pages.parts.words import figure
from pages.views import judged
from pages.views.examples import histogram

LAGS = 20


def residual(subject: Subject, told: Answers, part: str) -> None:
    """Of one target: the figures, and the examples of the points that were chosen."""
    assert subject.splits is not None
    target = 0
    if len(told.names) > 1:
        target = told.names.index(st.selectbox("Target", told.names, key=f"{subject.key} target", width=240))
    there = np.flatnonzero(told.finite)
    truth, found = told.truth[there, target], told.scores[there, target]
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
        show_examples(subject, part, there[[int(np.ravel(one)[0]) for one in points]], told)  # type: ignore[arg-type]
    left, right = st.columns(2)
    with left:
        chart(
            histogram,
            errors,
            "predicted − true",
            key=f"{key} histogram",
            alt="How often each residual occurs",
        )
    with right:
        rows = subject.splits.part(part).rows[told.finite]  # type: ignore[arg-type]
        _in_order(errors, rows, key)


def _in_order(errors: np.ndarray, rows: np.ndarray, key: str) -> None:
    """Whether residuals go with those of rows before them."""
    found = autocorrelation(errors, rows, LAGS)
    if not len(found["lags"]):
        st.caption(
            "Too few rows of this part lie near each other to tell whether residuals go with those before."
        )
        return
    beyond = int((np.abs(found["values"]) > found["bounds"]).sum())
    chart(
        judged.autocorrelation, found["lags"], found["values"], found["bounds"], key=f"{key} lags",
        alt=f"Autocorrelation of the residuals: {beyond} of {len(found['lags'])} lags beyond chance",
    )  # fmt: skip
    st.caption(
        f"Residuals against those of earlier rows of the data set: {beyond} of {len(found['lags'])} bars lie beyond "
        "the dotted lines, 1 in 20 by chance. Where rows follow in time, more than that is something to be learned yet."
    )


def _correlation(x: np.ndarray, y: np.ndarray) -> float:
    return float(np.corrcoef(x, y)[0, 1]) if x.std() and y.std() else 0.0
