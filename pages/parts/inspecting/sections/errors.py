"""Errors: where the network is right, where it is wrong, and how well it knows."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import streamlit as st

from builder.errors import StrataError
from engines.answers import Answers
from pages.parts.chart import chart, chosen
from pages.parts.forms.bound import bound
from pages.parts.inspecting.answered import answered
from pages.parts.inspecting.residual import residual
from pages.parts.inspecting.section import Section
from pages.parts.inspecting.shown import show_examples
from pages.parts.inspecting.subject import Subject, no_data
from pages.parts.words import figure, metric_name, metric_value, plain, short
from pages.views import judged

FEW, MOST_CLASSES = 12, 100
_LABELLED = {
    "examples": "Examples",
    "groups": "Groups",
    "curves": "Threshold and curves",
    "calibration": "Calibration",
}
WAYS: dict[str, dict[str, str]] = {
    "classification": {"confusion": "Confusion", **_LABELLED},
    "multi-label": _LABELLED,
    "regression": {"residuals": "Residuals", "examples": "Examples", "groups": "Groups"},
}
"""Ways to look at answers, by the name that stands in the URL."""


class Errors(Section):
    """Where the network is right and wrong on examples, which ones are worst, and how well it knows what it knows."""

    title: ClassVar = "Errors"
    icon: ClassVar = "rule"
    order: ClassVar = 30

    def obstacle(self, subject: Subject) -> str:
        """It needs examples."""
        return no_data(subject)

    def show(self, subject: Subject) -> None:
        """A summary, then one way of looking after the other."""
        with st.container(horizontal=True, vertical_alignment="bottom"):
            part = subject.part()
        try:
            told = answered(subject, part)
        except StrataError as error:
            st.error(plain(error), icon=":material/error:")
            return
        _summary(subject, told, part)
        ways = WAYS[told.task]
        way = st.query_params.get("errors", "")
        way = way if way in ways else next(iter(ways))
        options = bound(f"{subject.key} errors", way, lambda one: st.query_params.update(errors=one), [*ways])
        options["default"] = [*ways][options.pop("index")]
        st.segmented_control(
            "Errors", format_func=ways.__getitem__, required=True, label_visibility="collapsed", **options
        )
        # a fragment of its own: what moves in it draws nothing else anew
        st.fragment(DRAW[way])(subject, told, part)


def _summary(subject: Subject, told: Answers, part: str) -> None:
    """How good it is, beside the baselines that the run measured on the test part."""
    grid = st.grid(5, min_column_width=150)
    everything = told.measured(np.arange(len(told)))
    for name, value in everything.items():
        grid.metric(metric_name(name).capitalize(), metric_value(name, value), border=True)
    if told.task != "regression":
        grid.metric("Mistakes", f"{int((~told.right).sum()):,} of {len(told):,}", border=True)
    lost = int((~told.finite).sum())
    if lost:
        st.warning(
            f"{lost:,} of {len(told):,} answers are no numbers: they count as wrong and stand in no curve. "
            "The network's weights are too large; train it with a smaller learning rate.",
            icon=":material/warning:",
        )
    for name, values in subject.run.status().measured.items():
        main = next(iter(everything))
        if name.startswith("baseline: ") and main in values:
            grid.metric(
                f"{name.removeprefix('baseline: ').capitalize()}, test", metric_value(main, values[main]), border=True,
                help="A baseline: a simple model that the run measured, on the test part",
            )  # fmt: skip


def _confusion(subject: Subject, told: Answers, part: str) -> None:
    counts, cells = told.confusion(), []
    left, right = st.columns([3, 2], gap="medium")
    with left:
        if len(told.names) > MOST_CLASSES:
            st.caption(
                f"{len(told.names)} classes are too many to draw; the most frequent mistakes are listed."
            )
        else:
            st.caption("Rows are the truth, columns the answers. Click a cell to see its examples.")
            cells = chosen(
                judged.confusion, counts, told.names, key=f"{subject.key} confusion {part}",
                alt=f"Confusion matrix: {int(counts.trace()):,} of {int(counts.sum()):,} on the diagonal",
            )  # fmt: skip
    with right:
        picked = _mistakes(told, counts, key=f"{subject.key} mistakes {part}")
    for true, found in dict.fromkeys([*((int(one), int(other)) for one, other in cells), *picked]):
        numbers = np.flatnonzero((told.truth == true) & (told.decisions == found))
        numbers = numbers[np.argsort(-told.scores[numbers, found], kind="stable")]
        st.markdown(f"**{plain(f'{told.names[true]} taken for {told.names[found]}: {len(numbers):,}')}**")
        st.caption("The surest first.")
        show_examples(subject, part, numbers, told)  # type: ignore[arg-type]


def _mistakes(told: Answers, counts: np.ndarray, key: str) -> list[tuple[int, int]]:
    """The most frequent mistakes in a table; the (true, predicted) that are chosen in it."""
    pairs = counts * (1 - np.eye(len(counts), dtype=np.int64))
    order = [int(one) for one in np.argsort(-pairs, axis=None, kind="stable")[:FEW] if pairs.flat[one]]
    if not order:
        st.caption(":material/check: There is no mistake in this part.")
        return []
    st.caption("The most frequent mistakes. Choose one to see its examples.")
    mistakes = [(one // len(pairs), one % len(pairs)) for one in order]
    rows = [
        {"true": short(told.names[r], 30), "taken for": short(told.names[c], 30), "times": int(pairs[r, c])}
        for r, c in mistakes
    ]
    picked: Any = st.dataframe(
        rows,
        hide_index=True,
        alt="The most frequent mistakes",
        key=key,
        on_select="rerun",
        selection_mode="single-row",
    )
    return [mistakes[row] for row in picked["selection"]["rows"] if row < len(mistakes)]


def _examples(subject: Subject, told: Answers, part: str) -> None:
    kinds = {"worst": "Worst", "uncertain": "Most uncertain", "best": "Surest and right"}
    kind: Any = "worst"
    if told.task != "regression":
        kind = st.segmented_control(
            "Which", [*kinds], default="worst", required=True, format_func=kinds.__getitem__,
            key=f"{subject.key} which", label_visibility="collapsed",
        )  # fmt: skip
    words = {
        "worst": "Those with the largest loss: the network was sure of something else, or the label is wrong.",
        "uncertain": "Those whose answer has the largest entropy: the network could not decide.",
        "best": "Those that are right with the smallest loss: what the network takes for typical.",
    }
    far = (
        "Those whose values are farthest from the truth: rare cases, or something that was measured wrongly."
    )
    st.caption(far if told.task == "regression" else words[kind])
    if kind == "best":
        numbers = np.argsort(np.where(told.right, told.losses, np.inf), kind="stable")[
            : min(FEW, int(told.right.sum()))
        ]
    else:
        numbers = told.worst(FEW) if kind == "worst" else told.most_uncertain(FEW)
    show_examples(subject, part, numbers, told)  # type: ignore[arg-type]


def _groups(subject: Subject, told: Answers, part: str) -> None:
    """Results by class, or by what stands in a column."""
    from engines.answers import columns, groups

    assert subject.splits is not None
    own = {"classification": ["class"], "multi-label": ["label"], "regression": []}[told.task]
    ways = [*own, *map(str, columns(subject.splits, part).columns)]  # type: ignore[arg-type]
    if not ways:
        st.caption("These examples have neither classes nor columns by which they could be grouped.")
        return
    way = st.selectbox("By", ways, key=f"{subject.key} group", width=280)
    if way in own:
        belongs = told.truth > 0.5 if way == "label" else told.truth[:, None] == np.arange(len(told.names))
        found = {name: np.flatnonzero(belongs[:, number]) for number, name in enumerate(told.names)}
    else:
        found = groups(subject.splits, part, way)  # type: ignore[arg-type]
    empty = [name for name, rows in found.items() if not len(rows)]
    found = {name: rows for name, rows in found.items() if len(rows)}
    main = next(iter(told.measured(np.arange(len(told)))))
    values = [told.measured(rows)[main] for rows in found.values()]
    overall = told.measured(np.arange(len(told)))[main]
    chart(
        judged.by_group, [*found], values, [told.range(rows) for rows in found.values()],
        [len(rows) for rows in found.values()], overall, metric_name(main),
        key=f"{subject.key} groups {part} {way}",
        alt="; ".join(f"{name} {metric_value(main, value)}" for name, value in zip(found, values, strict=True)),
    )  # fmt: skip
    absent = f" None of this part: {', '.join(short(name, 24) for name in empty[:12])}." if empty else ""
    st.caption(
        "In brackets the number of examples; within the lines lies the value of all examples of the kind, with 95 % "
        f"confidence. Groups whose lines reach the one of all may differ by chance.{plain(absent)}"
    )


def _curves(subject: Subject, told: Answers, part: str) -> None:
    """One class or label against the rest: a threshold that moves, and what all thresholds give."""
    from engines.answers import at_threshold, receiver

    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.selectbox(
            "Class", told.names, index=min(1, len(told.names) - 1), key=f"{subject.key} of", width=240
        )
        threshold = st.slider(
            "Tell it from this probability on", 0.0, 1.0, 0.5, 0.01, key=f"{subject.key} threshold"
        )
    true, score = told.of(told.names.index(str(name)))
    now = at_threshold(true, score, threshold)
    grid = st.grid(4, min_column_width=110)
    for key, value in now.items():
        grid.metric(
            key.capitalize(),
            f"{value:,}" if isinstance(value, int) else metric_value("accuracy", value),
            border=True,
        )
    curves = receiver(true, score)
    if not curves:
        st.caption(
            plain(f"There are no curves: {name} occurs {'always' if true.any() else 'never'} in this part.")
        )
        return
    steps = np.linspace(0, 1, 101)
    told_at = [at_threshold(true, score, float(one)) for one in steps]
    names = {"precision": "precision", "recall": "recall", "F1": "f1"}
    chart(
        judged.thresholds, steps,
        {name: np.array([one[key] for one in told_at]) for name, key in names.items()},
        threshold, key=f"{subject.key} thresholds {part} {name}",
        alt=f"Precision, recall and F1 of {name} over the threshold, which is {threshold:.2f}",
    )  # fmt: skip
    chart(
        judged.two_curves, curves, key=f"{subject.key} curves {part} {name}",
        alt=f"{name}: area under ROC {curves['area']:.3f}, average precision {curves['average']:.3f}",
    )  # fmt: skip


def _calibration(subject: Subject, told: Answers, part: str) -> None:
    from engines.answers import calibration

    if told.task == "classification":
        sure, right = told.scores[told.finite].max(1), told.right[told.finite]
    else:  # of each label: how sure it is of what it says
        given = np.where(told.decisions == 1, told.scores, 1 - told.scores)[told.finite]
        sure, right = given.ravel(), (told.decisions == told.truth)[told.finite].ravel()
    mean, hit, count, error = calibration(sure, right)
    lean = float(sure.mean() - right.mean())
    share = metric_value("accuracy", abs(lean))
    side = "surer than it is right" if lean > 0 else "less sure than it is right"
    st.caption(
        f"Expected calibration error **{figure(error)}**; on average the network is {share} {side}. "
        "On the dotted line it would be right as often as it is sure."
    )
    chart(
        judged.reliability, mean, hit, count, key=f"{subject.key} calibration {part}",
        alt=f"Reliability diagram: expected calibration error {error:.3f}",
    )  # fmt: skip


DRAW = {
    "confusion": _confusion, "residuals": residual, "examples": _examples, "groups": _groups, "curves": _curves,
    "calibration": _calibration,
}  # fmt: skip
