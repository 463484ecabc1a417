"""How strong the connections of a network are, and how strongly its loss pulls at them, by node."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

By = Literal["weights", "gradients"]
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
    return {path: (size, size / most if most else 0.0) for path, size in sizes.items()}
