"""Modules that pick what indices name."""

import torch
from torch import nn


class Gather(nn.Module):
    """Picks places along a dimension by indices: B × indices, or one for each value."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.dim = dim

    def forward(self, x: torch.Tensor, indices: torch.Tensor) -> torch.Tensor:
        """As x, with as many places along the dimension as there are indices."""
        if indices.ndim == 2 < x.ndim:
            others = [1 if dim != self.dim else -1 for dim in range(1, x.ndim)]
            places = [side if dim != self.dim else -1 for dim, side in enumerate(x.shape)]
            indices = indices.reshape(indices.shape[0], *others).expand(places)
        return torch.gather(x, self.dim, indices)
