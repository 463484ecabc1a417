"""The loss of an answer that is always the same: what a network that has learned nothing pays."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from engines.doctor.settings import value_of
from engines.engine import Engine


def constant_loss(engine: Engine, data: Mapping[str, Any]) -> float | None:
    """The least loss of a constant answer on the training part; None where it is not known in closed form.

    Cross entropy: the entropy of the classes, or its maximum where class weights make all classes count the same.
    Binary cross entropy with an output for each class: the mean entropy of "this one or another?". Mean squared error
    of values: 1, for targets are standardised.
    """
    kind = getattr(value_of(engine, "loss"), "kind", "")
    counts = [count for count in data.get("classes", {}).values() if count]
    if data.get("task") == "regression":
        return 1.0 if kind == "MSE" else None
    if data.get("task") != "classification" or len(counts) < 2:
        return None
    shares = [count / sum(counts) for count in counts]
    if value_of(engine, "class_weights", False):
        shares = [1 / len(counts)] * len(counts)
    entropy = -sum(share * math.log(share) for share in shares)
    if (kind == "CrossEntropy" and not value_of(engine, "loss.label_smoothing", 0.0)) or kind == "NLL":
        return entropy
    if kind == "BinaryCrossEntropy" and len(counts) > 2:
        return -sum(p * math.log(p) + (1 - p) * math.log(1 - p) for p in shares) / len(shares)
    return entropy if kind == "BinaryCrossEntropy" else None
