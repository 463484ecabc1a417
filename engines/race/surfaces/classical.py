"""Functions that optimisers have been tried on for decades."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from engines.race.surface import Bounds, Point, Surface

if TYPE_CHECKING:
    from torch import Tensor


class Rosenbrock(Surface):
    """A curved valley: easy to find, slow to follow, for its floor is almost flat."""

    title: ClassVar = "Rosenbrock's valley"
    order: ClassVar = 20
    reference: ClassVar = "Rosenbrock (1960), The Computer Journal 3"
    formula: ClassVar = r"(1 - x)^2 + 100\,(y - x^2)^2"
    logarithmic: ClassVar = True

    @property
    def bounds(self) -> Bounds:
        """Start and minimum, with room around them."""
        return (-2.0, 2.0), (-1.0, 3.0)

    @property
    def start(self) -> Point:
        """Rosenbrock's own."""
        return -1.2, 1.0

    @property
    def minima(self) -> tuple[Point, ...]:
        """The only one."""
        return ((1.0, 1.0),)

    @property
    def rate(self) -> float:
        """Small: the valley's walls are steep, with a curvature of 1000 at the minimum."""
        return 0.001

    def value(self, points: Tensor) -> Tensor:
        """The sum of two squares."""
        x, y = points[..., 0], points[..., 1]
        return (1 - x) ** 2 + 100 * (y - x * x) ** 2


class Beale(Surface):
    """A flat plain with steep walls at its corners: one rate is too small here and too large there."""

    title: ClassVar = "Beale's function"
    order: ClassVar = 30
    reference: ClassVar = "Beale (1958); Moré, Garbow and Hillstrom (1981), ACM TOMS 7, problem 5"
    formula: ClassVar = r"(1.5 - x + xy)^2 + (2.25 - x + xy^2)^2 + (2.625 - x + xy^3)^2"
    logarithmic: ClassVar = True

    @property
    def bounds(self) -> Bounds:
        """The square on which it is usually shown."""
        return (-4.5, 4.5), (-4.5, 4.5)

    @property
    def start(self) -> Point:
        """That of Moré, Garbow and Hillstrom."""
        return 1.0, 1.0

    @property
    def minima(self) -> tuple[Point, ...]:
        """The only one."""
        return ((3.0, 0.5),)

    def value(self, points: Tensor) -> Tensor:
        """The sum of three squares."""
        x, y = points[..., 0], points[..., 1]
        powers = ((1.5, y), (2.25, y * y), (2.625, y * y * y))
        first, second, third = ((number - x + x * power) ** 2 for number, power in powers)
        return first + second + third


class Himmelblau(Surface):
    """Four minima of the same depth: the start, and each rule's way of turning, decide which is found."""

    title: ClassVar = "Himmelblau's function"
    order: ClassVar = 40
    reference: ClassVar = "Himmelblau (1972), Applied Nonlinear Programming"
    formula: ClassVar = r"(x^2 + y - 11)^2 + (x + y^2 - 7)^2"
    logarithmic: ClassVar = True

    @property
    def bounds(self) -> Bounds:
        """All four minima, with room around them."""
        return (-6.0, 6.0), (-6.0, 6.0)

    @property
    def start(self) -> Point:
        """Between three of the minima, where the rules part."""
        return 0.0, -3.0

    @property
    def minima(self) -> tuple[Point, ...]:
        """All four, at each of which both squares are zero."""
        return (
            (3.0, 2.0),
            (-2.805118086952745, 3.131312518250573),
            (-3.779310253377747, -3.283185991286170),
            (3.584428340330492, -1.848126526964404),
        )

    def value(self, points: Tensor) -> Tensor:
        """The sum of two squares."""
        x, y = points[..., 0], points[..., 1]
        return (x * x + y - 11) ** 2 + (x + y * y - 7) ** 2
