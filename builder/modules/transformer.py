"""Layers of transformers that torch has, where it takes a way that does not suit."""

import torch
from torch import nn


class MaskedEncoderLayer(nn.TransformerEncoderLayer):
    """nn.TransformerEncoderLayer for sequences with padding.

    Without gradients torch takes a faster way, which forbids what a mask only makes unlikely: a
    step that sees nothing but padding would get no numbers there. This takes the same way always.
    """

    def forward(
        self,
        src: torch.Tensor,
        src_mask: torch.Tensor | None = None,
        src_key_padding_mask: torch.Tensor | None = None,
    ) -> torch.Tensor:
        """Attention, then the small network, each with a shortcut and a normalisation."""
        masks = src_mask, src_key_padding_mask
        if self.norm_first:
            src = src + self._sa_block(self.norm1(src), *masks)
            return src + self._ff_block(self.norm2(src))
        src = self.norm1(src + self._sa_block(src, *masks))
        return self.norm2(src + self._ff_block(src))
