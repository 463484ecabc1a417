"""What each node gives when examples are sent through."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar

from engines.probes.histogram import histogram
from engines.probes.probe import Probe

if TYPE_CHECKING:
    from torch import Tensor, nn

    from engines.context import Context
    from engines.probes.look import Look
    from engines.probes.probe import Arrays, Readings
    from engines.probes.sight import Sight

MOST_EXAMPLES = 256
"""Examples that are sent through the model to look at its activations."""
PATIENCE = 0.05
"""Seconds after which enough examples have been sent through a large model."""
FLAT = 0.98
"""A tanh beyond this has lost 96 % of its slope, as has a sigmoid as far from its middle (Glorot and Bengio, 2010)."""
LOOKED_AT = "ReLU LeakyReLU PReLU ELU GELU SiLU Softplus Sigmoid Tanh".split()
"""Layers whose outputs are looked at for numbers, by torch's names."""
ROOM = 2**14
"""Numbers of what a node gives for one example that are kept."""


class Activations(Probe):
    """What leaves each activation function when examples are sent through."""

    measures: ClassVar[dict[str, str]] = {
        "mean": "mean of the outputs",
        "std": "standard deviation of the outputs",
        "dead": "share of units that give 0 for every example",
        "saturated": "share of outputs in the flat ends of a sigmoid or tanh",
    }
    kept: ClassVar[dict[str, str]] = {
        "histogram": "of what a node gives for many examples: lowest, highest, and counts in 64 bins, (66,)",
        "units": "of each unit, over examples and places: mean, deviation, share of zeros, largest, (4, units)",
        "example": "what a node gives for the pinned example, float16; of large ones some maps and every k-th place",
    }

    def numbers(self, look: Look) -> Readings:
        """Send some examples through, and look at what each activation function gives."""
        watched = {name: layer for name, layer in look.layers.items() if type(layer).__name__ in LOOKED_AT}
        if not watched:
            return {}
        with _listening(watched) as heard:
            _send(look.context)
        return {name: _told(watched[name], [*outputs]) for name, outputs in heard.items() if outputs}

    def arrays(self, sight: Sight) -> Arrays:
        """The distribution of what each node gives, over examples and by unit; and what it gives for one."""
        found: Arrays = {}
        for path, values in sight.given.items():
            found["histogram", path] = histogram(values)
            found["units", path] = units(values, path in sight.channels)
        for path, (value, _) in sight.pinned.items():
            found["example", path] = cropped(value[0])
        return found


def by_unit(values: Tensor, channels: bool = False) -> Tensor:
    """What a node gives, (n, …), as (n, units, places).

    Units are channels in (n, channels, height, width …), features in (n, features) and (n, steps, features).

    Args:
        values: what the node gives.
        channels: whether three dimensions are (n, channels, steps), see `builder.paths.channels_first`.
    """
    if values.ndim < 2:
        return values.reshape(-1, 1, 1)
    return values.movedim(-1 if values.ndim == 3 and not channels else 1, 1).unsqueeze(-1).flatten(2)


def units(values: Tensor, channels: bool = False) -> Tensor:
    """Mean, deviation, share of zeros and largest value of each unit: float32 (4, units)."""
    import torch

    rows = by_unit(values.detach(), channels).movedim(1, 0).flatten(1).float()
    return torch.stack([rows.mean(1), rows.std(1, correction=0), (rows == 0).float().mean(1), rows.amax(1)])


def cropped(value: Tensor, room: int = ROOM) -> Tensor:
    """What a node gives for one example as float16 of at most so many numbers; whole numbers stay whole.

    Of a larger one every k-th place along its last two dimensions, until one map has room; then the first maps.
    """
    import torch

    value = value.detach()
    while value.numel() > room and value.ndim > 2 and value[0].numel() > max(room // 64, 1):
        if max(value.shape[-2:]) == 1:
            break
        value = value[..., :: min(2, value.shape[-2]), :: min(2, value.shape[-1])]
    if value.numel() > room and value.ndim:
        value = value[: max(1, room // max(value[0].numel(), 1))]
    flat = value if value.numel() <= room else value.flatten()[:room]
    return flat.half().clamp(-65_504, 65_504) if flat.is_floating_point() else flat.to(torch.int32)


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
