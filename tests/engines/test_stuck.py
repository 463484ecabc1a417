"""Workers that are stopped, hang or crash, and workers that nobody needs. Numbers name planned faults."""

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from engines.runs import Forkserver, Run
from engines.runs import heartbeat as hearts
from engines.runs.heartbeat import last_beat, send
from engines.runs.keeper import Keeper, keep, watch
from engines.runs.launch import LAUNCHED
from engines.workspace import Workspace
from tests.tiny import kill, project, until

pytestmark = pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="needs Linux")
SPOILED = """
import faulthandler, pathlib, torch
forward, told = torch.nn.Dropout.forward, pathlib.Path({path!r})
def spoiled(self, x):
    if self.training and torch.is_grad_enabled() and x.device.type == "cpu" and told.exists():
        if told.read_text() == "segfault": faulthandler._sigsegv()
        while True: pass
    return forward(self, x)
torch.nn.Dropout.forward = spoiled
from engines.runs import driver, saving
driver.TICK, saving.EVERY, saving.SHARE = 0.01, 0.0, 1.0
from engines.runs.forkserver import main
main()
"""
"""A forkserver whose workers hang or crash in a layer when they train, as long as a file says so."""


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Workspace]:
    """A home whose keeper looks."""
    home, over = Workspace(tmp_path / "home"), threading.Event()
    keeper = threading.Thread(target=watch, args=[home, over], daemon=True)
    keeper.start()
    yield home
    over.set()
    keeper.join()
    for run in home.list_runs():
        if run.alive():
            kill(run)


@pytest.fixture
def spoil(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """`spoil("hang")`, `spoil("segfault")`: what the workers of this test do."""
    monkeypatch.setattr("engines.runs.launch._SERVERS", [])
    path = tmp_path / "spoil"
    server = Forkserver()
    server.start([sys.executable, "-c", SPOILED.format(path=str(path))])
    yield lambda how: path.write_text(how) and None
    server.close()


def trained(home: Workspace) -> Run:
    """A run that trains."""
    run = Run.create(home.runs / "000001-moons", project(1_000_000))
    run.start()
    until(lambda: run.status().step > 0)
    return run


@pytest.mark.slow
def test_8_a_stopped_worker_is_killed_and_its_run_goes_on(
    warm: Forkserver, home: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STRATA_HEARTBEAT_SECONDS", "3")
    run = trained(home)
    worker = run.status().process
    until(lambda: last_beat(run.folder))
    os.kill(worker, signal.SIGSTOP)
    until(lambda: run.status().process != worker)
    with pytest.raises(ProcessLookupError):  # it is gone, so it cannot write when it is continued
        os.kill(worker, signal.SIGCONT)
    step = run.status().step
    until(lambda: run.status().step > step + 10)
    assert run.curves().rewinds == 1 and len(run.curves()) >= run.status().step


@pytest.mark.slow
def test_8_a_paused_run_whose_worker_is_stopped_still_obeys(
    warm: Forkserver, home: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STRATA_HEARTBEAT_SECONDS", "3")
    run = trained(home)
    run.send("pause")
    until(lambda: run.status().state == "paused")
    worker, step = run.status().process, run.status().step
    os.kill(worker, signal.SIGSTOP)
    run.send("step")
    until(lambda: run.status().step == step + 1 and run.status().state == "paused")
    assert run.status().process != worker


def test_9_a_signal_reaches_the_process_that_beat_or_nobody(warm: Forkserver, tmp_path: Path) -> None:
    """The id of a worker that is gone may be another's by now."""
    with hearts.Heartbeat(tmp_path):
        mine = last_beat(tmp_path)
        assert mine and mine.process == os.getpid() and send(mine, signal.Signals(signal.SIGCONT))
        other = hearts.Beat(mine.beat, mine.progress, mine.process, mine.born + 1)
        assert not send(other, signal.SIGKILL), "this very test would not go on"
    for text in ("", "{", "[]", '{"beat": 1}'):
        (tmp_path / hearts.FILE).write_text(text)
        assert last_beat(tmp_path) is None


@pytest.mark.slow
def test_12_a_segmentation_fault_is_named_and_touches_nobody(
    home: Workspace, spoil: Callable[[str], None]
) -> None:
    spoil("segfault")
    run = Run.create(home.runs / "000001-moons", project(1_000_000))
    run.start()
    until(lambda: run.status().state == "failed")
    assert "The worker died 3 times at the same place (Segmentation fault)" in run.status().message


@pytest.mark.slow
def test_13_a_hang_is_found_and_its_place_is_told(
    home: Workspace, spoil: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STRATA_HANG_SECONDS", "1")
    spoil("hang")
    run = Run.create(home.runs / "000001-moons", project(1_000_000))
    monkeypatch.setattr("engines.runs.keeper.DEATHS", 2)
    run.start()
    until(lambda: run.status().state == "failed")
    status = run.status()
    assert "The training hung: it got no further for 1 s (STRATA_HANG_SECONDS)" in status.message
    assert "in layer 'middle'" in status.message and status.node == "middle"
    assert "in spoiled" in (run.folder / "worker.log").read_text(), "the stack is kept"


def test_21_a_clock_that_jumps_causes_no_false_alarm(
    warm: Forkserver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = Workspace(tmp_path)
    keeper, run, real = Keeper(home), trained(home), time.time
    worker = run.status().process
    for jump in (3600, -3600, 0):
        monkeypatch.setattr(time, "time", lambda jump=jump: real() + jump)
        for path in (run.folder / LAUNCHED, run.folder / "status.json"):
            if path.exists():
                os.utime(path, (real() + jump, real() + jump))
        assert not keeper.look() and not keep(home)
        kill(run)
        run.start()
        assert not keep(home), "one that was asked for a moment ago is not dead"
        until(lambda last=worker: run.status().process != last)  # type: ignore[misc]
        worker = run.status().process
    assert not (run.folder / "deaths.json").exists()


def test_5_sigterm_leaves_a_paused_run_paused(warm: Forkserver, tmp_path: Path) -> None:
    run = trained(Workspace(tmp_path))
    run.send("pause")
    until(lambda: run.status().state == "paused")
    step = run.status().step
    kill(run, signal.SIGTERM)
    assert run.status().state == "paused"
    assert not keep(Workspace(tmp_path))
    run.send("resume")
    until(lambda: run.status().step > step and run.status().state == "running")


@pytest.mark.slow
def test_a_paused_worker_that_nobody_asks_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engines.runs.launch._SERVERS", [])
    monkeypatch.setenv("STRATA_IDLE_MINUTES", "0.005")
    run = trained(Workspace(tmp_path))
    run.send("pause")
    until(lambda: run.status().state == "paused" and not run.alive())
    step = run.status().step
    run.send("step")
    until(lambda: run.status().step == step + 1)
    until(lambda: run.status().state == "paused" and not run.alive())
    run.send("stop")
    assert run.status().state == "stopped" and not run.alive(), "that needs no worker"
