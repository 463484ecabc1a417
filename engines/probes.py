"""Probes: what can be read off a model at a step, a few numbers a layer.

They look between two steps, some times a second, and change no bit of the training: no hook stays in the model, and
what they compute runs in evaluation mode, without gradients, and draws no random numbers.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar

from builder.registry import Registered

if TYPE_CHECKING:
    from torch import Tensor, nn

    from engines.context import Context
    from engines.update import Update

    Readings = dict[str, dict[str, Tensor]]
    """layer → measure → a number, as a tensor of no dimensions."""

MOST_EXAMPLES = 256
"""Examples that are sent through the model to look at its activations."""
PATIENCE = 0.05
"""Seconds after which enough examples have been sent through a large model."""
SAMPLED = 2**20
"""Numbers of a tensor that are compared before and after a step; of larger ones every k-th."""
FLAT = 0.98
"""A tanh beyond this has lost 96 % of its slope, as has a sigmoid as far from its middle (Glorot and Bengio, 2010)."""
ACTIVATIONS = "ReLU LeakyReLU PReLU ELU GELU SiLU Softplus Sigmoid Tanh".split()
"""Layers whose outputs are looked at, by torch's names."""


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
            name: [_sample(one).clone() for one in trained(layer)] for name, layer in self.layers.items()
        }

    def read(self) -> dict[str, dict[str, float]]:
        """What all probes read, in one go from the device; layers that tell nothing are left out."""
        import torch

        found: Readings = defaultdict(dict)
        for probe in Probe.registry.values():
            for layer, values in probe().read(self).items():
                found[layer].update(values)
        names = [(layer, measure) for layer, values in found.items() for measure in values]
        if not names:
            return {}
        numbers = torch.stack([found[layer][measure].float() for layer, measure in names]).tolist()
        told: dict[str, dict[str, float]] = {layer: {} for layer in self.layers if layer in found}
        for (layer, measure), number in zip(names, numbers, strict=True):
            told[layer][measure] = number
        return told


class Probe(Registered):
    """A kind of reading."""

    measures: ClassVar[dict[str, str]] = {}
    """What it tells of a layer: name → what that says."""

    def read(self, look: Look) -> Readings:
        """The readings of the layers that this probe has something to say of."""
        raise NotImplementedError


class Gradients(Probe):
    """How strongly the loss of the last batch pulls at each layer."""

    measures: ClassVar[dict[str, str]] = {
        "gradient": "Euclidean norm of the gradient of the layer's parameters, before clipping"
    }

    def read(self, look: Look) -> Readings:
        """The norm of each layer's gradient."""
        unclipped = _unclipped(look.context.updates)
        found: Readings = {}
        for name, layer in look.layers.items():
            gradients = [one.grad for one in trained(layer) if one.grad is not None]
            if gradients:
                found[name] = {"gradient": norm(gradients) * unclipped}
        return found


class Updates(Probe):
    """How far one step moves each layer, beside how large its weights are."""

    measures: ClassVar[dict[str, str]] = {
        "weight": "Euclidean norm of the layer's parameters",
        "update": "length of the last step divided by the length of what it changed; about 0.001 is usual",
    }

    def read(self, look: Look) -> Readings:
        """The norms of weights, and of what the step changed."""
        found: Readings = {}
        for name, layer in look.layers.items():
            if before := look.before[name]:
                parameters = trained(layer)
                moved = [_sample(now) - then for now, then in zip(parameters, before, strict=True)]
                found[name] = {"weight": norm(parameters), "update": norm(moved) / norm(before)}
        return found


class Activations(Probe):
    """What leaves each activation function when examples are sent through."""

    measures: ClassVar[dict[str, str]] = {
        "mean": "mean of the outputs",
        "std": "standard deviation of the outputs",
        "dead": "share of units that give 0 for every example",
        "saturated": "share of outputs in the flat ends of a sigmoid or tanh",
    }

    def read(self, look: Look) -> Readings:
        """Send some examples through, and look at what each activation function gives."""
        watched = {name: layer for name, layer in look.layers.items() if type(layer).__name__ in ACTIVATIONS}
        if not watched:
            return {}
        with _listening(watched) as heard:
            _send(look.context)
        return {name: _told(watched[name], [*outputs]) for name, outputs in heard.items() if outputs}


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


def _sample(tensor: Tensor) -> Tensor:
    """The numbers of a tensor, or every k-th of a large one, as a view where that is possible."""
    flat = tensor.detach().reshape(-1)
    return flat[:: max(1, flat.numel() // SAMPLED)]


def _unclipped(updates: dict[str, Update]) -> Tensor | float:
    """What the gradients must be multiplied with to be what they were before they were clipped."""
    lengths = [one.length / one.clip for one in updates.values() if one.clip and one.length is not None]
    return lengths[0].clamp(min=1.0) if lengths else 1.0


@contextmanager
def _listening(layers: dict[str, nn.Module]) -> Iterator[dict[str, list[Tensor]]]:
    """Note what layers give, as long as this lasts."""
    heard: dict[str, list[Tensor]] = {name: [] for name in layers}

    def ear(name: str) -> Any:
        return lambda layer, inputs, output: heard[name].append(output)

    hooks = [layer.register_forward_hook(ear(name)) for name, layer in layers.items()]
    try:
        yield heard
    finally:
        for hook in hooks:
            hook.remove()


def _send(context: Context) -> None:
    """Send examples of the validation part (or else the training part) through the model, as many as time allows."""
    inputs = context.part("validation")[0]
    inputs = inputs if len(inputs) else context.part("train")[0]
    size, began = max(context.size, 1), time.perf_counter()
    for start in range(0, min(len(inputs), MOST_EXAMPLES), size):
        context.outputs(inputs[start : min(start + size, MOST_EXAMPLES)])
        if time.perf_counter() - began > PATIENCE:
            return


def _told(layer: nn.Module, outputs: list[Tensor]) -> dict[str, Tensor]:
    """The measures of one activation function, over all that it gave."""
    import torch

    kind, values = type(layer).__name__, torch.cat([one.flatten() for one in outputs])
    told = {"mean": values.mean(), "std": values.std(correction=0)}
    if kind == "ReLU":
        told["dead"] = _dead([one == 0 for one in outputs])
    if kind in ("Tanh", "Sigmoid"):
        centred = 2 * values - 1 if kind == "Sigmoid" else values
        told["saturated"] = (centred.abs() > FLAT).float().mean()
    return told


def _dead(silent: list[Tensor]) -> Tensor:
    """The share of units that were silent all the time.

    Units are channels in (n, channels, …) and features in (n, …, features); where both could be meant (three
    dimensions) it is the reading that finds more: a place in a sequence is never silent for all examples by chance.
    """
    import torch

    dimensions = silent[0].ndim
    if dimensions == 3:
        return torch.maximum(_share(silent, 1), _share(silent, 2))
    return _share(silent, 1 if dimensions > 1 else 0)


def _share(silent: list[Tensor], unit: int) -> Tensor:
    """The share of places along one dimension that were silent at all others."""
    import torch

    rows = [one.movedim(unit, 0).flatten(1).all(1) for one in silent]
    if len({len(row) for row in rows}) > 1:  # a sequence of another length
        return torch.stack([row.float().mean() for row in rows]).min()
    return torch.stack(rows).all(0).float().mean()
