"""What a network answers on a whole part of its data, and how that compares with the truth."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from builder.errors import StrataError
from engines.tasks import Task

if TYPE_CHECKING:
    from engines.data.data import PartName, Splits
    from engines.trained import Trained

AT_ONCE = 512
TINY = 1e-12
BINS = 10
FEWEST_PAIRS = 8


@dataclass(frozen=True, eq=False)
class Answers:
    """A network's answers for the n examples of a part, beside the truth."""

    task: Task
    names: tuple[str, ...]
    """Of classes or labels; of a regression's targets."""
    scores: np.ndarray
    """Classification: probabilities (n, classes) that sum to 1. Multi-label: of each label, (n, labels). Regression:
    the values in their own units, (n, targets)."""
    truth: np.ndarray
    """Classification: int64 (n,). Multi-label: 0 and 1, (n, labels). Regression: in their own units, (n, targets)."""

    @cached_property
    def finite(self) -> np.ndarray:
        """Whether each answer is numbers, (n,); what is none decides nothing, and is as wrong as can be."""
        return np.isfinite(self.scores).all(1)

    def __len__(self) -> int:
        return len(self.truth)

    @cached_property
    def decisions(self) -> np.ndarray:
        """What the network decides: class numbers (n,), labels (n, labels), or the values; −1 where it is no number."""
        if self.task == "classification":
            return np.where(self.finite, np.nan_to_num(self.scores).argmax(1), -1)
        if self.task == "multi-label":
            return np.where(self.finite[:, None], self.scores > 0.5, -1).astype(np.int64)
        return self.scores

    @cached_property
    def right(self) -> np.ndarray:
        """Whether each answer is right, all labels of it, (n,); of values those within a tenth of their deviation."""
        if self.task == "regression":
            return (np.abs(self.scores - self.truth) <= 0.1 * self.truth.std(0)).all(1)
        return (
            self.decisions == self.truth
            if self.task == "classification"
            else (self.decisions == self.truth).all(1)
        )

    @cached_property
    def losses(self) -> np.ndarray:
        """How wrong each answer is, (n,): −log of the truth's probability in nats; of values the mean squared error.

        Infinite where the answer is no number.
        """
        if self.task == "regression":
            losses = ((self.scores - self.truth) ** 2).mean(1)
        elif self.task == "classification":
            losses = -np.log(np.maximum(self.scores[np.arange(len(self)), self.truth], TINY))
        else:
            given = np.where(self.truth > 0.5, self.scores, 1 - self.scores)
            losses = -np.log(np.maximum(given, TINY)).sum(1)
        return np.where(self.finite, losses, np.inf)

    @cached_property
    def uncertainty(self) -> np.ndarray:
        """The entropy of each answer in nats, (n,); 0 for values, of which a network says nothing about its doubts."""
        if self.task == "regression":
            return np.zeros(len(self))
        p = np.clip(self.scores, TINY, 1)
        spread = -(p * np.log(p))
        if self.task == "multi-label":
            spread = spread - (1 - p) * np.log(np.clip(1 - p, TINY, 1))
        return np.where(self.finite, spread.sum(1), np.inf)

    def worst(self, count: int) -> np.ndarray:
        """The places of the answers with the largest loss, the worst first."""
        return np.argsort(-self.losses, kind="stable")[:count]

    def most_uncertain(self, count: int) -> np.ndarray:
        """The places of the answers with the largest entropy first."""
        return np.argsort(-self.uncertainty, kind="stable")[:count]

    def confusion(self) -> np.ndarray:
        """How often each class (row) was taken for each (column): int64 (classes, classes)."""
        count = len(self.names)
        pairs = self.truth[self.finite] * count + self.decisions[self.finite]
        return np.bincount(pairs, minlength=count**2).reshape(count, count)

    def of(self, number: int) -> tuple[np.ndarray, np.ndarray]:
        """Of one class or label: whether it is true, bool (n,), and its score, (n,), of answers that are numbers."""
        true = self.truth == number if self.task == "classification" else self.truth[:, number] > 0.5
        return true[self.finite], self.scores[self.finite, number]

    def measured(self, rows: np.ndarray) -> dict[str, float]:
        """The share of some answers that is right, and their mean loss; of values their root mean squared error.

        Answers that are no numbers are wrong, and have no loss.
        """
        losses = self.losses[rows][self.finite[rows]]
        mean = float(losses.mean()) if len(losses) else np.nan
        if self.task == "regression":
            return {"rmse": mean**0.5}
        return {"accuracy": float(self.right[rows].mean()) if len(rows) else np.nan, "loss": mean}

    def range(self, rows: np.ndarray) -> tuple[float, float]:
        """Where the accuracy, or root mean squared error, of all examples like these lies, with 95 % confidence.

        Wilson (1927), Probable inference; of errors, the mean of squares and twice its standard error. NaN without any.
        """
        from scipy.stats import binomtest

        losses = self.losses[rows][self.finite[rows]]
        if self.task != "regression" and len(rows):
            found = binomtest(int(self.right[rows].sum()), len(rows)).proportion_ci(method="wilson")
            return float(found.low), float(found.high)
        if self.task != "regression" or len(losses) < 2:
            return np.nan, np.nan
        mean, spread = float(losses.mean()), 1.96 * float(losses.std(ddof=1)) / len(losses) ** 0.5
        return max(mean - spread, 0.0) ** 0.5, (mean + spread) ** 0.5


