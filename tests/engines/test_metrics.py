"""Metrics against scikit-learn's, which define them independently of torchmetrics, and the baselines."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import sklearn.metrics as reference
import torch

from engines.metrics import baseline, measure, primary
from engines.tasks import Task, classes_of

RANDOM = torch.Generator().manual_seed(1)
SCORES = torch.randn(200, 4, generator=RANDOM)
CLASSES = (SCORES + torch.randn(200, 4, generator=RANDOM)).argmax(1)
LABELS = (SCORES + torch.randn(200, 4, generator=RANDOM) > 0.4).float()


def test_classification() -> None:
    found = SCORES.argmax(1)
    assert measure("classification", SCORES, CLASSES, 4) == pytest.approx({
        "accuracy": reference.accuracy_score(CLASSES, found),
        "f1": reference.f1_score(CLASSES, found, average="macro"),
    })  # fmt: skip


@pytest.mark.parametrize("scores", [SCORES[:, :2], SCORES[:, :1]], ids=["two outputs", "one output"])
def test_two_classes_have_an_area_under_the_curve(scores: torch.Tensor) -> None:
    truth = (CLASSES > 1).long()
    values = measure("classification", scores, truth, 2)
    margin = scores[:, 0] if scores.shape[1] == 1 else scores[:, 1] - scores[:, 0]
    assert values["accuracy"] == pytest.approx(reference.accuracy_score(truth, margin > 0))
    assert values["auroc"] == pytest.approx(reference.roc_auc_score(truth, margin), abs=1e-6)
    assert "auroc" not in measure("classification", scores[:3], torch.zeros(3, dtype=torch.int64), 2)


def test_a_class_that_never_occurs_does_not_lower_f1() -> None:
    values = measure("classification", torch.eye(4)[:2], torch.tensor([0, 1]), 4)
    assert values == {"accuracy": 1.0, "f1": 1.0}


def test_labels() -> None:
    found = SCORES > 0
    assert measure("multi-label", SCORES, LABELS) == pytest.approx({
        "accuracy": float((found == LABELS).float().mean()),
        "f1": reference.f1_score(LABELS, found, average="macro"),
        "exact": reference.accuracy_score(LABELS, found),
    })  # fmt: skip


@pytest.mark.parametrize("columns", [1, 3])
def test_regression_is_measured_in_original_units(columns: int) -> None:
    outputs = SCORES[:, :columns]
    truth = outputs + torch.randn(200, columns, generator=RANDOM) / 3
    values = measure("regression", outputs, truth, decode=lambda scaled: scaled * 70 + 150)
    known, guessed = truth * 70 + 150, outputs * 70 + 150
    assert values["mae"] == pytest.approx(reference.mean_absolute_error(known, guessed), rel=1e-4)
    assert values["rmse"] == pytest.approx(reference.mean_squared_error(known, guessed) ** 0.5, rel=1e-4)
    assert values["r2"] == pytest.approx(reference.r2_score(known, guessed), rel=1e-3)


@pytest.mark.parametrize("task", ["classification", "multi-label", "regression"])
def test_the_primary_metric_is_measured_and_nothing_is_measured_of_nothing(task: Task) -> None:
    targets = {"classification": CLASSES, "multi-label": LABELS, "regression": SCORES}[task]
    name, higher = primary(task)
    assert higher == (task != "regression") and name in measure(task, SCORES, targets)
    assert measure(task, SCORES[:0], targets[:0]) == {}


def test_a_single_value_has_no_explained_variance() -> None:
    assert set(measure("regression", torch.ones(1, 1), torch.zeros(1, 1))) == {"mae", "rmse"}


def splits(task: Task, inputs: torch.Tensor, targets: torch.Tensor, classes: int = 0) -> Any:
    parts = {
        name: SimpleNamespace(inputs=inputs[rows], targets=targets[rows])
        for name, rows in (("train", slice(150)), ("test", slice(150, None)))
    }
    return SimpleNamespace(
        task=task, classes=[str(n) for n in range(classes)], decode=lambda scaled: scaled, **parts
    )


def test_baselines_of_classes() -> None:
    results = baseline(splits("classification", SCORES[:, None], SCORES.argmax(1), 4))
    often = np.bincount(SCORES.argmax(1)[:150]).argmax()
    assert results["Most frequent"]["accuracy"] == pytest.approx(
        (SCORES.argmax(1)[150:] == often).float().mean()
    )
    assert results["Logistic regression"]["accuracy"] > 0.85


def test_baselines_of_values() -> None:
    results = baseline(splits("regression", SCORES, SCORES @ torch.tensor([[1.0], [2], [0], [-1]]) + 3))
    assert results["Mean"]["r2"] == pytest.approx(0, abs=0.1)
    assert results["Ridge regression"]["r2"] > 0.99


def test_baselines_of_labels() -> None:
    results = baseline(splits("multi-label", SCORES, (SCORES > 0.2).float(), 4))
    assert results["Logistic regression"]["f1"] > 0.9 > results["Most frequent"]["f1"]


def test_baselines_of_words_fit_no_line_and_rare_classes_break_nothing() -> None:
    words = torch.randint(0, 9, (200, 5), generator=RANDOM)
    assert set(baseline(splits("classification", words, CLASSES, 4))) == {"Most frequent"}
    late = torch.where(torch.arange(200) < 150, 1, 2)
    assert "Most frequent" in baseline(splits("classification", SCORES, late, 4))


def test_decisions() -> None:
    assert classes_of("multi-label", torch.tensor([[0.1, -2.0]])).tolist() == [[1, 0]]
    assert classes_of("regression", SCORES) is SCORES
