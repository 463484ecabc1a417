"""What networks that make something up are built of."""

import torch
from torch import nn


class Reparameterise(nn.Module):
    """A sample from a normal distribution, through which mean and variance can be learned.

    Kingma and Welling (2014), Auto-encoding variational Bayes. Mean, log-variance -> a sample of
    their shape while training, the mean otherwise.
    """

    def forward(self, mean: torch.Tensor, log_variance: torch.Tensor) -> torch.Tensor:
        """The mean, and while training noise of this variance."""
        if not self.training:
            return mean
        return mean + torch.exp(0.5 * log_variance) * torch.randn_like(mean)


class MinibatchDiscrimination(nn.Module):
    """Tell each example how close it is to the others of its batch, in learned respects.

    Salimans et al. (2016), Improved techniques for training GANs. (batch, features) -> (batch,
    features + kernels).
    """

    def __init__(self, features: int, kernels: int, size: int) -> None:
        super().__init__()
        self.size = size
        self.weight = nn.Parameter(torch.empty(features, kernels * size))
        nn.init.normal_(self.weight, std=features**-0.5)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """The features, and behind them the closeness to all others in each respect."""
        seen = (x @ self.weight).unflatten(1, (-1, self.size))
        apart = (seen[:, None] - seen[None]).abs().sum(dim=-1)
        return torch.cat((x, torch.exp(-apart).sum(dim=1) - 1), dim=1)


class MinibatchStdDev(nn.Module):
    """One more channel, everywhere the same: how much the examples of a batch differ.

    Karras et al. (2018), Progressive growing of GANs. (batch, channels, ...) -> (batch, channels +
    1, ...).
    """

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """The channels, and the mean standard deviation over the batch."""
        spread = x.var(dim=0, unbiased=False).clamp(min=1e-8).sqrt().mean()
        return torch.cat((x, spread * torch.ones_like(x[:, :1])), dim=1)
