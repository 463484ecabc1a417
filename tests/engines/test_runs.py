"""A run as a folder: what it tells, what it obeys, and that the same seed gives the same bits."""

import json
import math
import threading
from pathlib import Path
from typing import Any

import pytest
import torch

import engines
from builder import BadFile, StrataError
from engines.optimisers import Optimiser
from engines.runs import Run, Status
from engines.runs.curves import Curves
from engines.runs.disk import Lines, read_lines
from engines.workspace import Workspace
from tests.tiny import equal, project, until


def test_a_run_tells_all(tmp_path: Path) -> None:
    seen: list[Status] = []
    run = engines.train(project(), tmp_path / "run", watch=seen.append)
    status = run.status()
    assert (status.state, status.step, status.epoch, status.epochs) == ("finished", status.steps, 3, 3)
    assert status.device == "cpu" and status.threads >= 1 and seen[-1] == status and not run.alive()
    curves = run.curves()
    assert len(curves) == status.steps and all(map(math.isfinite, curves.steps["loss"]))
    assert [row["epoch"] for row in curves.measured("validation")] == [0, 1, 2]
    assert len(curves.measured("test")) == 1 and [row["state"] for row in curves.states] == [
        "running",
        "finished",
    ]
    assert run.project == project() and Run(run.folder).status() == status
    x = torch.randn(5, 2)
    assert run.model()(x).shape == (5, 2) and torch.equal(run.model()(x), run.model()(x))


def test_the_same_seed_gives_the_same_bits_and_another_does_not(tmp_path: Path) -> None:
    first, second = (engines.train(project(), tmp_path / name) for name in "ab")
    other = engines.train(project().with_fields(seed=1), tmp_path / "c")
    assert equal(first, second) and not equal(first, other)


def test_the_trial_of_thread_counts_leaves_no_trace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engines.runs.machine.os.cpu_count", lambda: 4)
    what = project(layer="BatchNorm1d")
    tried = engines.train(what, tmp_path / "tried")
    threads = tried.status().threads
    assert threads in (1, 3) and tried.about["threads"] == threads
    assert equal(tried, engines.train(what, tmp_path / "told", threads=threads))


def test_training_changes_no_state_of_the_process(tmp_path: Path) -> None:
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    engines.train(project(1), tmp_path / "run")
    assert torch.equal(torch.rand(3), expected)


