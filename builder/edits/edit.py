"""The union of all edits of a graph, and those that hold others."""

from typing import Annotated, Literal

from pydantic import Field

from builder.edits.connections import Connect, Disconnect
from builder.edits.definitions import (
    RemoveBlock,
    RenameBlock,
    SetArguments,
    defined,
    port_renamed,
    with_blocks,
)
from builder.edits.make_block import MakeBlock
from builder.edits.nodes import AddNode, Move, RemoveNodes, Rename, Reorder, SetConfig, SetKind, Share
from builder.edits.paste import Paste
from builder.edits.record import GraphEdit
from builder.edits.unpack import Unpack, without_unused
from builder.graph import Graph


class Several(GraphEdit):
    """Edits that are done and undone as one."""

    edit: Literal["several"] = "several"
    edits: "tuple[Edit, ...]"

    def apply(self, graph: Graph) -> Graph:
        """One after the other, all or none."""
        for edit in self.edits:
            graph = edit.apply(graph)
        return graph


class InBlock(GraphEdit):
    """An edit of the graph of a block. Blocks belong to the outermost graph, so edits of blocks change them there."""

    edit: Literal["in_block"] = "in_block"
    block: str
    inner: "Edit"

    @property
    def undone_with(self) -> str:
        """The gesture of the edit inside."""
        return self.gesture or self.inner.undone_with

    def apply(self, graph: Graph) -> Graph:
        """Edit the block where it is defined."""
        return _within(graph, self.block, self.inner)[0]


Edit = Annotated[
    AddNode | RemoveNodes | Connect | Disconnect | SetConfig | SetKind | Share | Move | Rename | Reorder | Paste
    | MakeBlock | Unpack | InBlock | SetArguments | RenameBlock | RemoveBlock | Several,
    Field(discriminator="edit"),
]  # fmt: skip
Several.model_rebuild()
InBlock.model_rebuild()


def _within(graph: Graph, block: str, edit: Edit) -> tuple[Graph, str]:
    """The graph after an edit of one of its blocks, and the name of that block, which the edit may change."""
    match edit:
        case Several(edits=edits):
            for one in edits:
                graph, block = _within(graph, block, one)
            return graph, block
        case RenameBlock(block=old, to=new):
            return edit.apply(graph), new if old == block else block
        case InBlock() | SetArguments() | RemoveBlock():
            return edit.apply(graph), block
    before = with_blocks(defined(graph, block), graph.blocks)
    after = edit.inside(before) if isinstance(edit, Unpack) else edit.apply(before)
    blocks = {**after.blocks, block: with_blocks(after, graph.blocks[block].blocks)}
    whole = with_blocks(graph, blocks)
    match edit:
        case Unpack():
            whole = without_unused(whole, edit.block(before))
        case Rename(node=old, to=new) if before[old].kind in ("Input", "Output"):
            whole = port_renamed(whole, block, before[old].kind, old, new)
    return whole, block
