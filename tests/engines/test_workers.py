"""Workers: who starts them, who trains when there are several, and who follows when one dies."""

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from engines.runs import Forkserver, Run
from engines.runs.keeper import DEATHS, keep, watch
from engines.runs.launch import LAUNCHED, ROOT, launch
from engines.workspace import Workspace
from tests.tiny import equal, kill, project, until

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs a system that can fork")


def test_sigterm_to_a_worker_keeps_a_checkpoint(warm: Forkserver, tmp_path: Path) -> None:
    run = Run.create(tmp_path / "run", project(1_000_000))
    run.start()
    until(lambda: run.status().step > 0)
    kill(run, signal.SIGTERM)
    status = run.status()
    assert (
        status.state == "interrupted"
        and run.checkpoints.load()[0]["context"]["position"]["step"] == status.step
    )
    run.send("step")
    until(lambda: run.status().state == "paused" and run.status().step == status.step + 1)
    run.send("stop")
    until(lambda: run.status().state == "stopped")


def test_a_paused_run_whose_worker_died_wakes_for_a_command(warm: Forkserver, tmp_path: Path) -> None:
    run = Run.create(tmp_path / "run", project(1_000_000))
    run.start()
    until(lambda: run.status().step > 0)
    run.send("pause")
    until(lambda: run.status().state == "paused")
    kill(run)
    step = run.status().step
    assert not keep(Workspace(tmp_path)), "nobody wakes it but a person"
    run.send("step")
    until(lambda: run.status().step == step + 1 and run.status().state == "paused")
    run.send("stop")
    until(lambda: run.status().state == "stopped")


def test_9_the_lock_decides_who_trains(warm: Forkserver, tmp_path: Path) -> None:
    """Of many workers one trains; a process id in the status proves nothing."""
    run = Run.create(tmp_path / "run", project(20))
    for _ in range(5):
        launch(run.folder)
    until(lambda: run.status().state == "finished")
    until(lambda: not run.alive() and not (run.folder / LAUNCHED).exists())
    rows = run.events()[0]
    told = [row["first"] for row in rows if row["type"] == "steps"]
    assert (
        told == sorted(set(told))
        and [row["state"] for row in rows if row["type"] == "state"].count("running") == 1
    )
    assert len(run.curves()) == run.status().steps
    until(lambda: not run.alive())  # those who come late look at the status and leave


def test_3_10_the_keeper_resumes_what_died_and_gives_up_at_the_third_time(
    warm: Forkserver, tmp_path: Path
) -> None:
    home = Workspace(tmp_path)
    run = Run.create(home.runs / "000001-moons", project(1_000_000))
    run.start()
    until(lambda: run.status().step > 0)
    assert not keep(home), "it lives"
    kill(run)
    over = threading.Event()
    keeper = threading.Thread(target=watch, args=[Workspace(tmp_path), over], daemon=True)
    died, worker = time.monotonic(), run.status().process
    keeper.start()  # knows nothing, as after a restart of the server
    until(lambda: run.status().process != worker)
    assert time.monotonic() - died < 5
    over.set()
    keeper.join()
    kill(run)
    for _ in range(DEATHS):
        (run.folder / LAUNCHED).unlink(missing_ok=True)
        resumed = keep(home)
        if resumed:
            until(run.alive)
            until(lambda: run.status().state == "running")
            kill_before_any_progress(run)
    assert run.status().state == "failed" and "died 3 times" in run.status().message
    assert not keep(home)
    run.send("resume")  # a person may try again
    until(lambda: run.status().state == "running")
    run.send("stop")
    until(lambda: run.status().state == "stopped")


def kill_before_any_progress(run: Run) -> None:
    """Kill the worker, and take back what checkpoints it has taken meanwhile, as if it had died at once."""
    kill(run)
    deaths = json.loads((run.folder / "deaths.json").read_text())
    deaths["checkpoint"] = max(run.checkpoints.numbers())
    (run.folder / "deaths.json").write_text(json.dumps(deaths))


def test_2_a_worker_that_a_killed_server_asked_for_is_asked_for_again(
    warm: Forkserver, tmp_path: Path
) -> None:
    """At once, and that is no death."""
    home = Workspace(tmp_path)
    run = Run.create(home.runs / "000001-moons", project(1_000_000))
    run.report(run.status().__class__(state="starting"))
    code = f"""
from pathlib import Path
from engines.runs import launch
launch.start = lambda *_: exit()
launch.launch(Path({str(run.folder)!r}))
"""
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False)
    assert (run.folder / LAUNCHED).exists() and not run.alive()
    assert keep(home) and not keep(home)
    until(lambda: run.status().step > 0)
    assert not (run.folder / "deaths.json").exists()


def test_10_12_a_worker_that_crashes_in_c_is_named(tmp_path: Path) -> None:
    home = Workspace(tmp_path)
    run = Run.create(home.runs / "000001-moons", project())
    run.report(run.status().__class__(state="running"))
    (run.folder / "worker.log").write_text("Fatal Python error: Segmentation fault\n\nThread 1:\n")
    (run.folder / "deaths.json").write_text(json.dumps({"checkpoint": 0, "deaths": 2}))
    assert not keep(home)
    assert run.status().state == "failed" and "(Segmentation fault)" in run.status().message
    assert run.curves().states[-1]["text"] == run.status().message


def test_a_worker_starts_without_a_forkserver(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engines.runs.launch._SERVERS", [])
    run = Run.create(tmp_path / "run", project(2))
    run.start()
    assert run.status().state in ("starting", "running")
    until(lambda: run.status().state == "finished", 60)


def test_where_there_is_cuda_a_fresh_process_takes_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A forked child cannot use CUDA."""
    monkeypatch.setattr("engines.runs.launch._SERVERS", [])
    code = "from engines.runs import forkserver as f; w = f.warming; f.warming = lambda: (True for _ in w()); f.main()"
    server = Forkserver()
    server.start([sys.executable, "-c", code])
    runs = [Run.create(tmp_path / device, project(2), device=device) for device in ("auto", "cpu")]
    for run in runs:
        run.start()
        until(lambda run=run: run.status().state == "finished", 60)  # type: ignore[misc]
    server.close()
    assert runs[0].status().threads == runs[1].status().threads and equal(*runs)


def test_4_workers_outlive_the_server(tmp_path: Path) -> None:
    """The process that started everything is killed; the forkserver goes with it, the worker trains on."""
    run = Run.create(tmp_path / "run", project(1_000_000))
    code = f"""
import sys, time
from engines.runs import Forkserver, Run
server = Forkserver(); server.start(); print(server._process.pid, flush=True)
Run({str(run.folder)!r}).start()
time.sleep(100)
"""
    owner = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert owner.stdout
    forkserver = int(owner.stdout.readline())
    until(lambda: run.status().step > 0, 60)
    owner.kill()
    owner.wait()
    owner.stdout.close()
    until(lambda: gone(forkserver))
    step = run.status().step
    until(lambda: run.status().step > step)
    assert run.alive() and os.getsid(run.status().process) == run.status().process
    run.send("stop")
    until(lambda: run.status().state == "stopped")


def gone(process: int) -> bool:
    """Whether there is no such process, or it has ended and is only not yet waited for."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
    except OSError:
        return True


def test_a_paused_worker_ends_when_its_run_is_removed(warm: Forkserver, tmp_path: Path) -> None:
    run = Run.create(tmp_path / "run", project(1_000_000))
    run.start()
    until(lambda: run.status().step > 0)
    run.send("pause")
    until(lambda: run.status().state == "paused")
    worker = run.status().process
    shutil.rmtree(run.folder)
    until(lambda: gone(worker))
