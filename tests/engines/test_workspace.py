"""Projects as files: renamed, duplicated, deleted and restored; what a list tells of them."""

import json
import os
import threading
import time
from pathlib import Path

import pytest

import builder
from builder.errors import BadFile
from builder.project import Project
from engines import listing
from engines.kept import KEPT_FOR
from engines.listing import copy_name
from engines.runs.run import Run
from engines.workspace import Workspace


def put(home: Workspace, id: str, name: str = "Digits") -> Path:
    """A project in the home folder."""
    path = home.projects / f"{id}.json"
    builder.save(builder.template("digits-mlp").with_fields(name=name), path)
    return path


@pytest.fixture
def home(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path)


def test_the_list_tells_of_every_project_the_last_changed_first(home: Workspace) -> None:
    for number, name in enumerate(("First", "Second", "Third")):
        os.utime(put(home, f"p{number}", name), (number, number))
    (home.projects / "broken.json").write_text("{")
    os.utime(home.projects / "broken.json", (9, 9))
    found = home.list_projects()
    assert [(one.id, one.name) for one in found] == [
        ("broken", "broken"),
        ("p2", "Third"),
        ("p1", "Second"),
        ("p0", "First"),
    ]
    assert found[0].nodes == -1
    assert found[1].nodes == len(builder.template("digits-mlp").graph.nodes)


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"strata": 1, "name": 7}', '{"strata": 1, "graphs": 7}', "[" * 100_000, "\xff",
             '{"strata": 1, "graphs": {"model": {"nodes": 3}}}', '{"strata": 1, "graphs": {"model": 3}}'],
    ids=range(9),
)  # fmt: skip
def test_a_damaged_file_stays_in_the_list_and_can_be_deleted(home: Workspace, text: str) -> None:
    (home.projects / "odd.json").write_text(text, encoding="latin-1")
    (one,) = home.list_projects()
    assert (one.name, one.nodes) == ("odd", -1)
    assert home.restore_project(home.delete_project("odd")) == "odd"
    assert (home.projects / "odd.json").read_text(encoding="latin-1") == text


def test_a_file_is_read_again_only_when_it_was_changed(
    home: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(300):
        put(home, f"p{number}")
    home.list_projects()
    read: list[Path] = []
    plain = listing._json
    monkeypatch.setattr(listing, "_json", lambda path: read.append(path) or plain(path))
    began = time.perf_counter()
    assert len(home.list_projects()) == 300
    assert time.perf_counter() - began < 0.25, "about 5 ms"
    assert not read
    put(home, "p7", "Another")
    assert home.list_projects()[0][:2] == ("p7", "Another") and len(read) == 1


def test_names_of_copies_are_numbered(home: Workspace) -> None:
    put(home, "mine")
    copies = [home.duplicate_project("mine"), home.duplicate_project("mine")]
    copies.append(home.duplicate_project(copies[0]))
    names = [builder.load(home.project_path(id)).name for id in copies]
    assert names == ["Digits (copy)", "Digits (copy 2)", "Digits (copy 3)"]
    assert len({"mine", *copies}) == 4
    long = copy_name("x" * 120, {"x" * 113 + " (copy)"})
    assert long == "x" * 111 + " (copy 2)" and Project(name=long)


def test_a_deleted_project_is_restored_as_it_was(home: Workspace) -> None:
    path = put(home, "mine")
    os.utime(path, (1e9, 1e9))
    content = path.read_bytes()
    run = Run.create(home.runs / "000001-mine", builder.load(path), of="mine")
    key = home.delete_project("mine")
    assert not home.list_projects() and home.newest_runs()["mine"].id == run.id, "its runs stay"
    (one,) = home.list_deleted()
    assert (one.key, one.id, one.name) == (key, "mine", "Digits") and time.time() - one.deleted < 60
    assert Workspace(home.home).restore_project(key) == "mine", "also by another server"
    assert path.read_bytes() == content and path.stat().st_mtime == 1e9
    assert home.restore_project(key) == home.restore_project("mine") == "mine", "twice is once"
    assert not home.list_deleted()


def test_deleting_twice_is_deleting_once(home: Workspace) -> None:
    put(home, "mine")
    keys = []
    threads = [threading.Thread(target=lambda: keys.append(home.delete_project("mine"))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(keys)) == 1 and len(keys) == 6
    assert len(home.list_deleted()) == 1
    for id in ("none", "../mine", "", "x" * 500, "a\0b"):
        with pytest.raises(BadFile, match="There is no project"):
            home.delete_project(id)
        assert home.deleted_project(id) is None


def test_restoring_overwrites_nothing(home: Workspace) -> None:
    put(home, "mine", "Old")
    old = home.delete_project("mine")
    path = put(home, "mine", "New")
    other = home.restore_project(old)
    assert other != "mine" and builder.load(home.project_path(other)).name == "Old"
    assert builder.load(path).name == "New"
    time.sleep(0.002)
    first = home.delete_project("mine")
    put(home, "mine", "Newer")
    time.sleep(0.002)
    home.delete_project("mine")
    assert [one.name for one in home.list_deleted()] == ["Newer", "New"], "each of them is kept"
    assert home.restore_project("mine") == "mine" and builder.load(path).name == "Newer"
    assert builder.load(home.project_path(home.restore_project(first))).name == "New"


def test_deleted_projects_are_kept_for_thirty_days(home: Workspace) -> None:
    put(home, "old")
    put(home, "new")
    key = home.delete_project("old")
    past = f"old.{int((time.time() - KEPT_FOR - 1) * 1000)}"
    (home.deleted / f"{key}.json").rename(home.deleted / f"{past}.json")
    (home.deleted / "notes.json").write_text("a person's own")
    assert not home.list_deleted() and home.deleted_project("old") is None
    with pytest.raises(BadFile, match="30 days"):
        home.restore_project(past)
    home.delete_project("new")
    assert {path.name.split(".")[0] for path in home.deleted.iterdir()} == {"new", "notes"}
    for key in ("../runs/x", "old.5/../../x", "", "x" * 500):
        with pytest.raises(BadFile):
            home.restore_project(key)


def test_the_newest_run_of_each_project(home: Workspace) -> None:
    project = builder.template("digits-mlp")
    for number, of in enumerate(("a", "b", "a", "")):
        Run.create(home.runs / f"{number + 1:06d}-x", project, of=of)
    (home.runs / "000009-x").mkdir()
    (home.runs / "notes.txt").touch()
    assert {of: run.id for of, run in home.newest_runs().items()} == {"a": "000003-x", "b": "000002-x"}
    about = json.loads((home.runs / "000002-x/run.json").read_text())
    (home.runs / "000002-x/run.json").write_text(json.dumps({**about, "of": "another"}))
    assert {*home.newest_runs()} == {"a", "another"}
