"""Fix-it: edits that mend a node whose input does not fit. Each is tried on the meta device before it is offered."""

import re
from collections.abc import Iterator
from dataclasses import replace
from math import gcd, isqrt, prod
from typing import Any

from builder.edits import AddNode, Connect, Edit, SetConfig, SetKind, Several
from builder.errors import Problem
from builder.graph import Graph, Node
from builder.layer import Shape, Spec
from builder.layers import LAYERS
from builder.shapes import Inference, Place, infer_again

MOST_OFFERED = 3
MOST_MENDED = 20
"""Fixes are looked for in this many problems."""
Candidate = tuple[str, Edit]


def with_fixes(inference: Inference) -> list[Problem]:
    """The problems of an inference with the fixes that work, in words and as edits."""
    problems = inference.problems
    return [*(_with_fixes(inference, problem) for problem in problems[:MOST_MENDED]), *problems[MOST_MENDED:]]


def _with_fixes(inference: Inference, problem: Problem) -> Problem:
    place = inference.places[problem.node]
    if place.layer is None or not place.inputs or problem.rule != "shape":
        return problem
    offered: dict[str, Candidate] = {}
    for words, edit in _candidates(inference.graph, place, problem.message):
        what = words.partition(" to ")[0]  # of several values of a field, the first that works
        if what not in offered and _mends(inference, edit, place.node.id):
            offered[what] = (words, edit)
        if len(offered) == MOST_OFFERED:
            break
    if not offered:
        return problem
    words = " or ".join(text for text, _ in offered.values())
    edits = tuple(edit for _, edit in offered.values())
    return replace(problem, fix=f"{words[0].upper()}{words[1:]}.", edits=edits)


def _mends(inference: Inference, edit: Edit, node: str) -> bool:
    """Whether the node, fed by what feeds it now, fits after the edit."""
    before, after = inference.graph, edit.apply(inference.graph)
    changed = [one.id for one in after.nodes if before.by_id.get(one.id) is not one and one.id != node]
    place = infer_again(inference, after, (*changed, node)).places[node]
    return place.outcome is not None


def _candidates(graph: Graph, place: Place, message: str) -> Iterator[Candidate]:
    node, layer = place.node, place.layer
    assert layer is not None
    port, spec = next(iter(place.inputs.items()))
    if layer.takes == "int" and spec.dtype != "int64":
        source = graph[node.inputs[port].partition(".")[0]]
        if source.kind == "Input":
            yield (
                f"let '{source.id}' give indices (int64)",
                SetConfig(node=source.id, config={"dtype": "int64"}),
            )
    if layer.takes == "float" and spec.dtype == "int64":
        yield _inserted(graph, node, port, "Embedding", {})
    yield from _siblings(node, spec.shape)
    yield from _values(place, spec.shape, message)
    yield from _rearranged(graph, node, port, spec.shape)
    yield from _projected(graph, place)


def _inserted(graph: Graph, node: Node, port: str, kind: str, config: dict[str, Any]) -> Candidate:
    id = graph.fresh(kind)
    shown = ", ".join(f"{name} {value}" for name, value in config.items())
    added = AddNode(
        node=Node(
            id=id, kind=kind, config=config, inputs={"input": node.inputs[port]}, position=node.position
        )
    )
    words = f"insert {kind}{f' ({shown})' if shown else ''} before '{node.id}'"
    return words, Several(edits=(added, Connect(source=id, node=node.id, port=port)))


def _siblings(node: Node, shape: Shape) -> Iterator[Candidate]:
    """The same layer for another number of dimensions: BatchNorm1d → BatchNorm2d."""
    stem = re.sub(r"\dd$", "", node.kind)
    for dimensions in (len(shape) - 2, 1):
        kind = f"{stem}{dimensions}d"
        if kind in LAYERS and kind != node.kind:
            yield f"make it {kind}", SetKind(node=node.id, kind=kind)


