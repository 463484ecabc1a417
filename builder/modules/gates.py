"""Modules that let through as much as they themselves decide."""

import torch
from torch import nn


class Maxout(nn.Module):
    """Keeps the largest of each group of neighbours along a dimension (Goodfellow et al. 2013)."""

    def __init__(self, pieces: int, dim: int = 1) -> None:
        super().__init__()
        self.pieces, self.dim = pieces, dim

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """With so many times fewer places along the dimension."""
        return x.unflatten(self.dim, (-1, self.pieces)).amax(self.dim + 1)


class GatedFeedForward(nn.Module):
    """Widens, gates and narrows the last dimension (Shazeer 2020): SwiGLU, GEGLU, ReGLU."""

    def __init__(
        self, features: int, hidden: int, activation: str = "SiLU", bias: bool = False
    ) -> None:
        super().__init__()
        self.gate = nn.Linear(features, hidden, bias=bias)
        self.up = nn.Linear(features, hidden, bias=bias)
        self.down = nn.Linear(hidden, features, bias=bias)
        self.activation = getattr(nn, activation)()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Of the same shape."""
        return self.down(self.activation(self.gate(x)) * self.up(x))


class SqueezeExcitation(nn.Module):
    """Weighs channels by what the whole shows (Hu et al. 2018): B × channels × … → the same."""

    def __init__(
        self, channels: int, units: int, activation: str = "ReLU", gate: str = "Sigmoid"
    ) -> None:
        super().__init__()
        self.squeeze = nn.Linear(channels, units)
        self.activation = getattr(nn, activation)()
        self.excite = nn.Linear(units, channels)
        self.gate = getattr(nn, gate)()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Each channel times a number between 0 and 1."""
        mean = x.flatten(2).mean(2)
        weights = self.gate(self.excite(self.activation(self.squeeze(mean))))
        return x * weights.reshape(*weights.shape, *[1] * (x.ndim - 2))


class LayerScale(nn.Module):
    """A learned factor for each feature that starts small (Touvron et al. 2021)."""

    def __init__(self, shape: tuple[int, ...], start: float = 1e-5) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.full(shape, start))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Of the same shape."""
        return x * self.scale
