"""What a trained network answers for rows that a person types or uploads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from builder.errors import BadValue, Problem, StrataError
from engines.trained import Trained

if TYPE_CHECKING:
    from torch import Tensor

    from engines.data.preprocessing import Preprocessing
    from engines.runs.run import Run
    from engines.tasks import Task

MOST_ROWS = 100_000
AT_ONCE = 1024
"""Rows that go through the network together."""


@dataclass(frozen=True)
class Prediction:
    """What the network answers for one row."""

    task: Task
    chances: tuple[tuple[str, float], ...] = ()
    """Each class or label with its probability, the most probable first; none for regression."""
    values: tuple[tuple[str, float], ...] = ()
    """For regression: each target with its value, in its own units."""

    @property
    def labels(self) -> tuple[str, ...]:
        """The class; of several labels, those that are more probable than not."""
        if self.task == "multi-label":
            return tuple(name for name, chance in self.chances if chance > 0.5)
        return tuple(name for name, _ in self.chances[:1])

    def __str__(self) -> str:
        if self.task == "regression":
            return ", ".join(f"{name} {value:.4g}" for name, value in self.values)
        if self.task == "multi-label":
            return ", ".join(self.labels) or "none"
        return f"{self.chances[0][0]} ({self.chances[0][1]:.1%})"


def predict(of: Run | Trained, rows: Any) -> list[Prediction]:
    """What the network of a run answers, one prediction for each row.

    Args:
        of: a run, or a network that was loaded already.
        rows: a dict by column name, a list of them, or a list of arrays or nested lists; also a single image, with or
            without its channel. `engines.rows` makes rows of CSV files and pictures.

    Raises:
        BadValue: a row cannot be read; the message names the column and the cell.
        StrataError: the network was not trained on rows, or its weights are no numbers.
    """
    from engines.tasks import probabilities

    trained = of if isinstance(of, Trained) else Trained.of(of)
    preprocessing = trained.preprocessing
    if preprocessing is None or not trained.reads_rows:
        unknown = "nothing is known of its data, or it has several inputs or outputs"
        raise StrataError(f"This network cannot predict rows: {'; '.join(trained.notes) or unknown}.")
    outputs = _outputs(trained, preprocessing, _several(rows, preprocessing.input_shape))
    if preprocessing.task == "regression":
        told = preprocessing.decode(outputs.double()).tolist()
        return [
            Prediction("regression", values=tuple(zip(preprocessing.target, row, strict=True)))
            for row in told
        ]
    chances = probabilities(preprocessing.task, outputs).tolist()
    return [Prediction(preprocessing.task, _ranked(preprocessing.classes, row)) for row in chances]


def _several(rows: Any, shape: tuple[int, ...]) -> Any:
    """Rows as a list of several, at least one."""
    import numpy as np

    if isinstance(rows, Mapping):
        return [rows]
    count = 0 if isinstance(rows, str | bytes) or not hasattr(rows, "__len__") else len(rows)
    if not 0 < count <= MOST_ROWS:
        message = f"Rows: must be a list of 1 to {MOST_ROWS:,} rows. Got {count:,}."
        fix = "Give at least one row, and large files in parts."
        raise BadValue([Problem(message, rule="rows", value=count, fix=fix)])
    try:
        given = np.shape(rows)
    except ValueError:  # of different lengths, which encoding explains
        return rows
    sides = tuple(side for side in shape if side != 1)
    if len(sides) > 1 and given[-len(sides) :] == sides and len(given) <= len(shape) + 1:
        return np.reshape(rows, (-1, *shape))  # images, one or several, with or without their channel
    return rows


def _outputs(trained: Trained, preprocessing: Preprocessing, rows: Any) -> Tensor:
    """What the network gives for rows, in the form that the task needs."""
    import torch

    parts = preprocessing.encode(rows).split(AT_ONCE)
    outputs = torch.cat([trained.answers((part,))[0] for part in parts])
    wanted, allowed = preprocessing.outputs, {preprocessing.outputs}
    if preprocessing.task == "classification" and wanted == 2:
        allowed.add(1)
    if outputs.ndim != 2 or outputs.shape[1] not in allowed:
        got = " × ".join(map(str, outputs.shape[1:]))
        raise StrataError(
            f"The network gives {got} numbers for a row, where its data have {wanted} classes or values."
        )
    if not outputs.isfinite().all():
        raise StrataError(
            "The network's answer is no number: its weights, or a cell, are too large. "
            "Train it with a smaller learning rate."
        )
    return outputs


def _ranked(names: Sequence[str], chances: Sequence[float]) -> tuple[tuple[str, float], ...]:
    return tuple(sorted(zip(names, chances, strict=True), key=lambda pair: -pair[1]))
