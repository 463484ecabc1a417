"""How numbers are distributed, as one small array."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

BINS = 64


def histogram(values: Tensor) -> Tensor:
    """The lowest value, the highest, and how many lie in each of 64 equal bins between them: float32 (66,).

    Numbers that are not finite are left out; without any others all is 0. Where all are the same, the bins go from half
    below to half above, of large numbers further.
    """
    import torch

    flat = values.detach().flatten().float()
    flat = flat[flat.isfinite()] if not bool(flat.isfinite().all()) else flat
    if not flat.numel():
        return torch.zeros(BINS + 2)
    low, high = flat.aminmax()
    if bool(low == high):
        half = low.abs().clamp(min=2.0**20) * 2.0**-21  # of large numbers as much as they can differ by
        low, high = low - half, high + half
    scale = torch.maximum(low.abs(), high.abs())  # tiny and huge numbers alike stay within float32's range
    place = (flat / scale - low / scale) * (BINS / (high / scale - low / scale))
    place = place.long().clamp_(0, BINS - 1)
    counts = torch.bincount(place, minlength=BINS).float()
    return torch.cat([low[None], high[None], counts])
