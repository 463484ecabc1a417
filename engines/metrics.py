"""Metrics by task, and the simple baselines that every result is shown beside."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from engines.tasks import Task, classes_of, probabilities

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor

    from engines.data.data import Splits

    Decode = Callable[[Tensor], Tensor]

PRIMARY: dict[Task, tuple[str, bool]] = {
    "classification": ("accuracy", True),
    "multi-label": ("f1", True),
    "regression": ("rmse", False),
}
BASELINE = "baseline: "
"""What the name of a baseline begins with where parts are named."""
MOST_CELLS = 2_000_000
"""Numbers that a baseline learns from at most, in whole rows: it has to be quick (the split has shuffled them)."""


def primary(task: Task) -> tuple[str, bool]:
    """The metric by which models of this task are compared, and whether higher is better."""
    return PRIMARY[task]


def measure(
    task: Task, outputs: Tensor, targets: Tensor, classes: int = 0, decode: Decode | None = None
) -> dict[str, float]:
    """The task's metrics of a network's outputs; {} when there are no examples.

    Args:
        task: what the outputs mean (see engines/tasks.py).
        outputs: scores (n, k) as the network gives them.
        targets: the truth, in the shape that the task's convention says.
        classes: how many classes there are; 0 takes it from the outputs.
        decode: turns the scaled values of a regression into the units that a person knows.
    """
    if not len(targets):
        return {}
    outputs = outputs.detach().float()
    if task == "regression":
        return _values(*(decode(scaled) if decode else scaled for scaled in (outputs, targets)))
    if task == "multi-label":
        return _labels(outputs, targets)
    return _classes(outputs, targets, classes or max(outputs.shape[1], 2))


def _classes(outputs: Tensor, targets: Tensor, classes: int) -> dict[str, float]:
    from torchmetrics.functional.classification import binary_auroc, multiclass_accuracy, multiclass_f1_score

    found = classes_of("classification", outputs)
    values = {
        "accuracy": multiclass_accuracy(found, targets, classes, average="micro", validate_args=False),
        "f1": multiclass_f1_score(found, targets, classes, average="macro", validate_args=False),
    }
    if classes == 2 and len(targets.unique()) == 2:  # the area is not defined while a class is missing
        score = probabilities("classification", outputs)[:, 1]
        values["auroc"] = binary_auroc(score, targets, validate_args=False)
    return {name: float(value) for name, value in values.items()}


def _labels(outputs: Tensor, targets: Tensor) -> dict[str, float]:
    from torchmetrics.functional.classification import (
        multilabel_accuracy,
        multilabel_exact_match,
        multilabel_f1_score,
    )

    found, truth, labels = classes_of("multi-label", outputs), targets.long(), targets.shape[1]
    return {
        "accuracy": float(multilabel_accuracy(found, truth, labels, average="micro", validate_args=False)),
        "f1": float(multilabel_f1_score(found, truth, labels, average="macro", validate_args=False)),
        "exact": float(multilabel_exact_match(found, truth, labels, validate_args=False)),
    }


def _values(outputs: Tensor, targets: Tensor) -> dict[str, float]:
    from torchmetrics.functional.regression import mean_absolute_error, mean_squared_error, r2_score

    outputs, targets = outputs.contiguous(), targets.contiguous()
    values = {
        "mae": float(mean_absolute_error(outputs, targets)),
        "rmse": float(mean_squared_error(outputs, targets, squared=False)),
    }
    if len(targets) > 1:  # one value has no variance to explain
        values["r2"] = float(r2_score(outputs, targets))
    return values


def baseline(splits: Splits) -> dict[str, dict[str, float]]:
    """What simple models, fitted on the training part, reach on the test part: name → metrics.

    The most frequent class and logistic regression; for values the mean and ridge regression. Their settings are fixed,
    so nothing is tuned on the test part. No line is fitted to whole numbers, such as words, nor to a single class.
    """
    import torch

    train, test = splits.train, splits.test
    if not len(train.inputs) or not len(test.inputs):
        return {}
    x, measured = train.inputs.flatten(1), {}
    most = max(MOST_CELLS // max(x.shape[1], 1), 2)
    linear = train.inputs.is_floating_point() and len(train.targets.unique()) > 1
    for name, model in _models(splits.task, linear):
        with warnings.catch_warnings():
            warnings.simplefilter(
                "ignore"
            )  # a baseline that has not converged, or knows one class, still says much
            model.fit(x[:most].numpy(), _answers(train.targets)[:most])
            outputs = _outputs(splits.task, model, test.inputs.flatten(1).numpy(), len(splits.classes))
        scores = torch.as_tensor(outputs, dtype=torch.float32).reshape(len(test.targets), -1)
        measured[name] = measure(splits.task, scores, test.targets, len(splits.classes), splits.decode)
    return measured


def _models(task: Task, linear: bool) -> list[tuple[str, Any]]:
    """The baselines by name, unfitted."""
    from sklearn.dummy import DummyClassifier, DummyRegressor
    from sklearn.linear_model import LogisticRegression, Ridge
    from sklearn.multiclass import OneVsRestClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    if task == "regression":
        return [("Mean", DummyRegressor()), *([("Ridge regression", Ridge())] if linear else [])]
    logistic = LogisticRegression(max_iter=300)
    line = logistic if task == "classification" else OneVsRestClassifier(logistic)
    return [
        ("Most frequent", DummyClassifier(strategy="most_frequent")),
        *([("Logistic regression", make_pipeline(StandardScaler(), line))] if linear else []),
    ]


def _answers(targets: Tensor) -> np.ndarray:
    """Targets as scikit-learn takes them: a single column is flat."""
    return targets.squeeze(1).numpy() if targets.ndim == 2 and targets.shape[1] == 1 else targets.numpy()


def _outputs(task: Task, model: Any, inputs: np.ndarray, classes: int) -> np.ndarray:
    """The model's answers as a network would give them: scores for classes and labels, values as they are."""
    import numpy as np

    if task == "regression":
        return model.predict(inputs)
    if task == "multi-label":
        return model.predict(inputs) - 0.5
    scores = np.full((len(inputs), classes), np.log(1e-12))
    scores[:, model.classes_] = np.log(np.maximum(model.predict_proba(inputs), 1e-12))
    return scores
