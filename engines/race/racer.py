"""One optimiser on its way: torch.optim makes the steps, on gradients that it is given or asks for."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor, nn

from engines.race.surface import Descent, slopes
from engines.update import unobserved

if TYPE_CHECKING:
    from engines.optimisers import Optimiser

FARTHEST = 1e6
"""Beyond this, in any direction, a racer has diverged."""


class Racer:
    """An optimiser at a place.

    Attributes:
        asked: for how many gradients it asked itself, beyond the one that each step begins with.
    """

    def __init__(self, optimiser: Optimiser, position: Tensor, gradient: Tensor) -> None:
        """Both tensors (dimensions,) stay shared: a step moves `position`, and reads what then lies in `gradient`."""
        self.parameter = nn.Parameter(position)
        self.parameter.grad = gradient
        self.gradient = gradient
        self.optimiser = optimiser.build([self.parameter])
        self.searches = optimiser.closure
        self.asked = 0
        self._step = unobserved(self.optimiser)

    def step(self, surface: Descent, value: Tensor, noise: Tensor) -> None:
        """Move once, from the value () here and the gradient that lies ready.

        An optimiser that searches sees the surface tilted by `noise` (dimensions,) in all of a step: then value and
        gradient belong together, as those of one batch do.
        """
        if not self.searches:
            self._step()
            return
        origin = self.parameter.detach().clone()
        lost: list[Tensor] = []
        ready = [value]

        def measure() -> Tensor:
            if ready:  # it asks first for where it is
                return ready.pop()
            at = self.parameter.detach()
            found, gradient = slopes(surface, at[None])
            self.gradient.copy_(gradient[0] + noise)
            self.asked += 1
            if not bool(found.isfinite().all()):
                lost.append(at.clone())
            return found[0] + (noise * (at - origin)).sum()

        try:
            self._step(measure)
        except IndexError:  # torch's line search finds no bracket among numbers that are none
            if not lost:
                raise
            self.parameter.detach().copy_(lost[0])  # where the way ended, which is for the others to see


def noises(dimensions: int, steps: int, size: float, seed: int) -> Tensor:
    """What is added to the gradient of each step, (steps, dimensions): Gaussian, of this standard deviation.

    Raises:
        ValueError: the size is negative or not finite.
    """
    if not (isfinite(size) and size >= 0):
        raise ValueError(f"must have noise of a finite size of at least 0, not {size}")
    # NumPy's, which draws number by number: torch fills in blocks, so that a longer race would begin otherwise
    return torch.from_numpy(np.random.default_rng(seed).standard_normal((steps, dimensions)) * size)


def astray(position: Sequence[float], value: float, gradient: Sequence[float]) -> str:
    """Why no step can be taken from here, in words; "" if one can."""
    if not all(map(isfinite, position)):
        return "the step led to a position that is no finite number"
    if max(map(abs, position)) > FARTHEST:
        return f"the step led further than {FARTHEST:,.0f} away"
    where = ", ".join(f"{number:.4g}" for number in position)
    if not isfinite(value):
        return f"the function has no finite value at ({where})"
    if not all(map(isfinite, gradient)):
        return f"the function has no finite slope at ({where})"
    return ""
