"""The difference between two graphs: which nodes and connections only one of them has, and what changed in the others.

Nodes are matched by their id, so a node that was renamed counts as one removed and one added. Where nodes lie makes no
difference, and neither does a default that is written out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from builder.graph import Graph, Node
from builder.layers import LAYERS
from builder.registry import Registered

Mark = Literal["same", "added", "removed", "changed"]
INSIDE = "inside"
"""What a change is called whose place is within the block that a node uses."""


class Change(NamedTuple):
    """A field of a node that differs: its kind, one of its settings, whose weights it shares, or what is inside."""

    field: str
    before: Any
    after: Any
    """As plain JSON; None where one of the two kinds has no such field."""


@dataclass(frozen=True)
class Compared:
    """A node of either graph."""

    before: Node | None
    after: Node | None
    changes: tuple[Change, ...] = ()

    @property
    def node(self) -> Node:
        """The node as it is now, or was if it was removed."""
        found = self.after or self.before
        assert found is not None
        return found

    @property
    def mark(self) -> Mark:
        """What became of it."""
        if self.before is None:
            return "added"
        return "removed" if self.after is None else "changed" if self.changes else "same"


class Cable(NamedTuple):
    """A connection of either graph: from `source` ("node" or "node.port") to a port of a node."""

    source: str
    node: str
    port: str
    mark: Mark


@dataclass(frozen=True)
class Difference:
    """Everything that is in either graph, marked."""

    nodes: tuple[Compared, ...]
    cables: tuple[Cable, ...]

    @property
    def empty(self) -> bool:
        """Whether the graphs are the same."""
        marks = [*(node.mark for node in self.nodes), *(cable.mark for cable in self.cables)]
        return all(mark == "same" for mark in marks)

    def count(self, mark: Mark) -> int:
        """How many nodes have a mark."""
        return sum(one.mark == mark for one in self.nodes)


def difference(before: Graph, after: Graph) -> Difference:
    """What is only in `before` (removed), only in `after` (added), and in both, the same or changed.

    The nodes come in the order of `after`; one that was removed comes behind the node that it followed.
    """
    old, new = before.by_id, after.by_id
    nodes = []
    for id in _merged([*old], [*new]):
        one, other = old.get(id), new.get(id)
        changes = _changes(one, other, before.blocks, after.blocks) if one and other else ()
        nodes.append(Compared(one, other, changes))
    return Difference(tuple(nodes), tuple(_cables(nodes)))


def blocks_that_differ(before: Graph, after: Graph) -> list[str]:
    """The names of the blocks that both graphs have and that are not the same inside."""
    both = [name for name in after.blocks if name in before.blocks]
    return [name for name in both if not _same_block(before.blocks[name], after.blocks[name])]


def _same_block(before: Graph, after: Graph) -> bool:
    return before.arguments == after.arguments and difference(before, after).empty


def _merged(before: list[str], after: list[str]) -> list[str]:
    """The ids of both, in the order of `after`, what was removed behind its predecessor."""
    here, behind = set(after), ""
    gone: dict[str, list[str]] = {}
    for id in before:
        if id in here:
            behind = id
        else:
            gone.setdefault(behind, []).append(id)
    return [*gone.get("", ()), *(one for id in after for one in (id, *gone.get(id, ())))]


def _changes(
    before: Node, after: Node, old: Mapping[str, Graph], new: Mapping[str, Graph]
) -> tuple[Change, ...]:
    """How the node changed, its kind first."""
    if before.key == after.key and before.shares == after.shares and before.kind != "Block":
        return ()
    found = [Change("kind", before.kind, after.kind)] if before.kind != after.kind else []
    one, other = _config(before), _config(after)
    for field in dict.fromkeys([*other, *one]):
        if one.get(field) != other.get(field) or (field in one) != (field in other):
            found.append(Change(field, one.get(field), other.get(field)))
    if before.shares != after.shares:
        found.append(Change("shares", before.shares, after.shares))
    name = after.config.get("block")
    both = before.kind == after.kind == "Block" and name == before.config.get("block")
    if both and isinstance(name, str) and not _alike(name, old, new):
        found.append(Change(INSIDE, name, name))
    return tuple(found)


def _alike(name: str, old: Mapping[str, Graph], new: Mapping[str, Graph]) -> bool:
    """Whether a block is the same in both, with all that it uses."""
    used = _used(name, new)
    return used == _used(name, old) and all(_same_block(old[one], new[one]) for one in used)


def _used(name: str, blocks: Mapping[str, Graph]) -> set[str]:
    """A block and those that it uses, directly or through others."""
    found, waiting = set(), [name]
    while waiting:
        one = waiting.pop()
        if one in found or one not in blocks:
            continue
        found.add(one)
        inner = (node.config.get("block") for node in blocks[one].nodes if node.kind == "Block")
        waiting += [some for some in inner if isinstance(some, str)]
    return found


def _config(node: Node) -> dict[str, Any]:
    """All settings of a node, defaults filled in where its kind is known."""
    kind = LAYERS.get(node.kind)
    if kind is None:
        return dict(node.config)
    defaults = {
        name: info.get_default(call_default_factory=True)
        for name, info in kind.model_fields.items()
        if not info.is_required()
    }
    return {name: _plain(value) for name, value in {**defaults, **node.config}.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, Registered):
        return value.dump()
    return [_plain(one) for one in value] if isinstance(value, list | tuple) else value


def _cables(nodes: list[Compared]) -> list[Cable]:
    """The connections of both graphs; one that leads elsewhere now is one removed and one added."""
    found = []
    for one in nodes:
        was, now = (dict(node.inputs) if node else {} for node in (one.before, one.after))
        for port in dict.fromkeys([*now, *was]):
            if was.get(port) == now.get(port):
                found.append(Cable(now[port], one.node.id, port, "same"))
                continue
            if port in was:
                found.append(Cable(was[port], one.node.id, port, "removed"))
            if port in now:
                found.append(Cable(now[port], one.node.id, port, "added"))
    return found
