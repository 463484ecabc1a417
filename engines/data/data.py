"""Data: which examples a project learns from and how they are split; Splits: the three parts, ready for an engine."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from builder.errors import BadValue, Problem, field_problems
from builder.registry import choice
from engines.data.dataset import Dataset, Examples
from engines.data.encoders import Scaling
from engines.data.preprocessing import Preprocessing
from engines.data.small import Digits
from engines.tasks import Task

if TYPE_CHECKING:
    import pandas as pd
    import torch

PartName = Literal["train", "validation", "test"]
TEST_SEED = 0
"""Fixed, so that no setting a person tries moves a row from the test part into training."""
FEWEST_TRAINING_ROWS = 2


class Data(BaseModel):
    """What a project learns from: a data set, how it is split, and how its numbers are scaled."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)
    source: choice(Dataset) = Field(Digits(), description="The data set")
    test: float = Field(
        0.25, ge=0.05, le=0.9, description="Share of all rows held out, seen by no training and no choice"
    )
    validation: float = Field(
        0.15, ge=0, le=0.9, description="Share of the other rows that measures progress while training"
    )
    stratify: bool = Field(True, description="Keep the classes in equal shares in every part")
    scaling: Scaling = Field(
        "standard", description="How numbers are scaled, fitted on the training part: per column or channel"
    )
    seed: int = Field(
        0, ge=0, le=2**31 - 1, description="Another seed picks other rows for validation; the test rows stay"
    )

    @classmethod
    def parse(cls, value: Any) -> Data:
        """The settings that plain JSON describes; {} gives the defaults.

        Raises:
            BadValue: a field is unknown or refused, of these settings or of the data set.
        """
        source = value.get("source") if isinstance(value, dict) else None
        kind = Dataset.registry.get(str(source.get("kind"))) if isinstance(source, dict) else None
        owner: type[BaseModel] = cls
        try:
            if kind:  # first by itself, so that a problem names the data set's field and bounds
                owner = kind
                value, owner = {**value, "source": kind.parse(source)}, cls
            return cls.model_validate(value)
        except ValidationError as error:
            raise BadValue(field_problems(error, owner.__name__, owner)) from None


@dataclass(frozen=True)
class Part:
    """The examples of one part, encoded; shared between all who prepared the same data, so change nothing in place."""

    inputs: torch.Tensor
    """(n, *input_shape), float32 or int64."""
    targets: torch.Tensor
    """As engines/tasks.py says for the task."""
    rows: np.ndarray
    """Which of the data set's examples these are."""

    def __len__(self) -> int:
        return len(self.rows)


@dataclass(frozen=True)
class Splits:
    """Training, validation and test parts of a data set, and everything needed to read them."""

    train: Part
    validation: Part
    test: Part
    preprocessing: Preprocessing
    examples: Examples
    warnings: tuple[str, ...] = ()
    """What a person should know: how the file was read, a split that could not be stratified, …"""

    @property
    def task(self) -> Task:
        """What is to be predicted: a class, labels, or values."""
        return self.examples.task

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the classes or labels; none for regression."""
        return self.examples.classes

    @property
    def input_shape(self) -> tuple[int, ...]:
        """The shape of one example, without the batch."""
        return self.preprocessing.input_shape

    @property
    def outputs(self) -> int:
        """How many outputs a network needs."""
        return self.preprocessing.outputs

    def part(self, name: PartName) -> Part:
        """A part by its name."""
        return {"train": self.train, "validation": self.validation, "test": self.test}[name]

    def raw(self, name: PartName) -> np.ndarray | pd.DataFrame:
        """A part's inputs as a person knows them: not filled, scaled or encoded."""
        inputs, rows = self.examples.inputs, self.part(name).rows
        return inputs[rows] if isinstance(inputs, np.ndarray) else inputs.iloc[rows]

    def raw_targets(self, name: PartName) -> np.ndarray:
        """A part's targets in their own units."""
        return self.examples.targets[self.part(name).rows]

    def decode(self, values: torch.Tensor) -> torch.Tensor:
        """A regression's outputs or targets in their own units; others as they are."""
        return self.preprocessing.decode(values)

    def counts(self, name: PartName) -> dict[str, int]:
        """How many examples of a part belong to each class or label; {} for regression."""
        targets = self.raw_targets(name)
        if self.task == "regression":
            return {}
        if self.task == "multi-label":
            numbers = targets.sum(0)
        else:
            numbers = np.bincount(targets, minlength=len(self.classes))
        return {name: int(number) for name, number in zip(self.classes, numbers, strict=True)}


