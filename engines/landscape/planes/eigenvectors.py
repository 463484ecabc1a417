"""Eigenvectors: the directions in which the loss bends upwards most."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from engines.landscape.axes import Axes

if TYPE_CHECKING:
    from engines.landscape.plane import Plane, Reach
    from engines.landscape.site import Site
    from engines.runs.run import Run

RISE = 1.0
"""How much the loss would rise at the edge, did it bend all the way as it does in the middle."""
FARTHEST = 0.5
"""The edge is no farther away than this share of the length of all weights."""


class Eigenvectors(Axes):
    """The two directions in which the loss bends upwards most: the leading eigenvectors of its Hessian matrix.

    Across them the loss is steepest; in nearly all other directions it is far flatter than in this picture.
    """

    title: ClassVar = "Sharpest directions"
    icon: ClassVar = "line_curve"
    order: ClassVar = 40
    reference: ClassVar = "Yao et al., PyHessian: Neural networks through the lens of the Hessian (2020)"

    warning: ClassVar = "These are the sharpest directions; nearly all others are far flatter."

    def plane(self, site: Site, run: Run | None) -> Plane:
        """Through the network, along the eigenvectors of the two largest eigenvalues."""
        import torch

        from engines.landscape.curvature import leading
        from engines.landscape.plane import Plane

        values, vectors = leading(site, 2)
        directions = []
        for vector in vectors:
            direction = torch.zeros_like(site.flat.vector)
            direction[: site.flat.learned] = vector.to(direction)
            directions.append(direction)
        length = float(site.flat.vector[: site.flat.learned].norm())
        reaches = [_reach(float(value), length) for value in values]
        if len(directions) == 1:
            return Plane(
                site.flat.vector.clone(), (directions[0],), (reaches[0],), (f"λ = {float(values[0]):.3g}",)
            )
        names = tuple(f"λ{sign} = {float(value):.3g}" for sign, value in zip("₁₂", values, strict=True))
        return Plane(site.flat.vector.clone(), tuple(directions), tuple(reaches), names)


def _reach(value: float, length: float) -> Reach:
    far = min((2 * RISE / abs(value)) ** 0.5 if value else length, FARTHEST * (length or 1.0))
    return -far, far