def answers(trained: Trained, part: PartName) -> Answers:
    """What the network answers on a part.

    Raises:
        StrataError: it has no data that fit it, the part is empty, or no answer is a number.
    """
    import torch

    from engines.tasks import probabilities

    splits = trained.splits
    if splits is None or not trained.reads_rows or not len(splits.part(part)):
        raise StrataError(f"There are no {part} examples for this network.")
    inputs = splits.part(part).inputs
    outputs = torch.cat([trained.answers((some,))[0] for some in inputs.split(AT_ONCE)])
    if outputs.ndim != 2 or not bool(outputs.isfinite().all(1).any()):
        raise StrataError(
            "The network's answers are no numbers: its weights are too large. Train it with a smaller learning rate."
        )
    truth = splits.raw_targets(part)
    if splits.task == "regression":
        scores = splits.decode(outputs.double()).numpy()
        return Answers(
            splits.task, splits.examples.target or _numbered(truth), scores, np.reshape(truth, scores.shape)
        )
    return Answers(splits.task, splits.classes, probabilities(splits.task, outputs.double()).numpy(), truth)


def _numbered(truth: np.ndarray) -> tuple[str, ...]:
    return tuple(f"target {number + 1}" for number in range(truth.reshape(len(truth), -1).shape[1]))


def receiver(true: np.ndarray, score: np.ndarray) -> dict[str, Any]:
    """The receiver operating characteristic and the precision–recall curve of one class, with the areas below them.

    Fawcett (2006), An introduction to ROC analysis; average precision as scikit-learn defines it. {} where the class
    occurs never, or always: neither is defined.
    """
    from sklearn.metrics import auc, average_precision_score, precision_recall_curve, roc_curve

    if true.all() or not true.any():
        return {}
    false_rate, true_rate, _ = roc_curve(true, score)
    precision, recall, _ = precision_recall_curve(true, score)
    return {
        "false_rate": false_rate, "true_rate": true_rate, "area": float(auc(false_rate, true_rate)),
        "precision": precision, "recall": recall, "average": float(average_precision_score(true, score)),
        "share": float(true.mean()),
    }  # fmt: skip


def calibration(
    sure: np.ndarray, right: np.ndarray, bins: int = BINS
) -> tuple[np.ndarray, np.ndarray, np.ndarray, float]:
    """Whether 80 % sure is right in 80 % of cases: by equal bins of certainty, and the expected calibration error.

    Guo et al. (2017), On calibration of modern neural networks, equation 3.

    Args:
        sure: the probability that the network gave to its answer, (n,).
        right: whether the answer was right, (n,).
        bins: how many.

    Returns:
        Of each bin the mean certainty, the share that was right (NaN where nothing lies), the count; and the error.
    """
    place = np.minimum((sure * bins).astype(int), bins - 1)
    count = np.bincount(place, minlength=bins)
    with np.errstate(invalid="ignore"):
        mean = np.bincount(place, sure, bins) / count
        hit = np.bincount(place, right, bins) / count
    gaps = np.abs(np.nan_to_num(mean) - np.nan_to_num(hit))
    return mean, hit, count, float((gaps * count).sum() / max(len(sure), 1))


