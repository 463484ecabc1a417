"""Time travel: snapshots that stay along a run, and runs that branch off from them."""

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import torch

import engines
from builder import Project
from builder.errors import BadFile, StrataError
from engines.runs import Run
from engines.runs.branch import branch
from engines.runs.checkpoint import Checkpoints
from engines.runs.disk import Lines
from engines.runs.snapshots import MOST, Snapshots
from tests.tiny import equal, project


@pytest.fixture
def dense(monkeypatch: pytest.MonkeyPatch) -> None:
    """A snapshot at each tick, and a tick at each step."""
    monkeypatch.setattr("engines.runs.driver.TICK", 0.0)
    monkeypatch.setattr("engines.runs.snapshots.EVERY", 0.0)
    monkeypatch.setattr("engines.runs.snapshots.SHARE", 1e9)


def changed(what: Project, **engine: Any) -> Project:
    """The project with other settings."""
    return what.with_fields(engine={**what.engine, **engine})


@pytest.fixture
def parent(tmp_path: Path, dense: None) -> Run:
    """A finished run of 40 steps."""
    return engines.train(
        project(4, 8, optimiser={"kind": "Adam"}, schedule={"kind": "Cosine"}), tmp_path / "parent"
    )


def test_snapshots_are_taken_along_the_run(parent: Run) -> None:
    numbers = parent.snapshots.numbers()
    assert numbers[0] == 0 and numbers[-1] == parent.status().step == 40
    assert len(numbers) == 41
    last = parent.weights(at=40)
    assert all(torch.equal(last[name], one) for name, one in parent.weights().items())
    assert not torch.equal(parent.weights(at=0)["hidden.weight"], last["hidden.weight"])
    with pytest.raises(BadFile):
        parent.weights(at=41)


@pytest.mark.parametrize("at", [0, 10, 17, 39])
def test_a_branch_without_changes_becomes_its_parent(parent: Run, at: int, tmp_path: Path) -> None:
    """In the middle of an epoch and between two: weights, losses and measurements are the same to the bit."""
    run = branch(parent, tmp_path / "branch", parent.project, at, of="mine")
    assert (run.about["parent"], run.about["branched"], run.about["of"]) == ("parent", at, "mine")
    assert run.status().step == len(run.curves()) == at
    engines.resume(run.folder)
    assert run.status().state == "finished" and equal(run, parent)


def test_a_branch_goes_on_with_other_settings(parent: Run, tmp_path: Path) -> None:
    what = changed(
        parent.project, optimiser={"kind": "Adam", "lr": 0.05, "weight_decay": 0.1}, batch=20, epochs=6
    )
    run = engines.resume(branch(parent, tmp_path / "branch", what, 20).folder)
    context = run.checkpoints.load()[0]["context"]
    (group,) = context["updates"]["model"]["optimiser"]["param_groups"]
    assert group["weight_decay"] == 0.1
    assert run.status().step == run.status().steps == 20 + 4 * 4, "four epochs are left, of 76 examples by 20"
    assert [*run.curves().steps["loss"][:20]] == [*parent.curves().steps["loss"][:20]]
    assert run.curves().steps["loss"][21] != parent.curves().steps["loss"][21]
    state = context["updates"]["model"]["optimiser"]["state"]
    assert {float(one["step"]) for one in state.values()} == {36.0}, (
        "Adam remembers the steps before the branch"
    )


def test_a_branch_with_another_optimiser_says_that_it_begins_anew(parent: Run, tmp_path: Path) -> None:
    what = changed(parent.project, optimiser={"kind": "SGD", "lr": 0.1})
    run = branch(parent, tmp_path / "branch", what, 20)
    assert engines.resume(run.folder).status().state == "finished"
    assert "SGD begins anew here: what Adam remembered is not for it." in run.curves().notices()[0]["text"]


def test_what_was_changed_in_the_parent_is_no_change_of_the_branch(parent: Run, tmp_path: Path) -> None:
    first = branch(parent, tmp_path / "first", parent.project, 20)
    lines = Lines(first.folder / "commands.jsonl")
    lines.add({"command": "set", "values": {"optimiser.lr": 0.5}})
    lines.close()
    engines.resume(first.folder)
    assert len(first.curves().changes()) == 1
    second = branch(first, tmp_path / "second", first.project, 30)
    assert second.curves().changes() == []
    assert [row["values"] for row in second.curves().marks if row["type"] == "changed"] == [
        {"optimiser.lr": 0.5}
    ]


def test_a_finished_run_can_be_trained_longer(parent: Run, tmp_path: Path) -> None:
    run = branch(parent, tmp_path / "branch", changed(parent.project, epochs=6), 40)
    engines.resume(run.folder)
    assert run.status().step == 60 and run.status().epoch == 6


def test_a_branch_from_the_beginning_has_the_same_initial_weights(parent: Run, tmp_path: Path) -> None:
    run = branch(parent, tmp_path / "branch", changed(parent.project, optimiser={"kind": "SGD"}))
    engines.resume(run.folder)
    assert run.about["parent"] == "parent" and run.about["branched"] == 0
    first, theirs = run.weights(at=0), parent.weights(at=0)
    assert all(torch.equal(first[name], one) for name, one in theirs.items())


def test_another_network_cannot_go_on_from_a_snapshot(parent: Run, tmp_path: Path) -> None:
    other = project(4, 8, layer="BatchNorm1d")
    with pytest.raises(StrataError, match=r"its weights 'middle\.\w+' are not those of the snapshot"):
        branch(parent, tmp_path / "branch", other, 20)
    assert not (tmp_path / "branch").exists()


def test_a_damaged_snapshot_is_refused(parent: Run, tmp_path: Path) -> None:
    path = parent.folder / "snapshots" / "000020.safetensors"
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(BadFile, match="damaged"):
        branch(parent, tmp_path / "branch", parent.project, 20)
    assert not (tmp_path / "branch").exists()


def test_a_run_keeps_few_snapshots_evenly_spaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engines.runs.snapshots.EVERY", 0.0)
    monkeypatch.setattr("engines.runs.snapshots.SHARE", 1e9)
    kept = Checkpoints(tmp_path, kept=None)
    snapshots = Snapshots(kept, 0)
    for step in range(1000):
        if snapshots.wanted(step):
            snapshots.take({"step": step}, step)
    numbers = kept.numbers()
    assert MOST // 2 <= len(numbers) <= MOST and numbers[0] == 0 and numbers[-1] >= 960
    gaps = {after - before for before, after in pairwise(numbers)}
    assert max(gaps) <= 2 * min(gaps)


def test_a_run_that_went_back_forgets_the_snapshots_beyond(tmp_path: Path) -> None:
    kept = Checkpoints(tmp_path, kept=None)
    for step in (0, 10, 20, 30):
        kept.save({}, step)
    Snapshots(kept, 20)
    assert kept.numbers() == [0, 10, 20]


def test_what_is_too_large_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engines.runs.snapshots.ROOM", 100_000)
    small, large = Checkpoints(tmp_path / "small", kept=None), Checkpoints(tmp_path / "large", kept=None)
    for kept, size in ((small, 5_000), (large, 50_000)):
        snapshots = Snapshots(kept, 0)
        for step in range(20):
            if snapshots.wanted(step):
                snapshots.take({"weights": torch.zeros(size)}, step)
            snapshots._due = 0.0
    assert 2 <= len(small.numbers()) <= 5 and not large.numbers()
