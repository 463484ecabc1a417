"""Surface: a function to descend; a class in a file of `surfaces/` is found by itself."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, ClassVar, Protocol

from builder.registry import Registered, gather
from engines.race import surfaces

if TYPE_CHECKING:
    from torch import Tensor

Point = tuple[float, ...]
Bounds = tuple[tuple[float, float], ...]
"""The lowest and the highest number of each axis."""


class Descent(Protocol):
    """All that a race asks of what is descended.

    Two more are used where they exist: `minima`, the known minimisers, and `slopes(points)`, the values and the
    gradients at points (n, dimensions), where autograd through `value` cannot give them.
    """

    @property
    def dimensions(self) -> int:
        """How many numbers a point has: 1 or 2."""

    @property
    def bounds(self) -> Bounds:
        """The part that is worth looking at."""

    def value(self, points: Tensor) -> Tensor:
        """The values (…) at points (…, dimensions)."""


class Surface(Registered):
    """A function to descend; its fields are what a person sets."""

    reference: ClassVar[str] = ""
    """Paper or textbook."""
    formula: ClassVar[str] = ""
    """The function, in LaTeX."""
    order: ClassVar[int] = 100
    dimensions: ClassVar[int] = 2
    logarithmic: ClassVar[bool] = False
    """Whether the values span so many orders of magnitude that only a logarithmic scale shows the valley."""

    @property
    def bounds(self) -> Bounds:
        """The part that is worth looking at."""
        raise NotImplementedError

    @property
    def start(self) -> Point:
        """Where a race begins, unless a person says otherwise."""
        raise NotImplementedError

    @property
    def minima(self) -> tuple[Point, ...]:
        """The known minimisers, local ones too; none where they are not known, or do not exist."""
        return ()

    @property
    def rate(self) -> float:
        """A learning rate at which gradient descent from the start gets somewhere, and does not diverge."""
        return 0.01

    def value(self, points: Tensor) -> Tensor:
        """The values (…) at points (…, dimensions), differentiable twice."""
        raise NotImplementedError


@cache
def all_surfaces() -> dict[str, type[Surface]]:
    """The surfaces by name, in their order."""
    gather(surfaces)
    return dict(sorted(Surface.registry.items(), key=lambda pair: pair[1].order))


def slopes(surface: Descent, points: Tensor) -> tuple[Tensor, Tensor]:
    """The values (n,) and the gradients (n, dimensions) at points (n, dimensions)."""
    import torch

    own = getattr(surface, "slopes", None)
    if own is not None:
        values, gradients = own(points)
        return values, gradients
    at = points.detach().clone().requires_grad_()
    values = surface.value(at)
    (gradients,) = torch.autograd.grad(values.sum(), at)
    return values.detach(), gradients


def placed(surface: Descent, point: Point) -> Tensor:
    """A point as a tensor (dimensions,) in double precision.

    Raises:
        ValueError: it has more or fewer numbers than the surface has axes, or one that is not finite.
    """
    import torch

    at = torch.tensor(point, dtype=torch.float64).reshape(-1)
    if len(at) != surface.dimensions:
        raise ValueError(f"must be a point of {surface.dimensions} numbers, one for each axis, not {len(at)}")
    if not bool(at.isfinite().all()):
        raise ValueError(f"must be a point of finite numbers, not {tuple(at.tolist())}")
    return at


def known_minima(surface: Descent) -> tuple[Point, ...]:
    """The known minimisers of what is descended; none where it does not say."""
    return tuple(getattr(surface, "minima", ()))
