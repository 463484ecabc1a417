"""What theory expects of gradient descent at a minimum: which rates are stable, and how fast the best one is."""

from __future__ import annotations

from dataclasses import dataclass
from math import dist, sqrt
from typing import Any

from engines.race.surface import Descent, Point, known_minima, placed, slopes

FLAT = 1e-9
"""A curvature below this share of the largest is rounding."""


@dataclass(frozen=True)
class Stability:
    """Curvatures at a point, and what follows from them; None where it does not apply, which `why` explains.

    All of it is exact on a quadratic, and holds elsewhere for a small neighbourhood of the point.
    """

    at: Point
    slope: float
    """The length of the gradient there: zero at a minimum."""
    eigenvalues: tuple[float, ...]
    """Of the Hessian, the smallest first."""
    directions: tuple[Point, ...]
    """A unit vector for each eigenvalue."""
    condition: float | None = None
    """κ, the largest eigenvalue over the smallest."""
    largest_rate: float | None = None
    """Gradient descent diverges beyond it: 2/λmax."""
    best_rate: float | None = None
    """Of gradient descent: 2/(λmin + λmax)."""
    contraction: float | None = None
    """By which factor the distance shrinks in a step at that rate: (κ − 1)/(κ + 1)."""
    momentum: float | None = None
    """Polyak's β = ((√κ − 1)/(√κ + 1))², without dampening and without Nesterov."""
    momentum_rate: float | None = None
    """The rate that belongs to it: (2/(√λmax + √λmin))²."""
    momentum_contraction: float | None = None
    """By which factor the distance shrinks in a step then, in the long run: √β."""
    why: str = ""
    """What does not apply and why; "" if all does."""


def limits(surface: Descent, at: Point, *, here: bool = False) -> Stability:
    """What theory expects at the known minimum nearest to a point; at the point itself if none is known, or if `here`.

    The Hessian is autograd's, in double precision. The optimal momentum is that of Polyak (1964), Some methods of
    speeding up the convergence of iteration methods; see Lessard, Recht and Packard (2016), section 1.

    Raises:
        ValueError: the point does not fit the surface, or the Hessian is not finite there.
    """
    import torch

    minima = () if here else known_minima(surface)
    point = placed(surface, min(minima, key=lambda one: dist(one, at)) if minima else at)
    hessian = torch.autograd.functional.hessian(surface.value, point)
    assert isinstance(hessian, torch.Tensor)
    if not bool(hessian.isfinite().all()):
        raise ValueError(f"must be a point with finite curvature, not {tuple(point.tolist())}")
    values, vectors = torch.linalg.eigh(hessian)
    slope = float(slopes(surface, point[None])[1].norm())
    eigenvalues = tuple(values.tolist())
    directions = tuple(map(tuple, vectors.T.tolist()))
    return Stability(tuple(point.tolist()), slope, eigenvalues, directions, **_rates(eigenvalues))


def _rates(eigenvalues: tuple[float, ...]) -> dict[str, Any]:
    """The fields that follow from the curvatures."""
    low, high = eigenvalues[0], eigenvalues[-1]
    scale = max(abs(low), abs(high))
    if scale == 0:
        return {"why": "It does not curve at all here, so no rate is too large and none is best."}
    if low < -FLAT * scale:
        falls = f"It curves downwards here (curvature {low:.4g}), so this is no minimum"
        return {"why": f"{falls}: whatever the rate, gradient descent moves away from it."}
    if low <= FLAT * scale:
        flat = "It is flat in one direction here, so κ is infinite"
        return {"largest_rate": 2 / high, "why": f"{flat}: along it no rate brings gradient descent nearer."}
    condition, root = high / low, sqrt(high / low)
    beta = ((root - 1) / (root + 1)) ** 2
    return {
        "condition": condition,
        "largest_rate": 2 / high,
        "best_rate": 2 / (low + high),
        "contraction": (condition - 1) / (condition + 1),
        "momentum": beta,
        "momentum_rate": (2 / (sqrt(high) + sqrt(low))) ** 2,
        "momentum_contraction": sqrt(beta),
    }
