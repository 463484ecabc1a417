"""Sites of landscapes as tests make them: any graph on numbers of the test's own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest
import torch

from builder import Graph, compile
from engines.landscape.flat import Flat
from engines.landscape.plane import Plane, random_direction
from engines.landscape.site import Site
from engines.losses import MSE, CrossEntropy


def site_of(graph: Graph, count: int = 40, classes: int = 3, seed: int = 0, **more: Any) -> Site:
    """A network with seeded weights on seeded numbers: of `classes`, or of one value where there are none.

    Args:
        graph: the network.
        count: of examples.
        classes: 0 for a regression.
        seed: of everything.
        more: inputs, targets or double instead of what is drawn.
    """
    torch.manual_seed(seed)
    model = compile(graph)
    shape = next(one for one in graph.nodes if one.kind == "Input").config["shape"]
    inputs = more.get("inputs", torch.randn(count, *shape))
    drawn = torch.randint(0, classes, (count,)) if classes else torch.randn(count, 1)
    targets, kind = more.get("targets", drawn), CrossEntropy() if classes else MSE()
    if more.get("double"):
        model, inputs = model.double(), inputs.double()
        targets = targets if classes else targets.double()
    return Site(Flat(model), inputs, targets, kind)


def plane_of(site: Site, seed: int = 0, reach: float = 1.0) -> Plane:
    """A plane along two random directions, filter by filter."""
    draw = torch.Generator().manual_seed(seed)
    directions = tuple(random_direction(site.flat, draw) for _ in range(2))
    return Plane(site.flat.vector.clone(), directions, ((-reach, reach),) * 2, ("α", "β"))


@contextmanager
def many_moments() -> Iterator[None]:
    """Trainings meanwhile keep as many moments as they can."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("engines.runs.snapshots.EVERY", 0.0)
        patch.setattr("engines.runs.snapshots.SHARE", 100.0)
        patch.setattr("engines.runs.driver.TICK", 0.02)
        yield


def grid(side: int, reach: float = 1.0) -> np.ndarray:
    """Places of a square, (side², 2), row by row."""
    ways = np.linspace(-reach, reach, side)
    return np.stack(np.meshgrid(ways, ways, indexing="ij"), -1).reshape(-1, 2)


def naive(site: Site, plane: Plane, places: np.ndarray) -> np.ndarray:
    """The losses as the published tool computes them: each place's weights are loaded into the network."""
    model, flat = site.flat.model, site.flat
    found = []
    for place in places:
        vector = plane.centre.clone()
        for far, direction in zip(place.tolist(), plane.directions, strict=False):
            vector += far * direction
        model.load_state_dict({one.name: one.view(vector).clone() for one in flat.pieces}, strict=False)
        with torch.no_grad():
            found.append(float(site.objective(model(site.inputs), site.targets)))
    flat.move(plane.centre)
    return np.array(found)
