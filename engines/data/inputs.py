"""The two forms of inputs, arrays and tables, and how each is encoded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from builder.errors import BadValue
from engines.data.dataset import Examples
from engines.data.encoders import (
    AnyEncoder,
    Category,
    LeftOut,
    Quantity,
    Scale,
    Scaling,
    fit_column,
    fit_scale,
    refused,
)

if TYPE_CHECKING:
    import pandas as pd

MOST_BYTES = 2**31
_FROZEN = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Arrays(BaseModel):
    """Inputs that are numbers already: vectors scaled by feature, images by channel, indices left alone."""

    model_config = _FROZEN
    kind: Literal["arrays"] = "arrays"
    shape: tuple[Annotated[int, Field(ge=1)], ...] = Field(min_length=1)
    dtype: Literal["float32", "int64"] = "float32"
    names: tuple[str, ...] = ()
    """Names of a vector's features."""
    usual: tuple[float, ...] = ()
    """The median of each feature of a vector."""
    scaling: Scaling = "none"
    offset: tuple[float, ...] = ()
    scale: tuple[Scale, ...] = ()

    @classmethod
    def fit(cls, inputs: np.ndarray, names: tuple[str, ...], scaling: Scaling) -> Arrays:
        """Scaling by feature or channel, from training inputs (n, *shape)."""
        shape = inputs.shape[1:]
        if inputs.dtype.kind in "iu":
            return cls(shape=shape, dtype="int64", names=names)
        values = inputs.astype(np.float64)
        usual = tuple(np.median(values, 0).tolist()) if len(shape) == 1 else ()
        if scaling == "none":
            return cls(shape=shape, names=names, usual=usual)
        offset, scale = fit_scale(np.moveaxis(values, 1, -1).reshape(-1, shape[0]), scaling)
        return cls(shape=shape, names=names, usual=usual, scaling=scaling, offset=offset, scale=scale)

    @property
    def owners(self) -> tuple[str, ...]:
        """The name of each feature of a vector."""
        count = self.shape[0] if len(self.shape) == 1 else 0
        named = len(self.names) == count
        return self.names if named else tuple(f"feature {place + 1}" for place in range(count))

    def encode(self, rows: Any) -> np.ndarray:
        """Rows (n, *shape), or a single one, scaled; float64 or int64."""
        values = self._numbers(rows)
        if self.dtype == "int64":
            return values.astype(np.int64)
        if not self.scale:
            return values
        sides = (-1, *(1,) * (len(self.shape) - 1))
        return (values - np.reshape(self.offset, sides)) / np.reshape(self.scale, sides)

    def restored(self, encoded: np.ndarray) -> np.ndarray:
        """Encoded inputs (n, *shape) in their own units again."""
        if not self.scale:
            return encoded
        sides = (-1, *(1,) * (len(self.shape) - 1))
        return encoded * np.reshape(self.scale, sides) + np.reshape(self.offset, sides)

    @property
    def features(self) -> tuple[str, ...]:
        """What each feature of a vector is called."""
        return self.owners

    def _numbers(self, rows: Any) -> np.ndarray:
        if hasattr(rows, "to_dict"):  # a data frame, whose columns may stand in any order
            rows = rows.to_dict("records")
        first = rows[0] if isinstance(rows, Sequence) and len(rows) else rows
        if isinstance(first, Mapping):
            rows = [rows] if isinstance(rows, Mapping) else rows
            rows = [[_cell(row, name) for name in self.names] for row in rows]
        try:
            values = np.asarray(rows, np.float64)
        except (TypeError, ValueError) as error:
            raise refused(f"Inputs: {error}.", f"Give numbers of shape {self.shape}, all of them.") from None
        size = int(np.prod(self.shape))
        if values.shape == self.shape or (values.ndim > 1 and int(np.prod(values.shape[1:])) == size):
            return values.reshape(-1, *self.shape)
        raise refused(
            f"Inputs: must be numbers of shape {self.shape} each. Got {values.shape}.",
            f"Give {size} numbers for each example.",
        )

    def describe(self) -> list[dict[str, str]]:
        """What is done to each feature or channel."""
        vector = len(self.shape) == 1
        names = self.names if vector else ()
        if not names:
            names = tuple(
                f"{'feature' if vector else 'channel'} {place + 1}" for place in range(self.shape[0])
            )
        rows = []
        for place in range(self.shape[0]):
            rows.append(
                {
                    "column": names[place],
                    "type": "number",
                    "treatment": self._scaled(place),
                    "features": " × ".join(str(side) for side in self.shape[1:]) or "1",
                }
            )
        return rows

    def _scaled(self, place: int) -> str:
        if not self.scale:
            return "indices, used as they are" if self.dtype == "int64" else "used as it is"
        offset, scale = self.offset[place], self.scale[place]
        if self.scaling == "standard":
            return f"standardised (mean {offset:.4g}, deviation {scale:.4g})"
        return f"scaled from {offset:.4g} … {offset + scale:.4g} to 0 … 1"

    def example(self) -> Any:
        """The medians by name, or zeros in the right shape."""
        if self.usual and len(self.names) == len(self.usual):
            return {name: float(f"{value:.6g}") for name, value in zip(self.names, self.usual, strict=True)}
        return list(self.usual) or np.zeros(self.shape, self.dtype).tolist()


