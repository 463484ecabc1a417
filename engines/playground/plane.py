"""Plane: the two-dimensional slice through a network's inputs on which all is drawn, and the examples on it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from engines.data.inputs import Arrays
from engines.data.playground import COLUMNS, EDGE
from engines.playground.settings import refused

if TYPE_CHECKING:
    from torch import Tensor

    from engines.data.data import Splits

MARGIN = 0.08
"""How much of the examples' range is drawn beyond them."""


@dataclass(frozen=True)
class Plane:
    """The points centre + a·u + b·v of the inputs, for a and b within bounds."""

    centre: Tensor
    """(inputs,) of a flattened example."""
    axes: Tensor
    """(2, inputs): u and v."""
    low: tuple[float, float]
    high: tuple[float, float]
    names: tuple[str, str]
    words: str
    """What the plane is, for who looks at it; "" where it is all that there is."""
    units: tuple[tuple[float, float], tuple[float, float]] = ((0.0, 1.0), (0.0, 1.0))
    """For each axis offset and scale, by which a number on it becomes one that people know."""

    @classmethod
    def of(cls, splits: Splits, wanted: str = "") -> Plane:
        """The plane of some data: both inputs where there are two, else two principal components, or two columns.

        Args:
            splits: the data.
            wanted: "" or "pca", or two columns such as "0,3".

        Raises:
            BadValue: the inputs are indices, between which there is nothing, or there is no such column.
        """
        inputs = splits.train.inputs
        if not inputs.is_floating_point():
            raise refused(
                "Inputs: must be numbers for a plane through them. These are indices (of words, for example), "
                "between which there is nothing.",
                "project",
                "Choose a network that reads numbers.",
            )
        flat = inputs.flatten(1)
        if flat.shape[1] < 2:
            raise refused(
                "Inputs: must be at least two numbers for a plane. Got 1.",
                "project",
                "Choose another network.",
            )
        if flat.shape[1] == 2:
            return _columns(splits, flat, 0, 1)
        if wanted in ("", "pca"):
            return _principal(flat)
        first, second = map(int, wanted.split(","))
        if max(first, second) >= flat.shape[1] or first == second:
            raise refused(
                f"Plane: must name two different columns from 0 to {flat.shape[1] - 1}. Got {wanted}.",
                "plane",
                "Choose two columns, or the principal components.",
                wanted,
            )
        return _columns(splits, flat, first, second)

    def grid(self, side: int) -> Tensor:
        """Inputs (side², inputs), row by row from the top left: b falls, a rises."""
        import torch

        a = torch.linspace(self.low[0], self.high[0], side)
        b = torch.linspace(self.high[1], self.low[1], side)
        places = torch.stack([a.repeat(side), b.repeat_interleave(side)], 1)
        return self.centre + places @ self.axes

    def places(self, inputs: Tensor) -> Tensor:
        """Where examples (n, …) stand on the plane, (n, 2): projected, if they do not lie in it."""
        return (inputs.flatten(1) - self.centre) @ self.axes.T


def _columns(splits: Splits, flat: Tensor, first: int, second: int) -> Plane:
    import torch

    axes = torch.zeros(2, flat.shape[1])
    axes[0, first] = axes[1, second] = 1
    names = feature_names(splits)
    two = (names[first], names[second])
    centre, words = flat.mean(0), ""
    if flat.shape[1] > 2:
        words = (
            f"A slice: {two[0]} and {two[1]} vary, each of the other {flat.shape[1] - 2:,} inputs stays at its mean "
            "over the training data. The points lie before or behind the slice, so their colours may differ from it."
        )
    centre[[first, second]] = 0
    if splits.examples.columns == COLUMNS and not splits.preprocessing.inputs.scale:  # type: ignore[union-attr]
        return Plane(centre, axes, (-EDGE, -EDGE), (EDGE, EDGE), two, words)
    low, high = _bounds(flat[:, [first, second]])
    return Plane(centre, axes, low, high, two, words, _units(splits, first, second))


def _units(splits: Splits, *places: int) -> tuple[tuple[float, float], tuple[float, float]]:
    """How columns of arrays were scaled; tables are shown as the network sees them."""
    known = splits.preprocessing.inputs
    if not isinstance(known, Arrays) or not known.scale or len(known.shape) != 1:
        return (0.0, 1.0), (0.0, 1.0)
    first, second = ((float(known.offset[one]), float(known.scale[one])) for one in places)
    return first, second


def _principal(flat: Tensor) -> Plane:
    """The plane of the two directions in which the training inputs vary most (Pearson, 1901)."""
    import torch

    centre = flat.mean(0)
    moved = (flat - centre)[:4000].double()
    _, strengths, directions = torch.linalg.svd(moved, full_matrices=False)
    axes = directions[:2]
    axes = (
        axes * axes.gather(1, axes.abs().argmax(1, keepdim=True)).sign()
    )  # the sign of a direction is arbitrary
    share = float((strengths[:2] ** 2).sum() / (strengths**2).sum().clamp(min=1e-30))
    axes = axes.to(flat.dtype)
    low, high = _bounds((flat - centre) @ axes.T)
    words = (
        f"A slice through {flat.shape[1]:,} inputs: their mean, and the two directions in which the training data "
        f"vary most (principal components), which hold {share:.0%} of their variance. Points are projected onto it; "
        "what the network answers for a point may differ from the colour behind it."
    )
    return Plane(centre, axes, low, high, ("component 1", "component 2"), words)


def _bounds(places: Tensor) -> tuple[tuple[float, float], tuple[float, float]]:
    low, high = places.min(0).values, places.max(0).values
    room = (high - low).clamp(min=1e-3) * MARGIN
    first, second = (low - room).tolist(), (high + room).tolist()
    return (first[0], first[1]), (second[0], second[1])


def feature_names(splits: Splits) -> list[str]:
    """What the numbers of an example are called, in the order in which the network reads them."""
    known = splits.preprocessing.inputs
    if not isinstance(known, Arrays):
        return [
            f"{column.name} {place + 1}" if column.width > 1 else column.name
            for column in known.used
            for place in range(column.width)
        ]
    if len(known.shape) == 1:
        return [*known.names] or [f"x{place + 1}" for place in range(known.shape[0])]
    count = splits.train.inputs[0].numel()
    return [f"value {place + 1}" for place in range(count)]
