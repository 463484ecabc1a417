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
    told, bound = autocorrelation(np.tile([1.0, -1.0], 50), 4)
    assert told == pytest.approx([-0.99, 0.98, -0.97, 0.96]) and bound == pytest.approx(0.196)
    assert len(autocorrelation(np.zeros(3), 20)[0]) == 2


def test_groups_are_values_or_quarters() -> None:
    iris = prepare(Data.parse(builder.template("iris-mlp").data))
    name = str(columns(iris, "train").columns[0])
    found = groups(iris, "train", name)
    assert len(found) == 4 and sum(map(len, found.values())) == len(iris.train)
    values = columns(iris, "train")[name]
    lowest, second, *_ = found.values()
    assert max(values.iloc[lowest]) <= min(values.iloc[second])


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