def _values(place: Place, shape: Shape, message: str) -> Iterator[Candidate]:
    """Other values of the fields that the message speaks of, nearest to what the person chose first."""
    node, layer = place.node, place.layer
    for name in LAYERS[node.kind].model_fields:
        if not re.search(rf"\b{name}\b", message):
            continue
        now = getattr(layer, name)
        for value in _others(name, now, shape, place):
            if value != now:
                yield f"set {name} to {value}", SetConfig(node=node.id, config={name: value})


def _others(name: str, now: Any, shape: Shape, place: Place) -> Iterator[Any]:
    if isinstance(now, bool):
        yield not now
    elif name in ("kernel", "padding", "stride", "output_padding"):
        yield from range(now - 1, 0, -1) if name == "kernel" else ("same",) if now != "same" else ()
        yield from range(now + 1, now + 8) if name == "stride" and isinstance(now, int) else (0, 1)
    elif name in ("groups", "heads") and isinstance(now, int):
        width = shape[1] if name == "groups" else shape[-1]
        filters = getattr(place.layer, "filters", width)
        yield from sorted(
            (n for n in range(1, min(width, 1024) + 1) if gcd(width, filters) % n == 0),
            key=lambda n: abs(n - now),
        )[:2]
    elif name in ("dim", "start", "dimensions", "index"):
        yield from range(1, len(shape))
        yield -1
    elif name == "order":
        yield list(range(1, len(shape)))
    elif name == "shape":
        yield [-1]
    elif name == "dropout":
        yield 0.0


def _rearranged(graph: Graph, node: Node, port: str, shape: Shape) -> Iterator[Candidate]:
    """The same numbers in the dimensions that the layer expects."""
    wanted = {len(axes.split("×")) for axes in LAYERS[node.kind].axes}
    values = prod(shape[1:])
    if 2 in wanted and len(shape) > 2:
        yield _inserted(graph, node, port, "Flatten", {})
    if 3 in wanted:
        if len(shape) == 4:
            yield _inserted(graph, node, port, "Reshape", {"shape": [shape[1] * shape[2], shape[3]]})
        yield _inserted(
            graph,
            node,
            port,
            "Reshape",
            {"shape": [values, 1] if node.kind in ("RNN", "LSTM", "GRU") else [1, values]},
        )
    if 4 in wanted:
        if len(shape) == 3:
            yield _inserted(graph, node, port, "Reshape", {"shape": [1, *shape[1:]]})
        if isqrt(values) ** 2 == values:
            yield _inserted(graph, node, port, "Reshape", {"shape": [1, isqrt(values), isqrt(values)]})
        yield _inserted(graph, node, port, "Reshape", {"shape": [values, 1, 1]})


def _projected(graph: Graph, place: Place) -> Iterator[Candidate]:
    """A learned projection on one of two branches that do not agree."""
    items = list(place.inputs.items())
    for (port, spec), (_, other) in [
        pair for pair in zip(items, [*items[1:], items[0]], strict=True) if len(items) > 1
    ]:
        yield from _projection(graph, place.node, port, spec, other)


def _projection(graph: Graph, node: Node, port: str, spec: Spec, other: Spec) -> Iterator[Candidate]:
    ours, theirs = spec.shape, other.shape
    if len(ours) == len(theirs) == 4:
        stride = max(1, round(ours[2] / theirs[2])) if theirs[2] else 1
        config = {"filters": theirs[1], "kernel": 1} | ({"stride": stride} if stride > 1 else {})
        yield _inserted(graph, node, port, "Conv2d", config)
    elif len(ours) == len(theirs):
        yield _inserted(graph, node, port, "Linear", {"units": theirs[-1]})
        if node.kind == "MatMul":
            yield _inserted(graph, node, port, "Linear", {"units": theirs[1]})
    elif len(ours) > 2 and len(theirs) == 2:
        yield _inserted(graph, node, port, "Flatten", {})
