"""What a graph costs: a row for each node, and the totals."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

from builder.graph import Graph
from builder.inside import inside
from builder.layer import written
from builder.memory import Training, training
from builder.receptive import Field, reaching, receptive_fields, sizes
from builder.shapes import Inference, Place, infer
from builder.trial import Outcome

ADAM = 4
"""How often weights are there: themselves, their gradients, and two moments of each."""


@dataclass(frozen=True)
class Row:
    """A node's shape and costs; None where the shapes are not known. Costs are for one example, memory in bytes."""

    node: str
    kind: str
    shape: str | None = None
    parameters: int | None = None
    multiply_adds: int | None = None
    activation_bytes: int | None = None
    weight_bytes: int | None = None
    shares: str = ""
    kept_bytes: int | None = None
    """What training keeps of it until the gradients come back; outputs that nobody needs then are not kept."""
    receptive_field: tuple[int, ...] | None = None
    """How much of the Input each value may depend on, side by side: 196 × 196 pixels; it may be more than there is.
    None where everything is seen, and where there are no places but only features."""

    def training_bytes(self, batch: int) -> int | None:
        """Bytes that training with Adam needs for this node; what it shares with another counts there."""
        if self.weight_bytes is None or self.kept_bytes is None:
            return None
        return ADAM * (0 if self.shares else self.weight_bytes) + batch * self.kept_bytes


@dataclass(frozen=True)
class Summary:
    """The rows of a graph in the order of computation, and their totals (weights that are used twice count once)."""

    inference: Inference
    feeds: Mapping[str, Field] = field(default_factory=dict)
    """Inside a block: how much of the network's Inputs is seen by what reaches it."""

    @cached_property
    def rows(self) -> tuple[Row, ...]:
        """A row for each node."""
        fields = receptive_fields(self.inference, self.feeds)
        kept = self._training.by_node
        return tuple(
            _row(place, kept.get(id, 0), fields.get(id)) for id, place in self.inference.places.items()
        )

    @property
    def depth(self) -> int:
        """Layers that multiply by weights on the longest path; 18 for a ResNet-18."""
        return self.inference.depth

    @property
    def parameters(self) -> int:
        """How many numbers the network learns."""
        return self.inference.parameters

    @cached_property
    def multiply_adds(self) -> int:
        """Multiplications, each with an addition, for one example."""
        return sum(outcome.multiply_adds for _, outcome in self._known())

    @cached_property
    def activation_bytes(self) -> int:
        """Memory of all outputs for one example, in bytes."""
        return sum(outcome.activation_bytes for _, outcome in self._known())

    @cached_property
    def weight_bytes(self) -> int:
        """Memory of all weights, in bytes."""
        return sum(outcome.weight_bytes for place, outcome in self._known() if not place.node.shares)

    def training_bytes(self, batch: int) -> int:
        """Bytes that training with Adam needs, as far as the network decides.

        Weights, their gradients and two moments; what is kept for the way back, and there the largest gradients.
        """
        kept = sum(self._training.by_node.values())
        return ADAM * self.weight_bytes + batch * kept + self.passing_bytes(batch)

    def passing_bytes(self, batch: int) -> int:
        """Bytes of the largest gradients that pass between two layers at once: they belong to no node alone."""
        return batch * self._training.passing

    @cached_property
    def _training(self) -> Training:
        return training(self.inference)

    def _known(self) -> Iterator[tuple[Place, Outcome]]:
        return ((place, place.outcome) for place in self.inference.places.values() if place.outcome)


def summary(graph: Graph) -> Summary:
    """What a graph costs. Nodes with problems, and those behind them, have rows without figures."""
    return Summary(infer(graph))


def summary_inside(graph: Graph, path: Sequence[str]) -> Summary:
    """What the block under these Block nodes costs, in its first repeat, with what reaches it there.

    Raises:
        BadValue: the path leads nowhere.
    """
    feeds: Mapping[str, Field] = {}
    for depth, id in enumerate(path):
        outer = inside(graph, path[:depth])
        feeds = reaching(outer, receptive_fields(outer, feeds), id)
    return Summary(inside(graph, path), feeds)


_shape_of = lru_cache(32_768)(written)


def _row(place: Place, kept: int, seen: Field | None) -> Row:
    outcome, node = place.outcome, place.node
    if outcome is None:
        return Row(node.id, node.kind, shares=node.shares)
    return Row(
        node.id,
        node.kind,
        _shape_of(next(iter(outcome.outputs.values())).shape),
        outcome.parameters,
        outcome.multiply_adds,
        outcome.activation_bytes,
        outcome.weight_bytes,
        node.shares,
        kept,
        sizes(seen) if seen else None,
    )
