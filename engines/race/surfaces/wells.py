"""Functions of one variable with more than one minimum."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np
from pydantic import Field

from engines.race.surface import Bounds, Point, Surface

if TYPE_CHECKING:
    from torch import Tensor


class DoubleWell(Surface):
    """Two minima with a hill between them; tilted, one of them is the deeper."""

    title: ClassVar = "Double well"
    order: ClassVar = 120
    dimensions: ClassVar = 1
    reference: ClassVar = "Strogatz (2015), Nonlinear Dynamics and Chaos, section 2.7"
    formula: ClassVar = r"(x^2 - 1)^2 + t\,x"
    tilt: float = Field(
        0.3, ge=-10, le=10, description="Tilt t: how much deeper the left well is (0: both alike)"
    )

    @property
    def bounds(self) -> Bounds:
        """Both wells and their outer walls."""
        return ((-2.0, 2.0),)

    @property
    def start(self) -> Point:
        """On the wall of the right well, from which gradient descent finds that well."""
        return (1.8,)

    @property
    def minima(self) -> tuple[Point, ...]:
        """The zeros of the slope 4x³ − 4x + t at which it rises: two, or one where the tilt is strong."""
        zeros = [float(zero.real) for zero in np.roots([4, 0, -4, self.tilt]) if abs(zero.imag) < 1e-9]
        return tuple((zero,) for zero in sorted(zeros) if 12 * zero * zero - 4 > 0)

    @property
    def rate(self) -> float:
        """Stable on the wall as well, where the curvature is 35."""
        return 0.02

    def value(self, points: Tensor) -> Tensor:
        """A polynomial of the fourth degree."""
        x = points[..., 0]
        return (x * x - 1) ** 2 + self.tilt * x


class Wavy(Surface):
    """A bowl with ripples: many small minima on the way to the lowest."""

    title: ClassVar = "Wavy bowl"
    order: ClassVar = 130
    dimensions: ClassVar = 1
    reference: ClassVar = "Rastrigin (1974), in one dimension; there the ripples have height 10"
    formula: ClassVar = r"x^2 + a\,(1 - \cos 2\pi x)"
    ripples: float = Field(
        1.0, ge=0, le=100, description="Ripples: their height a, half of that from crest to trough"
    )

    @property
    def bounds(self) -> Bounds:
        """Rastrigin's domain is ±5.12."""
        return ((-4.0, 4.0),)

    @property
    def start(self) -> Point:
        """Some ripples away from the lowest minimum."""
        return (-3.4,)

    @property
    def minima(self) -> tuple[Point, ...]:
        """The lowest; the others have no closed form."""
        return ((0.0,),)

    @property
    def rate(self) -> float:
        """Half of what is stable at the sharpest curvature, 2 + 4π²a."""
        return float(1 / (2 + 4 * np.pi**2 * self.ripples))

    def value(self, points: Tensor) -> Tensor:
        """The square with a cosine on it."""
        import torch

        x = points[..., 0]
        return x * x + self.ripples * (1 - torch.cos(2 * torch.pi * x))
