"""Edits of nodes: placed, removed, set, moved, renamed."""

from typing import Any, Literal

from pydantic import Field

from builder.edits.record import GraphEdit, changed, found, grown, refused, replaced
from builder.errors import BadValue, Problem
from builder.graph import Finite, Graph, Name, Node, plain
from builder.layers import LAYERS


class AddNode(GraphEdit):
    """Place a node."""

    edit: Literal["add"] = "add"
    node: Node

    def apply(self, graph: Graph) -> Graph:
        """Append the node."""
        if self.node.id in graph:
            raise _taken(self.node.id, self.node.id)
        return grown(graph, (*graph.nodes, self.node))


class RemoveNodes(GraphEdit):
    """Take nodes away, with the connections and the shared weights that lead to them."""

    edit: Literal["remove"] = "remove"
    ids: tuple[str, ...]
    bridge: bool = False
    """Whether readers of a node with exactly one input then read what it read, so that a chain stays one."""

    def apply(self, graph: Graph) -> Graph:
        """Drop the nodes; those that shared their weights get weights of their own."""
        gone = set(self.ids)

        def left(source: str) -> str:
            passed: set[str] = set()
            while source and (id := source.partition(".")[0]) in gone:
                reads = (
                    [*graph[id].inputs.values()] if self.bridge and id in graph and id not in passed else []
                )
                source = reads[0] if len(reads) == 1 else ""
                passed.add(id)
            return source

        def freed(node: Node) -> Node:
            inputs = {port: kept for port, source in node.inputs.items() if (kept := left(source))}
            return changed(node, inputs=inputs, shares="" if node.shares in gone else node.shares)

        return graph.with_nodes(tuple(freed(node) for node in graph.nodes if node.id not in gone))


class SetConfig(GraphEdit):
    """Set some fields of a node, and of those that are the same layer."""

    edit: Literal["config"] = "config"
    node: str
    config: dict[str, Any]

    def apply(self, graph: Graph) -> Graph:
        """Other fields stay as they are."""
        node = found(graph, self.node)
        given = {}
        for name, value in self.config.items():
            try:
                given[name] = plain(name, value)
            except ValueError as error:
                said = f"{node.kind} '{node.id}': {error}"
                raise BadValue([Problem(said, node.id, name, "must be plain JSON", value)]) from error
        same = one_layer(graph, node)
        return graph.with_nodes(
            tuple(
                changed(one, config={**one.config, **given}) if one.id in same else one for one in graph.nodes
            )
        )


def one_layer(graph: Graph, node: Node) -> set[str]:
    """The nodes that are one layer, this one among them: one owns the weights, others of its kind share them."""
    owner = node.shares if node.shares in graph and graph[node.shares].kind == node.kind else node.id
    return {one.id for one in graph.nodes if one.kind == node.kind and owner in (one.id, one.shares)} | {
        node.id
    }


class SetKind(GraphEdit):
    """Make a node another kind of layer; the fields that the new kind does not have are dropped."""

    edit: Literal["kind"] = "kind"
    node: str
    kind: str

    def apply(self, graph: Graph) -> Graph:
        """Keep connections and common fields."""
        if self.kind not in LAYERS:
            raise refused(self.node, "kind must be a kind of layer", value=self.kind)
        node = found(graph, self.node)
        fields = LAYERS[self.kind].model_fields
        config = {name: value for name, value in node.config.items() if name in fields}
        return replaced(graph, changed(node, kind=self.kind, config=config))


class Move(GraphEdit):
    """Put nodes somewhere else on the canvas."""

    edit: Literal["move"] = "move"
    positions: dict[str, tuple[Finite, Finite]]

    def apply(self, graph: Graph) -> Graph:
        """Only positions change."""
        return graph.with_nodes(
            tuple(
                changed(node, position=self.positions[node.id]) if node.id in self.positions else node
                for node in graph.nodes
            )
        )


class Rename(GraphEdit):
    """Give a node another id, everywhere."""

    edit: Literal["rename"] = "rename"
    node: str
    to: Name

    def apply(self, graph: Graph) -> Graph:
        """Follow the node in every connection."""
        found(graph, self.node)
        if self.to in graph and self.to != self.node:
            raise _taken(self.node, self.to)

        def renamed(reference: str) -> str:
            node, dot, port = reference.partition(".")
            return f"{self.to}{dot}{port}" if node == self.node else reference

        return graph.with_nodes(
            tuple(
                changed(
                    node,
                    id=renamed(node.id),
                    shares=renamed(node.shares),
                    inputs={port: renamed(source) for port, source in node.inputs.items()},
                )
                for node in graph.nodes
            )
        )


class Share(GraphEdit):
    """Let a node use the layer of another, weights included; "" gives it one of its own."""

    edit: Literal["share"] = "share"
    node: str
    owner: str = ""

    def apply(self, graph: Graph) -> Graph:
        """Name the owner; its settings are those of its weights."""
        node = found(graph, self.node)
        owner = found(graph, self.owner) if self.owner else node
        config = owner.config if owner.kind == node.kind else node.config
        return replaced(graph, changed(node, shares=self.owner, config=config))


class Reorder(GraphEdit):
    """Move a node to another place in the list; the order of Input and Output nodes is that of the arguments."""

    edit: Literal["reorder"] = "reorder"
    node: str
    place: int = Field(ge=0)

    def apply(self, graph: Graph) -> Graph:
        """Take it out and put it in again."""
        node = found(graph, self.node)
        others = [other for other in graph.nodes if other.id != self.node]
        return graph.with_nodes((*others[: self.place], node, *others[self.place :]))


def _taken(node: str, name: str) -> BadValue:
    """Why a node cannot have a name: another one has it."""
    message = f"There is a node '{name}' already."
    return BadValue([Problem(message, node, rule="id must be free", value=name, fix="Choose another name.")])
