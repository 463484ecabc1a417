"""The values of a surface on a grid, to be drawn."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engines.race.surface import Descent


@dataclass(frozen=True, eq=False)
class Grid:
    """Values at evenly spaced points."""

    axes: tuple[np.ndarray, ...]
    """The numbers along x, and along y where there is one, (side,) each."""
    values: np.ndarray
    """(side,), or (side, side) with a row for each y and a column for each x; nan where there is no finite value."""


def grid(surface: Descent, side: int) -> Grid:
    """The surface within its bounds, at `side` points along each axis.

    Raises:
        ValueError: there are fewer than two points along an axis.
    """
    import torch

    if side < 2:
        raise ValueError(f"must have at least 2 points along each axis, not {side}")
    axes = [torch.linspace(low, high, side, dtype=torch.float64) for low, high in surface.bounds]
    points = torch.stack(torch.meshgrid(*axes, indexing="xy"), -1)
    with torch.no_grad():
        values = surface.value(points.reshape(-1, surface.dimensions)).reshape(points.shape[:-1])
    found = values.double().cpu().numpy()
    return Grid(tuple(axis.numpy() for axis in axes), np.where(np.isfinite(found), found, np.nan))
