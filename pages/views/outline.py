"""About how large each node's output is, told from fields alone: enough for a picture, and quick."""

from collections.abc import Mapping
from math import prod
from typing import Any

from builder.fields import Arguments, layer_of, sized
from builder.graph import Graph, Node
from builder.layer import Layer, Shape, Spec
from builder.window import Window

WIDTHS = ("units", "filters", "hidden", "width", "features", "embedding", "size")
"""Fields that say how many features or channels there will be."""
WITHIN = ("SqueezeExcitation", "GatedFeedForward")
"""Kinds of which these fields say how many there are inside; what leaves them is as wide as what they are given."""
UNFIT = (ArithmeticError, LookupError, TypeError, ValueError)
UNKNOWN: Shape = (1, 1)


def outline(
    graph: Graph, arguments: Arguments = (), feeds: Mapping[str, Shape] | None = None
) -> dict[str, Shape]:
    """The shape of each node's first output, batch first; roughly right, and never refused.

    Args:
        graph: of a network, or of a block with the blocks in reach.
        arguments: of a block.
        feeds: inside a block, what reaches its Inputs.
    """
    found: dict[str, Shape] = {}
    done, behind = graph.order()
    for node in (*done, *behind):
        given = [found.get(source, UNKNOWN) for _, source, _ in node.sources()]
        if node.kind == "Input" and feeds and node.id in feeds:
            found[node.id] = feeds[node.id]
        elif node.kind == "Block":
            found[node.id] = _through_block(graph, node, given, arguments)
        else:
            found[node.id] = _through(node, given, arguments)
    return found


def inside(
    graph: Graph, node: Node, given: list[Shape], arguments: Arguments
) -> tuple[Graph, dict[str, Shape]]:
    """The graph of the block that a node uses, and the shapes in it."""
    block = graph.blocks.get(str(node.config.get("block", "")), Graph())
    values = node.config.get("arguments", {})
    named = {
        **block.arguments,
        **{name: value for name, value in values.items() if isinstance(value, int | float)},
    }
    within = sized(tuple(named.items()), [Spec(given[0])] if given else [])
    shown = block.model_copy(
        update={"blocks": {name: one for name, one in graph.blocks.items() if one is not block}}
    )
    return shown, outline(shown, within, dict(zip(block.ids("Input"), given, strict=False)))


def _through_block(graph: Graph, node: Node, given: list[Shape], arguments: Arguments) -> Shape:
    block, shapes = inside(graph, node, given, arguments)
    return next((shapes[id] for id in block.ids("Output")), given[0] if given else UNKNOWN)


def _through(node: Node, given: list[Shape], arguments: Arguments) -> Shape:
    layer, _ = layer_of(node.key, arguments)
    if layer is None:
        return given[0] if given else UNKNOWN
    if layer.kind == "Input":
        return (2, *getattr(layer, "shape", (1,)))
    if not given:
        return UNKNOWN
    try:
        return _of_layer(layer, given)
    except UNFIT:
        return given[0]


def _of_layer(layer: Layer, given: list[Shape]) -> Shape:
    first, fields = given[0], layer.model_dump()
    if layer.kind == "Flatten":
        return (*first[: fields["start"]], prod(first[fields["start"] :]))
    if layer.kind == "Reshape":
        left = prod(first[1:]) // max(prod(side for side in fields["shape"] if side > 0), 1)
        return (first[0], *(left if side < 0 else side for side in fields["shape"]))
    if layer.kind == "Concatenate":
        dim = fields["dim"]
        return (*first[:dim], sum(one[dim] for one in given), *first[dim + 1 :])
    widths = (fields[name] for name in WIDTHS if isinstance(fields.get(name), int))
    width = None if layer.kind in WITHIN else next(widths, None)
    windows = layer.window(*given)
    if not windows:
        return first if width is None or len(first) not in (2, 3) else (*first[:-1], width)
    sides: list[Any] = []
    for dim, window in enumerate(windows, 1):
        old = first[window.dim or dim] if window else width or (first[dim] if dim < len(first) else 1)
        sides.append(_side(old, window) if window else old)
    return (first[0], *sides)


def _side(old: int, window: Window) -> int:
    """How many places there are behind a window, if there is as much padding at the end as at the beginning."""
    reach = window.dilation * (window.size - 1)
    if window.grows > 1:
        return max((old - 1) * window.grows + 1 - reach + 2 * window.before, 1)
    return max((old + 2 * window.before - reach - 1) // window.stride + 1, 1)
