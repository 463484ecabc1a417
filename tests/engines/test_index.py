"""The index: as true as the folders, whatever happens to its file. Numbers name planned faults."""

import json
import shutil
import sqlite3
import time
from pathlib import Path

import pytest

from engines.runs import Run, Status
from engines.runs import index as indices
from engines.runs.index import FILE, Index
from engines.runs.label import write_label
from engines.runs.summary import summary
from engines.workspace import Workspace
from tests.tiny import project


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """A home with three runs of two projects."""
    monkeypatch.setattr(indices, "EVERY", 0.0)
    home = Workspace(tmp_path)
    for number, of in enumerate("aba"):
        Run.create(home.runs / f"{number + 1:06d}-x", project(), of=of, by="ann")
    (home.runs / "000009-no-run").mkdir()
    return home


def fresh(home: Workspace) -> Index:
    """The index as a process sees it that has just begun."""
    indices._MEMORIES.clear()
    return Index(home)


def right(home: Workspace) -> bool:
    """Whether the index tells what the folders tell, also to another process."""
    told = [summary(home.runs / id) for id in sorted(home.run_ids(), reverse=True) if home.run(id)]
    return Index(home).summaries() == told == fresh(home).summaries()


def stored(home: Workspace) -> set[str]:
    with sqlite3.connect(home.runs / FILE) as file:
        return {id for (id,) in file.execute("SELECT id FROM runs")}


def test_what_changes_is_read_again(home: Workspace) -> None:
    shutil.rmtree(home.runs / "000009-no-run")
    assert right(home) and [one.id[:6] for one in Index(home).summaries("a")] == ["000003", "000001"]
    run = home.run("000002-x")
    run.report(Status(state="running", step=7))
    assert right(home) and Index(home).doing("b")[0].step == 7
    write_label(run.folder, ["good"], "a note")
    assert right(home) and Index(home).summaries("b")[0].tags == ("good",)
    run.describe(device="cuda")
    assert right(home)
    shutil.rmtree(run.folder)
    assert right(home) and Index(home).ids() == ["000003-x", "000001-x"] and not Index(home).ids("b")
    assert stored(home) == {"000003-x", "000001-x"} and Index(home).newest() == {"a": "000003-x"}


def test_a_file_that_did_not_change_is_not_read_again(
    home: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = Index(home).summaries()
    monkeypatch.setattr(indices, "summary", lambda folder: pytest.fail(f"{folder} was read again"))
    assert Index(home).summaries() == told == fresh(home).summaries()


@pytest.mark.parametrize("damage", ["deleted", "garbage", "cut", "rows"])
def test_20_a_lost_or_corrupt_index_is_rebuilt(
    home: Workspace, damage: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(indices, "AGAIN", 0.0)
    shutil.rmtree(home.runs / "000009-no-run")
    told = Index(home).summaries()
    path = home.runs / FILE
    if damage == "deleted":
        path.unlink()
    elif damage == "garbage":
        path.write_bytes(b"this is no database" * 500)
    elif damage == "cut":
        path.write_bytes(path.read_bytes()[:5000])
    else:
        with sqlite3.connect(path) as file:
            file.execute("UPDATE runs SET summary = '{\"id\": 5}', stamps = 'x'")
    assert Index(home).summaries() == told, "one that goes on"
    assert fresh(home).summaries() == told, "one that begins"
    Index(home).summaries()
    assert stored(home) == {one.id for one in told} and right(home)


def test_19_a_locked_index_makes_nobody_wait_and_loses_nothing(
    home: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(indices, "AGAIN", 0.1)
    Index(home).summaries()
    other = sqlite3.connect(home.runs / FILE, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    run = Run.create(home.runs / "000010-x", project(), of="c")
    began = time.monotonic()
    for step in range(20):
        run.report(Status(state="running", step=step))
        assert Index(home).summaries("c")[0].step == step
    assert fresh(home).newest()["c"] == run.id, "one that begins meanwhile reads the folders"
    assert time.monotonic() - began < 5 and "000010-x" not in stored(home)
    other.execute("ROLLBACK")
    other.close()
    time.sleep(0.15)
    Index(home).summaries()
    assert "000010-x" in stored(home)


def test_runs_that_are_damaged_do_not_stop_the_others(home: Workspace) -> None:
    (home.runs / "000001-x/status.json").write_text(json.dumps({"state": ["?"], "step": {"a": 1}}))
    (home.runs / "000002-x/run.json").write_text("[")
    assert len(Index(home).summaries()) == 3 and len(fresh(home).summaries()) == 3