def at_threshold(true: np.ndarray, score: np.ndarray, threshold: float) -> dict[str, float]:
    """What becomes of the answers where a class is told from this probability on: counts, precision, recall, F1."""
    told = score >= threshold
    hits, alarms = int((told & true).sum()), int((told & ~true).sum())
    missed, rest = int((~told & true).sum()), int((~told & ~true).sum())
    precision = hits / (hits + alarms) if hits + alarms else np.nan
    recall = hits / (hits + missed) if hits + missed else np.nan
    f1 = 2 * hits / (2 * hits + alarms + missed) if hits + alarms + missed else np.nan
    return {
        "true positives": hits, "false positives": alarms, "false negatives": missed, "true negatives": rest,
        "precision": precision, "recall": recall, "f1": f1, "accuracy": (hits + rest) / max(len(true), 1),
    }  # fmt: skip


def groups(splits: Splits, part: PartName, column: str) -> dict[str, np.ndarray]:
    """The rows of a part by what stands in a column: its values, or, of many numbers, quarters of them, in order."""
    import pandas as pd

    values = columns(splits, part)[column]
    if pd.api.types.is_numeric_dtype(values) and values.nunique() > 8:
        codes, edges = pd.qcut(values, 4, labels=False, retbins=True, duplicates="drop")
        written = _apart(edges)
        found = {f"{low} to {high}": codes == place for place, (low, high) in enumerate(pairwise(written))}
        found["missing"] = values.isna()
        return {name: np.flatnonzero(rows) for name, rows in found.items() if rows.any()}
    named = values.astype(object).where(values.notna(), "missing").astype(str)
    order = named.value_counts(sort=False).index if named.nunique() <= 4 else named.value_counts().index[:20]
    return {str(name): np.flatnonzero(named.to_numpy() == name) for name in order}


def _apart(edges: np.ndarray) -> list[str]:
    """Different numbers with as many digits as tell them apart, four at least."""

    def written(one: float, digits: int) -> str:
        if one and not 1e-4 <= abs(one) < 1e12:
            return f"{one:.{digits}g}"
        return np.format_float_positional(one, digits, unique=False, fractional=False, trim="-")

    every = ([written(one, digits) for one in edges] for digits in range(4, 18))
    return next((told for told in every if len({*told}) == len(edges)), [*map(repr, edges.tolist())])


def columns(splits: Splits, part: PartName) -> Any:
    """A part's columns as a person knows them, as a table; of images and series there are none."""
    import pandas as pd

    raw = splits.raw(part)
    if not isinstance(raw, np.ndarray):
        return raw
    if raw.ndim != 2:
        return pd.DataFrame(index=range(len(raw)))
    names = splits.examples.columns or tuple(f"feature {place + 1}" for place in range(raw.shape[1]))
    return pd.DataFrame(raw, columns=list(names))


def autocorrelation(errors: np.ndarray, rows: np.ndarray, lags: int) -> dict[str, np.ndarray]:
    """How residuals (n,) go with those of rows before them; `rows` tells each one's place in the data set, (n,).

    A part holds some rows only, so a lag counts the pairs of rows that are both there: the mean product of their
    deviations, divided by the variance. With all rows that is Box and Jenkins (1970), Time series analysis, section
    2.1, but for each sum being divided by its own number of terms. Lags with less than `FEWEST_PAIRS` are left out.

    Returns:
        lags; values; and bounds, within which 95 % lie by chance: 1.96 / √pairs.
    """
    place = np.full(int(rows.max(initial=-1)) + 1, -1)
    place[rows] = np.arange(len(rows))
    centred = errors - errors.mean() if len(errors) else errors
    variance = float((centred**2).mean()) if len(errors) else 0.0
    found: list[tuple[int, float, float]] = []
    for lag in range(1, min(lags, len(place) - 1) + 1) if variance else ():
        there = (place[:-lag] >= 0) & (place[lag:] >= 0)
        if (pairs := int(there.sum())) >= FEWEST_PAIRS:
            product = centred[place[:-lag][there]] * centred[place[lag:][there]]
            found.append((lag, float(product.mean()) / variance, 1.96 / pairs**0.5))
    names = ("lags", "values", "bounds")
    return {name: np.array([one[number] for one in found]) for number, name in enumerate(names)}
