"""Blocks seen from within: the graph of one that is used in a graph, with what reaches it there."""

from collections.abc import Sequence

from builder.check import check_inside
from builder.errors import BadValue, Problem
from builder.graph import Graph
from builder.shapes import DEEPEST, Inference, infer, opened

_recent: tuple[tuple[Graph, tuple[str, ...], Inference], ...] = ()
"""What was last asked about."""


def block_at(graph: Graph, path: Sequence[str]) -> tuple[str, Graph]:
    """The name and the graph, with the blocks in reach, of the block under these Block nodes; "" and all for no path.

    Raises:
        BadValue: the path leads nowhere.
    """
    name, here = "", graph
    if len(path) > DEEPEST:
        raise _nowhere(path, path[-1])
    for id in path:
        node = here.by_id.get(id)
        block = node.config.get("block") if node and node.kind == "Block" else None
        if not isinstance(block, str) or block not in graph.blocks:
            raise _nowhere(path, id)
        name, here = block, graph.blocks[block].model_copy(update={"blocks": graph.blocks})
    return name, here


def inside(graph: Graph, path: Sequence[str]) -> Inference:
    """Shapes and costs of the block under these Block nodes, with what reaches its first repeat, and all its problems.

    Where nothing reaches it, or its use is refused: with the shapes of its own Inputs and its arguments' defaults.

    Raises:
        BadValue: the path leads nowhere.
    """
    global _recent
    path = tuple(path)
    for asked, known, found in _recent:
        if asked is graph and known == path:
            return found
    block_at(graph, path)
    inference = opened(inside(graph, path[:-1]), path[-1]) if path else infer(graph)
    _recent = ((graph, path, inference), *_recent[:15])
    return inference


def problems_inside(graph: Graph, path: Sequence[str]) -> list[Problem]:
    """All problems of the block under these Block nodes; their fixes are edits of the block's graph.

    Raises:
        BadValue: the path leads nowhere.
    """
    return check_inside(inside(graph, path), graph)


def _nowhere(path: Sequence[str], id: str) -> BadValue:
    message = f"There is no block at {' → '.join(path)[:200]}: '{id[:64]}' is no node that uses one."
    return BadValue([Problem(message, id, rule="path", value=id, fix="It may have been removed meanwhile.")])


def way_to(graph: Graph, block: str) -> tuple[str, ...]:
    """The shortest way to a use of a block: the Block nodes inside which it lies; () if nothing uses it."""
    waiting: list[tuple[Graph, tuple[str, ...]]] = [(graph, ())]
    seen: set[str] = set()
    while waiting:
        inner, path = waiting.pop(0)
        for node in inner.nodes:
            name = node.config.get("block") if node.kind == "Block" else None
            if name == block:
                return (*path, node.id)
            if isinstance(name, str) and name in graph.blocks and name not in seen:
                seen.add(name)
                waiting.append((graph.blocks[name], (*path, node.id)))
    return ()
