"""A small picture of a network, drawn from its graphs: from left to right what is computed, as tall as it is large.

Images are bars as tall as their sides and as wide as they have channels, so a classifier is a funnel and a U-Net a
valley; features are dots; a block is a frame with the layers inside as stripes, and how often it is repeated.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import log2

from builder.fields import Arguments
from builder.graph import Graph, Node
from builder.layer import Shape
from builder.layers import LAYERS
from pages.parts.colours import COLOURS, OTHER
from pages.views.outline import UNKNOWN, inside, outline

WIDTH, HEIGHT = 320, 112
EDGE, GAP, WIDEST_GAP, NAMED = 14, 9.0, 44.0, 15
"""Room at the sides, between columns at least and at most, and for a line of text, in pixels."""
SLIVERS = ("Activation", "Normalisation", "Regularisation", "Shape", "Input and output")
"""What stands beside the layer that it belongs to."""
LOW, MOST_DOTS, MOST_STRIPES = 12.0, 7, 14
GREY, SKIP = "#868E96", "#15AABF"


@dataclass
class Unit:
    """A layer, with what follows it and nobody else reads."""

    nodes: list[Node]
    shape: Shape
    stripes: tuple[str, ...] = ()
    """For a block: the colours of what is inside."""
    column: int = 0
    x: float = 0
    y: float = 0
    width: float = 0
    height: float = 0
    sources: set[int] = field(default_factory=set)

    @property
    def first(self) -> Node:
        """The layer."""
        return self.nodes[0]

    @property
    def dots(self) -> bool:
        """Whether it gives features without places."""
        return len(self.shape) == 2


def picture(graphs: Graph | Mapping[str, Graph], width: int = WIDTH, height: int = HEIGHT) -> str:
    """An SVG of a graph, or of the graphs of several roles side by side with their names."""
    every = {"": graphs} if isinstance(graphs, Graph) else graphs
    named = len(every) > 1
    share, parts = width / max(len(every), 1), []
    for number, (role, graph) in enumerate(every.items()):
        room = height - NAMED * named
        parts.append(f'<g transform="translate({number * share:.1f} 0)">{_drawn(graph, share, room)}')
        if named:
            parts.append(_text(share / 2, height - 5, role))
        parts.append("</g>")
    count = sum(len(graph.nodes) for graph in every.values())
    paper = f'<rect width="{width}" height="{height}" rx="6" fill="{GREY}" fill-opacity=".08"/>'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'role="img" aria-label="{count} layers">{paper}{"".join(parts)}</svg>'
    )


def _drawn(graph: Graph, width: float, height: float) -> str:
    units = _units(graph)
    if not units:
        return ""
    named = NAMED if any(_repeat(unit.first) > 1 for unit in units) else 0
    skips = any(unit.column - units[source].column > 1 for unit in units for source in unit.sources)
    loops = NAMED if skips else 6
    _lay_out(units, width, height - named - loops - 6, loops + (height - named - loops) / 2)
    lines = "".join(_line(units[source], unit, units) for unit in units for source in sorted(unit.sources))
    return lines + "".join(_body(unit) + _count(unit, height) for unit in units)


def _units(graph: Graph) -> list[Unit]:
    """The layers in the order of computation, each with the column in which it stands."""
    done, behind = graph.order()
    shapes, units, home = outline(graph), [], {}
    readers: dict[str, int] = {}
    for node in (*done, *behind):
        for _, source, _ in node.sources():
            readers[source] = readers.get(source, 0) + 1
    for node in (*done, *behind):
        sources = [source for _, source, _ in node.sources() if source in home]
        alone = len(sources) == 1 and readers[sources[0]] == 1
        if (
            alone
            and _category(node) in SLIVERS
            and _same_kind_of(shapes[node.id], units[home[sources[0]]].shape)
        ):
            home[node.id] = home[sources[0]]
            units[home[node.id]].nodes.append(node)
            continue
        home[node.id] = len(units)
        unit = Unit([node], shapes[node.id], _stripes(graph, node, shapes))
        unit.sources = {home[source] for source in sources}
        unit.column = 1 + max((units[one].column for one in unit.sources), default=-1)
        units.append(unit)
    return units


def _same_kind_of(one: Shape, other: Shape) -> bool:
    return (len(one) == 2) == (len(other) == 2)


def _stripes(graph: Graph, node: Node, shapes: Mapping[str, Shape]) -> tuple[str, ...]:
    if node.kind != "Block":
        return ()
    given = [shapes.get(source, UNKNOWN) for _, source, _ in node.sources()]
    arguments: Arguments = ()
    block, _ = inside(graph, node, given, arguments)
    kinds = [one for one in block.order()[0] if one.kind not in ("Input", "Output")]
    return tuple(_colour(one) for one in kinds)[:MOST_STRIPES]


def _lay_out(units: list[Unit], width: float, height: float, middle: float) -> None:
    """Give each unit its place and size; those of one column stand above one another."""
    signals = any(
        _category(unit.first) == "Convolution" for unit in units
    )  # else what has steps has features behind
    largest = max((max(unit.shape[2:]) for unit in units if len(unit.shape) > 3 - signals), default=0)
    columns: dict[int, list[Unit]] = {}
    for unit in units:
        columns.setdefault(unit.column, []).append(unit)
        unit.width, unit.height = _width(unit), _height(unit, largest, height)
    widths = {column: max(unit.width for unit in found) for column, found in columns.items()}
    breadth, room = sum(widths.values()), width - 2 * EDGE
    scale = min(1.5, room / (breadth + GAP * (len(columns) - 1)))
    gap = min(WIDEST_GAP, max(GAP * scale, (room - scale * breadth) / max(len(columns) - 1, 1)))
    x = (width - scale * breadth - gap * (len(columns) - 1)) / 2
    for column in sorted(columns):
        found = columns[column]
        most = (height - 4 * (len(found) - 1)) / len(found)
        for place, unit in enumerate(found):
            unit.width, unit.height = unit.width * scale, min(unit.height, most)
            unit.x = x + (scale * widths[column] - unit.width) / 2
            unit.y = middle + (place - (len(found) - 1) / 2) * (most + 4)
        x += scale * widths[column] + gap


def _width(unit: Unit) -> float:
    slivers = 2.5 * (len(unit.nodes) - 1)
    if unit.stripes:
        return max(14.0, 3.0 * len(unit.stripes) + 6) + slivers
    if unit.dots or len(unit.shape) < 2 or _category(unit.first) in ("Combine", "Pooling", *SLIVERS):
        return 7.0 + slivers
    return 5.0 + 1.4 * log2(max(unit.shape[1], 1)) + slivers


def _height(unit: Unit, largest: int, room: float) -> float:
    """The square root of an image's side, so that 7 pixels are seen beside 224."""
    if _category(unit.first) == "Combine" and not unit.dots:
        return LOW + 8
    if unit.dots or len(unit.shape) < 2:
        features = max(unit.shape[-1], 1)
        return min(room, 15.0 * features if features <= MOST_DOTS else 34 + 6 * log2(features))
    if not largest:
        return 0.75 * room
    return min(room, LOW + (room - LOW) * float(max(unit.shape[2:]) / largest) ** 0.5)


