"""Dataset: the family of data sets, and Examples, what each of them loads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from builder.registry import Registered
from engines.tasks import Task

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from engines.data.table.columns import Column


@dataclass(frozen=True)
class Examples:
    """Labelled examples as a person knows them: before any scaling, filling or encoding."""

    inputs: np.ndarray | pd.DataFrame
    """float32 or int64 of shape (n, *shape), or a table with one row per example."""
    targets: np.ndarray
    """Classification: int64 (n,). Multi-label: float32 (n, k) of 0 and 1. Regression: float64 (n, k)."""
    task: Task
    classes: tuple[str, ...] = ()
    """Names of the classes or labels, in the order of their numbers."""
    columns: tuple[str, ...] = ()
    """Names of the features of vectors, or of a table's columns."""
    target: tuple[str, ...] = ()
    """What the targets are called."""
    schema: tuple[Column, ...] = ()
    """Of a table: what was found in each column."""
    notes: tuple[str, ...] = ()
    """What a person should know about how the examples were read."""

    def __len__(self) -> int:
        return len(self.targets)


class Dataset(Registered):
    """A source of labelled examples that needs no network."""

    icon: ClassVar = "dataset"
    category: ClassVar[str]
    """The heading under which people find it."""
    ready: ClassVar[bool] = True
    """Whether it loads as it stands; otherwise a person has to supply something first."""
    reference: ClassVar[str] = ""
    """Who made or described it."""

    def load(self) -> Examples:
        """Every example, the same ones in the same order each time.

        Raises:
            BadValue: a setting does not fit the data; says which and what would.
            BadFile: a file cannot be read as what it claims to be.
        """
        raise NotImplementedError
