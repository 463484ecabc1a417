"""Where a network errs: curves against scikit-learn, calibration by hand, planted errors found."""

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn import metrics

from engines import judgement as judge
from tests.engines.test_answers import made

draw = np.random.default_rng(0)


def probabilities(count: int, classes: int) -> np.ndarray:
    scores = np.exp(draw.standard_normal((count, classes)))
    return scores / scores.sum(1, keepdims=True)


@pytest.mark.parametrize("classes", [2, 5, 100])
def test_confusion_and_curves_are_those_of_scikit_learn(classes: int) -> None:
    truth = draw.integers(0, classes, 300)
    found = made("classification", truth, probabilities(300, classes))
    said = found.given.argmax(1)
    assert (judge.confusion(found) == metrics.confusion_matrix(truth, said, labels=range(classes))).all()
    curve = judge.curve(found, 1)
    assert curve is not None
    score = found.given[:, 1]
    assert curve.area == pytest.approx(metrics.roc_auc_score(truth == 1, score), abs=1e-12)
    assert curve.average == pytest.approx(metrics.average_precision_score(truth == 1, score), abs=1e-12)
    fpr, tpr, _ = metrics.roc_curve(truth == 1, score)
    precision, recall, _ = metrics.precision_recall_curve(truth == 1, score)
    assert (curve.fpr == fpr).all() and (curve.tpr == tpr).all() and curve.share == (truth == 1).mean()
    assert (curve.precision == precision).all() and (curve.recall == recall).all()


def test_classes_that_do_not_occur_and_answers_that_are_no_numbers() -> None:
    found = made("classification", [0, 0, 1], [[0.9, 0.1, 0], [np.nan, 0.5, 0.5], [0.2, 0.7, 0.1]])
    assert judge.confusion(found).tolist() == [[1, 0, 0], [0, 1, 0], [0, 0, 0]]
    assert judge.curve(found, 2) is None and judge.curve(found, 0) is not None
    alone = made("classification", [0, 0], [[1.0], [1.0]])
    assert judge.confusion(alone).tolist() == [[2]] and judge.curve(alone, 0) is None
    lost = made("classification", [0, 1], [[np.nan, 0], [np.nan, 0]])
    assert judge.confusion(lost).sum() == 0 and judge.curve(lost, 0) is None
    assert np.isnan(judge.reliability(lost).error) and np.isnan(
        judge.groups(lost, judge.by_class(lost))[0].value
    )


def test_cells_hold_exactly_their_examples_the_surest_first() -> None:
    truth = [0, 0, 0, 1, 1]
    found = made("classification", truth, [[0.9, 0.1], [0.3, 0.7], [0.1, 0.9], [0.2, 0.8], [0.6, 0.4]])
    assert judge.in_cell(found, 0, 1).tolist() == [2, 1]
    assert judge.in_cell(found, 1, 0).tolist() == [4] and judge.in_cell(found, 0, 0).tolist() == [0]
    counts = judge.confusion(found)
    assert all(len(judge.in_cell(found, i, j)) == counts[i, j] for i in range(2) for j in range(2))


def test_the_planted_worst_example_and_the_least_sure_are_found() -> None:
    given = np.full((50, 3), [0.98, 0.01, 0.01])
    given[17], given[31] = [0.001, 0.99, 0.009], [0.4, 0.39, 0.21]
    found = made("classification", np.zeros(50, int), given, losses=-np.log(given[:, 0]))
    assert judge.worst(found)[:2].tolist() == [17, 31] and judge.least_sure(found)[0] == 31
    lost = made("classification", [0, 0], [[0.5, 0.5], [np.nan, np.nan]], losses=[9.0, np.nan])
    assert judge.worst(lost)[0] == 1 and judge.least_sure(lost)[0] == 1
    labels = made("multi-label", np.zeros((3, 2), int), [[0.1, 0.9], [0.05, 0.52], [0.2, 0.8]])
    assert judge.least_sure(labels)[0] == 1


def test_calibration_on_numbers_made_by_hand() -> None:
    """Bins of 0.2: (0.6, 0.8] says 0.7 and is right in 1 of 2; (0.8, 1] says 0.95 and is right in 3 of 4."""
    confidence = np.array([0.65, 0.75, 0.9, 0.9, 1.0, 1.0])
    right = np.array([1, 0, 1, 1, 1, 0], bool)
    found = judge.calibration(confidence, right, bins=5)
    assert found.counts.tolist() == [0, 0, 0, 2, 4]
    assert found.confidence[3:] == pytest.approx([0.7, 0.95]) and found.accuracy[3:] == pytest.approx(
        [0.5, 0.75]
    )
    assert found.error == pytest.approx(2 / 6 * 0.2 + 4 / 6 * 0.2)
    perfect = judge.calibration(np.array([1.0, 1.0]), np.array([True, True]))
    assert perfect.error == 0 and perfect.counts[-1] == 2
    assert np.isnan(judge.calibration(np.zeros(0), np.zeros(0, bool)).error)


