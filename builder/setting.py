"""Where a graph stands when its shapes are inferred: the blocks in reach, and what surrounds it."""

from collections.abc import Mapping
from dataclasses import dataclass

from builder.fields import Arguments, Key
from builder.graph import Graph, Node
from builder.layer import Layer


class Scope:
    """The blocks that a graph may use, hashable by content."""

    def __init__(self, blocks: Mapping[str, Graph]) -> None:
        self.blocks = blocks
        self._key = tuple(sorted((name, block.digest) for name, block in blocks.items()))
        self._hash = hash(self._key)

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Scope) and self._key == other._key


@dataclass(frozen=True)
class Setting:
    """Where a graph stands: the blocks in reach; inside a block, its arguments and the blocks around it."""

    scope: Scope
    arguments: Arguments = ()
    around: tuple[str, ...] = ()
    whole: bool = False
    """Whether all problems in a block are wanted, and not only the first."""

    def key(self, node: Node, layer: Layer) -> Key:
        """The node's layer as a hashable value, its arguments filled in."""
        texts = node.key[1].count('"') > 2 * len(node.config)  # more than the quotes around the fields' names
        return (layer.kind, layer.model_dump_json()) if self.arguments and texts else node.key
