"""Limits: each is documented, set by its variable, and named by what it stops."""

import os
import sys
from pathlib import Path

import pytest

import engines
from builder import Project, StrataError
from engines.runs import Run
from engines.runs.limits import MB, Limits, Watch, full, limits, variable
from engines.runs.worker import work
from tests.tiny import project, until

README = Path(__file__).resolve().parents[2] / "engines/runs/README.md"


@pytest.mark.parametrize("name", Limits.model_fields)
def test_every_limit_is_documented(name: str) -> None:
    """Its variable, and its default unless that depends on the machine, in a row of the table."""
    field = Limits.model_fields[name]
    rows = [line for line in README.read_text().splitlines() if line.startswith(f"| `{variable(name)}` |")]
    assert len(rows) == 1 and field.description, variable(name)
    default = (
        None
        if field.default_factory
        else f"{field.default:g}"
        if isinstance(field.default, float)
        else field.default
    )
    assert default is None or f"| {default} |" in rows[0]


@pytest.mark.parametrize("name", Limits.model_fields)
def test_every_limit_is_set_by_its_variable(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(variable(name), "777")
    assert getattr(limits(), name) == 777
    monkeypatch.setenv(variable(name), "many")
    with pytest.raises(StrataError, match=f"{variable(name)} is 'many': .*It sets: "):
        limits()
    monkeypatch.setenv(variable(name), "-1")
    with pytest.raises(StrataError, match=f"{variable(name)} is '-1': .*greater"):
        limits()


def test_defaults() -> None:
    one = Limits()
    assert one.slots >= 2 and one.memory_mb >= 256


def stopped_by(run: Run) -> str:
    """Train as a worker does; why the run stopped."""
    status = work(run, [])
    assert (
        status.state == "stopped"
        and run.checkpoints.load()[0]["context"]["position"]["step"] == status.step > 0
    )
    assert run.curves().states[-1]["text"] == status.message
    return status.message


def test_training_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engines.runs.saving.EVERY", 0.05)
    monkeypatch.setenv("STRATA_TRAINING_HOURS", str(0.3 / 3600))
    run = Run.create(tmp_path / "run", project(1_000_000))
    assert "h are allowed (STRATA_TRAINING_HOURS)" in stopped_by(run)
    assert 0.3 <= run.status().elapsed < 60
    monkeypatch.setenv("STRATA_TRAINING_HOURS", str(0.6 / 3600))
    step = run.status().step
    run.report(run.status().__class__(state="starting"))
    assert stopped_by(run) and run.status().elapsed >= 0.6 and run.status().step > step


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [("run_disk_mb", "1", "folder fills"), ("free_disk_mb", "90000000", "nearly full")],
)
def test_18_disk(name: str, value: str, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engines.runs.saving.EVERY", 0.05)
    run = Run.create(tmp_path / "run", project(1_000_000))
    (run.folder / "big").write_bytes(b"." * 2 * MB)
    monkeypatch.setenv(variable(name), value)
    message = stopped_by(run)
    assert words in message and variable(name) in message


def test_a_disk_with_room_is_not_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STRATA_FREE_DISK_MB", "0")
    assert full(tmp_path) == "" == Watch(tmp_path).check(1.0)


def wide() -> Project:
    """A project whose first layer gives a gigabyte for a batch."""
    narrow = project(1_000_000, 60)
    nodes = tuple(
        node.model_copy(update={"config": {"units": 60_000}}) if node.id == "hidden" else node
        for node in narrow.graph.nodes
    )
    graph = narrow.graph.model_copy(update={"nodes": nodes})
    data = {"source": {"kind": "Moons", "samples": 8000}}
    return narrow.with_graph(graph).with_fields(data=data, engine={**narrow.engine, "batch": 4000})


@pytest.mark.gpu
def test_16_a_device_out_of_memory_says_the_same_and_the_next_run_starts(tmp_path: Path) -> None:
    import torch

    torch.cuda.set_per_process_memory_fraction(400 * MB / torch.cuda.get_device_properties(0).total_memory)
    try:
        with pytest.raises(StrataError, match=r"out of memory.*Try batch size 2,000 instead of 4,000"):
            engines.train(wide(), tmp_path / "large", device="cuda")
    finally:
        torch.cuda.set_per_process_memory_fraction(1.0)
    assert Run(tmp_path / "large").status().state == "failed"
    assert engines.train(project(2), tmp_path / "small", device="cuda").status().state == "finished"


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs RLIMIT_DATA")
@pytest.mark.slow
def test_14_15_a_worker_out_of_memory_says_what_to_try(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is the first that the system would end; but what is beyond its limit fails before."""
    monkeypatch.setattr("engines.runs.launch._SERVERS", [])
    monkeypatch.setenv("STRATA_MEMORY_MB", "400")
    small, large = Run.create(tmp_path / "small", project(1_000_000)), Run.create(tmp_path / "large", wide())
    for run in (small, large):
        run.start()
    until(lambda: large.status().over)
    message = large.status().message
    assert large.status().state == "failed" and "Try batch size 2,000 instead of 4,000" in message
    assert "The memory is full (out of memory)." in message
    until(lambda: small.status().step > 0)
    own, worker = (
        int(Path(f"/proc/{one}/oom_score_adj").read_text()) for one in (os.getpid(), small.status().process)
    )
    assert worker == 1000 > own, "and it goes on beside one that failed"
    small.send("stop")
    until(lambda: small.status().state == "stopped")


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/autogroup").exists(), reason="no such weighing of sessions")
def test_a_worker_lets_the_page_come_first(tmp_path: Path) -> None:
    """Also where the system weighs sessions, and a priority counts only within one."""
    run = Run.create(tmp_path / "run", project(epochs=100_000), threads=1)
    run.start()
    until(lambda: run.status().state == "running")
    worker = run.status().process
    assert os.getpriority(os.PRIO_PROCESS, worker) == os.getpriority(os.PRIO_PROCESS, 0) + 10
    assert Path(f"/proc/{worker}/autogroup").read_text().split()[-1] == "10"
    run.send("stop")
    until(lambda: not run.alive())
