"""Sequences, generated from a seed: what comes next is to be said from what came before."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from pydantic import Field

from engines.data.dataset import Dataset, Examples


class Waves(Dataset):
    """Two swings of unlike length, added, with noise: the next value is asked, given those before it."""

    category: ClassVar = "Sequences"
    icon: ClassVar = "ssid_chart"
    samples: int = Field(800, ge=20, le=20_000, description="How many sequences, each with swings of its own")
    steps: int = Field(24, ge=4, le=500, description="How many values are given")
    noise: float = Field(0.1, ge=0, le=2, description="Standard deviation of what is added to each value")
    seed: int = Field(0, ge=0, le=2**31 - 1, description="Another seed draws other sequences")

    def load(self) -> Examples:
        """Periods of 8 to 14 and of 20 to 40 steps, each at a random place; no two examples share a value."""
        draw = np.random.default_rng(self.seed)
        size = (self.samples, 1)
        time = np.arange(self.steps + 1)[None]
        swings = [
            height * np.sin(2 * np.pi * (time / draw.uniform(least, most, size) + draw.uniform(0, 1, size)))
            for height, least, most in ((1.0, 20, 40), (0.5, 8, 14))
        ]
        wave = swings[0] + swings[1] + self.noise * draw.standard_normal((self.samples, self.steps + 1))
        inputs, targets = wave[:, :-1, None].astype(np.float32), wave[:, -1:]
        return Examples(inputs, targets, "regression", target=("next value",))
