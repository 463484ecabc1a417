"""Modules that make sequences, images and volumes larger or smaller without weights."""

import torch
from torch import nn


class UpsampleLike(nn.Module):
    """Brings a sequence, an image or a volume to the size of another one."""

    def __init__(self, mode: str = "nearest", align_corners: bool | None = None) -> None:
        super().__init__()
        self.mode, self.align_corners = mode, align_corners

    def forward(self, x: torch.Tensor, like: torch.Tensor) -> torch.Tensor:
        """With the channels of x."""
        return nn.functional.interpolate(
            x, like.shape[2:], mode=self.mode, align_corners=self.align_corners
        )


class MaxUnpool(nn.Module):
    """Puts values back to where a max pooling found them (Badrinarayanan et al. 2017, SegNet)."""

    def __init__(self, size: tuple[int, ...]) -> None:
        super().__init__()
        self.size = size

    def forward(self, x: torch.Tensor, indices: torch.Tensor) -> torch.Tensor:
        """B × channels × size, zero where nothing is put; indices count a channel's places."""
        places = x.new_zeros(*x.shape[:2], *self.size).flatten(2)
        found = places.scatter(2, indices.flatten(2), x.flatten(2))
        return found.unflatten(2, self.size)
