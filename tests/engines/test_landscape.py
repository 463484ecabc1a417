"""The landscape's method against closed forms: filter normalisation, the centre, quadratics, second differences."""

from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from engines.landscape.curvature import Hessian
from engines.landscape.flat import Flat, _StridedMax
from engines.landscape.plane import Plane, random_direction
from engines.landscape.surface import Meter
from tests.graphs import chain
from tests.landing import grid, naive, plane_of, site_of

MLP = chain(("Linear", {"units": 16}), ("ReLU", {}), ("Linear", {"units": 3}))
DEEP = chain(("Linear", {"units": 8}), ("BatchNorm1d", {}), ("Tanh", {}), ("Linear", {"units": 3}))
CNN = chain(
    ("Conv2d", {"filters": 4}), ("ReLU", {}), ("MaxPool2d", {}), ("Conv2d", {"filters": 5}), ("Flatten", {}),
    ("Linear", {"units": 3}), shape=(1, 9, 9),
)  # fmt: skip
LSTM = chain(
    ("LSTM", {"units": 6}), ("Select", {"dim": 1, "index": -1}), ("Linear", {"units": 3}), shape=(5, 4)
)


@pytest.mark.parametrize("graph", [MLP, DEEP, CNN, LSTM], ids=["MLP", "batch norm", "CNN", "LSTM"])
def test_the_centre_is_the_loss(graph: Any) -> None:
    site = site_of(graph)
    with torch.no_grad():
        loss = float(site.objective(site.flat.model(site.batches[0]), site.targets))
    found = Meter(site, plane_of(site))(np.array([[0.0, 0.0], [0.5, -0.5], [0.0, 0.0]]))
    exactly = loss if graph is CNN or graph is LSTM else pytest.approx(loss, rel=1e-7)  # several at once
    assert found[0] == exactly and found[2] == found[0] and found[1] != found[0]


@pytest.mark.parametrize("graph", [MLP, CNN, LSTM], ids=["MLP", "CNN", "LSTM"])
def test_each_filter_of_a_direction_is_as_long_as_the_networks_own(graph: Any) -> None:
    flat = site_of(graph).flat
    direction = random_direction(flat, torch.Generator().manual_seed(3))
    for piece in flat.pieces:
        own, drawn = piece.view(flat.vector), piece.view(direction)
        if len(piece.shape) < 2:
            assert not drawn.any()
            continue
        lengths = drawn.flatten(1).norm(dim=1) / own.flatten(1).norm(dim=1)
        assert (lengths - 1).abs().max() <= 1e-6
        assert abs(float(nn.functional.cosine_similarity(own.flatten(), drawn.flatten(), dim=0))) < 0.6


def test_what_layers_count_and_norms_learn_is_left_alone() -> None:
    flat = site_of(DEEP).flat
    direction = random_direction(flat, torch.Generator().manual_seed(0))
    moved = {one.name for one in flat.pieces if one.view(direction).any()}
    assert moved == {"linear1.weight", "linear2.weight"}
    plain = random_direction(flat, torch.Generator().manual_seed(0), normalised=False)
    assert {one.name for one in flat.pieces if one.view(plain).any()} == {
        one.name for one in flat.pieces if one.learned
    }


def test_a_norm_of_two_dimensions_is_left_alone() -> None:
    flat = site_of(
        chain(("LayerNorm", {"dimensions": 2}), ("Flatten", {}), ("Linear", {"units": 3}), shape=(4, 5))
    ).flat
    direction = random_direction(flat, torch.Generator().manual_seed(0))
    assert {one.name for one in flat.pieces if one.view(direction).any()} == {"linear1.weight"}


def test_positions_that_no_checkpoint_holds_are_no_part_of_it() -> None:
    site = site_of(
        chain(("SinusoidalPositions", {}), ("Flatten", {}), ("Linear", {"units": 3}), shape=(4, 6))
    )
    assert [one.name for one in site.flat.pieces] == ["linear1.weight", "linear1.bias"]
    assert torch.equal(site.flat.read(site.flat.model.state_dict()), site.flat.vector)


def test_a_layer_ten_times_as_large_and_the_next_a_tenth_change_nothing() -> None:
    before, after = site_of(MLP), site_of(MLP)
    for piece in after.flat.pieces:
        factor = 0.1 if piece.name == "linear2.weight" else 1.0 if piece.name == "linear2.bias" else 10.0
        piece.view(after.flat.vector).mul_(factor)
    surfaces = [Meter(one, plane_of(one))(grid(9)) for one in (before, after)]
    assert surfaces[1] == pytest.approx(surfaces[0], rel=1e-6)
    plain = [random_direction(one.flat, torch.Generator().manual_seed(0), False) for one in (before, after)]
    planes = [
        Plane(one.flat.vector.clone(), (way,), ((-1, 1),), ("α",))
        for one, way in zip((before, after), plain, strict=True)
    ]
    lines = [Meter(one, plane)(grid(5)[::5]) for one, plane in zip((before, after), planes, strict=True)]
    assert np.abs(lines[1] - lines[0]).max() > 0.1, "without normalisation it does"


def test_linear_regression_is_exactly_quadratic() -> None:
    site = site_of(chain(("Linear", {"units": 1})), classes=0, double=True)
    places = grid(7)
    found = Meter(site, plane_of(site))(places)
    a, b = places.T
    terms = np.stack([np.ones_like(a), a, b, a * a, a * b, b * b], 1)
    fitted, *_ = np.linalg.lstsq(terms, found, rcond=None)
    assert np.abs(terms @ fitted - found).max() <= 1e-12 and fitted[3] > 0


