"""Trainings that are done again, step by step, in the plane of a landscape."""

from pathlib import Path

import numpy as np
import pytest

import engines
from builder.errors import StrataError
from engines.landscape.follow import trail
from engines.landscape.planes.trajectory import Trajectory
from engines.landscape.replay import every_step
from engines.landscape.site import Site
from engines.landscape.survey import survey
from engines.runs.run import Run
from engines.trained import Trained
from tests.landing import many_moments
from tests.tiny import project


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    with many_moments():
        return engines.train(project(12, 10, layer="Dropout"), tmp_path_factory.mktemp("runs") / "run")


def test_every_step_is_the_one_that_was_made(run: Run) -> None:
    """Dropout and the order of batches too: where a snapshot was taken the path comes by, to the bit."""
    found = survey(str(run.folder), run.checkpoints.numbers()[-1], None, Trajectory().dump(), side=3)
    known = dict(zip(found["steps"].tolist(), found["marks"], strict=True))
    first, last = min(known), max(known)
    path = every_step(str(run.folder), found["kept"], first, last)
    assert path["exact"] and path["steps"].tolist() == list(range(first, last + 1))
    assert len(known) > 5
    for step, place in zip(path["steps"].tolist(), path["at"], strict=True):
        if step in known:
            assert place == pytest.approx(known[step], abs=1e-4)
    walked, kept = (
        np.linalg.norm(np.diff(way, axis=0), axis=1).sum() for way in (path["at"], found["marks"])
    )
    assert walked > kept, "between the moments that were kept, batches pull to and fro"


def test_a_part_of_the_way(run: Run) -> None:
    found = survey(str(run.folder), run.checkpoints.numbers()[-1], None, Trajectory().dump(), side=3)
    steps = run.snapshots.numbers()
    path = every_step(str(run.folder), found["kept"], steps[2], steps[2] + 3)
    assert path["steps"].tolist() == [steps[2], steps[2] + 1, steps[2] + 2, steps[2] + 3]


def test_what_is_gone_is_told(run: Run, tmp_path: Path) -> None:
    with pytest.raises(StrataError, match="Compute the landscape again"):
        every_step(str(run.folder), "nothing", 0, 10)
    found = survey(str(run.folder), run.checkpoints.numbers()[-1], None, Trajectory().dump(), side=3)
    with pytest.raises(StrataError):
        every_step(str(run.folder), found["kept"], 999_999, 10**6)


def test_a_training_is_followed_in_the_plane_of_its_past(run: Run) -> None:
    steps = run.snapshots.numbers()
    past = survey(str(run.folder), run.checkpoints.numbers()[-1], steps[4], Trajectory().dump(), side=3)
    found = trail(str(run.folder), past["kept"], steps[4], run.checkpoints.numbers()[-1])
    assert found["steps"].tolist() == [*steps[5:], run.status().step], (
        "the moments after it, and the newest weights"
    )
    site = Site.of(Trained.of(run, at=steps[4]))
    plane = Trajectory().plane(site, run)
    for step, at, off in zip(steps[5:], found["at"], found["off"], strict=False):
        known = plane.place(site.flat.read(run.weights(at=step)))
        assert at == pytest.approx(known[0], abs=1e-4) and off == pytest.approx(known[1], abs=1e-4)
    assert 0 < found["off"][-1] < 1


def test_weights_that_were_put_back_at_the_end_are_told(tmp_path: Path) -> None:
    settings = {"patience": 2, "optimiser": {"kind": "Adam", "lr": 0.2}}
    early = engines.train(project(40, 10, layer="ReLU", **settings), tmp_path / "run")
    found = survey(str(early.folder), early.checkpoints.numbers()[-1], None, Trajectory().dump(), side=3)
    steps = early.snapshots.numbers()
    path = every_step(str(early.folder), found["kept"], steps[0], steps[-1])
    assert early.status().epoch < 40 and path["exact"] and path["back"]
    assert not np.allclose(path["at"][-1], 0, atol=1e-6), "where it ended is not where the network is"
