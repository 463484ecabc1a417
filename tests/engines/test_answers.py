"""Answers on a part: against scikit-learn, closed forms, and examples that were planted."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn import metrics

import builder
import engines
from builder.errors import StrataError
from engines.answers import (
    Answers,
    answers,
    at_threshold,
    autocorrelation,
    calibration,
    columns,
    groups,
    receiver,
)
from engines.data import Data, prepare
from engines.trained import Trained
from tests.tiny import project

DICE = np.random.default_rng(0)


def classified(n: int = 200, classes: int = 4) -> Answers:
    scores = DICE.dirichlet(np.ones(classes), n)
    return Answers("classification", tuple("abcd"[:classes]), scores, DICE.integers(0, classes, n))


def test_confusion_and_losses_are_scikit_learns() -> None:
    told = classified()
    assert np.array_equal(told.confusion(), metrics.confusion_matrix(told.truth, told.scores.argmax(1)))
    assert told.losses.mean() == pytest.approx(metrics.log_loss(told.truth, told.scores))
    share = metrics.accuracy_score(told.truth, told.decisions)
    assert told.measured(np.arange(200))["accuracy"] == pytest.approx(share)
    assert np.isnan(told.measured(np.arange(0))["accuracy"])


def test_planted_worst_and_uncertain_examples_are_found() -> None:
    scores = np.full((9, 3), [0.9, 0.05, 0.05])
    scores[4], scores[7] = [0.001, 0.998, 0.001], [1 / 3, 1 / 3, 1 / 3]
    told = Answers("classification", ("a", "b", "c"), scores, np.zeros(9, int))
    assert told.worst(1).tolist() == [4] and told.most_uncertain(1).tolist() == [7]
    assert told.uncertainty[7] == pytest.approx(np.log(3))


def test_labels_and_values_have_answers_too() -> None:
    labels = Answers(
        "multi-label", ("x", "y"), np.array([[0.9, 0.2], [0.4, 0.6]]), np.array([[1.0, 0], [1, 1]])
    )
    assert labels.right.tolist() == [True, False] and labels.losses[0] == pytest.approx(
        -np.log(0.9) - np.log(0.8)
    )
    values = Answers("regression", ("v",), np.array([[1.0], [5.0]]), np.array([[1.0], [2.0]]))
    assert values.worst(1).tolist() == [1] and values.measured(np.arange(2))["rmse"] == pytest.approx(
        np.sqrt(4.5)
    )


def test_curves_are_scikit_learns() -> None:
    told = classified(classes=2)
    true, score = told.of(1)
    found = receiver(true, score)
    assert found["area"] == pytest.approx(metrics.roc_auc_score(true, score))
    assert found["average"] == pytest.approx(metrics.average_precision_score(true, score))
    assert receiver(np.ones(4, bool), np.ones(4)) == {} and receiver(np.zeros(4, bool), np.ones(4)) == {}
    now = at_threshold(true, score, 0.3)
    assert now["precision"] == pytest.approx(metrics.precision_score(true, score >= 0.3))
    assert now["recall"] == pytest.approx(metrics.recall_score(true, score >= 0.3))
    assert now["f1"] == pytest.approx(metrics.f1_score(true, score >= 0.3))
    assert sum(now[one] for one in now if one.endswith("s")) == len(true)
    assert np.isnan(at_threshold(np.zeros(3, bool), np.zeros(3), 0.5)["recall"])


def test_calibration_by_hand() -> None:
    sure = np.array([0.95, 0.95, 0.95, 0.95, 0.65, 0.65])
    right = np.array([1, 1, 1, 0, 1, 0], bool)
    mean, hit, count, error = calibration(sure, right)
    assert (
        count.tolist() == [0, 0, 0, 0, 0, 0, 2, 0, 0, 4] and hit[9] == 0.75 and mean[6] == pytest.approx(0.65)
    )
    assert error == pytest.approx((4 * 0.2 + 2 * 0.15) / 6)
    assert calibration(np.ones(3), np.ones(3, bool))[3] == 0


def test_autocorrelation_finds_a_planted_rhythm() -> None:
    told = autocorrelation(np.tile([1.0, -1.0], 50), np.arange(100), 4)
    assert told["values"] == pytest.approx([-1, 1, -1, 1]) and told["lags"].tolist() == [1, 2, 3, 4]
    assert told["bounds"] == pytest.approx(1.96 / np.sqrt([99, 98, 97, 96]))
    nothing = autocorrelation(np.zeros(30), np.arange(30), 20)
    assert not len(nothing["lags"]) and not len(autocorrelation(np.zeros(0), np.zeros(0, int), 9)["lags"])


def test_autocorrelation_counts_rows_and_not_neighbours_in_the_part() -> None:
    noise, follows = DICE.standard_normal(9000), np.zeros(9000)
    for time in range(1, 9000):
        follows[time] = 0.8 * follows[time - 1] + noise[time]
    order = DICE.permutation(9000)
    whole = autocorrelation(follows[order], order, 5)
    assert whole["values"][:2] == pytest.approx([0.8, 0.64], abs=0.05)
    some = order[:3000]  # as a part that was drawn at random
    part = autocorrelation(follows[some], some, 5)
    assert part["values"][0] == pytest.approx(0.8, abs=0.05)
    here, mean = set(some.tolist()), follows[some].mean()
    by_hand = [(follows[row] - mean) * (follows[row + 2] - mean) for row in here if row + 2 in here]
    assert part["values"][1] == pytest.approx(np.mean(by_hand) / follows[some].var(), abs=1e-12)
    ordered = follows[np.sort(some)] - follows[some].mean()
    naive = (ordered[1:] * ordered[:-1]).mean() / ordered.var()
    assert naive < 0.65, "the next of the part is three rows away"
    assert (part["bounds"] > whole["bounds"]).all()
    even = autocorrelation(follows[::2], np.arange(0, 9000, 2), 5)
    assert even["lags"].tolist() == [2, 4], "no two rows of the part are next to each other"


def test_answers_that_are_no_numbers_are_wrong_and_counted_nowhere_else() -> None:
    scores = np.array([[0.9, 0.1, 0], [np.nan, 0.5, 0.5], [0.2, 0.7, 0.1]])
    told = Answers("classification", ("a", "b", "c"), scores, np.array([0, 0, 1]))
    assert told.finite.tolist() == [True, False, True] and told.decisions.tolist() == [0, -1, 1]
    assert told.right.tolist() == [True, False, True] and told.worst(1).tolist() == [
        1
    ] == told.most_uncertain(1)
    assert told.confusion().tolist() == [[1, 0, 0], [0, 1, 0], [0, 0, 0]]
    measured = told.measured(np.arange(3))
    assert measured["accuracy"] == pytest.approx(2 / 3) and np.isfinite(measured["loss"])
    true, score = told.of(0)
    assert true.tolist() == [True, False] and score.tolist() == [0.9, 0.2] and receiver(*told.of(2)) == {}
    labels = Answers("multi-label", ("x",), np.array([[np.nan], [0.9]]), np.array([[1.0], [1.0]]))
    assert labels.right.tolist() == [False, True] and np.isinf(labels.losses[0])
    values = Answers("regression", ("v",), np.array([[np.inf], [2.0]]), np.array([[1.0], [1.0]]))
    assert values.measured(np.arange(2))["rmse"] == 1 and values.worst(1).tolist() == [0]


def test_a_range_holds_the_value_and_is_narrow_where_there_are_many() -> None:
    truth = np.arange(400) % 2
    told = Answers("classification", ("a", "b"), np.tile([[0.9, 0.1]], (400, 1)), truth)
    (low, high), (lower, higher) = told.range(np.arange(400)), told.range(np.arange(10))
    assert lower < low < 0.5 < high < higher and np.isnan(told.range(np.arange(0))).all()
    assert (lower, higher) == pytest.approx((0.2366, 0.7634), abs=1e-4)  # Wilson's interval of 5 in 10
    values = Answers("regression", ("v",), np.array([[1.0], [3.0], [2.0]]), np.zeros((3, 1)))
    assert values.range(np.arange(3))[0] < np.sqrt(14 / 3) < values.range(np.arange(3))[1]
    assert np.isnan(values.range(np.arange(1))).all()


def test_groups_are_values_or_quarters() -> None:
    iris = prepare(Data.parse(builder.template("iris-mlp").data))
    name = str(columns(iris, "train").columns[0])
    found = groups(iris, "train", name)
    assert len(found) == 4 and sum(map(len, found.values())) == len(iris.train)
    values = columns(iris, "train")[name]
    lowest, second, *_ = found.values()
    assert max(values.iloc[lowest]) <= min(values.iloc[second])


def test_quarters_of_numbers_stand_in_order_and_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    frame = pd.DataFrame(
        {"time": [*np.random.default_rng(0).permutation(1_600_000_000.0 + np.arange(400)), np.nan]}
    )
    monkeypatch.setattr("engines.answers.columns", lambda splits, part: frame)
    found = groups(None, "test", "time")  # type: ignore[arg-type]
    assert [len(rows) for rows in found.values()] == [100, 100, 100, 100, 1] and [*found][4] == "missing"
    lowest = [frame["time"].iloc[rows].min() for rows in found.values()][:4]
    assert lowest == sorted(lowest) and next(iter(found)).startswith("1600000000 to 1600000100")


def test_groups_of_words_and_gaps(monkeypatch: pytest.MonkeyPatch) -> None:
    frame = pd.DataFrame({"town": ["Bern", "Rome", None, "Bern"]})
    monkeypatch.setattr("engines.answers.columns", lambda splits, part: frame)
    found = groups(None, "test", "town")  # type: ignore[arg-type]
    assert {name: rows.tolist() for name, rows in found.items()} == {
        "Bern": [0, 3],
        "Rome": [1],
        "missing": [2],
    }


@pytest.mark.parametrize(
    "name", ["iris-mlp", "breast-cancer-mlp", "diabetes-mlp", "lstm-forecaster", "perceptron"]
)
def test_answers_are_the_networks(name: str, tmp_path: Any) -> None:
    what = builder.template(name)
    run = engines.train(what.with_fields(engine={**what.engine, "epochs": 2}), tmp_path / "run")
    trained = Trained.of(run)
    told = answers(trained, "test")
    main, measured = next(iter(told.measured(np.arange(len(told))).items())), run.status().measured["test"]
    assert main[1] == pytest.approx(measured[main[0]], rel=1e-5)


def test_what_cannot_be_answered_is_told() -> None:
    with pytest.raises(StrataError, match="no test examples"):
        answers(Trained.untrained(project()), "test")
