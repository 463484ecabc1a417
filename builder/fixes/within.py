"""What is wrong inside a block that is refused, and whether an edit of the block makes the whole better."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

from builder.check import structure, structure_of_block
from builder.edits import Edit
from builder.errors import BadValue, Problem
from builder.layers.io import Block
from builder.shapes import MOST_LAYERS, Inference, infer_again, opened
from builder.trial import MOST_PARAMETERS

MOST_OPENED = 100
"""So many refused blocks are looked into to count what is wrong in a graph; where there are more, nothing is told."""
Faults = Counter[tuple[str, ...]]
"""What is wrong in a graph: where, and against which rule; without the values, which may change."""


def refusing(inference: Inference, problem: Problem) -> Inference | None:
    """The repeat of a block inside which a problem of its node lies; None if it lies elsewhere."""
    place = inference.places.get(problem.node)
    if problem.rule != "block" or problem.field or place is None or not isinstance(place.layer, Block):
        return None
    specs, left, room = tuple(place.inputs.values()), place.layer.repeat, MOST_LAYERS
    while left and room > 0:
        reached = replace(place, inputs=dict(zip(place.inputs, specs, strict=True)))
        inner = opened(replace(inference, places={problem.node: reached}), problem.node)
        given = [spec for spec in inner.outputs.values() if spec]
        if inner.problems or not given or len(given) < len(inner.outputs):
            return inner
        specs, left = (*given[:1], *specs[1:]), left - 1
        room -= sum(one.outcome.layers for one in inner.places.values() if one.outcome)
    return None


def faults(inference: Inference) -> Faults | None:
    """Everything that is wrong in a graph and in its blocks, where they are used; None if that is too much."""
    found = Faults(_structural(inference))
    if inference.parameters > MOST_PARAMETERS:
        found["must not be too large",] = 1
    waiting: list[tuple[tuple[str, ...], Inference]] = [((), inference)]
    looked = 0
    while waiting:
        path, one = waiting.pop()
        for problem in one.problems:
            inner = refusing(one, problem)
            looked += inner is not None
            if looked > MOST_OPENED:
                return None
            if inner is None or not inner.problems:
                found[*path, problem.node, problem.rule] += 1
            else:
                waiting.append(((*path, problem.node), inner))
    return found


def helps(inference: Inference, before: Faults | None, edit: Edit) -> bool:
    """Whether less is wrong after an edit of a block than before, in any of its uses, and nothing new."""
    try:
        graph = edit.apply(inference.graph)
    except BadValue:
        return False
    after = faults(infer_again(inference, graph, [node.id for node in graph.order()[0]]))
    return before is not None and after is not None and after < before


def _structural(inference: Inference) -> Iterator[tuple[str, ...]]:
    """What is wrong with connections, in the graph and in each block."""
    graph = inference.graph
    for problem in structure(graph, inference.arguments):
        yield "", problem.node, problem.field, problem.rule
    for name, block in graph.blocks.items():
        for problem in structure_of_block(graph, block):
            yield name, problem.node, problem.field, problem.rule
