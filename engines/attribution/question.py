"""Question: one example, one network, and the score of which one asks why."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor, nn

    from builder.graph import Graph


@dataclass(frozen=True, eq=False)
class Question:
    """Why does the network give this score for this example?

    What is varied is `start`: the input itself, or, of indices such as words, what the first embedding makes of them.
    """

    module: nn.Module
    """As `builder.compile` made it; it is left as it was."""
    graph: Graph
    inputs: Tensor
    """One example, (1, …)."""
    output: int = 0
    """Which of the network's outputs: the number of a class, a label or a value."""

    @property
    def words(self) -> bool:
        """Whether the input is indices, which cannot be varied by a little."""
        return not self.inputs.is_floating_point()

    @cached_property
    def embedding(self) -> str:
        """The path of the node that first makes numbers of indices; "" if there is none."""
        from builder.paths import placed

        inputs = set(self.graph.ids("Input"))
        for path, place in placed(self.graph).items():
            if place.node.kind == "Embedding" and {source for _, source, _ in place.node.sources()} & inputs:
                return path
        return ""

    @cached_property
    def start(self) -> Tensor:
        """What is varied, (1, …)."""
        import torch

        if not self.words:
            return self.inputs.detach()
        with torch.no_grad():
            return self.values(self.embedding)

    def score(self, start: Tensor) -> Tensor:
        """The score for each of several variations of `start`, (n,), as the network gives it.

        Of a network with one output for two classes, it is that output for the second, and its opposite for the first.
        """
        if self.words:
            from builder.watch import watched

            tokens = self.inputs.expand(len(start), *self.inputs.shape[1:])
            with watched(self.module, lambda path, _: start if path == self.embedding else None):
                outputs = self.module(tokens)
        else:
            outputs = self.module(start)
        outputs = outputs[0] if isinstance(outputs, tuple) else outputs
        outputs = outputs.flatten(1)
        if outputs.shape[1] == 1:
            return outputs[:, 0] if self.output else -outputs[:, 0]
        return outputs[:, self.output]

    def values(self, path: str) -> Tensor:
        """What a node gives for the example, (1, …), as part of the graph of autograd where that is on."""
        from builder.watch import watched

        found: list[Tensor] = []
        with watched(self.module, lambda one, value: found.append(value) if one == path else None):
            self.module(self.inputs)
        return found[-1]

    def of(self, module: nn.Module) -> Question:
        """The same question to another network of the same graph."""
        return replace(self, module=module)

    @property
    def differentiable(self) -> Callable[[Tensor], Tensor]:
        """`score`, for methods that go back through recurrent layers in evaluation mode, which cuDNN refuses."""
        import torch

        def score(start: Tensor) -> Tensor:
            with torch.backends.cudnn.flags(enabled=False):
                return self.score(start)

        return score

    def folded(self, relevance: Tensor) -> Tensor:
        """Relevance of `start`, (1, …), as that of the input: of an embedded word the sum over its numbers."""
        relevance = relevance.detach()[0]
        return relevance.sum(-1) if self.words else relevance
