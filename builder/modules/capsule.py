"""Capsules: small vectors whose length tells whether something is there, and whose direction how.

Sabour, Frosst and Hinton (2017), Dynamic routing between capsules.
"""

import torch
from torch import nn


def squash(capsules: torch.Tensor) -> torch.Tensor:
    """Keep the direction of each capsule, and bring its length between 0 and 1."""
    square = capsules.square().sum(dim=-1, keepdim=True)
    return capsules * square.clamp(min=1e-9).sqrt() / (1 + square)


class PrimaryCapsules(nn.Module):
    """The first capsules of an image, from a convolution.

    (batch, channels, height, width) -> (batch, capsules * places, size).
    """

    def __init__(
        self,
        channels: int,
        capsules: int,
        size: int,
        kernel: int,
        stride: int = 1,
        padding: int = 0,
    ) -> None:
        super().__init__()
        self.size = size
        self.conv = nn.Conv2d(channels, capsules * size, kernel, stride, padding)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """The capsules of one kind after those of another."""
        capsules = self.conv(image).unflatten(1, (-1, self.size))
        return squash(capsules.movedim(2, -1).flatten(1, -2))


class RoutedCapsules(nn.Module):
    """Each capsule votes for those of the next layer, and is heard where it agrees with others.

    (batch, capsules before, size before) -> (batch, capsules, size), and the couplings (batch,
    capsules before, capsules) of the last iteration. Only that one is learned through.
    """

    def __init__(
        self, before: int, size_before: int, capsules: int, size: int, iterations: int = 3
    ) -> None:
        super().__init__()
        self.iterations = iterations
        self.weight = nn.Parameter(0.1 * torch.randn(before, capsules, size, size_before))

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """The capsules, and how much of each capsule before went to each of them."""
        votes = torch.einsum("bis,iods->biod", x, self.weight)
        logits = votes.new_zeros(votes.shape[:3])
        for _ in range(self.iterations - 1):
            heard = votes.detach()
            capsules = squash((logits.softmax(dim=2)[..., None] * heard).sum(dim=1))
            logits = logits + (heard * capsules[:, None]).sum(dim=-1)
        couplings = logits.softmax(dim=2)
        return squash((couplings[..., None] * votes).sum(dim=1)), couplings


class CapsuleMask(nn.Module):
    """Only one capsule of each example, all others 0: the longest, or that of a given label.

    (batch, capsules, size) -> the same. Label: (batch,).
    """

    def forward(self, capsules: torch.Tensor, label: torch.Tensor | None = None) -> torch.Tensor:
        """The capsules with all but one masked."""
        if label is None:
            label = capsules.square().sum(dim=-1).argmax(dim=1)
        chosen = torch.arange(capsules.shape[1], device=capsules.device) == label[:, None]
        return capsules * chosen[..., None]
