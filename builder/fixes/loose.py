"""Fixes of what is not connected: a port to which nothing leads, a graph without an Input or an Output."""

from collections.abc import Iterator
from dataclasses import replace

from builder.edits import AddNode, Connect, Edit, Several
from builder.errors import BadValue, Problem
from builder.fields import ports
from builder.graph import Graph, Node
from builder.layers import LAYERS
from builder.shapes import Inference, infer_again

MOST_LED = 8
"""Connections are looked for to so many free ports."""
APART = 250.0
"""How far nodes that are placed together lie from one another."""
FREE = "must be connected"


def connected(inference: Inference, problems: list[Problem]) -> list[Problem]:
    """The problems of connections with the fixes that work."""
    return [problem if problem.node else _ended(inference, problem) for problem in _led(inference, problems)]


def _led(inference: Inference, problems: list[Problem]) -> list[Problem]:
    """With a connection for free ports: from the nearest earlier node that nobody reads, if that fits."""
    free = [problem for problem in problems if problem.rule == FREE and not problem.edits][:MOST_LED]
    waiting = [*_open(inference.graph)] if free else []
    found = {id(problem): _led_to(inference, problem, waiting) for problem in free}
    return [found.get(id(problem), problem) for problem in problems]


def _led_to(inference: Inference, problem: Problem, waiting: list[Node]) -> Problem:
    graph, id = inference.graph, problem.node
    number = graph.nodes.index(graph[id])
    before = {node.id for node in graph.nodes[:number]} - _behind(graph, id)
    source = next((node for node in reversed(waiting) if node.id in before), None)
    if source is None:
        return problem
    edit = Connect(source=source.id, node=id, port=problem.field)
    if not _fits(inference, edit, id):
        return problem
    return replace(problem, fix=f"Connect it to '{source.id}'.", edits=(edit,))


def _ended(inference: Inference, problem: Problem) -> Problem:
    """A graph's lack of an Input or an Output, with the edit that adds one in its place."""
    graph = inference.graph
    if problem.rule == "must have an Output":
        open_ones = [node for node in _open(graph) if node.id in inference.places]
        last = next(
            (node for node in reversed(open_ones) if node.kind != "Input"), next(iter(open_ones), None)
        )
        if last is not None:
            at = (last.position[0] + APART, last.position[1]) if last.position else None
            inputs = {"input": last.id}
            added = Node(id=graph.fresh("Output"), kind="Output", inputs=inputs, position=at)
            return replace(problem, fix=f"Add an Output behind '{last.id}'.", edits=(AddNode(node=added),))
    if problem.rule == "must have an Input":
        for first, edit in _beginnings(inference):
            if _fits(inference, edit, first.id):
                return replace(problem, fix=f"Add an Input before '{first.id}'.", edits=(edit,))
    return problem


def _beginnings(inference: Inference) -> Iterator[tuple[Node, Edit]]:
    """An Input before the first node whose first port is free, of the usual shape or one that its kind expects."""
    graph = inference.graph
    for node in graph.nodes:
        place = inference.places.get(node.id)
        wanted = ports(place.layer, node, graph.blocks).required if place and place.layer else ()
        if wanted and wanted[0] not in node.inputs:
            break
    else:
        return
    layer, at = LAYERS[node.kind], (node.position[0] - APART, node.position[1]) if node.position else None
    dtype = {"dtype": "int64"} if layer.taken(wanted[0]) == "int" else {}
    for shape in ({}, *({"shape": [*example[1:]]} for example in layer.example[:1])):
        id = graph.fresh("Input")
        added = Node(id=id, kind="Input", config={**shape, **dtype}, position=at)
        yield node, Several(edits=(AddNode(node=added), Connect(source=id, node=node.id, port=wanted[0])))


def _fits(inference: Inference, edit: Edit, id: str) -> bool:
    """Whether a node has what it needs after the edit, and takes it."""
    before = inference.graph
    try:
        after = edit.apply(before)
    except BadValue:
        return False
    new = [node.id for node in after.nodes if node.id not in before]
    return infer_again(inference, after, (*new, id)).places[id].outcome is not None


def _open(graph: Graph) -> Iterator[Node]:
    """The nodes that give something that nobody reads."""
    read = {source for node in graph.nodes for _, source, _ in node.sources()}
    return (
        node for node in graph.nodes if node.id not in read and node.kind in LAYERS and node.kind != "Output"
    )


def _behind(graph: Graph, id: str) -> set[str]:
    """A node and all that depends on it."""
    found = {id}
    for node in graph.order()[0]:
        if not found.isdisjoint(node.needs):
            found.add(node.id)
    return found
