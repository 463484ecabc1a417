"""Random graphs that are valid: around a kind, grown by nodes of any kind that fit somewhere."""

from collections.abc import Iterator
from math import prod
from random import Random
from typing import Any

from builder.around import an_output, around
from builder.check import check, errors
from builder.edits import MakeBlock
from builder.errors import BadValue
from builder.fields import layer_of
from builder.graph import Graph, Node
from builder.layer import TAKES, Layer, Spec
from builder.layers import LAYERS
from builder.shapes import infer

MOST_VALUES, MOST_PARAMETERS = 20_000, 200_000
TRIES = 60
CHANGED = 0.25
"""How often a field has another value than its default."""
SHARED = 0.2
"""How often a node uses the weights of another, where it can."""
EVERY = [kind for kind in LAYERS if kind not in ("Input", "Output", "Block")]
"""The kinds with which a graph grows."""
JUMPING = ("Step", "Neighbours")
"""Kinds whose answers jump: of equal distances, any may be called the nearest."""
WILD = ("Arithmetic", "Combine", "Capsules", "Memory and energy")
"""Categories with more of them, or with kinds that make small differences large."""
TAME = [kind for kind in EVERY if LAYERS[kind].category not in WILD and kind not in JUMPING]
"""The others, of whose answers other runtimes only change the last digits."""
BEYOND = ("projection",)
"""Fields with which a layer cannot leave as ONNX."""


def grown(kind: str, seed: int, more: int = 5, *, tame: bool = False) -> Graph:
    """A graph around a node of this kind with up to so many more; all that they give is read."""
    draw = Random(f"{kind} {seed}")
    graph = around(kind)
    nodes = tuple(node for node in graph.nodes if node.kind != "Output")
    graph = graph.with_nodes(nodes)
    for _ in range(TRIES):
        if len(graph.nodes) >= len(nodes) + more:
            break
        graph = _larger(graph, draw, tame)
    graph = _with_outputs(graph)
    return _with_block(graph, draw)


def _larger(graph: Graph, draw: Random, tame: bool) -> Graph:
    """The graph with one more node, if the one that was drawn fits; else as it was."""
    known = [
        (id if not number else f"{id}.{port}", spec)
        for id, place in infer(graph).places.items()
        if place.outcome
        for number, (port, spec) in enumerate(place.outcome.outputs.items())
    ]
    name = draw.choice(TAME if tame else EVERY)
    kind = LAYERS[name]
    sources = _sources(kind, graph, known, draw)
    if sources is None:
        return graph
    shares = _owner(kind, graph, draw)
    same = shares and graph[shares].kind == name
    node = Node(
        id=graph.fresh(name),
        kind=name,
        config=graph[shares].config if same else _config(kind, draw, tame),
        inputs=sources,
        shares=shares,
    )
    larger = graph.with_nodes((*graph.nodes, node))
    outcome = infer(larger).places[node.id].outcome
    fits = outcome and outcome.parameters < MOST_PARAMETERS
    small = outcome and all(prod(spec.shape[1:]) < MOST_VALUES for spec in outcome.outputs.values())
    return larger if fits and small and not errors(check(_with_outputs(larger))) else graph


def _sources(
    kind: type[Layer], graph: Graph, known: list[tuple[str, Spec]], draw: Random
) -> dict[str, str] | None:
    """What leads to each port: the first at random, others of the same shape if there are some."""
    ports = [f"{kind.many}{n}" for n in range(1, draw.choice((2, 2, 3)) + 1)] if kind.many else [*kind.inputs]
    if not kind.many and draw.random() < CHANGED:
        ports += kind.optional[: draw.randint(0, len(kind.optional))]
    found: dict[str, str] = {}
    shape = None
    for port in ports:
        fits = [pair for pair in known if _takes(kind, port, pair, graph)]
        alike = [pair for pair in fits if pair[1].shape == shape]
        if not fits:
            return None
        found[port], spec = draw.choice(alike if alike and draw.random() < 0.8 else fits)
        shape = shape or spec.shape
    return found


def _takes(kind: type[Layer], port: str, pair: tuple[str, Spec], graph: Graph) -> bool:
    """Indices come from outside, where they are small enough for anything."""
    (reference, spec), takes = pair, kind.taken(port)
    if takes in ("int", "mask"):
        return spec.dtype == "int64" and graph[reference.partition(".")[0]].kind == "Input"
    return not TAKES[takes] or spec.dtype in TAKES[takes]


def _owner(kind: type[Layer], graph: Graph, draw: Random) -> str:
    lenders = [
        node.id for node in graph.nodes if node.kind in (kind.borrows or (kind.__name__,)) and not node.shares
    ]
    return draw.choice(lenders) if lenders and (kind.borrows or draw.random() < SHARED) else ""


def _config(kind: type[Layer], draw: Random, tame: bool) -> dict[str, Any]:
    """The fields of the demo, or other values that the kind takes."""
    config = dict(kind.demo) if draw.random() < 0.7 else {}
    properties = kind.model_json_schema()["properties"]
    for name, schema in properties.items():
        if not (tame and name in BEYOND) and draw.random() < CHANGED and (values := [*_values(schema, draw)]):
            changed = {**config, name: draw.choice(values)}
            if layer_of(Node(id="one", kind=kind.__name__, config=changed).key)[0] is not None:
                config = changed
    return config


def _values(schema: dict[str, Any], draw: Random) -> Iterator[Any]:
    for arm in schema.get("anyOf", [schema]):
        if "enum" in arm:
            yield from arm["enum"]
        elif arm.get("type") == "boolean":
            yield from (True, False)
        elif arm.get("type") == "integer":
            least = arm.get("minimum", 0)
            yield draw.randint(least, min(arm.get("maximum", least + 8), least + 8))
        elif arm.get("type") == "number":
            least, most = (
                arm.get(name, arm.get(f"exclusive{name.title()}", one))
                for name, one in (("minimum", 0), ("maximum", 1))
            )
            yield round(draw.uniform(least, min(most, least + 2)), 3)


def _with_outputs(graph: Graph) -> Graph:
    """The graph with an Output for everything that nobody reads."""
    read = {reference for node in graph.nodes for reference in node.inputs.values()}
    found = []
    for id, place in infer(graph).places.items():
        for number, port in enumerate(place.outcome.outputs if place.outcome else ()):
            reference = f"{id}.{port}" if number else id
            if reference not in read and place.node.kind not in ("Input", "Output"):
                found.append(an_output(f"out{len(found) + 1}", reference))
    return graph.with_nodes((*graph.nodes, *found))


def _with_block(graph: Graph, draw: Random) -> Graph:
    """The graph with some of its nodes as a block, where that can be."""
    inner = [node.id for node in graph.nodes if node.kind in EVERY]
    if len(inner) < 2 or draw.random() < 0.5:
        return graph
    first = draw.randrange(len(inner) - 1)
    try:
        made = MakeBlock(ids=tuple(inner[first : first + 3]), name="part").apply(graph)
    except BadValue:
        return graph
    return graph if errors(check(made)) else made
