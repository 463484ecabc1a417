"""Points in the plane, generated from a seed: problems whose solution can be seen."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from pydantic import Field

from engines.data.dataset import Dataset, Examples


class _Points(Dataset):
    category: ClassVar = "Points in the plane"
    icon: ClassVar = "scatter_plot"
    samples: int = Field(200, ge=10, le=20_000, description="Points in each class")
    noise: float = Field(0.1, ge=0, le=2, description="Standard deviation of the random shift of each point")
    seed: int = Field(0, ge=0, le=2**31 - 1, description="Another seed draws other points")


class Xor(_Points):
    """Exclusive or: four clouds at the corners of a square, opposite corners alike; no straight line parts them."""

    title: ClassVar = "XOR"
    reference: ClassVar = "Minsky and Papert (1969), Perceptrons"
    noise: float = Field(0.3, ge=0, le=2, description="Standard deviation of each cloud")

    def load(self) -> Examples:
        """Corners at ±1; class 1 where the signs of x and y differ."""
        draw = np.random.default_rng(self.seed)
        targets = np.repeat([0, 1], self.samples)
        x = np.where(np.arange(2 * self.samples) % 2, 1.0, -1.0)
        corners = np.stack([x, np.where(targets, -x, x)], 1)
        return _points(
            corners + self.noise * draw.standard_normal(corners.shape), targets, ("same", "different")
        )


class Moons(_Points):
    """Two half circles that reach into each other."""

    icon: ClassVar = "bedtime"

    def load(self) -> Examples:
        """scikit-learn's make_moons."""
        from sklearn.datasets import make_moons

        points, targets = make_moons(2 * self.samples, noise=self.noise, random_state=self.seed)
        return _points(points, targets, ("upper", "lower"))


class Circles(_Points):
    """A circle within a circle."""

    icon: ClassVar = "adjust"
    factor: float = Field(
        0.5, ge=0.05, le=0.95, description="Radius of the inner circle; the outer one has 1"
    )

    def load(self) -> Examples:
        """scikit-learn's make_circles."""
        from sklearn.datasets import make_circles

        points, targets = make_circles(
            2 * self.samples, noise=self.noise, random_state=self.seed, factor=self.factor
        )
        return _points(points, targets, ("outer", "inner"))


class Spirals(_Points):
    """Spiral arms wound around each other: easy for one hidden layer, impossible for none."""

    icon: ClassVar = "cyclone"
    reference: ClassVar = "Karpathy (2015), CS231n: minimal neural network case study"
    samples: int = Field(100, ge=10, le=20_000, description="Points on each arm")
    arms: int = Field(3, ge=2, le=8, description="How many arms, each a class")
    noise: float = Field(0.2, ge=0, le=2, description="Standard deviation of each point's angle, in radians")

    def load(self) -> Examples:
        """Arm j runs from radius 0 to 1 while its angle turns from 4j to 4j + 4 radians."""
        draw = np.random.default_rng(self.seed)
        targets = np.repeat(np.arange(self.arms), self.samples)
        way = np.tile(np.linspace(0, 1, self.samples), self.arms)
        angle = 4 * (targets + way) + self.noise * draw.standard_normal(len(way))
        points = np.stack([way * np.sin(angle), way * np.cos(angle)], 1)
        return _points(points, targets, tuple(f"arm {j + 1}" for j in range(self.arms)))


class Gaussians(_Points):
    """Round clouds whose centres stand on a ring."""

    icon: ClassVar = "bubble_chart"
    classes: int = Field(3, ge=2, le=12, description="How many clouds")
    radius: float = Field(2.0, ge=0.1, le=10, description="Distance of the centres from the origin")
    noise: float = Field(0.5, ge=0, le=2, description="Standard deviation of each cloud")

    def load(self) -> Examples:
        """The first centre stands at angle 0, the others follow at equal angles."""
        draw = np.random.default_rng(self.seed)
        targets = np.repeat(np.arange(self.classes), self.samples)
        angle = 2 * np.pi * targets / self.classes
        centres = self.radius * np.stack([np.cos(angle), np.sin(angle)], 1)
        names = tuple(f"cloud {j + 1}" for j in range(self.classes))
        return _points(centres + self.noise * draw.standard_normal(centres.shape), targets, names)


def _points(points: np.ndarray, targets: np.ndarray, classes: tuple[str, ...]) -> Examples:
    return Examples(
        points.astype(np.float32), targets.astype(np.int64), "classification", classes, ("x", "y"), ("class",)
    )
