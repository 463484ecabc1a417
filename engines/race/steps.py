"""Gradient descent, step by step: all numbers of each step, for a page that writes them out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from engines.race.surface import Descent, Point, placed, slopes

if TYPE_CHECKING:
    import torch

    from engines.optimisers import Optimiser

Memory = dict[str, float | Point]
"""What torch.optim keeps in its `state`, by its names; those of one number for each axis as points."""


@dataclass(frozen=True)
class Stride:
    """One step of an optimiser, in numbers."""

    number: int
    """The first is 1."""
    position: Point
    value: float
    slope: Point
    """The gradient of the surface."""
    gradient: Point
    """What the optimiser was given: the slope and the noise."""
    before: Memory
    """What it remembered; at first nothing, or zeros."""
    after: Memory
    """What it remembers when it has stepped."""
    move: Point
    """The step itself."""
    new_position: Point
    new_value: float
    new_slope: Point
    overshot: bool
    """Whether it went downhill along the step and would go back along it now: the slope changed its sign."""
    corrected: dict[str, Point] = field(default_factory=dict)
    """Adam's means without the bias of their start at zero: `m_hat` and `v_hat`."""


@dataclass(frozen=True)
class Strides:
    """Some steps, and why there are no more."""

    steps: tuple[Stride, ...]
    why: str
    """In words, why the next step leads nowhere; "" if all were taken."""


def steps(
    surface: Descent, start: Point, optimiser: Optimiser, count: int, noise: float = 0.0, seed: int = 0
) -> Strides:
    """The steps of one optimiser, the same as in a race with this start, noise and seed.

    Raises:
        ValueError: the start does not fit, or has no value or slope.
    """
    from engines.race.racer import Racer, astray, noises

    position = placed(surface, start)
    racer = Racer(optimiser, position, position.new_zeros(len(position)))
    found: list[Stride] = []
    here, value, slope = _look(surface, position)
    if why := astray(here, value, slope):
        raise ValueError(f"must start where the way down is known: {why}")
    for number, draw in enumerate(noises(surface.dimensions, count, noise, seed), 1):
        racer.gradient.copy_(position.new_tensor(slope) + draw)
        gradient, before = tuple(racer.gradient.tolist()), _memory(racer.optimiser)
        racer.step(surface, position.new_tensor(value), draw)
        new, new_value, new_slope = _look(surface, position)
        if why := astray(new, new_value, new_slope):
            return Strides(tuple(found), f"Step {number}: {why}.")
        after = _memory(racer.optimiser)
        move = tuple(b - a for a, b in zip(here, new, strict=True))
        overshot = _along(slope, move) < 0 < _along(new_slope, move)
        corrected = _corrected(after, racer.optimiser.param_groups[0])
        found.append(
            Stride(
                number,
                here,
                value,
                slope,
                gradient,
                before,
                after,
                move,
                new,
                new_value,
                new_slope,
                overshot,
                corrected,
            )
        )
        here, value, slope = new, new_value, new_slope
    return Strides(tuple(found), "")


def _look(surface: Descent, position: torch.Tensor) -> tuple[Point, float, Point]:
    values, found = slopes(surface, position[None])
    return tuple(position.tolist()), float(values[0]), tuple(found[0].tolist())


def _along(slope: Point, move: Point) -> float:
    return sum(a * b for a, b in zip(slope, move, strict=True))


def _memory(optimiser: torch.optim.Optimizer) -> Memory:
    """The numbers in torch.optim's state; lists of old steps and what is not there yet are left out."""
    import torch

    (parameter,) = optimiser.param_groups[0]["params"]
    kept: Memory = {}
    for name, held in optimiser.state.get(parameter, {}).items():
        if isinstance(held, torch.Tensor) and held.shape in (parameter.shape, ()):
            numbers = held.tolist()
            kept[name] = tuple(numbers) if isinstance(numbers, list) else float(numbers)
        elif isinstance(held, int | float) and not isinstance(held, bool):
            kept[name] = float(held)
    return kept


def _corrected(memory: Memory, settings: dict[str, Any]) -> dict[str, Point]:
    if "exp_avg" not in memory or "betas" not in settings:
        return {}
    names = (("m_hat", "exp_avg"), ("v_hat", "exp_avg_sq"))
    count = memory["step"]
    hats: dict[str, Point] = {}
    for (hat, name), beta in zip(names, settings["betas"], strict=True):
        mean = memory[name]
        assert isinstance(mean, tuple) and isinstance(count, float)
        hats[hat] = tuple(number / (1 - beta**count) for number in mean)
    return hats
