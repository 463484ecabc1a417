"""Plane: where in the space of all weights a landscape is drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from torch import Tensor

    from engines.landscape.flat import Flat

Reach = tuple[float, float]
TINY = 1e-10
"""Added to a filter's length before it is divided by, as Li et al. (2018) do."""


@dataclass(frozen=True)
class Mark:
    """A network that lies in the plane, or is drawn at the nearest place in it."""

    name: str
    at: tuple[float, float]
    step: int | None = None
    off: float = 0.0
    """How far it is from the plane, as a share of how far it is from the centre."""


@dataclass(frozen=True)
class Plane:
    """θ(α, β) = centre + α·first + β·second; without a second direction it is a line.

    Attributes:
        centre: the weights in the middle, (size,) as `Flat` lays them.
        directions: one or two, each (size,).
        reaches: from where to where α, and β, are drawn.
        names: of the axes.
        explained: the share of the path's variance along each, where the plane was chosen for a path.
        marks: networks to show, in their order along a path.
    """

    centre: Tensor
    directions: tuple[Tensor, ...]
    reaches: tuple[Reach, ...]
    names: tuple[str, ...]
    explained: tuple[float, ...] = ()
    marks: tuple[Mark, ...] = ()

    def place(self, vector: Tensor) -> tuple[tuple[float, float], float]:
        """The nearest place in the plane to a vector, and how far off that is, as a share of its way from the centre.

        Nearest by all numbers of the vector; the directions need not be orthogonal.
        """
        away = (vector - self.centre).double()
        if len(self.directions) == 1:
            first = self.directions[0].double()
            along = float(away @ first / (first @ first))
            left = away - along * first
            return (along, 0.0), _share(left, away)
        basis = torch.stack(self.directions).double()
        found = torch.linalg.solve(basis @ basis.T, basis @ away)
        return (float(found[0]), float(found[1])), _share(away - found @ basis, away)


def _share(part: Tensor, whole: Tensor) -> float:
    length = float(whole.norm())
    return float(part.norm()) / length if length else 0.0


def random_direction(flat: Flat, generator: torch.Generator, normalised: bool = True) -> Tensor:
    """A direction drawn from N(0, 1), each filter as long as the network's own: (size,).

    Filter normalisation after Li et al. (2018): for tensors of two or more dimensions each slice along the first one is
    d ← d · ‖w‖ / (‖d‖ + 1e-10); biases and the parameters of normalisation get zero, and so does what layers count.

    Args:
        flat: at the place from where the direction leads.
        generator: on the CPU, so that every device draws the same numbers.
        normalised: otherwise all parameters keep what was drawn.
    """
    direction = torch.zeros_like(flat.vector)
    for piece in flat.pieces:
        if not piece.learned or (normalised and (piece.scale or len(piece.shape) < 2)):
            continue
        drawn = torch.randn(piece.shape, generator=generator).to(flat.vector)
        if normalised:
            own = piece.view(flat.vector).flatten(1)
            lengths = own.norm(dim=1) / (drawn.flatten(1).norm(dim=1) + TINY)
            drawn = drawn * lengths.view(-1, *[1] * (drawn.ndim - 1))
        piece.view(direction).copy_(drawn)
    return direction


def reach_of(values: Sequence[float], margin: float = 0.15) -> Reach:
    """From where to where values are drawn, with room around them."""
    low, high = min(values), max(values)
    room = margin * (high - low) or 1.0
    return low - room, high + room
