"""What a landscape costs, against the published tool: weights loaded at each place, examples from a DataLoader."""

from collections.abc import Callable, Iterator

import numpy as np
import torch
from torch.utils.data import DataLoader, TensorDataset

import builder
from builder.graph import Graph
from engines.data import Data, prepare
from engines.landscape.flat import Flat
from engines.landscape.plane import Plane
from engines.landscape.site import Site
from engines.landscape.surface import Meter
from engines.losses import MSE, CrossEntropy
from tests.benchmarks.protocol import Result, ratio, seconds
from tests.graphs import chain
from tests.landing import grid, plane_of

EXAMPLES, BATCH = 1792, 128
PG = chain(("Linear", {"units": 4}), ("Tanh", {}), ("Linear", {"units": 4}), ("Tanh", {}),
           ("Linear", {"units": 1}), shape=(2,))  # fmt: skip
"""2-4-4-1."""


def run() -> Iterator[Result]:
    """All rows about landscapes."""
    digits = prepare(Data.parse(builder.template("digits-mlp").data)).train
    draw = torch.Generator().manual_seed(0)
    rows = torch.randint(len(digits.inputs), (EXAMPLES,), generator=draw)
    points = torch.randn(EXAMPLES, 2, generator=draw)
    pictures, numbers = digits.inputs[rows], digits.targets[rows]
    for name, graph, inputs, targets, places, goal in (
        ("pg", PG, points, points.prod(1, keepdim=True).sign(), 64, "≥60"),
        ("digits MLP", builder.template("digits-mlp").graph, pictures, numbers, 16, "≥12"),
        ("digits CNN", builder.template("digits-cnn").graph, pictures, numbers, 4, "≥5"),
    ):
        site = site_of(graph, inputs, targets)
        plane, some = plane_of(site), grid(51)[:: 51 * 51 // places][:places]
        meter, peer = Meter(site, plane), loading(graph, site, plane)
        error = float(np.abs(meter(some) - peer(some)).max())
        yield Result(f"10 {name}: largest difference of losses", 1e6 * error, "≤10", "µ")
        yield ratio(
            f"10 {name}: landscape ÷ load_state_dict and DataLoader: times faster",
            lambda meter=meter, some=some: meter(some),  # type: ignore[misc]
            lambda peer=peer, some=some: peer(some),  # type: ignore[misc]
            goal, rounds=15, inverse=True,
        )  # fmt: skip
    yield from _growing(builder.template("digits-cnn").graph, pictures, numbers)


def _growing(graph: Graph, inputs: torch.Tensor, targets: torch.Tensor) -> Iterator[Result]:
    """How the cost grows, and what the first picture takes."""
    whole, few = site_of(graph, inputs, targets), site_of(graph, inputs[:512], targets[:512])
    first = Meter(few, plane_of(few))
    yield seconds("11 first picture, 11 × 11 on 512 examples, digits CNN", lambda: first(grid(11)), "≤300", 7)
    meter, places = Meter(whole, plane_of(whole)), grid(5)
    yield ratio(
        "10 four times the places ÷ once",
        lambda: meter(np.concatenate([places[:4]] * 4)),
        lambda: meter(places[:4]),
        "4",
        10,
    )
    yield ratio(
        "10 3.5 times the examples ÷ once", lambda: meter(places[:4]), lambda: first(places[:4]), "3.5", 10
    )


def site_of(graph: Graph, inputs: torch.Tensor, targets: torch.Tensor) -> Site:
    """A network as it starts, on these examples."""
    torch.manual_seed(0)
    kind = MSE() if targets.is_floating_point() else CrossEntropy()
    return Site(Flat(builder.compile(graph)), inputs, targets, kind)


def loading(graph: Graph, site: Site, plane: Plane) -> Callable[[np.ndarray], np.ndarray]:
    """The losses at places as the published tool has them."""
    model = builder.compile(graph).eval()
    pieces = site.flat.pieces
    own = {one.name: one.view(plane.centre).contiguous() for one in pieces}
    ways = [{one.name: one.view(way).contiguous() for one in pieces} for way in plane.directions]
    loader = DataLoader(TensorDataset(site.inputs, site.targets), BATCH)

    def compute(places: np.ndarray) -> np.ndarray:
        found = []
        for first, second in places.tolist():
            model.load_state_dict(
                {name: one + first * ways[0][name] + second * ways[1][name] for name, one in own.items()},
                strict=False,
            )
            total = 0.0
            with torch.no_grad():
                for inputs, targets in loader:
                    total += float(site.objective(model(inputs), targets)) * len(inputs)
            found.append(total / len(site.inputs))
        return np.array(found)

    return compute
