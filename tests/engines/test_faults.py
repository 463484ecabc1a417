"""What must happen when things go wrong while a run trains. Numbers name planned faults."""

import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

import engines
from builder import Project, StrataError, dumps
from engines.runs import Forkserver, Run
from engines.runs.launch import ROOT
from tests.tiny import equal, kill, project, until

KILLS = 25


def test_1_killed_at_random_moments_a_run_ends_with_the_same_bits(warm: Forkserver, tmp_path: Path) -> None:
    what = project(150, 8, patience=140, schedule={"kind": "Cosine"})
    whole = engines.train(what, tmp_path / "whole")
    run = Run.create(tmp_path / "killed", what)
    draw, kills, worker = random.Random(1), 0, 0
    while run.status().state != "finished":
        run.start()
        until(lambda last=worker: run.status().process != last)  # type: ignore[misc]
        worker = run.status().process
        if kills < KILLS:
            time.sleep(draw.uniform(0, 0.08))
            if run.alive():
                kill(run)
                kills += 1
        else:
            until(lambda: not run.alive())
    assert kills > KILLS // 2, "the run is too short for this test"
    assert run.curves().rewinds >= kills
    assert equal(run, whole)


def test_5_ctrl_c_keeps_a_checkpoint_and_says_how_to_go_on(tmp_path: Path) -> None:
    (tmp_path / "project.json").write_text(dumps(project(1_000_000)))
    command = [
        sys.executable,
        "-m",
        "engines",
        "train",
        str(tmp_path / "project.json"),
        "--out",
        str(tmp_path / "run"),
    ]
    process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True)
    run = Run(tmp_path / "run")
    until(lambda: run.status().step > 0)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=20)
    assert process.returncode == 130 and f"python -m engines resume {run.folder}" in errors
    assert "Traceback" not in errors
    tree, refused = run.checkpoints.load()
    assert not refused and tree["context"]["position"]["step"] == run.status().step > 0
    assert run.status().state == "stopped"


def test_7_a_damaged_checkpoint_is_passed_over_and_the_person_is_told(tmp_path: Path) -> None:
    whole = engines.train(project(5), tmp_path / "whole")
    run = Run.create(tmp_path / "run", project(5))
    engines.resume(run.folder, watch=lambda status: run.send("stop") if status.state == "running" else None)
    newest = max(run.checkpoints.numbers())
    path = run.folder / "checkpoints" / f"{newest:06d}.safetensors"
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    engines.resume(run.folder)
    assert any("is damaged" in row["text"] and row["level"] == "warning" for row in run.curves().notices())
    assert run.status().state == "finished" and equal(run, whole)


def test_11_an_exception_in_a_layer_names_the_node(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Batch normalisation cannot train on single examples; here nobody says so beforehand."""
    monkeypatch.setattr("engines.supervised.Supervised.check", lambda *_: [])
    with pytest.raises(
        StrataError, match="Layer 'middle' failed: ValueError: Expected more than 1 value per channel"
    ):
        engines.train(project(layer="BatchNorm1d", batch=1), tmp_path / "run")
    status = Run(tmp_path / "run").status()
    assert status.state == "failed" and status.node == "middle"
    assert Run(tmp_path / "run").curves().states[-1]["node"] == "middle"


def test_15_out_of_memory_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*arguments: Any) -> None:
        raise RuntimeError(
            "[enforce fail at alloc_cpu.cpp] DefaultCPUAllocator: can't allocate memory: you tried …"
        )

    monkeypatch.setattr("engines.context.Context.step", full)
    with pytest.raises(
        StrataError, match=r"The memory is full .out of memory.\. Try batch size 16 instead of 32"
    ):
        engines.train(project(), tmp_path / "run")


def wild(epochs: int = 400) -> Project:
    """A project whose loss overflows after some good steps."""
    return project(epochs, 8, loss={"kind": "MSE"}, optimiser={"kind": "SGD", "lr": 3.0})


def finite(run: Run) -> bool:
    """Whether all weights of the newest checkpoint are numbers."""
    return all(bool(tensor.isfinite().all()) for tensor in run.weights().values())


def test_17_a_loss_that_is_no_number_pauses_and_keeps_good_weights(warm: Forkserver, tmp_path: Path) -> None:
    run = Run.create(tmp_path / "run", wild())
    run.start()
    until(lambda: run.status().state == "paused")
    status = run.status()
    assert (
        "stopped being a finite number at step" in status.message
        and "learning rate (it is 3)" in status.message
    )
    assert run.alive() and finite(run)
    before = status.process
    run.send("resume")  # goes back to the last good checkpoint, and meets the same end
    until(lambda: run.curves().rewinds > 0 and run.status().state == "paused")
    assert run.status().process == before and finite(run)
    run.send("stop")
    until(lambda: run.status().state == "stopped")
    assert finite(run) and "finite" in run.curves().states[-1]["text"]


def test_17_the_command_line_does_not_wait_for_ever(tmp_path: Path) -> None:
    with pytest.raises(StrataError, match="stopped being a finite number at step"):
        engines.train(wild(), tmp_path / "run")
    run = Run(tmp_path / "run")
    assert run.status().state == "paused" and not run.alive() and finite(run)
    assert None in [
        value for row in run.events()[0] if row["type"] == "steps" for value in row["values"]["loss"]
    ]


def test_18_a_full_disk_leaves_the_last_checkpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = Run.create(tmp_path / "run", project(5))
    engines.resume(run.folder, watch=lambda status: run.send("stop") if status.state == "running" else None)
    before = run.checkpoints.numbers()

    def full(*arguments: Any, **options: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("engines.runs.checkpoint.write_atomically", full)
    with pytest.raises(
        StrataError, match="The disk is full. The last checkpoint is intact. Make room, then resume."
    ):
        engines.resume(run.folder)
    assert run.checkpoints.numbers() == before and run.checkpoints.load()[1] == []
    monkeypatch.undo()
    assert engines.resume(run.folder).status().state == "finished"


def test_18_a_disk_that_is_full_from_the_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*arguments: Any, **options: Any) -> None:
        raise OSError(28, "No space left on device")

    run = Run.create(tmp_path / "run", project(1))
    for place in ("record.Lines", "record.Lines.add", "run.write_atomically"):
        monkeypatch.setattr(f"engines.runs.{place}", full)
        with pytest.raises(StrataError, match="The disk is full"):
            engines.resume(run.folder)
        monkeypatch.undo()
    assert engines.resume(run.folder).status().state == "finished"


def test_a_run_whose_network_was_changed_is_refused_in_words(tmp_path: Path) -> None:
    run = Run.create(tmp_path / "run", project(5))
    engines.resume(run.folder, watch=lambda status: run.send("stop") if status.state == "running" else None)
    (run.folder / "project.json").write_text(dumps(project(5, layer="BatchNorm1d")))
    for ask in (lambda: engines.resume(run.folder), Run(run.folder).model):
        with pytest.raises(StrataError, match="its network no longer fits the checkpoint"):
            ask()


def test_a_finished_run_is_not_trained_again_when_its_end_was_not_told(tmp_path: Path) -> None:
    """Killed between the last checkpoint and the news of it."""
    run = engines.train(project(3), tmp_path / "run")
    rows = run.events()[0]
    run.report(run.status().__class__(**{**vars(run.status()), "state": "running"}))
    engines.resume(run.folder)
    assert run.status().state == "finished" and run.events()[0][: len(rows)] == rows
    assert len(run.curves().measured("test")) == 1
