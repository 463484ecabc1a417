"""A block's nodes take the place of the node that uses it."""

import re
from typing import Any, Literal

from builder.edits.copies import Free
from builder.edits.definitions import defined, said, uses, with_blocks
from builder.edits.record import GraphEdit, changed, found, grown
from builder.expression import IN, LONGEST, Expression
from builder.fields import given, number, texts
from builder.graph import Graph, Node
from builder.layers.io import Block
from builder.shapes import infer

MOST_UNROLLED = 50
GAP = 220.0
"""From one copy of the nodes to the next, and to what lies behind."""
Values = dict[str, float | str]
"""What the names in a block's formulas stand for: numbers, or formulas of the block around."""


class Unpack(GraphEdit):
    """A block's nodes in the place of a node that uses it, a copy for each repeat, its arguments filled in."""

    edit: Literal["unpack"] = "unpack"
    node: str

    def apply(self, graph: Graph) -> Graph:
        """The block itself goes if nothing else uses it."""
        name, use = self.block(graph), graph[self.node]
        return without_unused(_unpacked(graph, use, defined(graph, name), _values(graph, use)), name)

    def inside(self, graph: Graph) -> Graph:
        """The same in a block's graph, whose own arguments have no values yet; the block stays defined."""
        name, use = self.block(graph), graph[self.node]
        repeat, block = _repeat(use), defined(graph, name)
        return _unpacked(graph, use, block, [_formulas(graph, use, block, n) for n in range(repeat)])

    def block(self, graph: Graph) -> str:
        """The name of the block that the node uses."""
        node = found(graph, self.node)
        name = node.config.get("block", "")
        if node.kind != "Block" or not isinstance(name, str):
            raise said(f"{node.kind} '{node.id}' uses no block.", node.id, node=node.id)
        defined(graph, name)
        return name


def without_unused(graph: Graph, name: str) -> Graph:
    """The graph without a block, if no node uses it."""
    if any(uses(graph, name)):
        return graph
    return with_blocks(graph, {block: one for block, one in graph.blocks.items() if block != name})


def _repeat(use: Node) -> int:
    repeat = use.config.get("repeat", 1)
    if type(repeat) is not int or not 1 <= repeat <= MOST_UNROLLED:
        message = f"'{use.id}' must repeat its block a number of times in [1, {MOST_UNROLLED}]. Got {repeat}."
        raise said(message, repeat, "Set repeat to a number, then unpack it.", use.id)
    return repeat


def _values(graph: Graph, use: Node) -> list[Values]:
    """For each repeat, the numbers that the block's names have here."""
    repeat, place = _repeat(use), infer(graph).places.get(use.id)
    if place is not None and place.inner:
        return [dict(one.arguments) for one in place.inner]
    if place is None or not isinstance(place.layer, Block):
        raise said(f"The fields of '{use.id}' must be right before it is unpacked.", use.id, node=use.id)
    arguments, wrong = given(place.layer.arguments, graph.blocks[place.layer.block].arguments, (), ())
    if wrong:
        raise said(f"Block '{use.id}': {wrong}", use.id, "Connect it, or give numbers.", use.id)
    return [dict(arguments)] * repeat


def _formulas(graph: Graph, use: Node, block: Graph, repeat: int) -> Values:
    """What a block's names stand for in the block around: numbers, or formulas of that one's names."""
    first = next(iter(block.ids("Input")), "")
    source = use.inputs.get(first, "").removesuffix(".output")
    same = repeat == 0 and source != "" and source == next(iter(graph.ids("Input")), None)
    values: Values = dict(block.arguments)
    texts = use.config.get("arguments", {})
    for name, value in texts.items() if isinstance(texts, dict) else ():
        values[name] = number(value, ()) if isinstance(value, str) else value
        if (
            isinstance(values[name], str)
            and IN in _used(use, name, value, {*graph.arguments, IN})
            and not same
        ):
            raise _unknown(use)
    return {**values, IN: IN} if same else values


def _used(use: Node, name: str, text: str, known: set[str]) -> set[str]:
    try:
        return Expression(text, known).uses
    except ValueError as error:
        message = f"Block '{use.id}': arguments: {name} {error}. Got {text!r}."
        raise said(message, text, "Mend it, then unpack.", use.id) from None


def _unknown(use: Node) -> Exception:
    message = f"'{use.id}' uses `in`, the size of what reaches it, which depends on where it stands."
    return said(message, use.id, "Connect it, or put a number or an argument in its place.", use.id)


