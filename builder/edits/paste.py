"""Copies of nodes, also from another project, with the blocks that they use."""

from collections.abc import Callable
from typing import Annotated, Literal

from pydantic import Field

from builder.edits.copies import Free, renamed
from builder.edits.definitions import everywhere, said, with_blocks
from builder.edits.record import GraphEdit, changed, grown
from builder.graph import Graph, Name, Node

MOST_PASTED = 2_000
Distance = Annotated[float, Field(ge=-1e9, le=1e9, allow_inf_nan=False)]


class Paste(GraphEdit):
    """Place copies of nodes, connected among themselves as they were, with the blocks that they use."""

    edit: Literal["paste"] = "paste"
    nodes: tuple[Node, ...] = Field(max_length=MOST_PASTED)
    blocks: dict[Name, Graph] = {}
    by: tuple[Distance, Distance] = (0.0, 0.0)
    """How far from the originals they lie."""

    def apply(self, graph: Graph) -> Graph:
        """A node keeps its id if that is free, and a block its name if that is free or means the same block."""
        copied = {node.id for node in self.nodes}
        if len(copied) < len(self.nodes):
            raise said("Pasted nodes must have different ids. Some are doubled.")
        used = self._used()
        names = _names(used, graph.blocks)
        free = Free(node.id for node in graph.nodes)
        ids = {id: free(id) for id in (node.id for node in self.nodes)}
        nodes = [self._moved(renamed(node, ids)) for node in self.nodes]
        brought = {names[name]: block for name, block in used.items()}
        copies = everywhere(Graph.model_construct(nodes=tuple(nodes), blocks=brought), _follows(names))
        new = {name: block for name, block in copies.blocks.items() if name not in graph.blocks}
        whole = grown(graph, (*graph.nodes, *copies.nodes))
        return with_blocks(whole, {**graph.blocks, **new}) if new else whole

    def _moved(self, node: Node) -> Node:
        if node.position is None:
            return node
        (x, y), (right, down) = node.position, self.by
        return changed(node, position=(x + right, y + down))

    def _used(self) -> dict[str, Graph]:
        """The blocks that the nodes use, those inside blocks too."""
        found: dict[str, Graph] = {}
        waiting = [*self.nodes]
        while waiting:
            node = waiting.pop()
            name = node.config.get("block") if node.kind == "Block" else None
            if isinstance(name, str) and name in self.blocks and name not in found:
                found[name] = self.blocks[name].model_copy(update={"blocks": {}})
                waiting += found[name].nodes
        return {name: found[name] for name in self.blocks if name in found}


def _names(brought: dict[str, Graph], known: dict[str, Graph]) -> dict[str, str]:
    """The name of each block there: its own if that is free, or if it means a block with the same content there."""
    other = {name for name in brought if name in known and brought[name].digest != known[name].digest}
    found = True
    while found:  # one that uses a block which gets another name is not the same either
        found = False
        for name, block in brought.items():
            used = {node.config.get("block") for node in block.nodes if node.kind == "Block"}
            if name in known and name not in other and used & other:
                other.add(name)
                found = True
    free = Free({*known, *brought})
    return {name: free(name) if name in other else name for name in brought}


def _follows(names: dict[str, str]) -> Callable[[Node], Node]:
    def renamed(node: Node) -> Node:
        block = node.config.get("block")
        if node.kind != "Block" or not isinstance(block, str) or names.get(block, block) == block:
            return node
        return changed(node, config={**node.config, "block": names[block]})

    return renamed
