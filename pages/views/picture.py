"""A small picture of a network, drawn from its graph: a bar a layer, as tall as it is wide in numbers."""

import math
from typing import Any

from builder.graph import Graph, Node
from builder.layers import LAYERS
from pages.parts.colours import COLOURS, OTHER

WIDTH, HEIGHT = 320, 104
THIN = ("Activation", "Normalisation", "Regularisation", "Shape", "Combine", "Pooling")
MOST_BARS = 44
MIDDLE = 56.0
SIZES = ("units", "filters", "hidden", "size", "embedding")


def picture(graph: Graph) -> str:
    """An SVG of a graph's layers in the order of computation, with the connections that skip some as arcs above."""
    done, behind = graph.order()
    nodes = [*done, *behind][:MOST_BARS]
    widths = [7.0 if _category(node) in THIN else 15.0 for node in nodes]
    gap = 9.0
    scale = min(1.0, (WIDTH - 32) / max(sum(widths) + gap * (len(nodes) - 1), 1))
    x, places, bars = (WIDTH - scale * (sum(widths) + gap * (len(nodes) - 1))) / 2, {}, []
    for node, width in zip(nodes, widths, strict=True):
        height = _height(node)
        places[node.id] = (x + scale * width / 2, height)
        bars.append(_bar(node, x, scale * width, height))
        x += scale * (width + gap)
    arcs = [_arc(places[source], places[node.id], nodes, source, node) for node in nodes
            for _, source, _ in node.sources() if source in places]  # fmt: skip
    ends = [place for place, _ in places.values()] or [WIDTH / 2]
    line = f'<path d="M{min(ends):.1f} {MIDDLE}H{max(ends):.1f}" stroke="#868E96" stroke-opacity=".5"/>'
    paper = f'<rect width="{WIDTH}" height="{HEIGHT}" rx="6" fill="#868E96" fill-opacity=".08"/>'
    body = "".join([paper, line, *arcs, *bars])
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" '
        f'role="img" aria-label="{len(graph.nodes)} layers">{body}</svg>'
    )


def _category(node: Node) -> str:
    return LAYERS[node.kind].category if node.kind in LAYERS else ""


def _height(node: Node) -> float:
    """Between 10 and 76, growing with the logarithm of the numbers that the layer gives."""
    if _category(node) in THIN:
        return 24.0
    if node.kind == "Block":
        return 56.0
    values: Any = next((node.config[name] for name in SIZES if isinstance(node.config.get(name), int)), None)
    if node.kind == "Input":
        shape = node.config.get("shape", [1])
        values = (
            math.prod(side for side in shape if isinstance(side, int))
            if isinstance(shape, list | tuple)
            else 1
        )
    if values is None:
        layer = LAYERS.get(node.kind)
        values = (
            next((layer.model_fields[name].default for name in SIZES if name in layer.model_fields), 4)
            if layer
            else 4
        )
    return min(76.0, 10 + 6.4 * math.log2(max(values, 1)))


def _bar(node: Node, x: float, width: float, height: float) -> str:
    y, colour = MIDDLE - height / 2, COLOURS.get(_category(node), OTHER)
    opacity = ".55" if _category(node) in THIN else "1"
    shape = f'width="{width:.1f}" height="{height:.1f}" rx="2.5" fill="{colour}" fill-opacity="{opacity}"'
    echo = (
        f'<rect x="{x + 3:.1f}" y="{y - 3:.1f}" {shape} opacity=".4"/>'
        if _category(node) in ("Convolution", "Blocks")
        else ""
    )
    return f'{echo}<rect x="{x:.1f}" y="{y:.1f}" {shape}/>'


def _arc(
    start: tuple[float, float], end: tuple[float, float], nodes: list[Node], source: str, node: Node
) -> str:
    """A connection that passes other layers."""
    order = [one.id for one in nodes]
    if order.index(node.id) - order.index(source) < 2:
        return ""
    top = max(4.0, 24 - (end[0] - start[0]) / 12)
    path = (f"M{start[0]:.1f} {MIDDLE - start[1] / 2:.1f}C{start[0]:.1f} {top:.1f} {end[0]:.1f} {top:.1f} "
            f"{end[0]:.1f} {MIDDLE - end[1] / 2:.1f}")  # fmt: skip
    return f'<path d="{path}" fill="none" stroke="#15AABF" stroke-opacity=".8" stroke-width="1.5"/>'
