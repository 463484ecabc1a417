"""Layout: which nodes of a network stand in which column, which of their units are shown, and what connects them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from math import prod
from typing import TYPE_CHECKING, Any

from builder.layers import LAYERS
from builder.layers.activation import _Activation
from engines.playground.design import ENTERS, simple
from engines.playground.plane import feature_names
from engines.playground.settings import FEATURES

if TYPE_CHECKING:
    from torch import nn

    from builder.graph import Graph, Node
    from builder.shapes import Inference
    from engines.playground.session import Session

SHOWN, MOST_COLUMNS = 8, 16
"""Units shown of a node; columns of nodes."""
SKIP = 3
"""Columns (of eight) from one row's shown place to that of the next; odd, so that each has its own."""


@dataclass
class Cell:
    """What is drawn as one column of heat maps: a node, with the activation behind it where there is one."""

    nodes: list[str]
    """From the first to the last, whose values are drawn."""
    title: str
    shape: tuple[int, ...]
    """What the node gives for an example."""
    depth: int
    names: list[str] = field(default_factory=list)
    """Names of the units, where they have some."""

    @property
    def id(self) -> str:
        """The node whose values are drawn."""
        return self.nodes[-1]

    @property
    def units(self) -> int:
        """How many numbers the node gives for an example."""
        return prod(self.shape)

    @cached_property
    def shown(self) -> tuple[int, ...]:
        """The units that are drawn: the first ones; of maps the middle of each channel, of a picture some all over."""
        if self.units <= SHOWN or len(self.shape) == 1:
            return tuple(range(min(self.units, SHOWN)))
        places = prod(self.shape[1:])
        if self.shape[0] < SHOWN:
            return tuple(self._spread())
        middle = 0
        for side in self.shape[1:]:
            middle = middle * side + side // 2
        return tuple(channel * places + middle for channel in range(SHOWN))

    def _spread(self) -> Iterator[int]:
        """Places all over a picture: each in a row and a column of its own, where there are as many."""
        sides = self.shape[1:]
        for one in range(SHOWN):
            at = one % self.shape[0]
            for axis, side in enumerate(sides):
                part = one * SKIP ** (len(sides) - 1 - axis) % SHOWN
                at = at * side + (2 * part + 1) * side // (2 * SHOWN)
            yield at

    def told(self) -> dict[str, Any]:
        """The cell as plain JSON."""
        return {
            "id": self.id,
            "nodes": self.nodes,
            "title": self.title,
            "units": self.units,
            "shown": self.shown,
            "depth": self.depth,
            "names": [self.names[one] for one in self.shown] if self.names else [],
        }


@dataclass(frozen=True)
class Edge:
    """A connection of two cells; of a Linear layer it has a weight for each pair of units."""

    source: str
    target: str
    weights: str = ""
    """The node whose weights these are."""


class Layout:
    """The cells and edges of a session's network.

    Attributes:
        cells: by the id of the node whose values are drawn.
        left_out: how many nodes are not drawn, for there are too many columns.
    """

    def __init__(self, session: Session, inference: Inference) -> None:
        graph = session.project.graph
        hidden = self._plumbing(graph) if simple(session.settings) else set()
        self.cells: dict[str, Cell] = {}
        self._owner: dict[str, str] = {}
        readers = _readers(graph)
        for node in graph.order()[0]:
            if node.kind == "Output" or node.id in hidden:
                continue
            place = inference.places[node.id]
            spec = next(iter(place.outcome.outputs.values())) if place.outcome else None
            self._add(node, graph, readers, spec.shape[1:] if spec else ())
        if simple(session.settings):
            first = next(iter(self.cells.values()))
            first.names = [FEATURES[name][0] for name in session.settings.features]
            first.title = "Features"
        else:
            first = next(iter(self.cells.values()))
            names = feature_names(session.splits)
            first.names = names if len(first.shape) == 1 and len(names) == first.units else []
        self.left_out = self._cut()
        self.edges = [*self._edges(graph, session.context.model)]

    @staticmethod
    def _plumbing(graph: Graph) -> set[str]:
        """The nodes that only make the features of a simple network, which are drawn as one."""
        before: set[str] = set()
        for node in graph.nodes:
            if node.kind == "Linear":
                break
            before.add(node.id)
        last = ENTERS if ENTERS in before else [node.id for node in graph.nodes if node.id in before][-1]
        return before - {last}

    def _add(self, node: Node, graph: Graph, readers: dict[str, int], shape: tuple[int, ...]) -> None:
        sources = [self._owner[one] for _, one, _ in node.sources() if one in self._owner]
        if _joins(node, graph, readers) and sources:
            cell = self.cells.pop(sources[0])
            cell.nodes.append(node.id)
            cell.title = f"{cell.title} · {LAYERS[node.kind].title}"
        else:
            depth = max((self.cells[one].depth for one in sources), default=-1) + 1
            cell = Cell([node.id], node.id, shape, depth)
        self.cells[cell.id] = cell
        for id in cell.nodes:
            self._owner[id] = cell.id

    def _cut(self) -> int:
        """Leave out the columns in the middle of a network that is too deep to be drawn."""
        depths = sorted({cell.depth for cell in self.cells.values()})
        if len(depths) <= MOST_COLUMNS:
            return 0
        half = MOST_COLUMNS // 2
        kept = {*depths[:half], *depths[-half:]}
        out = [id for id, cell in self.cells.items() if cell.depth not in kept]
        for id in out:
            del self.cells[id]
        return len(out)

    def _edges(self, graph: Graph, model: nn.Module) -> Any:
        own = dict(model.named_parameters())
        for node in graph.nodes:
            target = self._owner.get(node.id)
            for _, one, _ in node.sources():
                source = self._owner.get(one)
                if source in self.cells and target in self.cells and source != target:
                    weights = node.shares or node.id
                    known = own.get(f"{weights}.weight") if node.kind == "Linear" else None
                    pairs = (*self.cells[target].shape, *self.cells[source].shape)
                    fits = known is not None and known.shape == pairs
                    yield Edge(source, target, weights if fits else "")


def _readers(graph: Graph) -> dict[str, int]:
    counts: dict[str, int] = {}
    for node in graph.nodes:
        for _, source, _ in node.sources():
            counts[source] = counts.get(source, 0) + 1
    return counts


def _joins(node: Node, graph: Graph, readers: dict[str, int]) -> bool:
    """Whether a node is the activation of the Linear layer before it, and of nothing else."""
    kind = LAYERS[node.kind]
    sources = node.sources()
    if not (issubclass(kind, _Activation) and "dim" not in kind.model_fields and len(sources) == 1):
        return False
    before = sources[0][1]
    return before in graph and graph[before].kind == "Linear" and readers[before] == 1