@pytest.mark.parametrize("kind", Optimiser.registry)
def test_every_optimiser_resumes_to_the_bit(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Interrupted again and again, whenever a tick comes: every 3 ms."""
    what = project(12, 20, optimiser={"kind": kind}, schedule={"kind": "OneCycle"}, patience=9, clip=1.0)
    whole = engines.train(what, tmp_path / "whole")
    monkeypatch.setattr("engines.runs.driver.TICK", 0.003)
    monkeypatch.setattr("engines.runs.driver.REPORT", 0.0)
    run = Run.create(tmp_path / "parts", what)
    rounds = 0
    while run.status().state != "finished":
        rounds += 1
        before = run.status().step

        def interrupt(status: Status, before: int = before) -> None:
            if status.step > before + 2 and status.state == "running":
                run.send("stop")

        engines.resume(run.folder, watch=interrupt)
    assert rounds > 2 and run.curves().rewinds == rounds - 1
    assert equal(run, whole)


def test_commands(tmp_path: Path) -> None:
    """Pause, one batch, one epoch, resume, stop; and what was stopped can be resumed."""
    run = Run.create(tmp_path / "run", project(100_000))
    worker = threading.Thread(target=engines.resume, args=[run.folder], daemon=True)
    worker.start()
    until(lambda: run.status().step > 0)
    run.send("pause")
    until(lambda: run.status().state == "paused")
    paused = run.status()
    assert run.alive()
    run.send("step")
    until(lambda: run.status().step == paused.step + 1 and run.status().state == "paused")
    stepped = run.status()
    run.send("epoch")
    until(lambda: run.status().epoch == stepped.epoch + 1 and run.status().state == "paused")
    at_the_end = run.status()
    assert run.curves().measured("validation")[-1]["step"] == at_the_end.step, (
        "the epoch's measurement is there"
    )
    run.send("resume")
    until(lambda: run.status().step > at_the_end.step)
    run.send("stop")
    worker.join(10)
    assert run.status().state == "stopped" and not run.alive()
    assert len(run.curves()) == run.status().step


def test_a_stop_that_came_too_late_does_not_stop_the_next_start(tmp_path: Path) -> None:
    run = Run.create(tmp_path / "run", project(50))

    def stop(status: Status) -> None:
        if status.state == "running":
            run.send("stop")
            run.send("stop")

    engines.resume(run.folder, watch=stop)
    assert run.status().state == "stopped"
    run.send("stop")
    assert engines.resume(run.folder).status().state == "finished"


def test_unknown_commands_and_missing_or_doubled_runs_are_refused(tmp_path: Path) -> None:
    run = Run.create(tmp_path / "run", project())
    with pytest.raises(
        StrataError, match="knows the commands pause, resume, step, epoch, stop, set. Got 'dance'"
    ):
        run.send("dance")  # type: ignore[arg-type]
    with pytest.raises(StrataError, match="There is a run in 'run' already"):
        engines.train(project(), tmp_path / "run")
    with pytest.raises(StrataError, match="There is no run in 'nothing'"):
        engines.resume(tmp_path / "nothing")
    with pytest.raises(StrataError, match="has no weights of a 'model' yet"):
        run.model()


def test_a_project_that_cannot_be_trained_says_why(tmp_path: Path) -> None:
    wrong = project()
    nodes = tuple(node.model_copy(update={"config": {"units": 7}}) if node.id == "scores" else node
                  for node in wrong.graph.nodes)  # fmt: skip
    wrong = wrong.with_graph(wrong.graph.model_copy(update={"nodes": nodes}))
    with pytest.raises(StrataError, match="7"):
        engines.train(wrong, tmp_path / "run")
    assert not (tmp_path / "run").exists(), "a refused project leaves no run behind"
    run = Run.create(tmp_path / "run", wrong)  # as the workspace does, where the page has checked
    with pytest.raises(StrataError, match="7"):
        engines.resume(run.folder)
    status = run.status()
    assert status.state == "failed" and "7" in status.message


def test_a_device_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StrataError, match="no device 'cuda:99'. Choose auto or cpu"):
        engines.train(project(), tmp_path / "a", device="cuda:99")
    with pytest.raises(StrataError, match="'abacus' is no device"):
        engines.train(project(), tmp_path / "b", device="abacus")


def test_a_last_batch_of_one_is_left_out_for_batch_normalisation(tmp_path: Path) -> None:
    from engines.data import Data, prepare

    what = project(layer="BatchNorm1d")
    examples = len(prepare(Data.parse(what.data)).train)
    run = engines.train(what.with_fields(engine={**what.engine, "batch": examples - 1}), tmp_path / "run")
    assert run.status().step == 3 == run.status().steps
    plain = project(batch=examples - 1)
    assert engines.train(plain, tmp_path / "plain").status().step == 6


def test_22_half_written_lines_are_ignored_and_ended(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    path.write_text('{"type":"steps","first":1,"values":{"loss":[1.0,0.5]}}\n{"type":"steps","first":3,"val')
    curves = Curves(path).read()
    assert list(curves.steps["loss"]) == [1.0, 0.5]
    lines = Lines(path)
    lines.add(
        {"type": "resumed", "step": 1, "marks": 0},
        {"type": "steps", "first": 2, "values": {"loss": [0.25, None]}},
    )
    lines.close()
    for reader in (curves, Curves(path)):
        losses = list(reader.read().steps["loss"])
        assert losses[:2] == [1.0, 0.25] and math.isnan(losses[2]) and reader.rewinds == 1


def test_22_lines_are_read_once_and_whole(tmp_path: Path) -> None:
    path = tmp_path / "lines"
    assert read_lines(path) == ([], 0)
    path.write_bytes(b'{"a":1}\n[1]\nnot json\n{"a":')
    assert read_lines(path) == ([{"a": 1}], 21)
    path.write_bytes(path.read_bytes() + b"2}\n")
    assert read_lines(path, 21) == ([{"a": 2}], 29)


def test_curves_forget_what_is_told_again(tmp_path: Path) -> None:
    def mark(step: int) -> dict[str, Any]:
        return {
            "type": "measured",
            "step": step,
            "epoch": 0,
            "part": "validation",
            "values": {"loss": float(step)},
        }

    lines = Lines(tmp_path / "events.jsonl")
    curves = Curves(tmp_path / "events.jsonl")
    lines.add({"type": "steps", "first": 1, "values": {"loss": [4, 3, 2]}}, mark(2), mark(3))
    assert len(curves.read()) == 3 and len(curves.marks) == 2
    lines.add(
        {"type": "resumed", "step": 2, "marks": 1},
        {"type": "steps", "first": 3, "values": {"loss": [2]}},
        mark(3),
    )
    lines.add({"type": "steps", "first": 6, "values": {"loss": [1]}})
    curves.read()
    assert [row["step"] for row in curves.measured("validation")] == [2, 3]
    assert (
        list(curves.steps["loss"])[:3] == [4, 3, 2]
        and len(curves) == 6
        and math.isnan(curves.steps["loss"][3])
    )
    lines.close()


def test_27_however_many_start_a_project_one_run_starts(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = []
    monkeypatch.setattr(Run, "start", lambda run: started.append(run.id))
    found = []
    threads = [
        threading.Thread(target=lambda: found.append(Workspace().start(project(), "moons").id))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(found)) == 1 and found[0] == "000001-moons"
    home = Workspace()
    run = home.run("000001-moons")
    run.report(Status(state="finished"))
    assert home.start(project(), "moons").id == "000002-moons"
    assert home.start(project(), "other").id == "000003-moons"
    assert [run.id for run in home.list_runs("moons")] == ["000002-moons", "000001-moons"]


@pytest.mark.parametrize("id", ["../000001-moons", "", "a/b", ".", "A", "x" * 99])
def test_ids_cannot_lead_out_of_the_workspace(id: str, workspace: Path) -> None:
    with pytest.raises(StrataError, match="There is no run"):
        Workspace().run(id)


def test_a_run_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    run = Run.create(tmp_path / "run", project())
    (run.folder / "run.json").write_text(json.dumps({"format": 99}))
    with pytest.raises(StrataError, match="newer version of Strata"):
        _ = run.about


@pytest.mark.parametrize("text", ["", "[]", "{", '{"format": 1}', '{"format": "1", "of": "", "name": "x"}'])
def test_a_damaged_run_file_is_refused_in_words(text: str, tmp_path: Path) -> None:
    run = Run.create(tmp_path / "run", project())
    (run.folder / "run.json").write_text(text)
    with pytest.raises(
        BadFile, match="Run 'run' is damaged: its run.json does not say .*threads as it should"
    ):
        engines.resume(run.folder)


def test_lines_that_do_not_tell_what_they_must_are_passed_over(tmp_path: Path) -> None:
    good = {"type": "steps", "first": 1, "values": {"loss": [1, None]}}
    lines = Lines(tmp_path / "events.jsonl")
    lines.add(
        {"type": "steps"}, {**good, "first": "1"}, {**good, "values": {"loss": ["1"]}}, {"type": "resumed"}
    )
    lines.add({"type": []}, {"type": "measured", "step": 1}, {"type": "notice"}, {**good, "first": -5}, good)
    curves = Curves(tmp_path / "events.jsonl").read()
    assert len(curves) == 2 and curves.steps["loss"][0] == 1
    assert curves.marks == curves.states == [] and curves.rewinds == 0


def test_numbers_of_threads_in_a_run_are_bounded(tmp_path: Path) -> None:
    run = Run.create(tmp_path / "run", project(), threads=100_000)
    with pytest.raises(StrataError, match="threads must be in .0, .* Got 100000"):
        engines.resume(run.folder)
