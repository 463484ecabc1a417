"""Second-degree functions, on which theory says to the digit what gradient descent does."""

from __future__ import annotations

from math import cos, radians, sin
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from engines.race.surface import Bounds, Point, Surface

if TYPE_CHECKING:
    from torch import Tensor


class Quadratic(Surface):
    """A bowl that is κ times as curved across as along: the larger κ, the slower gradient descent."""

    title: ClassVar = "Quadratic bowl"
    order: ClassVar = 10
    reference: ClassVar = "Nocedal and Wright (2006), Numerical Optimization, chapter 3"
    formula: ClassVar = (
        r"\tfrac12 (u^2 + \kappa v^2),\quad "
        r"u = x\cos\varphi + y\sin\varphi,\; v = y\cos\varphi - x\sin\varphi"
    )
    condition: float = Field(
        10.0, ge=1, le=1e6, description="Condition number: the largest curvature κ over the smallest, 1"
    )
    angle: float = Field(
        0.0, ge=-180, le=180, description="Angle: by which the bowl is turned, in degrees anticlockwise"
    )

    @property
    def bounds(self) -> Bounds:
        """A square around the minimum."""
        return (-4.0, 4.0), (-4.0, 4.0)

    @property
    def start(self) -> Point:
        """Where both curvatures matter at any angle but one."""
        return -3.0, 2.0

    @property
    def minima(self) -> tuple[Point, ...]:
        """The only one."""
        return ((0.0, 0.0),)

    @property
    def rate(self) -> float:
        """Half of the largest stable one."""
        return 1 / self.condition

    def value(self, points: Tensor) -> Tensor:
        """The half of the two curvatures times the squares along their axes."""
        x, y = points[..., 0], points[..., 1]
        across, along = sin(radians(self.angle)), cos(radians(self.angle))
        u, v = along * x + across * y, along * y - across * x
        return 0.5 * (u * u + self.condition * v * v)


class Saddle(Surface):
    """A minimum along x, a maximum along y: near its middle the slope all but vanishes, and there is no floor.

    It is not bounded below: who leaves it falls for ever, so the race is about who leaves first.
    """

    title: ClassVar = "Saddle"
    order: ClassVar = 50
    reference: ClassVar = "Dauphin et al. (2014), Identifying and attacking the saddle point problem"
    formula: ClassVar = r"x^2 - y^2"

    @property
    def bounds(self) -> Bounds:
        """A square around the saddle point."""
        return (-2.0, 2.0), (-2.0, 2.0)

    @property
    def start(self) -> Point:
        """High on the ridge, and a little beside it."""
        return -1.5, 0.001

    def value(self, points: Tensor) -> Tensor:
        """The difference of two squares."""
        x, y = points[..., 0], points[..., 1]
        return x * x - y * y


class Parabola(Surface):
    """One curvature: the step that lands at the minimum, and the one past which it overshoots for ever."""

    title: ClassVar = "Parabola"
    order: ClassVar = 110
    dimensions: ClassVar = 1
    reference: ClassVar = "Goodfellow, Bengio and Courville (2016), Deep Learning, section 4.3"
    formula: ClassVar = r"\tfrac12 c\,x^2"
    curvature: float = Field(1.0, gt=0, le=1e6, description="Curvature c: the second derivative")

    @property
    def bounds(self) -> Bounds:
        """As far on both sides of the minimum."""
        return ((-4.0, 4.0),)

    @property
    def start(self) -> Point:
        """On the left."""
        return (-3.0,)

    @property
    def minima(self) -> tuple[Point, ...]:
        """The only one."""
        return ((0.0,),)

    @property
    def rate(self) -> float:
        """A tenth of the largest stable one, so that several steps are seen."""
        return 0.2 / self.curvature

    def value(self, points: Tensor) -> Tensor:
        """Half the curvature times the square."""
        x = points[..., 0]
        return 0.5 * self.curvature * x * x