def _body(unit: Unit) -> str:
    top, parts = unit.y - unit.height / 2, []
    slim = min(2.5, unit.width / (len(unit.nodes) + 1))
    own = unit.width - slim * (len(unit.nodes) - 1)
    colour = _colour(unit.first)
    if unit.stripes:
        parts.append(_frame(unit, top, own))
    elif unit.dots and _category(unit.first) in ("Dense", "Input and output"):
        parts += _dots(unit, own, colour)
    else:
        if _category(unit.first) == "Convolution":
            parts.append(_rect(unit.x + 2.5, top - 2.5, own, unit.height, colour, 0.35))
        parts.append(_rect(unit.x, top, own, unit.height, colour))
    if _category(unit.first) == "Recurrent":
        parts.append(_loop(unit, own, top))
        gates = getattr(LAYERS[unit.first.kind], "gates", 1)
        parts += [
            _rect(unit.x, top + unit.height * gate / gates - 0.7, own, 1.4, "#FFFFFF")
            for gate in range(1, gates)
        ]
    for number, node in enumerate(unit.nodes[1:]):
        if node.kind != "Output":
            low = unit.height * 0.8
            parts.append(
                _rect(unit.x + own + number * slim, unit.y - low / 2, slim * 0.8, low, _colour(node), 0.8)
            )
        else:
            parts.append(_rect(unit.x + own + number * slim, unit.y - 3, slim * 0.8, 6, _colour(node), 0.8))
    return "".join(parts)


