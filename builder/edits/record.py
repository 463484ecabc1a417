"""What all edits of a graph have in common."""

from typing import Any

from pydantic import BaseModel, ConfigDict

from builder.errors import BadValue, Problem
from builder.graph import MOST_NODES, Graph, Node


class Record(BaseModel):
    """A change as plain data."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    @property
    def undone_with(self) -> str:
        """The gesture that it is part of; "" if it is undone alone."""
        return ""


class GraphEdit(Record):
    """A change of a graph."""

    gesture: str = ""
    """Edits of one gesture (a slider's drag, a node's drag) are undone together."""

    @property
    def undone_with(self) -> str:
        """Its gesture."""
        return self.gesture

    def apply(self, graph: Graph) -> Graph:
        """The graph after the edit.

        Raises:
            BadValue: the edit does not fit the graph.
        """
        raise NotImplementedError


def changed(node: Node, **fields: Any) -> Node:
    """The node with other fields; the same object where they are equal."""
    if all(getattr(node, name) == value for name, value in fields.items()):
        return node
    return node.model_copy(update=fields)


def replaced(graph: Graph, node: Node) -> Graph:
    """The graph with this node in the place of the one of its id."""
    return graph.with_nodes(tuple(node if other.id == node.id else other for other in graph.nodes))


def found(graph: Graph, id: str) -> Node:
    """The node of an id, or BadValue."""
    if id not in graph:
        raise refused(id, "must be a node of this graph", "It may have been removed meanwhile.")
    return graph[id]


def grown(graph: Graph, nodes: tuple[Node, ...]) -> Graph:
    """The graph with these nodes, or BadValue if a file would not be read with so many."""
    if len(nodes) > MOST_NODES:
        message = f"A graph must have at most {MOST_NODES:,} nodes. Got {len(nodes):,}."
        raise BadValue([Problem(message, rule="must not be too large", value=len(nodes))])
    return graph.with_nodes(nodes)


def refused(node: str, rule: str, fix: str = "", value: str | None = None) -> BadValue:
    """Why an edit does not fit, at a node; the value at fault is the node's id unless it is given."""
    got = "" if value is None else f" Got {value!r}."
    message = f"'{node}': {rule}.{got}"
    return BadValue([Problem(message, node, rule=rule, value=node if value is None else value, fix=fix)])
