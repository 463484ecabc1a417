"""What a network answers on a whole part of its data, beside the truth."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from builder.errors import StrataError
from engines.aside import tell

if TYPE_CHECKING:
    from torch import Tensor

    from engines.data.data import PartName
    from engines.tasks import Task
    from engines.trained import Trained


@dataclass(frozen=True)
class Answers:
    """The answers for n examples, in the order of the part. Shared by all who look: change nothing in it."""

    task: Task
    classes: tuple[str, ...]
    """Names of the classes or labels; none for regression."""
    names: tuple[str, ...]
    """What the targets are called."""
    truth: np.ndarray
    """Classification: int64 (n,). Multi-label: int64 (n, k) of 0 and 1. Regression: float64 (n, k) in its own units."""
    given: np.ndarray
    """Probabilities (n, classes or labels), float64; for regression the predictions (n, k) in their own units."""
    losses: np.ndarray
    """The loss of each example by itself (n,), by which the run was trained."""
    rows: np.ndarray
    """Which rows of the data set these are (n,)."""

    def __len__(self) -> int:
        return len(self.truth)

    @cached_property
    def finite(self) -> np.ndarray:
        """Whether each answer is numbers (n,)."""
        return np.isfinite(self.given).all(1)

    @cached_property
    def decided(self) -> np.ndarray:
        """What the network says: class numbers (n,), labels (n, k) of 0 and 1, or values; −1 where it is no number."""
        if self.task == "regression":
            return self.given
        if self.task == "multi-label":
            found = (self.given > 0.5).astype(np.int64)
            found[~self.finite] = -1
            return found
        return np.where(self.finite, np.nan_to_num(self.given).argmax(1), -1) if len(self) else self.truth

    @cached_property
    def right(self) -> np.ndarray:
        """Whether each answer is right (n,), of several labels all of them; for regression all False."""
        if self.task == "regression":
            return np.zeros(len(self), bool)
        same = self.decided == self.truth
        return same.all(1) if same.ndim == 2 else same

    @cached_property
    def confidence(self) -> np.ndarray:
        """The probability of what was decided (n,): of several labels the least sure one's; NaN for regression."""
        if self.task == "regression":
            return np.full(len(self), np.nan)
        if self.task == "multi-label":
            return np.maximum(self.given, 1 - self.given).min(1, initial=1.0)
        return self.given.max(1, initial=0.0)

    def said(self, number: int) -> str:
        """An answer in words."""
        return self._words(self.decided[number]) if self.finite[number] else "no number"

    def true(self, number: int) -> str:
        """What is true of an example, in words."""
        return self._words(self.truth[number])

    def _words(self, one: Any) -> str:
        if self.task == "classification":
            return self.classes[int(one)]
        if self.task == "multi-label":
            return ", ".join(name for name, there in zip(self.classes, one, strict=True) if there) or "none"
        return ", ".join(f"{value:.4g}" for value in one)


@lru_cache(4)
def trained_at(folder: str, checkpoint: int, at: int | None) -> Trained:
    """The network of a run, kept by a process that works aside.

    Args:
        folder: of the run.
        checkpoint: the number of its newest one, by which newer weights are told from older ones.
        at: the step of a snapshot, for its weights instead.

    Raises:
        StrataError: it has no weights, or no rows can be put into it.
    """
    from engines.runs.run import Run
    from engines.trained import Trained

    tell(0.0, "Loading the network and its data")
    trained = Trained.of(Run(Path(folder)), at=at)
    if trained.splits is None or not trained.reads_rows:
        told = "; ".join(trained.notes) or "its data do not fit it"
        raise StrataError(f"There are no examples for this network: {told}")
    return trained


def answers(folder: str, checkpoint: int, at: int | None, part: PartName) -> Answers:
    """What the network of a run answers on a part; to be called aside.

    Args:
        folder: of the run.
        checkpoint: the number of its newest one.
        at: the step of a snapshot; None for the newest weights.
        part: of its data.

    Raises:
        StrataError: it has no weights, its data are not at hand, or do not fit it.
    """
    return of(trained_at(folder, checkpoint, at), part)


def of(trained: Trained, part: PartName) -> Answers:
    """What a network answers on a part.

    Raises:
        StrataError: the network does not give what the task of its data needs.
    """
    from engines.predict import outputs_of
    from engines.tasks import probabilities

    splits = trained.splits
    assert splits is not None and trained.preprocessing is not None
    here = splits.part(part)
    names = splits.examples.target
    empty = here.targets.new_zeros((0, max(splits.outputs, 1))).float()
    outputs = empty
    if len(here):
        outputs = outputs_of(trained, here.inputs, lambda share: tell(0.9 * share, "Asking the network"))
    given = (
        splits.decode(outputs.double())
        if splits.task == "regression"
        else probabilities(splits.task, outputs.double())
    )
    truth = splits.raw_targets(part)
    truth = truth.astype(np.int64) if splits.task == "multi-label" else truth
    losses = _losses(trained, outputs, here.targets)
    return Answers(splits.task, splits.classes, names, truth, given.numpy(), losses, here.rows)


def _losses(trained: Trained, outputs: Tensor, targets: Tensor) -> np.ndarray:
    """The loss of each example by itself: a loss is the mean over those of a batch."""
    from engines.engine import engine_of
    from engines.losses import Loss, usual_loss

    assert trained.splits is not None
    told = getattr(engine_of(trained.project.engine), "loss", None)
    loss = (told if isinstance(told, Loss) else usual_loss(trained.splits.task)()).build()
    found = np.empty(len(targets))
    for number in range(len(targets)):
        found[number] = float(loss(outputs[number : number + 1], targets[number : number + 1]))
        if number % 1000 == 0:
            tell(0.9 + 0.1 * number / len(targets), "Measuring the loss of each example")
    return found