def _frame(unit: Unit, top: float, own: float) -> str:
    """A block: a sheet behind it where it is repeated, the layers inside as stripes."""
    colour = COLOURS["Blocks"]
    parts = [_rect(unit.x + 3, top - 3, own, unit.height, colour, 0.3)] if _repeat(unit.first) > 1 else []
    parts += [_rect(unit.x, top, own, unit.height, colour, 0.22)]
    step = (own - 4) / len(unit.stripes)
    inner = max(unit.height - 6, 4)
    for number, stripe in enumerate(unit.stripes):
        parts.append(
            _rect(unit.x + 2 + number * step, unit.y - inner / 2, max(step - 0.8, 0.6), inner, stripe, 0.95)
        )
    edge = f'stroke="{colour}" stroke-opacity=".9" fill="none"'
    parts.append(
        f'<path d="M{unit.x:.1f} {top:.1f}h{own:.1f}v{unit.height:.1f}h{-own:.1f}z" {edge} stroke-linejoin="round"/>'
    )
    return "".join(parts)


def _dots(unit: Unit, own: float, colour: str) -> list[str]:
    """A dot for each feature; of many, a column of small ones."""
    count = min(unit.shape[-1], MOST_DOTS + (unit.shape[-1] > MOST_DOTS) * 3)
    step = unit.height / count
    side = min(step * 0.78, 11.0)
    x, top = unit.x + (own - side) / 2, unit.y - side / 2
    places = ((place - (count - 1) / 2) * step for place in range(count))
    return [_rect(x, top + place, side, side, colour, radius=side / 2) for place in places]


def _loop(unit: Unit, own: float, top: float) -> str:
    x = unit.x + own / 2
    return (
        f'<path d="M{x + 3:.1f} {top:.1f}c7 -11 -13 -11 -6 0" fill="none" stroke="{_colour(unit.first)}" '
        'stroke-width="1.5"/>'
    )


def _line(start: Unit, end: Unit, units: list[Unit]) -> str:
    """A connection: straight to the next column, over what lies between if it skips some."""
    x1, x2 = start.x + start.width, end.x
    if end.column - start.column == 1:
        if start.dots and end.dots and min(start.height, end.height) > LOW:
            return _mesh(start, end)
        return f'<path d="M{x1:.1f} {start.y:.1f}L{x2:.1f} {end.y:.1f}" stroke="{GREY}" stroke-opacity=".6"/>'
    between = [unit for unit in units if start.column < unit.column < end.column]
    top = min(unit.y - unit.height / 2 for unit in (start, end, *between)) - 4 - min(len(between), 8)
    left, right = start.x + start.width / 2, end.x + end.width / 2
    up, down, middle = start.y - start.height / 2, end.y - end.height / 2, (left + right) / 2
    path = f"M{left:.1f} {up:.1f}C{left:.1f} {top:.1f} {left:.1f} {top:.1f} {middle:.1f} {top:.1f}"
    path += f"S{right:.1f} {top:.1f} {right:.1f} {down:.1f}"
    return f'<path d="{path}" fill="none" stroke="{SKIP}" stroke-opacity=".85" stroke-width="1.4"/>'


def _mesh(start: Unit, end: Unit) -> str:
    """Every feature with every other."""
    ends = [[unit.y + (place / 3 - 0.5) * unit.height * 0.86 for place in range(4)] for unit in (start, end)]
    x1, x2 = start.x + start.width, end.x
    path = "".join(f"M{x1:.1f} {a:.1f}L{x2:.1f} {b:.1f}" for a in ends[0] for b in ends[1])
    return f'<path d="{path}" stroke="{GREY}" stroke-opacity=".35" stroke-width=".7"/>'


def _count(unit: Unit, height: float) -> str:
    """How often a block is repeated."""
    repeat = _repeat(unit.first)
    return _text(unit.x + unit.width / 2, height - 4, f"×{repeat}") if repeat > 1 else ""


def _repeat(node: Node) -> int:
    repeat = node.config.get("repeat", 1) if node.kind == "Block" else 1
    return repeat if isinstance(repeat, int) else 1


def _rect(
    x: float, y: float, width: float, height: float, colour: str, opacity: float = 1, radius: float = 1.5
) -> str:
    size = f'width="{max(width, 0.5):.1f}" height="{max(height, 0.5):.1f}" rx="{radius:.1f}"'
    faint = f' fill-opacity="{opacity:g}"' if opacity < 1 else ""
    return f'<rect x="{x:.1f}" y="{y:.1f}" {size} fill="{colour}"{faint}/>'


def _text(x: float, y: float, text: str) -> str:
    font = 'font-family="sans-serif" font-size="11" text-anchor="middle"'
    return f'<text x="{x:.1f}" y="{y:.1f}" {font} fill="{GREY}">{_escaped(text)}</text>'


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")


def _category(node: Node) -> str:
    return LAYERS[node.kind].category if node.kind in LAYERS else ""


def _colour(node: Node) -> str:
    return COLOURS.get(_category(node), OTHER)
