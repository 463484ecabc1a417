"""The encoders of a table's columns, each fitted on the training rows alone; constants that go into exports.

How a cell becomes numbers stands in cells.py; here it is done for whole columns at once, with the same result.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from builder.errors import BadValue, Problem
from engines.data.cells import text_of
from engines.data.table.columns import Column, Decimal, numbers_of

if TYPE_CHECKING:
    import pandas as pd

Scaling = Literal["none", "standard", "min-max"]
Scale = Annotated[float, Field(gt=0)]


class Encoder(BaseModel):
    """How one column becomes features."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)
    name: str
    missing: int = 0
    """How many training rows had no value."""

    @property
    def width(self) -> int:
        """How many features it gives."""
        return 1

    @property
    def example(self) -> object:
        """A usual cell, to begin a form with."""
        raise NotImplementedError

    @property
    def treatment(self) -> str:
        """What is done to the column, in words."""
        raise NotImplementedError

    def encode(self, cells: pd.Series) -> np.ndarray:
        """The features (n, width) of a column's cells as float64; a ValueError names what cannot be read."""
        raise NotImplementedError


class Quantity(Encoder):
    """A number, a date (days since 1970) or true and false (1 and 0): gaps filled, then shifted and scaled."""

    kind: Literal["number", "date", "boolean"]
    fill: float
    """What stands in for a missing value: the training median, or the commoner of true and false."""
    offset: float = 0.0
    scale: Scale = 1.0
    decimal: Decimal = "."
    form: str = ""
    scaling: Scaling = "none"

    @property
    def example(self) -> object:
        """The fill as a person writes it."""
        if self.kind == "boolean":
            return bool(self.fill)
        if self.kind == "number":
            return float(f"{self.fill:.6g}")
        from datetime import datetime, timedelta

        return (datetime(1970, 1, 1) + timedelta(days=self.fill)).strftime(self.form)

    @property
    def treatment(self) -> str:
        """How gaps are filled and how it is scaled."""
        middle = "the commoner value" if self.kind == "boolean" else "the median"
        gaps = f"{self.missing:,} missing" if self.missing else "anything missing"
        began = {"number": "", "date": "counted in days since 1970; ", "boolean": "true is 1, false is 0; "}
        return f"{began[self.kind]}{gaps} filled with {middle} {self.example}{scaled(self)}"

    def encode(self, cells: pd.Series) -> np.ndarray:
        """One feature: (value - offset) / scale."""
        column = Column(name=self.name, type=self.kind, decimal=self.decimal, form=self.form)
        values = numbers_of(cells, column)
        return ((np.where(np.isnan(values), self.fill, values) - self.offset) / self.scale)[:, None]


class Category(Encoder):
    """Words of which each has a feature of its own, 1 where it stands; the last is for other and missing ones."""

    kind: Literal["category"] = "category"
    values: tuple[str, ...] = Field(min_length=1)
    """The categories of the training rows, the commonest first."""

    @property
    def width(self) -> int:
        """One feature a category and one for the rest."""
        return len(self.values) + 1

    @property
    def example(self) -> object:
        """The commonest category."""
        return self.values[0]

    @property
    def treatment(self) -> str:
        """How many features, and what happens to the rest."""
        gaps = f"{self.missing:,} missing and any new ones" if self.missing else "missing and new ones"
        return f"a feature for each of {len(self.values)} categories; {gaps} share one more"

    def encode(self, cells: pd.Series) -> np.ndarray:
        """One-hot rows."""
        place = {value: index for index, value in enumerate(self.values)}
        rest = len(self.values)
        return np.eye(self.width)[[place.get(text_of(cell), rest) for cell in cells]]


class LeftOut(Encoder):
    """A column that the network does not see, and why."""

    kind: Literal["left out"] = "left out"
    reason: str

    @property
    def width(self) -> int:
        """None."""
        return 0

    @property
    def example(self) -> object:
        """None: it is not asked for."""
        return None

    @property
    def treatment(self) -> str:
        """The reason."""
        return f"left out: {self.reason}"

    def encode(self, cells: pd.Series) -> np.ndarray:
        """No feature."""
        return np.empty((len(cells), 0))


AnyEncoder = Annotated[Quantity | Category | LeftOut, Field(discriminator="kind")]


def fit_column(cells: pd.Series, column: Column, scaling: Scaling) -> Quantity | Category | LeftOut:
    """The encoder of one column, from its training cells."""
    name = column.name
    if column.type in ("text", "empty"):
        return LeftOut(name=name, reason=column.note)
    texts = cells.dropna()
    missing = len(cells) - len(texts)
    if not len(texts):
        return LeftOut(name=name, missing=missing, reason="no training row has a value")
    if not missing and texts.nunique() == 1:
        return LeftOut(name=name, reason=f"the same in every training row ({str(texts.iloc[0])[:40]})")
    if column.type == "category":
        counts = texts.map(text_of).value_counts()
        order = sorted(counts.index, key=lambda value: (-counts[value], value))
        return Category(name=name, missing=missing, values=tuple(order))
    values = numbers_of(cells, column)
    gaps = np.isnan(values)
    fill = float(np.nanmedian(values))
    if column.type == "boolean":
        return Quantity(name=name, kind="boolean", missing=missing, fill=float(np.nanmean(values) >= 0.5))
    offset, scale = fit_scale(np.where(gaps, fill, values)[:, None], scaling)
    return Quantity(
        name=name, kind="date" if column.type == "date" else "number", missing=missing, fill=fill,
        offset=offset[0], scale=scale[0], decimal=column.decimal, form=column.form, scaling=scaling,
    )  # fmt: skip


def fit_scale(values: np.ndarray, scaling: Scaling) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Offset and scale of each column of `values` (n, k); a constant column is only shifted.

    "standard" gives mean 0 and (population) standard deviation 1, "min-max" the range from 0 to 1.
    """
    low, high = values.min(0), values.max(0)
    if scaling == "none":
        offset, scale = np.zeros(len(low)), np.ones(len(low))
    elif scaling == "standard":
        offset, scale = values.mean(0), values.std(0)
    else:
        offset, scale = low, high - low
    # The deviation of a constant column is often not 0 but the rounding error of its mean.
    scale = np.where((high == low) | (scale <= 0), 1.0, scale)
    return tuple(offset.tolist()), tuple(scale.tolist())


def scaled(encoder: Quantity) -> str:
    """The end of a treatment's sentence: how the numbers are scaled."""
    if encoder.kind == "boolean":
        return ""
    if encoder.scaling == "standard":
        return f"; standardised (mean {encoder.offset:.4g}, deviation {encoder.scale:.4g})"
    if encoder.scaling == "min-max":
        return f"; scaled from {encoder.offset:.4g} … {encoder.offset + encoder.scale:.4g} to 0 … 1"
    return "; not scaled"


def refused(message: str, fix: str, field: str = "", value: object = None) -> BadValue:
    """Rows that cannot be encoded, as an error to raise."""
    return BadValue(
        [Problem(message, field=field, rule="rows as in the training data", value=value, fix=fix)]
    )
