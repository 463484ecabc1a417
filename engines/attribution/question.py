"""Question: one example, one network, and the score of which one asks why."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from torch import Tensor, nn

    from builder.graph import Graph
    from engines.data.data import PartName, Splits
    from engines.trained import Trained


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
    against: int | None = None
    """Another output, if the question is why the one and not the other: the score is then the difference."""
    references: Mapping[str, Tensor] = field(default_factory=dict)
    """Inputs (1, …) that may stand for nothing, by name (`engines.attribution.method.Baseline`)."""
    columns: tuple[str, ...] = ()
    """Of a table the column of each feature: those of one column are covered together."""
    two: bool = False
    """Whether two classes may share one output: it is the score of the second, and its opposite that of the first."""

    @classmethod
    def about(
        cls, trained: Trained, part: PartName, number: int, output: int = 0, against: int | None = None
    ) -> Self:
        """The question about an example of a part of the network's data, by its place from 0."""
        assert trained.splits is not None
        here, inputs = trained.splits.part(part).inputs, trained.splits.preprocessing.inputs
        columns = inputs.owners if len(inputs.shape) == 1 and inputs.dtype == "float32" else ()
        known, two = _references(trained.splits), trained.splits.task == "classification"
        example = here[number : number + 1]
        return cls(trained.module, trained.graph, example, output, against, known, columns, two)

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

    def baseline(self, name: str) -> Tensor:
        """What stands for nothing, in the shape of `start`; zeros for words, or where nothing else is known."""
        known = None if self.words else self.references.get(name)
        return self.start * 0 if known is None else known.to(self.start)

    def score(self, start: Tensor) -> Tensor:
        """The score for each of several variations of `start`, (n,), as the network gives it."""
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
            return outputs[:, 0] if self.output == 1 or not self.two else -outputs[:, 0]
        found = outputs[:, self.output]
        return found if self.against is None else found - outputs[:, self.against]

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


def _references(splits: Splits) -> dict[str, Tensor]:
    """The mean training example, and one of the lowest values (of an image: by channel); none of indices."""
    inputs = splits.train.inputs
    if not inputs.is_floating_point() or not len(inputs):
        return {}
    mean, low = inputs.mean(0, keepdim=True), inputs.amin(0, keepdim=True)
    if inputs.ndim == 4:
        low = low.amin((2, 3), keepdim=True).expand_as(mean)
    return {"mean": mean, "lowest": low}
