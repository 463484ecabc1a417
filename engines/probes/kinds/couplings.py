"""Couplings: how capsules agree on the wholes that they belong to."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from engines.probes.probe import Probe

if TYPE_CHECKING:
    from torch import Tensor

    from engines.probes.probe import Arrays
    from engines.probes.sight import Call, Sight

MOST = 256
"""Capsules before the routing that are kept."""


class Couplings(Probe):
    """How much of each capsule goes to each of the next layer, from one iteration of the routing to the next."""

    kept: ClassVar[dict[str, str]] = {
        "routing": "for the pinned example: (iterations, capsules before, at most 256 of them; capsules)"
    }

    def arrays(self, sight: Sight) -> Arrays:
        """The couplings of every layer that routes."""
        routed = {
            path: call for path, call in sight.calls.items() if type(call.module).__name__ == "RoutedCapsules"
        }
        return {("routing", path): routing(call) for path, call in routed.items()}


def routing(call: Call) -> Tensor:
    """The couplings of each iteration, (iterations, before, after), by running the layer with 1, 2, … of them.

    Sabour, Frosst and Hinton (2017), Dynamic routing between capsules, procedure 1.
    """
    import copy

    import torch

    layer, told = copy.copy(call.module), []
    with torch.no_grad():
        for count in range(1, int(call.module.iterations) + 1):  # type: ignore[arg-type]
            layer.iterations = count  # type: ignore[assignment]
            told.append(layer(*call.inputs)[1][0, :MOST])
    return torch.stack(told)
