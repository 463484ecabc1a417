"""The race: several optimisers descend one surface from one start, in step with each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import dist
from typing import TYPE_CHECKING

import numpy as np

from engines.optimisers import SGD, Adagrad, Adam, AdamW, Optimiser, RMSprop
from engines.race.surface import Descent, Point, Surface, known_minima, placed, slopes

if TYPE_CHECKING:
    from engines.race.racer import Racer

NEAR = 0.01
"""A racer has arrived within this share of the picture's diagonal of a minimum …"""
LOW = 1e-4
"""… or when no more than this share of the height between start and lowest minimum is left."""
MOST_STEPS = 100_000


@dataclass(frozen=True, eq=False)
class Trace:
    """The way of one optimiser. Row 0 is the start; where it diverged, the last row is the last place with numbers."""

    optimiser: Optimiser
    positions: np.ndarray
    """(steps + 1, dimensions)"""
    losses: np.ndarray
    """(steps + 1,)"""
    gradients: np.ndarray
    """Of the surface itself, without noise, (steps + 1, dimensions)."""
    lengths: np.ndarray
    """How far each step went, (steps,)."""
    diverged: int | None
    """The step that led where there are no numbers to go on with; None if it did not diverge."""
    why: str
    """In words, why it stopped; "" if it did not."""
    arrived: int | None
    """The first step after which it was at a known minimum, though it may have passed through."""
    settled: int | None
    """The first step after which it was there, and stayed to the end."""
    evaluations: int
    """Gradients that were computed for it: one a step, and more where the optimiser searches."""


def race(
    surface: Descent, start: Point, racers: Sequence[Optimiser], steps: int, noise: float = 0.0, seed: int = 0
) -> list[Trace]:
    """Let all optimisers take so many steps from one start; a trace for each.

    Gradients get Gaussian noise of this standard deviation, the same for all racers at the same step. They are
    computed for all racers at once, which is why a race costs little more than its slowest parts.

    Raises:
        ValueError: there is no racer, the steps are too few or too many, or the start has no value or slope.
    """
    import torch

    from engines.race.racer import Racer, astray, noises

    if not racers:
        raise ValueError("must have at least one optimiser to race")
    if not 1 <= steps <= MOST_STEPS:
        raise ValueError(f"must take between 1 and {MOST_STEPS:,} steps, not {steps:,}")
    positions = placed(surface, start).repeat(len(racers), 1)
    gradients = torch.zeros_like(positions)
    draws = noises(surface.dimensions, steps, noise, seed)
    running = {n: Racer(one, positions[n], gradients[n]) for n, one in enumerate(racers)}
    everyone = dict(running)
    ways: list[list[list[float]]] = [[] for _ in racers]
    stops: dict[int, tuple[int, str]] = {}
    for step in range(steps + 1):
        values, found = slopes(surface, positions)
        rows = torch.cat([positions, values[:, None], found], 1).tolist()
        for n in [*running]:
            place, value, slope = _parts(rows[n], surface.dimensions)
            if why := astray(place, value, slope):
                stops[n] = step, why
                del running[n]
            else:
                ways[n].append(rows[n])
        if step == 0 and stops:
            raise ValueError(f"must start where the way down is known: {stops[0][1]}")
        if step == steps or not running:
            break
        gradients.copy_(found).add_(draws[step])
        for n, racer in running.items():
            racer.step(surface, values[n], draws[step])
    marks = _Marks(surface, ways[0][0][surface.dimensions])
    return [_trace(one, ways[n], everyone[n], stops.get(n), marks) for n, one in enumerate(racers)]


def usual(surface: Surface) -> tuple[Optimiser, ...]:
    """The seven that textbooks compare, each at a rate that suits the surface."""
    rate, half = _rounded(surface.rate), _rounded(surface.rate / 2)
    # the length of an adaptive rule's step is about its rate, whatever the slope: a share of the picture
    stride = max(high - low for low, high in surface.bounds) / 200
    return (
        SGD(lr=rate),
        SGD(lr=half, momentum=0.9),
        SGD(lr=half, momentum=0.9, nesterov=True),
        Adagrad(lr=_rounded(10 * stride)),
        RMSprop(lr=_rounded(stride / 2)),
        Adam(lr=_rounded(stride)),
        AdamW(lr=_rounded(stride)),
    )


def _rounded(rate: float) -> float:
    """To two digits, within what an optimiser takes."""
    return min(float(f"{rate:.2g}"), 1000.0)


def _parts(row: list[float], dimensions: int) -> tuple[list[float], float, list[float]]:
    return row[:dimensions], row[dimensions], row[dimensions + 1 :]


class _Marks:
    """Where the known minima lie, and from which value on one has arrived."""

    def __init__(self, surface: Descent, height: float) -> None:
        import torch

        self.minima = np.array(known_minima(surface)).reshape(-1, surface.dimensions)
        self.near = NEAR * dist(*zip(*surface.bounds, strict=True))
        self.low = -np.inf
        if len(self.minima):
            with torch.no_grad():
                lowest = float(surface.value(torch.tensor(self.minima, dtype=torch.float64)).min())
            self.low = lowest + LOW * (height - lowest)

    def reached(self, positions: np.ndarray, losses: np.ndarray) -> np.ndarray:
        """At which places one is at a minimum, (places,)."""
        if not len(self.minima):
            return np.zeros(len(losses), bool)
        gaps = np.linalg.norm(positions[:, None] - self.minima, axis=-1).min(-1)
        reached: np.ndarray = (gaps <= self.near) | (losses <= self.low)
        return reached


def _trace(
    optimiser: Optimiser, way: list[list[float]], racer: Racer, stop: tuple[int, str] | None, marks: _Marks
) -> Trace:
    rows = np.array(way)
    dimensions = rows.shape[1] // 2
    positions, losses = rows[:, :dimensions], rows[:, dimensions]
    reached = marks.reached(positions, losses)
    away = np.flatnonzero(~reached)
    settled = int(away[-1]) + 1 if len(away) else 0
    diverged, why = stop or (None, "")
    return Trace(
        optimiser,
        positions,
        losses,
        rows[:, dimensions + 1 :],
        np.linalg.norm(np.diff(positions, axis=0), axis=1),
        diverged,
        why,
        int(reached.argmax()) if reached.any() else None,
        settled if diverged is None and settled < len(rows) else None,
        len(rows) + racer.asked,
    )
