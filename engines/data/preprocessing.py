"""Preprocessing: what stands between the rows that people know and the tensors that a network sees, both ways.

It is fitted on the training part alone, is plain JSON, and travels with a model into bundles and exported scripts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from engines.data.dataset import Examples
from engines.data.encoders import Scale, Scaling, fit_scale, refused
from engines.data.inputs import Arrays, Columns
from engines.tasks import Task

if TYPE_CHECKING:
    import torch

    Values = TypeVar("Values", np.ndarray, torch.Tensor)


class Preprocessing(BaseModel):
    """Rows to tensors, and outputs back to the units that people know."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)
    task: Task
    classes: tuple[str, ...] = ()
    target: tuple[str, ...] = ()
    inputs: Annotated[Arrays | Columns, Field(discriminator="kind")]
    offset: tuple[float, ...] = ()
    """The mean of each regression target in the training part."""
    scale: tuple[Scale, ...] = ()
    """The standard deviation of each regression target in the training part."""

    @classmethod
    def fit(cls, examples: Examples, rows: np.ndarray, scaling: Scaling) -> Preprocessing:
        """Learn filling, categories and scaling from the training rows of `examples`.

        Raises:
            BadValue: nothing is left to learn from.
        """
        inputs: Arrays | Columns
        if isinstance(examples.inputs, np.ndarray):
            inputs = Arrays.fit(examples.inputs[rows], examples.columns, scaling)
        else:
            inputs = Columns.fit(examples.inputs.iloc[rows], examples, scaling)
        offset, scale = (
            fit_scale(examples.targets[rows], "standard") if examples.task == "regression" else ((), ())
        )
        return cls(
            task=examples.task, classes=examples.classes, target=examples.target, inputs=inputs,
            offset=offset, scale=scale,
        )  # fmt: skip

    @property
    def input_shape(self) -> tuple[int, ...]:
        """The shape of one encoded example."""
        return self.inputs.shape

    @property
    def outputs(self) -> int:
        """How many outputs a network needs: one for each class, label or value."""
        return len(self.scale) if self.task == "regression" else len(self.classes)

    def encode(self, rows: Any) -> torch.Tensor:
        """Rows as a network's input, (n, *input_shape), float32 or int64.

        Args:
            rows: an array (n, *shape), or for named columns a data frame, dicts or lists of cells; a single
                array or dict is taken as one row.

        Raises:
            BadValue: a column is absent, a cell cannot be read, a shape does not fit, or a value is too large.
        """
        import torch

        with np.errstate(over="ignore"):
            encoded = torch.from_numpy(np.ascontiguousarray(self.inputs.encode(rows), self.inputs.dtype))
        if encoded.is_floating_point() and not bool(encoded.isfinite().all()):
            raise refused(
                "Inputs: a number is missing, infinite, or too large for 32 bits.", "Give usual numbers."
            )
        return encoded

    def encode_targets(self, targets: np.ndarray) -> torch.Tensor:
        """Targets as an engine sees them; those of regression standardised, float32 (n, k)."""
        import torch

        if self.task == "regression":
            targets = ((targets - np.array(self.offset)) / np.array(self.scale)).astype(np.float32)
        return torch.from_numpy(np.ascontiguousarray(targets))

    def decode(self, values: Values) -> Values:
        """A regression's outputs or targets (n, k), tensor or array, in their own units; others as they are."""
        if self.task != "regression":
            return values
        if isinstance(values, np.ndarray):
            return values * np.array(self.scale) + np.array(self.offset)
        return values * values.new_tensor(self.scale) + values.new_tensor(self.offset)

    def describe(self) -> list[dict[str, str]]:
        """What is done to each column, in words: rows of column, type, treatment and features."""
        rows = self.inputs.describe()
        for name, offset, scale in zip(self.target, self.offset, self.scale, strict=False):
            words = f"standardised for training (mean {offset:.4g}, deviation {scale:.4g}); shown in its own units"
            rows.append({"column": name, "type": "target", "treatment": words, "features": "1"})
        return rows

    def example(self) -> Any:
        """A usual row to begin a form with: a dict by column name, or nested lists in the shape of an image."""
        return self.inputs.example()

    def source(self) -> str:
        """Plain Python that encodes one row exactly as `encode` does (see script.py)."""
        from engines.data.script import source

        return source(self)
