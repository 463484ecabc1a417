"""Every change of a graph is an edit: a small frozen record with apply(graph) -> graph; and their one history."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from builder.errors import BadValue, Problem
from builder.graph import Finite, Graph, Name, Node, plain


class _Edit(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    gesture: str = ""
    """Edits of one gesture (a slider's drag, a node's drag) are undone together."""

    def apply(self, graph: Graph) -> Graph:
        """The graph after the edit.

        Raises:
            BadValue: the edit does not fit the graph.
        """
        raise NotImplementedError


class AddNode(_Edit):
    """Place a node."""

    edit: Literal["add"] = "add"
    node: Node

    def apply(self, graph: Graph) -> Graph:
        """Append the node."""
        if self.node.id in graph:
            raise _refused(self.node.id, "id must be free", "Choose another name.")
        return graph.with_nodes((*graph.nodes, self.node))


class RemoveNodes(_Edit):
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
            return _changed(node, inputs=inputs, shares="" if node.shares in gone else node.shares)

        return graph.with_nodes(tuple(freed(node) for node in graph.nodes if node.id not in gone))


class Connect(_Edit):
    """Lead an output ("node" or "node.port") to an input port; what led there before is replaced."""

    edit: Literal["connect"] = "connect"
    source: str
    node: str
    port: str

    def apply(self, graph: Graph) -> Graph:
        """Name the source at the port."""
        if self.source.partition(".")[0] not in graph:
            raise _refused(self.source, "must be a node of this graph", "Place it first.")
        node = _found(graph, self.node)
        return _replaced(graph, _changed(node, inputs={**node.inputs, self.port: self.source}))


class Disconnect(_Edit):
    """Free an input port."""

    edit: Literal["disconnect"] = "disconnect"
    node: str
    port: str

    def apply(self, graph: Graph) -> Graph:
        """Forget the source of the port."""
        node = _found(graph, self.node)
        return _replaced(
            graph, _changed(node, inputs={p: s for p, s in node.inputs.items() if p != self.port})
        )


class SetConfig(_Edit):
    """Set some fields of a node."""

    edit: Literal["config"] = "config"
    node: str
    config: dict[str, Any]

    def apply(self, graph: Graph) -> Graph:
        """Other fields stay as they are."""
        node = _found(graph, self.node)
        config = dict(node.config)
        for name, value in self.config.items():
            try:
                config[name] = plain(name, value)
            except ValueError as error:
                said = f"{node.kind} '{node.id}': {error}"
                raise BadValue([Problem(said, node.id, name, "must be plain JSON", value)]) from error
        return _replaced(graph, _changed(node, config=config))


class SetKind(_Edit):
    """Make a node another kind of layer; the fields that the new kind does not have are dropped."""

    edit: Literal["kind"] = "kind"
    node: str
    kind: str

    def apply(self, graph: Graph) -> Graph:
        """Keep connections and common fields."""
        from builder.layers import LAYERS

        if self.kind not in LAYERS:
            raise _refused(self.node, f"kind must be a kind of layer. Got {self.kind!r}", "")
        node = _found(graph, self.node)
        fields = LAYERS[self.kind].model_fields
        config = {name: value for name, value in node.config.items() if name in fields}
        return _replaced(graph, _changed(node, kind=self.kind, config=config))


class Move(_Edit):
    """Put nodes somewhere else on the canvas."""

    edit: Literal["move"] = "move"
    positions: dict[str, tuple[Finite, Finite]]

    def apply(self, graph: Graph) -> Graph:
        """Only positions change."""
        return graph.with_nodes(
            tuple(
                _changed(node, position=self.positions[node.id]) if node.id in self.positions else node
                for node in graph.nodes
            )
        )


class Rename(_Edit):
    """Give a node another id, everywhere."""

    edit: Literal["rename"] = "rename"
    node: str
    to: Name

    def apply(self, graph: Graph) -> Graph:
        """Follow the node in every connection."""
        _found(graph, self.node)
        if self.to in graph and self.to != self.node:
            raise _refused(self.node, f"id must be free. Got {self.to!r}", "Choose another name.")

        def renamed(reference: str) -> str:
            node, dot, port = reference.partition(".")
            return f"{self.to}{dot}{port}" if node == self.node else reference

        return graph.with_nodes(
            tuple(
                _changed(
                    node,
                    id=renamed(node.id),
                    shares=renamed(node.shares),
                    inputs={port: renamed(source) for port, source in node.inputs.items()},
                )
                for node in graph.nodes
            )
        )


class Share(_Edit):
    """Let a node use the layer of another, weights included; "" gives it one of its own."""

    edit: Literal["share"] = "share"
    node: str
    owner: str = ""

    def apply(self, graph: Graph) -> Graph:
        """Name the owner."""
        if self.owner:
            _found(graph, self.owner)
        return _replaced(graph, _changed(_found(graph, self.node), shares=self.owner))


class Reorder(_Edit):
    """Move a node to another place in the list; the order of Input and Output nodes is that of the arguments."""

    edit: Literal["reorder"] = "reorder"
    node: str
    place: int = Field(ge=0)

    def apply(self, graph: Graph) -> Graph:
        """Take it out and put it in again."""
        node = _found(graph, self.node)
        others = [other for other in graph.nodes if other.id != self.node]
        return graph.with_nodes((*others[: self.place], node, *others[self.place :]))


class Several(_Edit):
    """Edits that are done and undone as one."""

    edit: Literal["several"] = "several"
    edits: "tuple[Edit, ...]"

    def apply(self, graph: Graph) -> Graph:
        """One after the other, all or none."""
        for edit in self.edits:
            graph = edit.apply(graph)
        return graph


Edit = Annotated[
    AddNode | RemoveNodes | Connect | Disconnect | SetConfig | SetKind | Share | Move | Rename | Reorder | Several,
    Field(discriminator="edit"),
]  # fmt: skip
Several.model_rebuild()


class History:
    """The edits of a graph, to undo and redo. Merges the edits of one gesture; keeps the last thousand."""

    LONGEST = 1000

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self._past: list[tuple[Graph, str]] = []
        self._future: list[Graph] = []

    def do(self, edit: Any) -> Graph:
        """Apply an edit; what was undone before is forgotten. An edit that changes nothing leaves no trace."""
        after = edit.apply(self.graph)
        if after == self.graph:
            return self.graph
        merges = edit.gesture and self._past and self._past[-1][1] == edit.gesture
        if not merges:
            self._past = [*self._past[1 - self.LONGEST :], (self.graph, edit.gesture)]
        self._future.clear()
        self.graph = after
        return after

    def undo(self) -> Graph:
        """The graph before the last edit (or gesture)."""
        if self._past:
            self._future.append(self.graph)
            self.graph, _ = self._past.pop()
            if self._past:  # what a gesture did before is one edit now, which later ones must not join
                self._past[-1] = (self._past[-1][0], "")
        return self.graph

    def redo(self) -> Graph:
        """The graph before the last undo."""
        if self._future:
            self._past.append((self.graph, ""))
            self.graph = self._future.pop()
        return self.graph

    @property
    def can_undo(self) -> bool:
        """Whether there is anything to undo."""
        return bool(self._past)

    @property
    def can_redo(self) -> bool:
        """Whether there is anything to redo."""
        return bool(self._future)


def _changed(node: Node, **fields: Any) -> Node:
    if all(getattr(node, name) == value for name, value in fields.items()):
        return node
    return Node.model_construct(**{**{name: getattr(node, name) for name in Node.model_fields}, **fields})


def _replaced(graph: Graph, node: Node) -> Graph:
    return graph.with_nodes(tuple(node if other.id == node.id else other for other in graph.nodes))


def _found(graph: Graph, id: str) -> Node:
    if id not in graph:
        raise _refused(id, "must be a node of this graph", "It may have been removed meanwhile.")
    return graph[id]


def _refused(node: str, rule: str, fix: str) -> BadValue:
    return BadValue([Problem(f"'{node}': {rule}.", node, rule=rule, value=node, fix=fix)])
