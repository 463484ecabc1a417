"""What a graph costs: a row for each node, and the totals."""

from dataclasses import dataclass

from builder.graph import Graph
from builder.layer import written
from builder.shapes import Inference, infer


@dataclass(frozen=True)
class Row:
    """A node's shape and costs; None where the shapes are not known. Costs are for one example, memory in bytes."""

    node: str
    kind: str
    shape: str | None
    parameters: int | None
    multiply_adds: int | None
    activation_bytes: int | None
    weight_bytes: int | None
    shares: str = ""


@dataclass(frozen=True)
class Summary:
    """The rows of a graph in the order of computation, and their totals (weights that are used twice count once)."""

    rows: tuple[Row, ...]
    depth: int
    """Layers that multiply by weights on the longest path; 18 for a ResNet-18."""

    @property
    def parameters(self) -> int:
        """How many numbers the network learns."""
        return sum(row.parameters or 0 for row in self.rows if not row.shares)

    @property
    def multiply_adds(self) -> int:
        """Multiplications, each with an addition, for one example."""
        return sum(row.multiply_adds or 0 for row in self.rows)

    @property
    def activation_bytes(self) -> int:
        """Memory of all outputs for one example, in bytes."""
        return sum(row.activation_bytes or 0 for row in self.rows)

    @property
    def weight_bytes(self) -> int:
        """Memory of all weights, in bytes."""
        return sum(row.weight_bytes or 0 for row in self.rows if not row.shares)

    def training_bytes(self, batch: int) -> int:
        """Bytes that training with Adam needs: weights, gradients and two moments; activations and their gradients."""
        return 4 * self.weight_bytes + 2 * batch * self.activation_bytes


def summary(graph: Graph) -> Summary:
    """What a graph costs. Nodes with problems, and those behind them, have rows without figures."""
    return summary_of(infer(graph))


def summary_of(inference: Inference) -> Summary:
    """What an inferred graph costs: inside a block, with what reaches it there."""
    rows = []
    for place in inference.places.values():
        outcome, node = place.outcome, place.node
        if outcome is None:
            rows.append(Row(node.id, node.kind, None, None, None, None, None, node.shares))
            continue
        shape = written(next(iter(outcome.outputs.values())).shape)
        rows.append(
            Row(
                node.id,
                node.kind,
                shape,
                outcome.parameters,
                outcome.multiply_adds,
                outcome.activation_bytes,
                outcome.weight_bytes,
                node.shares,
            )
        )
    return Summary(tuple(rows), inference.depth)
