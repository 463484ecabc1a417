"""The choices of planes on real runs: the path against an SVD, lines that end where they should; and surveys."""

from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

import engines
from builder import Graph, Node
from builder.errors import StrataError
from engines.landscape.axes import Axes, all_axes
from engines.landscape.kept import Landscapes, npz
from engines.landscape.planes.between import Between, Moment
from engines.landscape.planes.random import Random
from engines.landscape.planes.trajectory import Trajectory
from engines.landscape.site import Site
from engines.landscape.survey import _through_zero, survey
from engines.runs.run import Run
from engines.trained import Trained
from tests.asides import listening
from tests.landing import many_moments, site_of
from tests.tiny import project


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A training of which many moments were kept, its batch normalisation among them."""
    with many_moments():
        return engines.train(project(12, 10, layer="BatchNorm1d"), tmp_path_factory.mktemp("runs") / "run")


def site(run: Run, at: int | None = None) -> Site:
    return Site.of(Trained.of(run, at=at), "train", 256)


def flattened(run: Run, one: Site, step: int) -> np.ndarray:
    """The parameters at a step, in double precision."""
    return one.flat.read(run.weights(at=step)).numpy()[: one.flat.learned].astype(float)


def test_the_path_is_a_singular_value_decomposition(run: Run) -> None:
    one, steps = site(run), run.snapshots.numbers()
    plane = Trajectory().plane(one, run)
    away = np.stack([flattened(run, one, step) for step in steps])
    away -= one.flat.vector.numpy()[: one.flat.learned]
    left, lengths, right = np.linalg.svd(away, full_matrices=False)
    assert len(steps) > 10 and plane.explained == pytest.approx(
        (lengths**2 / (lengths**2).sum())[:2], abs=1e-5
    )
    assert 0.8 < sum(plane.explained) <= 1
    for side, direction in enumerate(plane.directions):
        known = direction.numpy()[: one.flat.learned]
        assert (
            abs(known @ right[side]) == pytest.approx(1, abs=1e-3) and not direction[one.flat.learned :].any()
        )
        found = np.array([mark.at[side] for mark in plane.marks])
        assert np.abs(found) == pytest.approx(np.abs(left[:, side] * lengths[side]), abs=1e-3)
        low, high = plane.reaches[side]
        assert low < found.min() and found.max() < high and low < 0 < high
    assert [mark.step for mark in plane.marks] == steps
    beside = away - away @ right[:2].T @ right[:2]
    shares = np.linalg.norm(beside, axis=1) / np.maximum(np.linalg.norm(away, axis=1), 1e-12)
    assert [mark.off for mark in plane.marks][:-1] == pytest.approx(shares[:-1], abs=1e-2)


def test_the_path_ends_at_the_moment_that_is_looked_at(run: Run) -> None:
    steps = run.snapshots.numbers()
    middle = steps[len(steps) // 2]
    plane = Trajectory().plane(site(run, middle), run)
    assert [mark.step for mark in plane.marks] == [step for step in steps if step <= middle]
    assert plane.marks[-1].at == pytest.approx((0, 0), abs=1e-5)


def test_the_path_ends_where_the_network_is_though_the_training_went_on(run: Run) -> None:
    """A checkpoint of before is measured as it was, whatever came later."""
    early = run.snapshots.numbers()[5]
    one = Site.of(Trained.of(run), "train", 256, run.weights(at=early), early)
    assert torch.equal(one.flat.vector, site(run, early).flat.vector)
    assert max(mark.step or 0 for mark in Trajectory().plane(one, run).marks) == early


def test_weights_that_are_no_numbers_are_refused(run: Run) -> None:
    broken = {
        name: one * float("nan") if one.is_floating_point() else one for name, one in run.weights().items()
    }
    with pytest.raises(StrataError, match="no numbers any more.*earlier moment"):
        Site.of(Trained.of(run), "train", 256, broken)


def test_a_straight_path_makes_a_line() -> None:
    """One weight can only move to and fro."""
    node = Node(id="w", kind="Linear", config={"units": 1, "bias": False}, inputs={"input": "x"})
    nodes = (
        Node(id="x", kind="Input", config={"shape": [2]}),
        node,
        Node(id="y", kind="Output", inputs={"input": "w"}),
    )
    one = site_of(Graph(nodes=nodes), classes=0)
    start, end = one.flat.vector.clone(), one.flat.vector * 3
    kept = {step: {"w.weight": (start + step / 4 * (end - start)).view(1, 2)} for step in range(4)}
    fake = SimpleNamespace(snapshots=SimpleNamespace(numbers=lambda: [*kept]), weights=lambda at: kept[at])
    one.flat.move(end)
    plane = Trajectory().plane(one, fake)  # type: ignore[arg-type]
    assert len(plane.directions) == 1 and plane.explained == pytest.approx((1.0,))
    far = [abs(mark.at[0]) for mark in plane.marks]
    assert far == sorted(far, reverse=True) and far[0] == pytest.approx(float((end - start).norm()), rel=1e-5)


@pytest.mark.parametrize("reach", [(-1.0, 1.0), (-0.25, 1.25), (-7.3, 0.9), (-0.1, 30.0), (0.5, 2.0)])
@pytest.mark.parametrize("side", [3, 7, 13, 25, 26, 97])
def test_the_network_is_measured_in_each_picture(reach: tuple[float, float], side: int) -> None:
    stride = max((2**power for power in range(12) if (side - 1) >> power >= 6), default=1)
    ways = _through_zero(reach, side, stride)
    assert len(ways) >= side and ways[0] <= reach[0] + 1e-12 and ways[-1] >= reach[1] - 1e-12
    assert np.diff(ways) == pytest.approx(ways[1] - ways[0]) and (len(ways) - 1) % stride == 0
    assert not reach[0] < 0 < reach[1] or 0.0 in ways[::stride]


def test_a_path_of_two_moments_is_none(run: Run) -> None:
    with pytest.raises(StrataError, match="at least 3 moments.*Train longer"):
        Trajectory().plane(site(run, run.snapshots.numbers()[1]), run)
    with pytest.raises(StrataError, match="0 were kept"):
        Trajectory().plane(site(run), None)


def test_a_line_ends_at_the_other_network_with_all_that_it_counted(run: Run) -> None:
    first = run.snapshots.numbers()[2]
    found = look(run, Between(others=(Moment(at=first),)), side=7)
    assert found["values"].shape == (7, 1) and found["alpha"][[0, -1]] == pytest.approx([-0.25, 1.25])
    assert found["titles"] == ["here", f"step {first:,}"] and found["names"] == [f"to step {first:,}"]
    fine = look(run, Between(others=(Moment(at=first),)), side=13)
    there = site(run, first)
    with torch.no_grad():
        assert fine["values"][-3, 0] == pytest.approx(float(there.loss()), rel=1e-5)
        assert fine["values"][2, 0] == pytest.approx(float(site(run).loss()), rel=1e-6) == fine["centre"]


def test_three_networks_are_corners_of_a_plane(run: Run) -> None:
    one, other = run.snapshots.numbers()[1], run.snapshots.numbers()[4]
    found = look(run, Between(others=(Moment(at=one), Moment(run=run.id, at=other))), side=7)
    assert found["values"].shape == (7, 7) and found["marks"].tolist() == [[0, 0], [1, 0], [0, 1]]


def test_a_line_is_computed_anew_when_the_other_network_has_learned(run: Run) -> None:
    seeded = project(2, 10, layer="BatchNorm1d").with_fields(seed=3)
    other = engines.train(seeded, run.folder.parent / "learns")
    axes = Between(others=(Moment(run=other.id),))
    before = look(run, axes, side=3, depends=axes.depends(run))
    other.checkpoints.save({"context": {"models": {"model": other.weights(at=0)}, "position": {"step": 0}}})
    after = look(run, axes, side=3, depends=axes.depends(run))
    assert before["kept"] != after["kept"] and (before["values"] != after["values"]).any()
    assert Between(others=(Moment(at=3),)).depends(run) == []


def test_lines_to_nowhere_are_refused(run: Run, tmp_path: Path) -> None:
    here = site(run)
    with pytest.raises(StrataError, match="Choose another moment"):
        Between().plane(here, run)
    with pytest.raises(StrataError, match="same weights"):
        Between(others=(Moment(),)).plane(here, run)
    with pytest.raises(StrataError, match="no run .nowhere."):
        Between(others=(Moment(run="nowhere"),)).plane(here, run)
    for name in ("../secret", "..", "."):
        with pytest.raises(ValueError, match="pattern"):
            Moment(run=name)
    other = engines.train(project(1), run.folder.parent / "other")
    with pytest.raises(StrataError, match=r"other is another network: middle\.weight is not there"):
        Between(others=(Moment(run=other.id),)).plane(here, run)


@pytest.mark.parametrize("name", all_axes())
def test_every_choice_goes_through_plain_json(name: str) -> None:
    kind = all_axes()[name]
    one = kind(others=(Moment(at=3), Moment(run="x"))) if name == "Between" else kind()
    assert Axes.parse(one.dump()) == one
    assert kind.help() and kind.title and kind.reference and kind.icon


def look(run: Run, axes: Axes, **more: Any) -> dict[str, Any]:
    return survey(str(run.folder), run.checkpoints.numbers()[-1], None, axes.dump(), **more)


def test_a_survey_is_coarse_first_and_each_picture_holds_the_one_before(run: Run) -> None:
    with listening() as heard:
        found = look(run, Random(seed=5), most=30)
    pictures = [one["partial"] for one in heard if one["partial"]]
    assert [one["values"].shape for one in pictures] == [(7, 7), (13, 13), (25, 25)]
    for coarse, fine in pairwise(pictures):
        assert (fine["values"][::2, ::2] == coarse["values"]).all() and (
            fine["alpha"][::2] == coarse["alpha"]
        ).all()
    assert (pictures[-1]["values"] == found["values"]).all() and np.isfinite(found["values"]).all()
    assert found["values"][12, 12] == pytest.approx(found["centre"], rel=1e-6)
    shares = [one["share"] for one in heard]
    assert shares == sorted(shares) and "coarse to fine" in heard[-1]["words"]
    assert found["examples"] == 30 and "batch normalisation" in found["mode"] and found["places"] == 625


def test_a_path_tells_the_true_losses_too(run: Run) -> None:
    found = look(run, Trajectory())
    assert found["steps"].tolist() == run.snapshots.numbers() and len(found["marks"]) == len(found["true"])
    with torch.no_grad():
        loss = float(site(run, run.snapshots.numbers()[3]).loss())
    assert found["true"][3] == pytest.approx(loss, rel=1e-5) and found["true"][0] > found["true"][-1]


def test_what_was_computed_is_kept_and_read(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    found = look(run, Random(seed=9), side=7)
    monkeypatch.setattr("engines.landscape.survey.Meter", None)
    again = look(run, Random(seed=9), side=7)
    assert again.keys() == found.keys() and (again["values"] == found["values"]).all()
    centre, directions = Landscapes(run).plane(found["kept"])
    assert torch.equal(centre, site(run).flat.vector) and len(directions) == 2
    (Landscapes(run).folder / f"{found['kept']}.npz").write_bytes(b"damaged")
    assert Landscapes(run).read(found["kept"]) is None
    with pytest.raises(StrataError):
        Landscapes(run).plane("nothing")
    with pytest.raises(StrataError):
        Landscapes(run).read("../secret")


def test_only_the_newest_stay(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engines.landscape.kept.MOST", 2)
    names = [look(run, Random(seed=20 + seed), side=3)["kept"] for seed in range(4)]
    left = {path.stem for path in Landscapes(run).folder.iterdir()}
    assert len(left) == 2 and names[-1] in left


def test_a_file_holds_the_numbers(tmp_path: Path) -> None:
    path = tmp_path / "one.npz"
    path.write_bytes(npz({"alpha": np.arange(3.0), "part": "train"}))
    with np.load(path) as file:
        assert file["alpha"].tolist() == [0, 1, 2] and '"part": "train"' in str(file["about"])


def test_an_empty_part_is_refused(tmp_path: Path) -> None:
    whole = project(1).with_fields(data={"source": {"kind": "Moons", "samples": 60}, "validation": 0.0})
    run = engines.train(whole, tmp_path / "run")
    with pytest.raises(StrataError, match="validation part is empty. Choose another part"):
        look(run, Random(), part="validation")
