"""Layers that rearrange or pick numbers without changing them."""

from math import prod
from typing import Annotated, ClassVar

from pydantic import Field, field_validator

from builder.layer import Call, Layer, Shape, Use, call, written
from builder.layers.dimensions import MOST_DIMENSIONS, Dimension, _Along
from builder.window import OWN, Window, Windows


class Flatten(Layer):
    """Lay the values of each example out in one row."""

    category: ClassVar = "Shape"
    icon: ClassVar = "view_stream"
    aliases: ClassVar = "vectorize, vector, unroll, ravel, flat"
    takes: ClassVar = "any"
    example: ClassVar = ((2, 3, 4, 4),)
    start: int = Field(
        1, ge=1, le=MOST_DIMENSIONS, description="First of the dimensions that are laid out (0 is the batch)"
    )

    def module(self, x: Shape) -> Call:
        """nn.Flatten."""
        return call("nn.Flatten", start_dim=self.start)

    def refuses(self, x: Shape) -> str:
        """The first dimension must exist."""
        if self.start >= len(x):
            return f"start must be at most {len(x) - 1} here. Got {self.start}."
        return ""

    def window(self, x: Shape) -> Windows:
        """The dimensions before; the one that is made of the others has no places of theirs."""
        return (OWN,) * (self.start - 1) + (None,)


class Reshape(Layer):
    """Give each example another shape with the same number of values."""

    category: ClassVar = "Shape"
    icon: ClassVar = "transform"
    aliases: ClassVar = "view, unflatten, fold, rearrange"
    takes: ClassVar = "any"
    example: ClassVar = ((2, 3, 4),)
    demo: ClassVar = {"shape": [4, -1]}
    shape: tuple[Annotated[int, Field(ge=-1, le=10_000_000)], ...] = Field(
        (-1,),
        min_length=1,
        max_length=MOST_DIMENSIONS,
        description="New shape of one example; one side may be -1: whatever is left",
    )

    @field_validator("shape")
    @classmethod
    def _one_free_side(cls, shape: tuple[int, ...]) -> tuple[int, ...]:
        if 0 in shape or shape.count(-1) > 1:
            raise ValueError("must have positive sides, of which at most one may be -1")
        return shape

    def forward(self, use: Use) -> str:
        """The batch stays first."""
        x = use.inputs["input"]
        return f"{x}.reshape({x}.shape[0], {', '.join(map(str, self.shape))})"

    def refuses(self, x: Shape) -> str:
        """The number of values stays the same."""
        held, wanted = prod(x[1:]), prod(side for side in self.shape if side > 0)
        fits = held % wanted == 0 if -1 in self.shape else held == wanted
        return (
            ""
            if fits
            else f"shape must hold the input's {held} values ({written(x)}). Got {list(self.shape)}."
        )


class Permute(Layer):
    """Change the order of the dimensions; the batch stays first."""

    category: ClassVar = "Shape"
    icon: ClassVar = "swap_horiz"
    aliases: ClassVar = (
        "transpose, swap axes, swap dimensions, reorder, channels last, channels first, rearrange"
    )
    takes: ClassVar = "any"
    example: ClassVar = ((2, 3, 4),)
    order: tuple[Dimension, ...] = Field(
        (2, 1),
        min_length=1,
        max_length=MOST_DIMENSIONS,
        description="The dimensions (the batch is 0) in their new order: 2, 1 swaps the two after the batch",
    )

    @field_validator("order")
    @classmethod
    def _each_once(cls, order: tuple[int, ...]) -> tuple[int, ...]:
        if sorted(order) != list(range(1, len(order) + 1)):
            raise ValueError(f"must name each of the dimensions 1 to {len(order)} once")
        return order

    def forward(self, use: Use) -> str:
        """The batch stays first."""
        return f"{use.inputs['input']}.permute(0, {', '.join(map(str, self.order))})"

    def refuses(self, x: Shape) -> str:
        """Every dimension must be named."""
        if len(self.order) != len(x) - 1:
            return (
                f"order must name all {len(x) - 1} dimensions of {written(x)} but B. Got {list(self.order)}."
            )
        return ""

    def window(self, x: Shape) -> Windows:
        """Value by value, elsewhere."""
        return tuple(Window(dim=dim) for dim in self.order)