@lru_cache(maxsize=4)
def prepare(data: Data) -> Splits:
    """Load, split and encode; the same settings give the same bits, and are remembered.

    The test rows are taken first, by a seed that no setting moves, then the validation rows by `data.seed`. Filling,
    categories and scaling are fitted on the training part alone.

    Raises:
        BadValue: a setting does not fit the data, or a part would be too small.
        BadFile: a file of the data set cannot be read.
    """
    examples = data.source.load()
    _check_sizes(data, len(examples))
    labels = examples.targets if data.stratify and examples.task == "classification" else None
    rest, test, obstacle = split(np.arange(len(examples)), labels, data.test, TEST_SEED, examples.classes)
    train, validation, later = split(rest, labels, data.validation, data.seed, examples.classes)
    warnings = list(examples.notes)
    for name, reason in (("test", obstacle), ("validation", later)):
        if reason:
            warnings.append(f"the {name} part could not be stratified and was drawn at random: {reason}")
    preprocessing = Preprocessing.fit(examples, train, data.scaling)
    encoded = {
        name: _part(examples, preprocessing, rows)
        for name, rows in (("train", train), ("validation", validation), ("test", test))
    }
    if examples.task == "classification":
        present = set(examples.targets[train].tolist())
        unseen = [name for number, name in enumerate(examples.classes) if number not in present]
        if unseen:
            warnings.append(f"no training example of {_listed(unseen)}: a network cannot learn to predict it")
    return Splits(**encoded, preprocessing=preprocessing, examples=examples, warnings=tuple(warnings))


def _check_sizes(data: Data, count: int) -> None:
    test = math.ceil(data.test * count)
    validation = math.ceil(data.validation * (count - test))
    if count - test - validation < FEWEST_TRAINING_ROWS:
        message = (
            f"Data: {count} rows leave {max(count - test - validation, 0)} for training when {test} go to the test "
            f"part and {validation} to validation; at least {FEWEST_TRAINING_ROWS} must be left."
        )
        fix = "Add rows, or make test or validation smaller."
        raise BadValue(
            [Problem(message, field="test", rule="enough rows in each part", value=count, fix=fix)]
        )


def split(
    rows: np.ndarray, labels: np.ndarray | None, share: float, seed: int, classes: tuple[str, ...] = ()
) -> tuple[np.ndarray, np.ndarray, str]:
    """Rows that stay, a `share` of `rows` that is taken away, and why it could not be stratified ("" if it was).

    Args:
        rows: which examples to split.
        labels: the class of every example, to be kept in equal shares; None draws at random.
        share: how much to take away, from 0 to 1.
        seed: decides which.
        classes: names of the classes, for the reason.
    """
    from sklearn.model_selection import train_test_split

    if not share:
        return np.random.default_rng(seed).permutation(rows), rows[:0], ""
    obstacle = "" if labels is None else _obstacle(labels[rows], math.ceil(share * len(rows)), classes)
    stratify = None if labels is None or obstacle else labels[rows]
    kept, taken = train_test_split(rows, test_size=share, random_state=seed, stratify=stratify)
    return kept, taken, obstacle


def _obstacle(labels: np.ndarray, taken: int, classes: tuple[str, ...]) -> str:
    """Why these labels cannot be split in equal shares; "" if they can."""
    counts = np.bincount(labels, minlength=len(classes))
    if (counts == 1).any():
        return f"only one example is left of {_listed([classes[number] for number in np.flatnonzero(counts == 1)])}"
    present = int((counts > 0).sum())
    if min(taken, len(labels) - taken) < present:
        return f"{taken} of {len(labels)} rows cannot hold all {present} classes"
    return ""


def _part(examples: Examples, preprocessing: Preprocessing, rows: np.ndarray) -> Part:
    inputs = examples.inputs[rows] if isinstance(examples.inputs, np.ndarray) else examples.inputs.iloc[rows]
    return Part(preprocessing.encode(inputs), preprocessing.encode_targets(examples.targets[rows]), rows)


def _listed(names: list[str]) -> str:
    shown = ", ".join(repr(name[:40]) for name in names[:3])
    return shown + (f" and {len(names) - 3} more" if len(names) > 3 else "")
