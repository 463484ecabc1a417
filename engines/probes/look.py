"""Look: what probes may look at for their numbers: the networks right before and right after one step."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING

from engines.probes.probe import all_probes

if TYPE_CHECKING:
    from torch import Tensor, nn

    from engines.context import Context
    from engines.probes.probe import Readings

SAMPLED = 2**20
"""Numbers of a tensor that are compared before and after a step; of larger ones every k-th."""


class Look:
    """What probes may look at: the networks right before and right after one step.

    Make one before a step; `read` after it. Layers are named by their path in the network, such as `conv1` or
    `stage.0.conv1`, and in models of several roles by the role before it (`generator/conv1`).
    """

    def __init__(self, context: Context) -> None:
        self.context = context
        several = len(context.models) > 1
        self.layers = {
            f"{role}/{path}" if several else path: layer
            for role, model in context.models.items()
            for path, layer in layers_of(model)
        }
        self.before = {
            name: [sample(one).clone() for one in trained(layer)] for name, layer in self.layers.items()
        }

    def moved(self) -> dict[str, Tensor]:
        """What the step changed of each parameter that learns, by its name; of large ones a sample."""
        found: dict[str, Tensor] = {}
        for name, layer in self.layers.items():
            named = [path for path, one in layer.named_parameters() if one.requires_grad]
            for path, now, then in zip(named, trained(layer), self.before[name], strict=True):
                found[f"{name}.{path}"] = sample(now) - then
        return found

    def gradients(self) -> dict[str, Tensor]:
        """The gradient of each parameter in the last batch, before clipping, by its name."""
        unclipped = self.unclipped()
        return {
            f"{name}.{path}": one.grad * unclipped
            for name, layer in self.layers.items()
            for path, one in layer.named_parameters()
            if one.requires_grad and one.grad is not None
        }

    def unclipped(self) -> Tensor | float:
        """What the gradients must be multiplied with to be what they were before they were clipped."""
        updates = self.context.updates.values()
        lengths = [one.length / one.clip for one in updates if one.clip and one.length is not None]
        return lengths[0].clamp(min=1.0) if lengths else 1.0

    def read(self) -> dict[str, dict[str, float]]:
        """What all probes read, in one go from the device; layers that tell nothing are left out."""
        import torch

        found: Readings = defaultdict(dict)
        for probe in all_probes().values():
            for layer, values in probe().numbers(self).items():
                found[layer].update(values)
        names = [(layer, measure) for layer, values in found.items() for measure in values]
        if not names:
            return {}
        numbers = torch.stack([found[layer][measure].float() for layer, measure in names]).tolist()
        told: dict[str, dict[str, float]] = {layer: {} for layer in self.layers if layer in found}
        for (layer, measure), number in zip(names, numbers, strict=True):
            told[layer][measure] = number
        return told


def layers_of(model: nn.Module, path: str = "") -> Iterator[tuple[str, nn.Module]]:
    """The layers of a network, by path: what torch or Strata makes, not the blocks and repeats around it."""
    from torch import nn

    for name, child in model.named_children():
        here = f"{path}.{name}" if path else name
        home = type(child).__module__
        if isinstance(child, nn.Sequential | nn.ModuleList) or not home.startswith(("torch.", "builder.")):
            yield from layers_of(child, here)
        else:
            yield here, child


def trained(layer: nn.Module) -> list[Tensor]:
    """The parameters of a layer that learn."""
    return [one for one in layer.parameters() if one.requires_grad]


def norm(tensors: list[Tensor]) -> Tensor:
    """The Euclidean norm of all numbers in some tensors."""
    import torch

    with torch.no_grad():
        return torch.linalg.vector_norm(torch.stack([torch.linalg.vector_norm(one) for one in tensors]))


def sample(tensor: Tensor) -> Tensor:
    """The numbers of a tensor, or every k-th of a large one, as a view where that is possible."""
    flat = tensor.detach().reshape(-1)
    return flat[:: max(1, flat.numel() // SAMPLED)]