class _Part(_Along):
    category: ClassVar = "Shape"
    takes: ClassVar = "any"
    example: ClassVar[tuple[Shape, ...]] = ((2, 5, 8),)

    def _index(self, picked: str) -> str:
        return "[" + ":, " * self.dim + picked + "]"


class Select(_Part):
    """Pick one place along a dimension, such as the last step of a sequence; the dimension goes away."""

    icon: ClassVar = "colorize"
    aliases: ClassVar = "pick, last step, index, take, gather, token"
    index: int = Field(-1, ge=-1_000_000, le=1_000_000, description="Which place; -1 is the last")

    def forward(self, use: Use) -> str:
        """Plain indexing."""
        return use.inputs["input"] + self._index(str(self.index))

    def refuses(self, x: Shape) -> str:
        """The place must exist."""
        if wrong := super().refuses(x):
            return wrong
        size = x[self.dim]
        return (
            "" if -size <= self.index < size else f"index must be in [{-size}, {size - 1}]. Got {self.index}."
        )

    def window(self, x: Shape) -> Windows:
        """The other dimensions."""
        return tuple(Window(dim=dim) for dim in range(1, len(x)) if dim != self.dim)


class Gather(_Part):
    """Pick places along a dimension by indices, which are given for each example."""

    icon: ClassVar = "back_hand"
    aliases: ClassVar = "take, index, look up, pick, pointer, select by index"
    inputs: ClassVar = ("input", "indices")
    apart: ClassVar = {"indices": "int"}
    formula: ClassVar = r"y_j = x_{i_j}"
    example: ClassVar = ((2, 5, 8), (2, 3))

    def module(self, x: Shape, indices: Shape) -> Call:
        """A module of ours."""
        return call("Gather", self.dim)

    def refuses(self, x: Shape, indices: Shape) -> str:
        """A list of indices for each example, or one index for each value."""
        if wrong := super().refuses(x):
            return wrong
        alike = len(indices) == len(x) and x[1 : self.dim] + x[self.dim + 1 :] == (
            indices[1 : self.dim] + indices[self.dim + 1 :]
        )
        if len(indices) != 2 and not alike:
            only = f"differ from the input in dimension {self.dim} alone"
            return f"indices must be B × indices, or {only}. Got {written(indices)}."
        return ""

    def below(self, port: str, *shapes: Shape) -> int:
        """How many places there are."""
        return shapes[0][self.dim] if port == "indices" else 0

    def window(self, x: Shape, indices: Shape) -> Windows:
        """Whatever the indices say along the dimension; its own along the others."""
        return (
            ()
            if len(indices) == len(x)
            else tuple(None if dim == self.dim else OWN for dim in range(1, len(x)))
        )


class Slice(_Part):
    """Keep a range along a dimension."""

    icon: ClassVar = "content_cut"
    aliases: ClassVar = "crop, cut, narrow, chunk, split, part, trim"
    start: int = Field(0, ge=-1_000_000, le=1_000_000, description="First place that is kept")
    stop: int | None = Field(
        None, ge=-1_000_000, le=1_000_000, description="First place that is left out; empty: to the end"
    )
    step: int = Field(1, ge=1, le=1000, description="Keep each n-th")

    def forward(self, use: Use) -> str:
        """Plain slicing."""
        start, stop = self.start or "", "" if self.stop is None else self.stop
        return use.inputs["input"] + self._index(
            f"{start}:{stop}" + (f":{self.step}" if self.step > 1 else "")
        )

    def refuses(self, x: Shape) -> str:
        """Something must be left."""
        if wrong := super().refuses(x):
            return wrong
        if not range(x[self.dim])[self.start : self.stop : self.step]:
            return (
                f"start and stop must leave something of {x[self.dim]} places. Got {self.start}:{self.stop}."
            )
        return ""

    def window(self, x: Shape) -> Windows:
        """Value by value, from the first place that is kept."""
        kept = Window(stride=self.step, before=-range(x[self.dim])[self.start :].start)
        return tuple(kept if dim == self.dim else OWN for dim in range(1, len(x)))
