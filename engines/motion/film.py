"""Film: what each node gives for one example, and the gradient of the loss to it, in the order of computation."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import Tensor, nn

    from builder.graph import Graph
    from builder.shapes import Place
    from engines.motion.working import Working
    from engines.trained import Trained

MOST_DOUBLED = 20_000_000
"""Parameters up to which all is computed in double precision, so that what is written in numbers adds up."""


@dataclass(frozen=True, eq=False)
class Film:
    """One example on its way through a network, forward and back."""

    graph: Graph
    module: nn.Module
    """A copy of the network, in evaluation mode; in double precision unless it is very large."""
    inputs: tuple[Tensor, ...]
    """The example, (1, …) for each Input."""
    target: Tensor | None
    values: dict[str, Tensor]
    """What each node gives, without the batch, by path."""
    slopes: dict[str, Tensor]
    """∂L/∂ of that; what the loss does not depend on is missing."""
    weights: dict[str, Tensor]
    """∂L/∂ of each parameter, by name."""
    wires: dict[str, tuple[str, ...]]
    """What each node reads, by path; its keys are the nodes in the order of computation."""
    places: dict[str, Place]
    loss: float | None
    """None where it is not known what is learned."""
    worked: dict[tuple[str, int], Working] = field(default_factory=dict)
    """What `work_out` has found, by path and unit, for all who look."""

    @property
    def order(self) -> list[str]:
        """The nodes in the order of computation, without those that give nothing that can be shown."""
        return [path for path in self.wires if path in self.values]

    @property
    def answer(self) -> str:
        """The path of what the network gives: what its first Output reads."""
        from builder.paths import results

        return results(self.graph)[0]

    def further(self, path: str) -> list[str]:
        """The further outputs of a node on which the loss depends, such as `lstm1__hidden`."""
        return [one for one in self.slopes if one.startswith(f"{path}__")]

    def kind(self, path: str) -> str:
        """The kind of a node."""
        return self.places[path].node.kind

    def usual_unit(self, path: str, back: bool = False) -> int:
        """The place of the unit that is looked at first, in the flattened value: the largest in size.

        Args:
            path: of the node.
            back: whether of the gradient, where there is one, instead of the value.
        """
        told = self.slopes.get(path, self.values[path]) if back else self.values[path]
        return int(told.double().abs().argmax()) if told.numel() else 0


def film(trained: Trained, inputs: tuple[Tensor, ...], target: Tensor | None) -> Film:
    """Send one example through a network and back.

    Args:
        trained: the network, which stays as it is.
        inputs: one example, (1, …) for each Input.
        target: as engines/tasks.py says, (1, …), if it is known.
    """
    import torch

    from builder.paths import placed, wiring
    from builder.watch import copied
    from engines.probes import Sight
    from engines.probes.sight import learning, objective_of

    module = copied(trained.module).eval()
    if sum(one.numel() for one in module.parameters()) <= MOST_DOUBLED:
        module.double()
    first: Any = next((one for one in module.parameters()), torch.zeros(0, dtype=torch.double))
    given = tuple(one.to(first.dtype) if one.is_floating_point() else one for one in inputs)
    if target is not None and target.is_floating_point():
        target = target.to(first.dtype)
    sight = Sight(module, given, target, objective_of(trained.project))
    pinned = sight.pinned
    loss, weights = None, dict[str, "Tensor"]()
    with learning(module):
        value = sight.loss(module(*given))
        if value is not None and value.requires_grad:
            loss, named = float(value.detach()), dict(module.named_parameters())
            learned = {name: one for name, one in named.items() if one.requires_grad}
            found = torch.autograd.grad(value, [*learned.values()], allow_unused=True)
            weights = {name: one for name, one in zip(learned, found, strict=True) if one is not None}
    return Film(
        trained.graph,
        module,
        given,
        target,
        {path: one[0] for path, (one, _) in pinned.items()},
        {path: slope[0] for path, (_, slope) in pinned.items() if slope is not None},
        weights,
        wiring(trained.graph),
        placed(trained.graph),
        loss,
    )
