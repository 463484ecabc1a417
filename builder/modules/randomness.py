"""Modules that disturb what passes while they train, and leave it alone afterwards."""

import torch
from torch import nn


class DropPath(nn.Module):
    """Leaves out a branch for some examples while training (Huang et al. 2016)."""

    def __init__(self, rate: float) -> None:
        super().__init__()
        self.rate = rate

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Of the same shape."""
        if not self.training or self.rate == 0:
            return x
        kept = x.new_full((x.shape[0], *[1] * (x.ndim - 1)), 1 - self.rate)
        return x * torch.bernoulli(kept) / (1 - self.rate)


class GaussianDropout(nn.Module):
    """Multiplies each value by noise around 1 while training (Srivastava et al. 2014)."""

    def __init__(self, rate: float) -> None:
        super().__init__()
        self.std = (rate / (1 - rate)) ** 0.5

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Of the same shape."""
        return x * (1 + self.std * torch.randn_like(x)) if self.training else x


class GaussianNoise(nn.Module):
    """Adds noise to each value while training (Bishop 1995)."""

    def __init__(self, std: float) -> None:
        super().__init__()
        self.std = std

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Of the same shape."""
        return x + self.std * torch.randn_like(x) if self.training else x


class RandomLeakyReLU(nn.Module):
    """A slope below zero that is drawn for each value while training (Xu et al. 2015)."""

    def __init__(self, lower: float, upper: float) -> None:
        super().__init__()
        self.lower, self.upper = lower, upper

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Of the same shape; after training with the mean of both slopes."""
        if self.training:
            return nn.functional.rrelu(x, self.lower, self.upper, training=True)
        return nn.functional.leaky_relu(x, (self.lower + self.upper) / 2)