def test_second_differences_are_those_of_autograd() -> None:
    """On a smooth network in double precision; with ReLU there is no second derivative at the kinks."""
    smooth = chain(("Linear", {"units": 12}), ("Tanh", {}), ("Linear", {"units": 3}))
    site = site_of(smooth, double=True)
    plane, hessian, step = plane_of(site), Hessian(site), 1e-3
    for side, direction in enumerate(plane.directions):
        places = np.zeros((5, 2))
        places[:, side] = step * np.arange(-2, 3)
        far, near, here, back, last = Meter(site, plane)(places)
        bend = (-far + 16 * near - 30 * here + 16 * back - last) / (12 * step**2)
        exact = float(direction @ (hessian @ direction))
        assert bend == pytest.approx(exact, rel=1e-6)
        assert (back - near) / (2 * step) == pytest.approx(float(direction @ hessian.gradient), rel=1e-4)


@pytest.mark.parametrize("graph", [MLP, DEEP, CNN, LSTM], ids=["MLP", "batch norm", "CNN", "LSTM"])
@pytest.mark.parametrize("threads", [1, 2])
def test_every_way_gives_what_loading_the_weights_gives(
    graph: Any, threads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engines.landscape.surface.LONG", 0.0)
    site = site_of(graph, count=50)
    plane, places, told = plane_of(site), grid(7), []
    here = site.flat.vector.clone()
    meter = Meter(site, plane, threads)
    found = meter(places, told.append)
    assert found == pytest.approx(naive(site, plane, places), abs=1e-5) and np.ptp(found) > 0.01
    assert torch.equal(site.flat.vector, here), "the network is back where it was"
    assert told == sorted(told) and 0 < told[-1] <= len(places)
    assert meter(places) == pytest.approx(found, abs=0), "the same again"


def test_many_at_once_are_what_each_is_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    site = site_of(MLP)
    plane = plane_of(site)
    monkeypatch.setattr("engines.landscape.surface._timed", lambda compute, places: 1.0)
    together = Meter(site, plane)
    found = together(grid(9))
    assert together._count > 1
    monkeypatch.setattr("engines.landscape.surface.LARGEST_TOGETHER", 0)
    alone = Meter(site, plane)
    assert alone(grid(9)) == pytest.approx(found, rel=1e-6) and not alone._count


def test_what_is_no_number_is_left_empty() -> None:
    site = site_of(MLP)
    plane = plane_of(site)
    far = np.array([[0.0, 0.0], [1e30, 1e30]])
    assert np.isfinite(Meter(site, plane)(far)).tolist() == [True, False]


def test_work_that_nobody_wants_ends() -> None:
    site, seen = site_of(CNN), []

    def told(done: int) -> None:
        seen.append(done)
        if done >= 3:
            raise KeyboardInterrupt

    for threads in (1, 2):
        with pytest.raises(KeyboardInterrupt):
            Meter(site, plane_of(site), threads)(grid(25), told)
    assert len(seen) <= 8


@pytest.mark.parametrize("side", [4, 7, 9])
@pytest.mark.parametrize("window", [2, 3, (2, 1)])
def test_maxima_of_strided_views_are_max_pooling(side: int, window: Any) -> None:
    image = torch.randn(3, 4, side, side)
    rows, columns = window if isinstance(window, tuple) else (window, window)
    assert torch.equal(_StridedMax(rows, columns)(image), nn.functional.max_pool2d(image, window))


def test_only_pooling_side_by_side_is_replaced() -> None:
    pools = nn.ModuleList([nn.MaxPool2d(2), nn.MaxPool2d(3, 2), nn.MaxPool2d(2, padding=1),
                           nn.MaxPool2d(2, ceil_mode=True), nn.MaxPool2d((2, 3))])  # fmt: skip
    assert [type(one).__name__ for one in Flat(pools).model] == [
        "_StridedMax", "MaxPool2d", "MaxPool2d", "MaxPool2d", "_StridedMax",
    ]  # fmt: skip


def test_a_place_is_the_nearest_one() -> None:
    plane = plane_of(site_of(MLP))
    first, second = plane.directions
    at, off = plane.place(plane.centre + 0.25 * first - 2 * second)
    assert at == pytest.approx((0.25, -2), abs=1e-5) and off < 1e-3
    away = torch.randn(len(first))
    basis = torch.stack(plane.directions)
    away -= basis.T @ torch.linalg.lstsq(basis.T, away).solution  # at right angles to both
    at, off = plane.place(plane.centre + first + away)
    assert at == pytest.approx((1, 0), abs=1e-3)
    assert off == pytest.approx(float(away.norm() / (first + away).norm()), rel=1e-3)


@pytest.mark.gpu
def test_a_gpu_draws_the_same_landscape() -> None:
    site = site_of(MLP)
    found = Meter(site, plane_of(site))(grid(7))
    from dataclasses import replace

    there = replace(
        site, flat=Flat(site.flat.model.cuda()), inputs=site.inputs.cuda(), targets=site.targets.cuda()
    )
    assert Meter(there, plane_of(there))(grid(7)) == pytest.approx(found, abs=1e-4)