def test_calibration_error_is_that_of_torchmetrics() -> None:
    from torchmetrics.functional.classification import multiclass_calibration_error

    truth = draw.integers(0, 4, 500)
    found = made("classification", truth, probabilities(500, 4))
    other = multiclass_calibration_error(
        torch.tensor(found.given), torch.tensor(truth), 4, n_bins=judge.BINS, norm="l1"
    )
    assert judge.reliability(found).error == pytest.approx(float(other), abs=1e-6)


@pytest.mark.parametrize("threshold", [0.0, 0.3, 0.5, 0.999, 1.0])
def test_decisions_at_a_threshold_are_those_of_scikit_learn(threshold: float) -> None:
    truth, score = draw.integers(0, 2, 200), draw.uniform(0, 1, 200)
    found, said = judge.decisions(truth, score, threshold), score > threshold
    assert [[found.rejected, found.false_alarms], [found.misses, found.hits]] == metrics.confusion_matrix(
        truth, said, labels=[0, 1]
    ).tolist()
    if said.any():
        assert found.precision == pytest.approx(metrics.precision_score(truth, said))
    else:
        assert np.isnan(found.precision)
    assert found.recall == pytest.approx(metrics.recall_score(truth, said))
    assert (
        found.f1 == pytest.approx(metrics.f1_score(truth, said)) and found.accuracy == (truth == said).mean()
    )
    assert found.specificity == pytest.approx(metrics.recall_score(1 - truth, ~said))


def test_groups_by_class_and_by_column() -> None:
    found = made("classification", [0, 0, 1, 1], [[0.9, 0.1], [0.2, 0.8], [0.1, 0.9], [0.4, 0.6]])
    zero, one = judge.groups(found, judge.by_class(found))
    assert (
        (zero.value, one.value) == (0.5, 1.0) and zero.low < 0.5 < zero.high and one.high == pytest.approx(1)
    )
    values = made("regression", np.zeros((4, 1)), [[1.0], [1.0], [3.0], [5.0]])
    [group] = judge.groups(values, [("all", np.arange(4))])
    assert group.value == 3 and group.low < 3 < group.high
    assert np.isnan(judge.groups(values, [("none", np.arange(0))])[0].value)


def test_columns_are_told_apart_by_quarters_and_categories() -> None:
    quarters = judge.by_column(pd.Series([*range(1, 101), None]))
    assert [len(numbers) for _, numbers in quarters] == [25, 25, 25, 25, 1] and quarters[-1] == (
        "missing",
        np.array([100]),
    )
    assert quarters[0][0] == "1 to 25.75"
    few = judge.by_column(pd.Series(["b", "a", "b", None, "<i>"]))
    assert [(name, numbers.tolist()) for name, numbers in few] == [
        ("b", [0, 2]),
        ("a", [1]),
        ("<i>", [4]),
        ("missing", [3]),
    ]
    many = judge.by_column(pd.Series([f"city {number}" for number in range(50)] * 2 + ["rome"]))
    assert len(many) == judge.MOST_GROUPS and many[-1][0] == "32 others"
    assert sum(len(numbers) for _, numbers in many) == 101
    [constant] = judge.by_column(pd.Series([3.0] * 20))
    assert constant[0] == "3" and len(constant[1]) == 20


def test_autocorrelation_finds_what_was_planted() -> None:
    noise = draw.standard_normal(600)
    follows = np.zeros(600)
    for time in range(1, 600):
        follows[time] = 0.8 * follows[time - 1] + noise[time]
    order = draw.permutation(600)
    found = judge.autocorrelation(follows[order], order)
    assert found.values[0] == pytest.approx(0.8, abs=0.08) and found.values[1] == pytest.approx(
        0.64, abs=0.12
    )
    assert (found.pairs == 600 - found.lags).all() and found.lags[0] == 1
    by_hand = np.mean((follows - follows.mean())[:-3] * (follows - follows.mean())[3:]) / follows.var()
    assert found.values[2] == pytest.approx(by_hand, abs=1e-12)
    alone = judge.autocorrelation(noise, np.arange(600))
    assert np.abs(alone.values).max() < 0.15
    some = judge.autocorrelation(follows[::2], np.arange(0, 600, 2))
    assert (some.lags % 2 == 0).all() and some.values[0] == pytest.approx(0.64, abs=0.12)
    assert not len(judge.autocorrelation(np.zeros(0), np.zeros(0, int)).lags)
