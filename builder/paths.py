"""Every node of a network by its path, nodes in blocks and repeats too."""

from collections.abc import Iterator

from builder.graph import Graph
from builder.layers import LAYERS
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


def wiring(graph: Graph) -> dict[str, tuple[str, ...]]:
    """What every node reads, by paths, in the order of its ports; through blocks and repeats, which are left out.

    A further output of a node has its port behind it, as in `lstm1__hidden`; Inputs read nothing.
    """
    return _wired(infer(graph), "", {})[0]


def results(graph: Graph) -> list[str]:
    """What the Outputs read, by path, in their order."""
    return _wired(infer(graph), "", {})[1]


def channels_first(graph: Graph) -> frozenset[str]:
    """The nodes that give (B, channels, steps), where others of three dimensions give (B, steps, features).

    A layer says so by its `axes`; one that takes anything, and leaves the shape as it is, gives what it was given.
    """
    places, found = placed(graph), set[str]()
    for path, reads in wiring(graph).items():
        place = places[path]
        kind = LAYERS.get(place.node.kind)
        told = [axes for axes in kind.axes if axes.count("×") == 2] if kind else []
        kept = place.outcome and place.given[:1] == (*place.outcome.outputs.values(),)[:1]
        passed_on = kept and not told and reads[:1] and reads[0] in found
        # what a block gives is what the last in it gives
        if passed_on or any("channels ×" in axes for axes in told):
            found.update([path, *_blocks(path)])
        else:
            found.difference_update(_blocks(path))
    return frozenset(found & places.keys())


def _blocks(path: str) -> Iterator[str]:
    """The blocks that a node lies in."""
    while "." in path:
        path = path.rpartition(".")[0]
        yield path


Wires = dict[str, tuple[str, ...]]


def _wired(inference: Inference, prefix: str, feeds: dict[str, str]) -> tuple[Wires, list[str]]:
    """The wires of a graph, and what its Outputs read; `feeds` is what reaches the Inputs of a block."""
    found: Wires = {}
    given_by: dict[str, dict[str, str]] = {}
    given: list[str] = []
    for id, place in inference.places.items():
        if place.outcome is None:
            continue
        reads = [_source(given_by[source], port) for _, source, port in place.node.sources()]
        ports = [*place.outcome.outputs]
        if place.node.kind == "Output":
            given.append(reads[0])
        elif place.node.kind == "Input" and feeds:
            given_by[id] = {"": feeds[id]}
        elif place.inner:
            inner, results_inside = _through(place, f"{prefix}{id}", reads)
            found |= inner
            given_by[id] = {"": results_inside[0], **dict(zip(ports, results_inside, strict=False))}
        else:
            path = prefix + id
            found[path] = tuple(reads)
            given_by[id] = {"": path, **{port: f"{path}__{port}" for port in ports[1:]}, ports[0]: path}
    return found, given


def _through(place: Place, path: str, reads: list[str]) -> tuple[Wires, list[str]]:
    """The wires of a block, one repeat after the other: what leaves one is the first thing that enters the next."""
    found: Wires = {}
    results: list[str] = []
    for number, inner in enumerate(place.inner):
        here = f"{path}.{number}." if len(place.inner) > 1 else f"{path}."
        enters = [results[0], *reads[1:]] if results else reads
        wires, results = _wired(inner, here, dict(zip(inner.graph.ids("Input"), enters, strict=False)))
        found |= wires
    return found, results


def _source(given: dict[str, str], port: str) -> str:
    return given.get(port, given[""])
