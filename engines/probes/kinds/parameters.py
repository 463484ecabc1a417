"""Parameters: what they are, what the loss asks of them, and what a step makes of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from engines.probes.histogram import histogram
from engines.probes.look import norm, sample, trained
from engines.probes.probe import Probe

if TYPE_CHECKING:
    from engines.probes.look import Look
    from engines.probes.probe import Arrays, Readings
    from engines.probes.sight import Sight


class Weights(Probe):
    """How the numbers that a network has learned are distributed."""

    kept: ClassVar[dict[str, str]] = {
        "histogram": "of a parameter: lowest, highest, and counts in 64 bins, (66,)"
    }

    def arrays(self, sight: Sight) -> Arrays:
        """The distribution of each parameter."""
        return {("histogram", name): histogram(one) for name, one in sight.parameters.items()}


class Gradients(Probe):
    """How strongly the loss of the last batch pulls at each layer."""

    measures: ClassVar[dict[str, str]] = {
        "gradient": "Euclidean norm of the gradient of the layer's parameters, an L1 penalty with it, before clipping"
    }
    kept: ClassVar[dict[str, str]] = {
        "histogram": "of a parameter's gradient in the last batch: lowest, highest, and counts in 64 bins, (66,)",
        "example": "the gradient of the loss of the pinned example to what a node gives, float16, cut as activations",
    }

    def numbers(self, look: Look) -> Readings:
        """The norm of each layer's gradient."""
        unclipped = look.unclipped()
        found: Readings = {}
        for name, layer in look.layers.items():
            gradients = [one.grad for one in trained(layer) if one.grad is not None]
            if gradients:
                found[name] = {"gradient": norm(gradients) * unclipped}
        return found

    def arrays(self, sight: Sight) -> Arrays:
        """The distribution of each parameter's gradient; and the gradient at each node, for the pinned example."""
        from engines.probes.kinds.activations import cropped

        found = {("histogram", name): histogram(one) for name, one in sight.gradients.items()}
        slopes = {path: slope for path, (_, slope) in sight.pinned.items() if slope is not None}
        return {**found, **{("example", path): cropped(slope[0]) for path, slope in slopes.items()}}


class Updates(Probe):
    """How far one step moves each layer, beside how large its weights are."""

    measures: ClassVar[dict[str, str]] = {
        "weight": "Euclidean norm of the layer's parameters",
        "update": "length of the last step divided by the length of what it changed; about 0.001 is usual",
    }
    kept: ClassVar[dict[str, str]] = {
        "histogram": "of what the last step changed of a parameter: lowest, highest, and counts in 64 bins, (66,)"
    }

    def numbers(self, look: Look) -> Readings:
        """The norms of weights, and of what the step changed."""
        found: Readings = {}
        for name, layer in look.layers.items():
            if before := look.before[name]:
                parameters = trained(layer)
                moved = [sample(now) - then for now, then in zip(parameters, before, strict=True)]
                found[name] = {"weight": norm(parameters), "update": norm(moved) / norm(before)}
        return found

    def arrays(self, sight: Sight) -> Arrays:
        """The distribution of what the last step changed of each parameter."""
        return {("histogram", name): histogram(one) for name, one in sight.moved.items()}