def _unpacked(graph: Graph, use: Node, block: Graph, values: list[Values]) -> Graph:
    """The graph with a copy of the block's nodes for each of the values, one behind the other."""
    free = Free(node.id for node in graph.nodes if node.id != use.id)
    feeds = {id: use.inputs.get(id, "") for id in block.ids("Input")}
    feeds = {id: "" if source.partition(".")[0] == use.id else source for id, source in feeds.items()}
    leads: dict[str, str] = {}
    copies: list[Node] = []
    for place, names in enumerate(values):
        if leads and feeds:
            feeds[next(iter(feeds))] = next(iter(leads.values()))
        inner = [node for node in block.nodes if node.kind not in ("Input", "Output")]
        ids = {node.id: free(node.id) for node in inner}
        shift = _shift(use, inner, place)
        copies += (_copy(node, use, ids, feeds, names, shift) for node in inner)
        leads = {
            id: _led(next(iter(block[id].inputs.values()), ""), ids, feeds) for id in block.ids("Output")
        }
    return _instead(graph, use, copies, leads)


def _copy(
    node: Node, use: Node, ids: dict[str, str], feeds: dict[str, str], values: Values, shift: tuple[float, float] | None
) -> Node:  # fmt: skip
    inputs = {port: led for port, source in node.inputs.items() if (led := _led(source, ids, feeds))}
    position = (node.position[0] + shift[0], node.position[1] + shift[1]) if node.position and shift else None
    plain = texts(node.kind)
    config = {
        name: value if name in plain else _filled(value, use, values) for name, value in node.config.items()
    }
    if node.kind == "Block":
        known = {name: value for name, value in values.items() if name != IN}
        if isinstance(given := config.get("arguments"), dict):
            config["arguments"] = {
                name: _filled(value, use, known, own=True) for name, value in given.items()
            }
    return changed(
        node,
        id=ids[node.id],
        inputs=inputs,
        shares=ids.get(node.shares, ""),
        config=config,
        position=position,
    )


def _led(source: str, ids: dict[str, str], feeds: dict[str, str]) -> str:
    """What a source in the block is outside of it; "" if nothing leads there."""
    node, dot, port = source.partition(".")
    if node in feeds:
        return feeds[node]
    return f"{ids[node]}{dot}{port}" if node in ids else ""


def _filled(value: Any, use: Node, values: Values, own: bool = False) -> Any:
    """A field with numbers for the names in its formulas; in a Block's arguments, `in` is of its own."""
    if isinstance(value, list):
        return [_filled(one, use, values, own) for one in value]
    if isinstance(value, dict):
        return {name: _filled(one, use, values, own) for name, one in value.items()}
    if not isinstance(value, str):
        return value
    try:
        formula = Expression(value, {*values, IN})
    except ValueError:
        return value
    known = {name: values[name] for name in formula.uses if name in values}
    inherited = any(isinstance(text, str) and re.search(r"\bin\b", text) for text in known.values())
    if (not own and IN in formula.uses - set(values)) or (own and inherited):
        raise _unknown(use)
    filled = formula.filled(known)
    if len(filled) > LONGEST:
        raise said(f"A formula in '{use.id}' would have more than {LONGEST} characters.", filled, node=use.id)
    return number(filled, ())


def _shift(use: Node, inner: list[Node], place: int) -> tuple[float, float] | None:
    """From where the nodes lie in the block to where they lie instead of its use; None if some lie nowhere."""
    placed = [node.position for node in inner if node.position]
    if use.position is None or len(placed) < len(inner) or not placed:
        return None
    left, right = min(x for x, _ in placed), max(x for x, _ in placed)
    middle = sum(y for _, y in placed) / len(placed)
    return use.position[0] - left + place * (right - left + GAP), use.position[1] - middle


def _instead(graph: Graph, use: Node, copies: list[Node], leads: dict[str, str]) -> Graph:
    first = next(iter(leads.values()), "")
    room = _room(graph, use, copies)

    def led(source: str) -> str:
        node, _, port = source.partition(".")
        return source if node != use.id else leads.get(port, "") if port else first

    def around(node: Node) -> Node:
        inputs = {port: found for port, source in node.inputs.items() if (found := led(source))}
        behind = use.position and node.position and node.position[0] > use.position[0]
        moved = (node.position[0] + room, node.position[1]) if behind and node.position else node.position
        return changed(node, inputs=inputs, position=moved)

    nodes: list[Node] = []
    for node in graph.nodes:
        nodes += copies if node.id == use.id else [around(node)]
    return grown(graph, tuple(nodes))


def _room(graph: Graph, use: Node, copies: list[Node]) -> float:
    """How far the nodes behind must move so that the copies do not lie upon them."""
    placed = [node.position for node in copies if node.position]
    if not placed or use.position is None:
        return 0.0
    top, bottom = min(y for _, y in placed) - GAP, max(y for _, y in placed) + GAP
    others = [node.position for node in graph.nodes if node.position and node.id != use.id]
    behind = [x for x, y in others if x > use.position[0] and top < y < bottom]
    return max(0.0, max(x for x, _ in placed) + GAP - min(behind)) if behind else 0.0
