"""A deleted run can be restored for 30 days; its number is given to no other."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

import builder
from builder.errors import BadFile
from engines.kept import KEPT_FOR
from engines.runs.deleted import AtWork
from engines.runs.run import Run
from engines.runs.status import Status
from engines.workspace import Workspace
from tests.tiny import project, until


@pytest.fixture
def home(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path)


def put(home: Workspace, state: str = "finished", of: str = "mine") -> Run:
    """A run that the home folder gives its next id to."""
    run = Run.create(home.runs / home._new_id("Digits"), builder.template("digits-mlp"), of=of)
    run.report(Status(state=state, updated=time.time()))  # type: ignore[arg-type]
    return run


def contents(folder: Path) -> dict[str, bytes]:
    files = [path for path in folder.rglob("*") if path.is_file() and path.name != "lock"]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def test_a_deleted_run_is_restored_as_it_was(home: Workspace) -> None:
    run = put(home)
    before = contents(run.folder)
    key = home.delete_run(run.id)
    assert not home.list_runs() and not home.newest_runs() and not home.list_deleted()
    (one,) = home.list_deleted_runs()
    assert (one.key, one.id, one.name) == (key, run.id, run_name())
    assert home.delete_run(run.id) == key, "twice is once"
    assert Workspace(home.home).restore_run(key) == run.id, "also by another server"
    assert contents(run.folder) == before and not home.list_deleted_runs()
    assert home.restore_run(key) == home.restore_run(run.id) == run.id
    home.delete_run(run.id)
    assert home.restore_run(run.id) == run.id, "also by its id alone"


def run_name() -> str:
    return builder.template("digits-mlp").name


@pytest.mark.parametrize("state", ["queued", "starting", "running"])
def test_a_run_that_somebody_will_go_on_with_is_refused(home: Workspace, state: str) -> None:
    run = put(home, state)
    with pytest.raises(AtWork, match=f"Run 1 is {state}, so it cannot be deleted. Stop it first."):
        home.delete_run(run.id)
    assert home.list_runs() and not home.list_deleted_runs()


@pytest.mark.skipif(sys.platform == "win32", reason="holds the lock as Unix does")
def test_a_run_that_a_worker_holds_is_refused_whatever_it_says(home: Workspace) -> None:
    run = put(home, "paused")
    code = "import sys, filelock; lock = filelock.FileLock(sys.argv[1]); lock.acquire(); print(1, flush=True); input()"
    command = [sys.executable, "-c", code, str(run.folder / "lock")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as worker:
        assert worker.stdout and worker.stdout.readline()
        with pytest.raises(AtWork, match="is paused"):
            home.delete_run(run.id)
        worker.kill()
    home.delete_run(run.id)
    assert not home.list_runs()


def test_no_number_is_given_twice(home: Workspace) -> None:
    put(home)
    newest = put(home)
    key = home.delete_run(newest.id)
    assert put(home).id.startswith("000003-"), "2 is in the bin"
    home.delete_run("000003-digits")
    past = f"000003-digits.{int((time.time() - KEPT_FOR - 1) * 1000)}"
    (deleted,) = (one for one in home.deleted.iterdir() if one.name.startswith("000003"))
    deleted.rename(home.deleted / past)
    assert [one.key for one in home.list_deleted_runs()] == [key]
    with pytest.raises(BadFile, match="30 days"):
        home.restore_run(past)
    home.delete_run("000001-digits")  # removes what is too old
    assert not (home.deleted / past).exists()
    assert put(home).id.startswith("000004-"), "3 is gone, and so is its number"


def test_projects_and_runs_do_not_mix_in_the_folder_of_the_deleted(home: Workspace) -> None:
    builder.save(builder.template("digits-mlp"), home.projects / "mine.json")
    run = put(home)
    project, key = home.delete_project("mine"), home.delete_run(run.id)
    (home.deleted / "a person's own").mkdir()
    assert [one.key for one in home.list_deleted()] == [project]
    assert [one.key for one in home.list_deleted_runs()] == [key]
    assert home.restore_project(project) == "mine" and home.restore_run(key) == run.id


@pytest.mark.parametrize("id", ["none", "../runs", "", "x" * 500, "a\0b", "000001-x/../../etc"])
def test_ids_that_lead_nowhere_are_refused(home: Workspace, id: str) -> None:
    with pytest.raises(BadFile, match="There is no run"):
        home.delete_run(id)
    with pytest.raises(BadFile):
        home.restore_run(id)


def test_a_kill_leaves_the_run_here_or_there(home: Workspace) -> None:
    """The move is one rename: after each step of the system the run is whole in one of the two places."""
    run = put(home)
    before, moves = contents(run.folder), []
    real = os.replace

    def watched(source: Path, target: Path) -> None:
        moves.append((Path(source), Path(target)))
        real(source, target)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "replace", watched)
        key = home.delete_run(run.id)
    assert moves == [(run.folder, home.deleted / key)]
    assert contents(home.deleted / key) == before and not run.folder.exists()


@pytest.mark.slow
def test_a_real_worker_is_refused_stopped_deleted_restored_and_goes_on(home: Workspace) -> None:
    run = home.start(project(100_000), of="mine", device="cpu")
    until(lambda: run.status().step > 5)
    with pytest.raises(AtWork, match="Run 1 is running"):
        home.delete_run(run.id)
    run.send("stop")
    until(lambda: run.status().over and not run.alive())
    steps, before = run.status().step, contents(run.folder)
    key = home.delete_run(run.id)
    assert home.start(project(1), of="mine", device="cpu").id == "000002-moons"
    home.restore_run(key)
    assert contents(run.folder) == before
    run.start()
    until(lambda: run.status().step > steps)
    run.send("stop")
    until(lambda: all(one.status().over and not one.alive() for one in home.list_runs()))
    assert Run(run.folder).curves().rewinds == 1, "it went on from its checkpoint"


def test_what_another_tab_asks_of_a_deleted_run_does_no_harm(tmp_path: Path) -> None:
    """Nothing is written where it was; and where something was, the run comes back all the same."""
    home = Workspace(tmp_path)
    run = Run.create(home.runs / "000001-moons", project(2))
    key = home.delete_run(run.id)
    with pytest.raises(BadFile, match="There is no run"):
        run.send("stop")
    assert not run.folder.exists()
    run.folder.mkdir()
    (run.folder / "commands.jsonl").touch()
    assert home.restore_run(key) == run.id and Run(run.folder).exists()
