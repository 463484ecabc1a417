"""The data sets of TensorFlow Playground, in its coordinates from −6 to 6, and points that a person paints."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

import numpy as np
from pydantic import Field, field_validator

from builder.errors import BadValue, Problem
from engines.data.dataset import Dataset, Examples
from engines.tasks import Task

PLAYGROUND = "TensorFlow Playground"
SMILKOV = "Smilkov and Carter (2016), TensorFlow Playground"
EDGE = 6.0
"""The plane reaches from −EDGE to EDGE along both axes."""
MOST_PAINTED = 1000
FEWEST = 4
"""Painted points of each colour with which training begins."""
CLASSES = ("orange", "blue")
COLUMNS = ("x1", "x2")


class _Playground(Dataset):
    category: ClassVar = PLAYGROUND
    icon: ClassVar = "scatter_plot"
    reference: ClassVar = SMILKOV
    task: ClassVar[Task] = "classification"
    samples: int = Field(500, ge=10, le=5000, description="Points in all")
    noise: float = Field(0.0, ge=0, le=0.5, description="How far points may stray: 0.5 is half the plane")
    seed: int = Field(0, ge=0, le=2**31 - 1, description="Another seed draws other points")

    def load(self) -> Examples:
        """Points (n, 2) in [−6, 6], in float32, with what is to be learned of them."""
        draw = np.random.default_rng(self.seed)
        half = np.repeat([1, 0], [(self.samples + 1) // 2, self.samples // 2])
        points, targets = self._drawn(draw, half)
        return _examples(points, targets, self.task)

    def _drawn(self, draw: np.random.Generator, half: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        raise NotImplementedError


class Disc(_Playground):
    """A disc and the ring around it: no straight line parts them, but their distance from the middle does."""

    title: ClassVar = "Circle"
    icon: ClassVar = "adjust"

    def _drawn(self, draw: np.random.Generator, half: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        radius = 5 * np.where(half == 1, draw.uniform(0, 0.5, len(half)), draw.uniform(0.7, 1, len(half)))
        points = _around(radius, draw.uniform(0, 2 * np.pi, len(half)))
        stray = 5 * self.noise * draw.uniform(-1, 1, points.shape)
        return points, (np.hypot(*(points + stray).T) < 2.5).astype(np.int64)


class Quadrants(_Playground):
    """Exclusive or: opposite quarters of a square are alike, neighbouring ones are not."""

    title: ClassVar = "Exclusive or"
    icon: ClassVar = "grid_view"
    reference: ClassVar = f"Minsky and Papert (1969), Perceptrons; as in {SMILKOV}"

    def _drawn(self, draw: np.random.Generator, half: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        points = draw.uniform(-5, 5, (len(half), 2))
        points += np.where(points > 0, 0.3, -0.3)  # a gap between the quarters
        stray = 5 * self.noise * draw.uniform(-1, 1, points.shape)
        return points, (np.prod(points + stray, 1) >= 0).astype(np.int64)


class TwoClouds(_Playground):
    """Two round clouds: one straight line parts them, so a single neuron is enough."""

    title: ClassVar = "Gaussian"
    icon: ClassVar = "bubble_chart"
    reference: ClassVar = f"Fisher (1936), Multiple measurements; as in {SMILKOV}"

    def _drawn(self, draw: np.random.Generator, half: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        deviation = np.sqrt(0.5 + 7 * self.noise)
        centre = np.where(half == 1, 2.0, -2.0)[:, None]
        return centre + deviation * draw.standard_normal((len(half), 2)), half


class TwoSpirals(_Playground):
    """Two spiral arms wound around each other: the hardest of these, it needs several layers or other features."""

    title: ClassVar = "Spiral"
    icon: ClassVar = "cyclone"
    reference: ClassVar = f"Lang and Witbrock (1988), Learning to tell two spirals apart; as in {SMILKOV}"

    def _drawn(self, draw: np.random.Generator, half: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        way = np.concatenate([np.arange(count) / count for count in np.bincount(half)[::-1]])
        angle = 1.75 * way * 2 * np.pi + np.where(half == 1, 0, np.pi)
        points = 5 * way[:, None] * np.stack([np.sin(angle), np.cos(angle)], 1)
        return points + self.noise * draw.uniform(-1, 1, points.shape), half


class Plane(_Playground):
    """A value that rises evenly along the diagonal: a linear network learns it exactly."""

    icon: ClassVar = "texture"
    task: ClassVar[Task] = "regression"

    def _drawn(self, draw: np.random.Generator, half: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        points = draw.uniform(-EDGE, EDGE, (len(half), 2))
        stray = EDGE * self.noise * draw.uniform(-1, 1, points.shape)
        return points, (points + stray).sum(1) / 10


class SixHills(_Playground):
    """Three hills and three hollows, each two away from its middle level again."""

    title: ClassVar = "Multi-Gaussian"
    icon: ClassVar = "landscape"
    task: ClassVar[Task] = "regression"
    centres: ClassVar = ((-4, 2.5, 1), (0, 2.5, -1), (4, 2.5, 1), (-4, -2.5, -1), (0, -2.5, 1), (4, -2.5, -1))

    def _drawn(self, draw: np.random.Generator, half: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        points = draw.uniform(-EDGE, EDGE, (len(half), 2))
        seen = points + EDGE * self.noise * draw.uniform(-1, 1, points.shape)
        centres = np.array(self.centres)
        far = np.linalg.norm(seen[:, None] - centres[:, :2], axis=2)
        heights = centres[:, 2] * np.clip(1 - far / 2, 0, None)
        return points, np.take_along_axis(heights, np.abs(heights).argmax(1)[:, None], 1)[:, 0]


Painted = tuple[
    Annotated[float, Field(ge=-EDGE, le=EDGE)],
    Annotated[float, Field(ge=-EDGE, le=EDGE)],
    Annotated[float, Field(ge=-1, le=1)],
]


class DrawnByHand(Dataset):
    """Points that were painted on the plane, each with its class or its value."""

    category: ClassVar = PLAYGROUND
    icon: ClassVar = "brush"
    ready: ClassVar = False
    problem: Literal["classification", "regression"] = Field(
        "classification", description="Whether values are classes (above 0: blue) or are to be met"
    )
    points: tuple[Painted, ...] = Field(
        (), max_length=MOST_PAINTED, description="Each point as x1, x2 and value, from -1 to 1"
    )

    @field_validator("points", mode="before")
    @classmethod
    def _rows(cls, points: Any) -> Any:
        """JSON has lists where these are tuples."""
        listed = isinstance(points, list | tuple)
        return tuple(tuple(one) if isinstance(one, list) else one for one in points) if listed else points

    def load(self) -> Examples:
        """Points (n, 2); classes are orange (values up to 0) and blue.

        Raises:
            BadValue: there are too few points, or only one class.
        """
        table = np.array(self.points, np.float64).reshape(-1, 3)
        targets = (table[:, 2] > 0).astype(np.int64) if self.problem == "classification" else table[:, 2]
        if problem := self._missing(targets):
            raise BadValue([problem])
        return _examples(table[:, :2], targets, self.problem)

    def _missing(self, targets: np.ndarray) -> Problem | None:
        counts = np.bincount(targets, minlength=2) if self.problem == "classification" else [len(targets)]
        if min(counts) >= FEWEST:
            return None
        what = "of each colour" if len(counts) == 2 else "in all"
        told = f"{counts[0]} orange and {counts[1]} blue" if len(counts) == 2 else str(len(targets))
        return Problem(
            f"Painted points: at least {FEWEST} points {what} are needed. Got {told}.",
            field="points",
            rule=f"at least {FEWEST} points {what}",
            value=len(targets),
            fix="Paint more points on the plane.",
        )


def _around(radius: np.ndarray, angle: np.ndarray) -> np.ndarray:
    return radius[:, None] * np.stack([np.sin(angle), np.cos(angle)], 1)


def _examples(points: np.ndarray, targets: np.ndarray, task: Task) -> Examples:
    inputs = points.astype(np.float32)
    if task == "classification":
        return Examples(inputs, targets, task, CLASSES, COLUMNS, ("class",))
    return Examples(inputs, targets.astype(np.float64)[:, None], task, (), COLUMNS, ("value",))
