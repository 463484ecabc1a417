"""Judgement: where a network is right and wrong, from its answers. Curves are scikit-learn's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from engines.answers import Answers

if TYPE_CHECKING:
    import pandas as pd

BINS = 15
"""Bins of a reliability diagram, as in Guo et al. (2017)."""
MOST_GROUPS = 20
"""Categories of a column that are told apart, the commonest; the others are one group."""
FEWEST_PAIRS = 8
"""Pairs of rows from which an autocorrelation is computed, at least."""


def confusion(answers: Answers) -> np.ndarray:
    """How often each class (row) was taken for each (column), (k, k); answers that are no numbers are left out."""
    count, known = len(answers.classes), answers.finite
    pairs = answers.truth[known] * count + answers.decided[known]
    return np.bincount(pairs, minlength=count**2).reshape(count, count)


def in_cell(answers: Answers, true: int, said: int) -> np.ndarray:
    """The numbers of the examples of one class that were taken for another (or the same), the surest first."""
    found = np.flatnonzero((answers.truth == true) & (answers.decided == said))
    return found[np.argsort(-answers.confidence[found], kind="stable")]


def worst(answers: Answers) -> np.ndarray:
    """All examples, the largest loss first; answers that are no numbers come before."""
    return np.argsort(-np.nan_to_num(answers.losses, nan=np.inf, posinf=np.inf), kind="stable")


def least_sure(answers: Answers) -> np.ndarray:
    """All examples, the most uncertain first: by the margin between the two most probable classes.

    Margin sampling, Scheffer, Decomain and Wrobel (2001); of several labels by that which is nearest to 0.5.
    """
    if answers.task == "multi-label":
        margin = np.abs(answers.given - 0.5).min(1, initial=0.5)
    else:
        top = np.sort(answers.given, 1)[:, -2:]
        margin = top[:, -1] - top[:, 0]
    return np.argsort(np.nan_to_num(margin, nan=-1.0), kind="stable")


class Curve(NamedTuple):
    """A class or label against all others: ROC and precision–recall, with the areas below them."""

    fpr: np.ndarray
    tpr: np.ndarray
    area: float
    """Below the ROC: how probably a random example of the class scores above one of another."""
    recall: np.ndarray
    precision: np.ndarray
    average: float
    """Average precision."""
    share: float
    """Of the examples that belong to the class: the average precision of guessing."""


def truth_of(answers: Answers, number: int) -> tuple[np.ndarray, np.ndarray]:
    """Whether examples belong to a class or label, and their probability of it; those that are numbers."""
    belongs = answers.truth[:, number] if answers.task == "multi-label" else answers.truth == number
    return belongs[answers.finite].astype(np.int64), answers.given[answers.finite, number]


def curve(answers: Answers, number: int) -> Curve | None:
    """The curves of a class or label; None where all examples belong to it, or none does."""
    from sklearn.metrics import auc, average_precision_score, precision_recall_curve, roc_curve

    truth, score = truth_of(answers, number)
    if not 0 < truth.sum() < len(truth):
        return None
    fpr, tpr, _ = roc_curve(truth, score)
    precision, recall, _ = precision_recall_curve(truth, score)
    average = float(average_precision_score(truth, score))
    return Curve(fpr, tpr, float(auc(fpr, tpr)), recall, precision, average, float(truth.mean()))


class Calibration(NamedTuple):
    """Bins of equal width over the confidence: what was said, and how often it was right."""

    edges: np.ndarray
    """(bins + 1,)."""
    counts: np.ndarray
    confidence: np.ndarray
    """The mean in each bin; NaN in an empty one."""
    accuracy: np.ndarray
    error: float
    """Expected calibration error: Σ count/n · |accuracy − confidence|; NaN without examples."""


def calibration(confidence: np.ndarray, right: np.ndarray, bins: int = BINS) -> Calibration:
    """The reliability of confidences (n,) whose answers were right or not (n,).

    Guo, Pleiss, Sun and Weinberger (2017), On calibration of modern neural networks. A bin holds what is above its
    lower edge, up to and with its upper one.
    """
    edges = np.linspace(0, 1, bins + 1)
    place = np.clip(np.searchsorted(edges, confidence, side="left") - 1, 0, bins - 1)
    counts = np.bincount(place, minlength=bins)
    with np.errstate(invalid="ignore"):
        said = np.bincount(place, confidence, bins) / counts
        was = np.bincount(place, right.astype(float), bins) / counts
    full = counts > 0
    error = (
        float(np.sum(counts[full] * np.abs(was - said)[full]) / counts.sum()) if full.any() else float("nan")
    )
    return Calibration(edges, counts, said, was, error)


def reliability(answers: Answers) -> Calibration:
    """How far the confidence can be trusted: of the class that is said, or of every label."""
    known = answers.finite
    if answers.task == "multi-label":
        given = answers.given[known]
        right = (given > 0.5) == (answers.truth[known] == 1)
        return calibration(np.maximum(given, 1 - given).ravel(), right.ravel())
    return calibration(answers.confidence[known], answers.right[known])


@dataclass(frozen=True)
class Decisions:
    """What comes of calling every example positive whose probability is above a threshold."""

    hits: int
    false_alarms: int
    misses: int
    rejected: int
    """True positives, false positives, false negatives, true negatives."""

    @property
    def precision(self) -> float:
        """Of those that were called positive, the share that is; NaN where none was."""
        return _share(self.hits, self.hits + self.false_alarms)

    @property
    def recall(self) -> float:
        """Of those that are positive, the share that was called so; NaN where none is."""
        return _share(self.hits, self.hits + self.misses)

    @property
    def specificity(self) -> float:
        """Of those that are negative, the share that was called so."""
        return _share(self.rejected, self.rejected + self.false_alarms)

    @property
    def f1(self) -> float:
        """The harmonic mean of precision and recall."""
        return _share(2 * self.hits, 2 * self.hits + self.false_alarms + self.misses)

    @property
    def accuracy(self) -> float:
        """The share that is right."""
        return _share(self.hits + self.rejected, self.hits + self.rejected + self.misses + self.false_alarms)


def _share(part: int, whole: int) -> float:
    return part / whole if whole else float("nan")


def decisions(truth: np.ndarray, score: np.ndarray, threshold: float) -> Decisions:
    """What comes of a threshold for whether examples are positive (n,) with these probabilities (n,)."""
    said, true = score > threshold, truth == 1
    return Decisions(
        int((said & true).sum()),
        int((said & ~true).sum()),
        int((~said & true).sum()),
        int((~said & ~true).sum()),
    )


@dataclass(frozen=True)
class Group:
    """Examples that have something in common, and how good the answers for them are."""

    name: str
    numbers: np.ndarray
    value: float
    """Accuracy (of several labels: the share of labels), or root mean squared error; NaN without examples."""
    low: float
    high: float
    """Where the value of the whole kind of examples lies, with 95 % confidence."""


def groups(answers: Answers, members: Sequence[tuple[str, np.ndarray]], target: int = 0) -> list[Group]:
    """How good the answers are in each group of examples.

    Args:
        answers: of the part.
        members: name and numbers of the examples of each group.
        target: of a regression with several, which.
    """
    return [_group(answers, name, numbers, target) for name, numbers in members]


def _group(answers: Answers, name: str, numbers: np.ndarray, target: int) -> Group:
    numbers = numbers[answers.finite[numbers]]
    nan = float("nan")
    if not len(numbers):
        return Group(name, numbers, nan, nan, nan)
    if answers.task == "regression":
        squares = (answers.given[numbers, target] - answers.truth[numbers, target]) ** 2
        mean = float(squares.mean())
        spread = 1.96 * float(squares.std(ddof=1)) / len(squares) ** 0.5 if len(squares) > 1 else nan
        return Group(name, numbers, mean**0.5, max(mean - spread, 0.0) ** 0.5, (mean + spread) ** 0.5)
    from scipy.stats import binomtest

    right = answers.decided[numbers] == answers.truth[numbers]
    interval = binomtest(int(right.sum()), right.size).proportion_ci(method="wilson")
    return Group(name, numbers, float(right.mean()), float(interval.low), float(interval.high))


def by_class(answers: Answers) -> list[tuple[str, np.ndarray]]:
    """The examples of each class; of each label those to which it applies."""
    belongs = (
        answers.truth == 1
        if answers.task == "multi-label"
        else answers.truth[:, None] == np.arange(len(answers.classes))
    )
    return [(name, np.flatnonzero(belongs[:, number])) for number, name in enumerate(answers.classes)]


def by_column(cells: pd.Series) -> list[tuple[str, np.ndarray]]:
    """Examples by what stands in a column (n,): quarters of numbers, or categories; what is missing is a group."""
    import pandas as pd

    missing = cells.isna().to_numpy()
    found: list[tuple[str, np.ndarray]] = []
    if pd.api.types.is_numeric_dtype(cells) and cells.nunique() > 8:
        values = cells.to_numpy(float, na_value=np.nan)
        edges = np.unique(np.quantile(values[~missing], [0, 0.25, 0.5, 0.75, 1]))
        place = np.clip(np.searchsorted(edges, values, side="left") - 1, 0, max(len(edges) - 2, 0))
        for number in range(len(edges) - 1):
            name = f"{edges[number]:.4g} to {edges[number + 1]:.4g}"
            found.append((name, np.flatnonzero((place == number) & ~missing)))
    else:
        text = cells.astype(object).map(_written).to_numpy()
        commonest = [*pd.Series(text[~missing]).value_counts().index]
        shown = commonest if len(commonest) <= MOST_GROUPS else commonest[: MOST_GROUPS - 1]
        found = [(name, np.flatnonzero((text == name) & ~missing)) for name in shown]
        if len(shown) < len(commonest):
            others = ~np.isin(text, shown) & ~missing
            found.append((f"{len(commonest) - len(shown)} others", np.flatnonzero(others)))
    return [*found, *([("missing", np.flatnonzero(missing))] if missing.any() else [])]


def _written(cell: object) -> str:
    return f"{cell:.6g}" if isinstance(cell, float) else str(cell)


class Correlations(NamedTuple):
    """How residuals go with those of rows before them: lags, correlation, and from how many pairs of rows."""

    lags: np.ndarray
    values: np.ndarray
    pairs: np.ndarray


def autocorrelation(residuals: np.ndarray, rows: np.ndarray, most: int = 24) -> Correlations:
    """The autocorrelation of residuals (n,) whose places in time are whole numbers (n,), each once.

    Where not all rows are there, a lag counts the pairs that are: their mean product of deviations, divided by the
    variance. With all rows it is r = c(lag) / c(0), each c a mean over its pairs; Box and Jenkins (1970) divide by n.
    """
    place = {int(row): number for number, row in enumerate(rows)}
    deviations = residuals - residuals.mean() if len(residuals) else residuals
    variance = float((deviations**2).mean()) if len(residuals) else 0.0
    lags, values, pairs = [], [], []
    for lag in range(1, most + 1):
        found = [(here, place[row + lag]) for row, here in place.items() if row + lag in place]
        if len(found) < FEWEST_PAIRS or not variance:
            continue
        before, after = np.array(found).T
        lags.append(lag)
        values.append(float((deviations[before] * deviations[after]).mean()) / variance)
        pairs.append(len(found))
    return Correlations(np.array(lags, int), np.array(values, float), np.array(pairs, int))
