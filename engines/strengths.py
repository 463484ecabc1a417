"""How strong the connections of a network are, and how strongly its loss pulls at them, by node."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Literal

By = Literal["weights", "gradients"]
DECADES = 4
"""So many times ten smaller than the largest gradient, and nothing is left to be seen."""
MEASURES: dict[By, str] = {"weights": "weight", "gradients": "gradient"}


def strengths(
    layers: Mapping[str, Mapping[str, Any]], parameters: Mapping[str, int], by: By
) -> dict[str, tuple[float, float]]:
    """What runs along the connections into each node with parameters, as (size, share of the largest of the network).

    The size is the root mean square of the node's parameters, or of their gradient in the last batch, so that wide
    layers do not look stronger for being wide.

    Args:
        layers: what probes read last, layer → measure → number (see engines/probes): Euclidean norms.
        parameters: how many parameters each layer has.
        by: what is measured.
    """
    sizes = {
        path: float(told[MEASURES[by]]) / parameters[path] ** 0.5
        for path, told in layers.items()
        if told.get(MEASURES[by]) is not None and parameters.get(path)
    }
    most = max(sizes.values(), default=0.0)
    return {path: (size, _share(size, most, by)) for path, size in sizes.items()}


def _share(size: float, most: float, by: By) -> float:
    """A size as a share of the largest; of gradients on a logarithmic scale, for they shrink from layer to layer."""
    if not size or not most:
        return 0.0
    return size / most if by == "weights" else max(0.0, 1 + math.log10(size / most) / DECADES)
