"""Every node of a network by its path, nodes in blocks and repeats too."""

from collections.abc import Iterator

from builder.graph import Graph
from builder.shapes import Inference, Place, infer


def placed(graph: Graph) -> dict[str, Place]:
    """What is known of every node that gives something, in the order of computation.

    Paths are those of modules and of `builder.watch`: `conv1`; `residual1.0.conv1` in the first repeat of a block;
    `residual2.conv1` in a block without repeats. A block comes before what is in it.
    """
    return dict(_placed(infer(graph), ""))


def _placed(inference: Inference, prefix: str) -> Iterator[tuple[str, Place]]:
    for id, place in inference.places.items():
        if place.node.kind == "Output" or not place.outcome or (prefix and place.node.kind == "Input"):
            continue
        yield prefix + id, place
        for number, inner in enumerate(place.inner):
            here = f"{id}.{number}" if len(place.inner) > 1 else id
            yield from _placed(inner, f"{prefix}{here}.")
