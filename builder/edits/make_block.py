"""Some nodes become a block."""

from collections.abc import Iterator
from itertools import chain
from typing import Any, Literal

from builder.edits.copies import Free
from builder.edits.definitions import free, said, with_blocks
from builder.edits.record import GraphEdit, changed, found
from builder.expression import IN, Expression
from builder.fields import layer_of, ports, texts
from builder.graph import Graph, Name, Node
from builder.layers.io import LARGEST_SIDE, MOST_SIDES
from builder.shapes import Inference, alone

BESIDE, BELOW = 260.0, 120.0
"""How far a new block's Input and Output nodes lie from its other nodes, and from one another."""


class MakeBlock(GraphEdit):
    """Some nodes become a block of this name, and one node that uses it stands in their place."""

    edit: Literal["make_block"] = "make_block"
    ids: tuple[str, ...]
    name: Name

    def apply(self, graph: Graph) -> Graph:
        """What the nodes read becomes the block's inputs, what others read of them its outputs."""
        free(graph, self.name)
        chosen = _chosen(graph, self.ids)
        names = {name for node in chosen for name in _names(node, graph)}
        ids = Free(node.id for node in chosen)
        entering, leaving = _entering(graph, chosen, IN in names, ids), _leaving(graph, chosen, ids)
        arguments = {name: value for name, value in graph.arguments.items() if name in names}
        inner = (
            _inputs(chosen, entering, alone(graph)),
            _inner(graph, chosen, entering),
            _outputs(chosen, leaving),
        )
        block = Graph.model_construct(nodes=tuple(chain(*inner)), arguments=arguments)
        config: dict[str, Any] = {"block": self.name}
        if arguments:
            config["arguments"] = {name: name for name in arguments}
        use = Node(
            id=graph.fresh(self.name[:50]),
            kind="Block",
            config=config,
            inputs={port: source for source, port in entering.items()},
            position=_first(chosen),
        )
        return with_blocks(_instead(graph, chosen, use, leaving), {**graph.blocks, self.name: block})


def _chosen(graph: Graph, ids: tuple[str, ...]) -> tuple[Node, ...]:
    """The nodes of these ids in their order, if they can be a block."""
    wanted = {found(graph, id).id for id in ids}
    chosen = tuple(node for node in graph.nodes if node.id in wanted)
    if not chosen:
        raise said("A block must have nodes. None is chosen.", fix="Choose those that it is to hold.")
    for node in chosen:
        if node.kind in ("Input", "Output"):
            raise said(
                f"{node.kind} '{node.id}' must stay outside: a block gets Input and Output nodes of its own.",
                node.id,
                "Choose the nodes between them.",
                node.id,
            )
    for node in graph.nodes:
        if node.shares in graph and (node.id in wanted) is not (node.shares in wanted):
            message = f"'{node.id}' shares the weights of '{node.shares}', so a block must hold both or none."
            raise said(message, node.id, "Choose both, or give each its own.", node.id)
    if between := _between(graph, wanted):
        shown = ", ".join(f"'{id}'" for id in between[:5]) + (" …" if len(between) > 5 else "")
        message = f"A path leaves the chosen nodes and comes back by way of {shown}."
        raise said(message, between, f"Choose {shown} as well.", between[0])
    return chosen


def _between(graph: Graph, chosen: set[str]) -> list[str]:
    """The other nodes on paths that leave the chosen ones and come back."""
    readers: dict[str, set[str]] = {}
    for node in graph.nodes:
        for source in node.needs:
            readers.setdefault(source, set()).add(node.id)

    def reached(neighbours: dict[str, set[str]]) -> set[str]:
        seen: set[str] = set()
        waiting = [*chosen]
        while waiting:
            fresh = neighbours.get(waiting.pop(), set()) - seen - chosen
            seen |= fresh
            waiting += fresh
        return seen

    both = reached(readers) & reached({node.id: {*node.needs} for node in graph.nodes})
    return [node.id for node in graph.nodes if node.id in both]


def _plain(graph: Graph, source: str) -> str:
    """The source without the port, if that is the node's first."""
    id, _, port = source.partition(".")
    layer = layer_of(graph[id].key, tuple(graph.arguments.items()))[0] if port and id in graph else None
    return id if layer and ports(layer, graph[id], graph.blocks).outputs[:1] == (port,) else source


def _entering(graph: Graph, chosen: tuple[Node, ...], sized: bool, named: Free) -> dict[str, str]:
    """The sources outside that the nodes read → the ids of the block's Input nodes."""
    ids = {node.id for node in chosen}
    sources = dict.fromkeys(
        _plain(graph, source)
        for node in chosen
        for source in node.inputs.values()
        if source.partition(".")[0] not in ids
    )
    if sized:
        first = graph.ids("Input")[:1]
        if not set(first) & set(sources):
            message = "The chosen nodes use `in`, the size of what reaches the block around them, but do not read that."
            raise said(message, fix="Give that block an argument for it, or choose other nodes.")
        sources = dict.fromkeys((*first, *sources))
    return {source: named(source.replace(".", "_")) for source in sources}


