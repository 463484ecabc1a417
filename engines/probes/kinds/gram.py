"""Gram matrices: which features of an image come together, wherever that is."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from engines.probes.probe import Probe

if TYPE_CHECKING:
    from torch import Tensor

    from engines.probes.probe import Arrays
    from engines.probes.sight import Sight

MOST = 64
"""Channels that are compared."""


class Gram(Probe):
    """Which channels of a convolution answer at the same places of the pinned example: its style."""

    kept: ClassVar[dict[str, str]] = {
        "matrix": "F Fᵀ / places of the first 64 channels, (channels, channels) (Gatys, Ecker and Bethge, 2016)"
    }

    def arrays(self, sight: Sight) -> Arrays:
        """The matrix of every convolution of images."""
        from torch import nn

        found: Arrays = {}
        for path, call in sight.calls.items():
            if isinstance(call.module, nn.Conv2d) and path in sight.pinned:
                found["matrix", path] = gram(sight.pinned[path][0][0])
        return found


def gram(maps: Tensor) -> Tensor:
    """F Fᵀ / places for maps (channels, height, width)."""
    flat = maps[:MOST].flatten(1).float()
    return flat @ flat.T / flat.shape[1]
