"""What one place of a layer's output sees of the layer's input, said along each dimension."""

from typing import NamedTuple

Sides = int | tuple[int, ...]
"""One number for all dimensions, or one for each."""


class Window(NamedTuple):
    """What a place sees along one dimension.

    Place p of the output sees the places (p · stride − before + dilation · k) ÷ grows of the input, for each k below
    size, as far as they are whole numbers.
    """

    size: int = 1
    stride: int = 1
    before: int = 0
    """How far ahead of its own place the window begins: the padding, for a convolution."""
    dilation: int = 1
    grows: int = 1
    """How many places of the output there are for one of the input; above 1 for what makes its input larger."""
    dim: int = 0
    """The dimension of the input that is meant; 0 for the same as the output's."""


Windows = tuple[Window | None, ...]
"""For each dimension of the output after the batch: its window, or None where all of the input's is seen."""
EVERYTHING: Windows = ()
"""Of a layer whose every value may depend on all that it is given."""
OWN = Window()
"""Of a layer along whose dimension each place sees its own alone."""


def own_places(shape: tuple[int, ...], *mixed: int) -> Windows:
    """Each place sees only itself, but along some dimensions (1 is the first after the batch) everything."""
    return tuple(None if dim in mixed else OWN for dim in range(1, len(shape)))


def along(
    shape: tuple[int, ...],
    size: Sides,
    stride: Sides = 1,
    before: Sides = 0,
    dilation: Sides = 1,
    grows: Sides = 1,
    channels: Window | None = None,
) -> Windows:
    """Windows over all dimensions behind batch and channels; one number for all, or one for each."""
    count = len(shape) - 2
    every = (sides(value, count) for value in (size, stride, before, dilation, grows))
    return channels, *(Window(*numbers) for numbers in zip(*every, strict=True))


def sides(value: Sides, count: int) -> tuple[int, ...]:
    """One number for each of so many dimensions."""
    return value if isinstance(value, tuple) else (value,) * count