class Columns(BaseModel):
    """Inputs that are a table: each column has an encoder, and their features stand side by side."""

    model_config = _FROZEN
    kind: Literal["columns"] = "columns"
    columns: tuple[AnyEncoder, ...]

    @classmethod
    def fit(cls, inputs: pd.DataFrame, examples: Examples, scaling: Scaling) -> Columns:
        """Encoders from the training rows."""
        columns = tuple(fit_column(inputs[column.name], column, scaling) for column in examples.schema)
        if not sum(column.width for column in columns):
            reasons = "; ".join(f"{column.name!r} is {column.treatment}" for column in columns[:3])
            raise refused(
                f"Data: no column is left to learn from: {reasons}.", "Add columns that vary.", "source"
            )
        return cls(columns=columns)

    @property
    def used(self) -> tuple[Quantity | Category, ...]:
        """The encoders of the columns that the network sees, in order."""
        return tuple(column for column in self.columns if not isinstance(column, LeftOut))

    @property
    def owners(self) -> tuple[str, ...]:
        """The column that each feature comes from."""
        return tuple(column.name for column in self.used for _ in range(column.width))

    @property
    def shape(self) -> tuple[int, ...]:
        """One vector of all features."""
        return (sum(column.width for column in self.columns),)

    @property
    def dtype(self) -> Literal["float32", "int64"]:
        """Features are numbers."""
        return "float32"

    def encode(self, rows: Any) -> np.ndarray:
        """The features (n, width) of a data frame, dicts, or lists of the cells in use; float32."""
        frame = self._frame(rows)
        size = len(frame) * self.shape[0] * 4
        if size > MOST_BYTES:
            raise refused(
                f"Data: {len(frame):,} rows of {self.shape[0]:,} features would take {size / 2**30:.1f} GB.",
                "Ignore columns with many categories, or upload fewer rows.",
            )
        encoded, at = np.empty((len(frame), self.shape[0]), np.float32), 0
        for column in self.used:
            try:
                features = column.encode(frame[column.name])
            except ValueError as error:
                fix = f"Write it like {column.example}, or leave it empty."
                raise refused(f"Column {column.name!r}: {error}.", fix, column.name) from None
            encoded[:, at : at + column.width] = features
            at += column.width
        return encoded

    def restored(self, encoded: np.ndarray) -> np.ndarray:
        """Features (n, width), quantities in their own units again (dates in days since 1970); of a category its share."""
        sides = [
            (column.scale, column.offset) if isinstance(column, Quantity) else (1.0, 0.0)
            for column in self.used
            for _ in range(column.width)
        ]
        scale, offset = np.array(sides).T
        return encoded * scale + offset

    @property
    def features(self) -> tuple[str, ...]:
        """What each feature is called: its column, and of a category also the value that it stands for."""
        return tuple(
            f"{column.name} = {value}" if isinstance(column, Category) else column.name
            for column in self.used
            for value in ((*column.values, "other") if isinstance(column, Category) else ("",))
        )

    def _frame(self, rows: Any) -> pd.DataFrame:
        import pandas as pd

        used = [column.name for column in self.used]
        if isinstance(rows, pd.DataFrame):
            for name in used:
                if name not in rows.columns:
                    raise _absent(name)
            return rows
        named = [_named(row, used) for row in _several(rows)]
        return pd.DataFrame(
            {name: pd.Series([_cell(row, name) for row in named], dtype=object) for name in used}
        )

    def describe(self) -> list[dict[str, str]]:
        """What is done to each column."""
        return [
            {
                "column": column.name, "type": column.kind, "treatment": column.treatment,
                "features": str(column.width),
            }
            for column in self.columns
        ]  # fmt: skip

    def example(self) -> dict[str, object]:
        """A usual cell for each column in use."""
        return {column.name: column.example for column in self.used}


def _several(rows: Any) -> list[Any]:
    """Rows as a list; a dict, or a flat list of cells, is one row."""
    rows = rows.tolist() if isinstance(rows, np.ndarray) else rows
    if isinstance(rows, Mapping) or not isinstance(rows, Sequence) or isinstance(rows, str):
        return [rows]
    return list(rows) if all(isinstance(row, Mapping | list | tuple) for row in rows) else [rows]


def _named(row: Any, names: list[str]) -> Mapping[str, Any]:
    """A row as a dict by column name."""
    if isinstance(row, Mapping):
        return row
    if not isinstance(row, list | tuple) or len(row) != len(names):
        got = f"{len(row)} cells" if isinstance(row, list | tuple) else repr(row)[:40]
        raise refused(f"Rows: must have {len(names)} cells each. Got {got}.", f"Give {', '.join(names)}.")
    return dict(zip(names, row, strict=True))


def _cell(row: Mapping[str, Any], name: str) -> Any:
    try:
        return row[name]
    except KeyError:
        raise _absent(name) from None


def _absent(name: str) -> BadValue:
    return refused(
        f"Column {name!r} is absent.", "Add it; where its value is not known, leave the cell empty.", name
    )