def _leaving(graph: Graph, chosen: tuple[Node, ...], named: Free) -> dict[str, str]:
    """The outputs of the nodes that others read → the ids of the block's Output nodes; at least one."""
    ids = {node.id for node in chosen}
    reads = {
        reader.id: [source for source in reader.inputs.values() if source.partition(".")[0] in ids]
        for reader in graph.nodes
    }
    outside = dict.fromkeys(
        _plain(graph, source) for id, sources in reads.items() if id not in ids for source in sources
    )
    if not outside:
        inside = {source.partition(".")[0] for id in ids for source in reads[id]}
        ends = [node.id for node in chosen if node.id not in inside] or [chosen[-1].id]
        outside = {ends[-1]: None}
    place = {node.id: number for number, node in enumerate(chosen)}
    ordered = sorted(outside, key=lambda source: place[source.partition(".")[0]])
    if len(ordered) == 1:
        return {ordered[0]: named("output1")}
    return {source: named(f"{source.replace('.', '_')}_out") for source in ordered}


def _inputs(chosen: tuple[Node, ...], entering: dict[str, str], inference: Inference) -> Iterator[Node]:
    """The block's Input nodes, with the shapes that reach it now."""
    for number, (source, id) in enumerate(entering.items()):
        node, _, port = source.partition(".")
        place = inference.places.get(node)
        outputs = place.outcome.outputs if place and place.outcome else {}
        spec = outputs.get(port) if port else next(iter(outputs.values()), None)
        config: dict[str, Any] = {}
        if spec and len(spec.shape) <= MOST_SIDES + 1 and max(spec.shape) <= LARGEST_SIDE:
            config = {"shape": [*spec.shape[1:]]} | ({"dtype": "int64"} if spec.dtype != "float32" else {})
        yield Node(id=id, kind="Input", config=config, position=_beside(chosen, -1, number))


def _inner(graph: Graph, chosen: tuple[Node, ...], entering: dict[str, str]) -> Iterator[Node]:
    for node in chosen:
        inputs = {port: entering.get(_plain(graph, source), source) for port, source in node.inputs.items()}
        yield changed(node, inputs=inputs)


def _outputs(chosen: tuple[Node, ...], leaving: dict[str, str]) -> Iterator[Node]:
    for number, (source, id) in enumerate(leaving.items()):
        yield Node(id=id, kind="Output", inputs={"input": source}, position=_beside(chosen, 1, number))


def _instead(graph: Graph, chosen: tuple[Node, ...], use: Node, leaving: dict[str, str]) -> Graph:
    """The graph with the block in the place of the last of the nodes, read where they were read."""
    ids = {node.id for node in chosen}
    first = next(iter(leaving))

    def led(source: str) -> str:
        known = _plain(graph, source)
        if known not in leaving:
            return source
        return use.id if known == first else f"{use.id}.{leaving[known]}"

    nodes: list[Node] = []
    for node in graph.nodes:
        if node.id == chosen[-1].id:
            nodes.append(use)
        elif node.id not in ids:
            nodes.append(changed(node, inputs={port: led(source) for port, source in node.inputs.items()}))
    return graph.with_nodes(tuple(nodes))


def _names(node: Node, graph: Graph) -> set[str]:
    """The names in the formulas of a node's fields; what `in` means for a Block's arguments stays as it is."""
    names = {*graph.arguments, IN}
    given = node.config.get("arguments") if node.kind == "Block" else None
    fields = [value for name, value in node.config.items() if name not in texts(node.kind)]
    return _in_formulas(fields, names) | (_in_formulas(given, names) - {IN})


def _in_formulas(value: Any, names: set[str]) -> set[str]:
    if isinstance(value, dict | list):
        parts = value.values() if isinstance(value, dict) else value
        return {name for part in parts for name in _in_formulas(part, names)}
    try:
        return Expression(value, names).uses if isinstance(value, str) else set()
    except ValueError:
        return set()


def _first(chosen: tuple[Node, ...]) -> tuple[float, float] | None:
    placed = [node.position for node in chosen if node.position]
    if len(placed) < len(chosen):
        return None
    return min(placed, key=lambda at: (at[1], at[0]))  # where one begins to read them


def _beside(chosen: tuple[Node, ...], side: int, number: int) -> tuple[float, float] | None:
    placed = [node.position for node in chosen if node.position]
    if len(placed) < len(chosen):
        return None
    edge = max(x for x, _ in placed) if side > 0 else min(x for x, _ in placed)
    return edge + side * BESIDE, placed[0 if side < 0 else -1][1] + number * BELOW
