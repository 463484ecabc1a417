"""The queue: who starts when, in which order, and that nothing is lost or doubled. Numbers name planned faults."""

import json
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from builder import StrataError
from engines.runs import Forkserver, Run, Status
from engines.runs.queue import BOOK, Queue, place
from engines.workspace import Workspace
from tests.tiny import project, until

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs a system that can fork")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """A home with two slots."""
    monkeypatch.setenv("STRATA_SLOTS", "2")
    monkeypatch.setenv("STRATA_FREE_MEMORY_MB", "0")
    monkeypatch.setattr("engines.runs.queue.FRESH", 0.0)
    return Workspace(tmp_path)


@pytest.fixture
def asked(home: Workspace, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Run]:
    """`asked(person)`: a run that this person asks for; those that start are `running`, without a worker."""
    monkeypatch.setattr(Run, "start", lambda run: run.report(Status(state="running")))
    numbers = iter(range(10_000))
    return lambda by="": home.start(project(), f"project-{next(numbers)}", by=by)


def states(runs: list[Run]) -> list[str]:
    return [run.status().state for run in runs]


def end(run: Run, seconds: float = 10.0) -> None:
    run.report(Status(state="finished", elapsed=seconds, updated=time.time()))


def test_runs_wait_for_a_slot_and_start_in_order(home: Workspace, asked: Callable[..., Run]) -> None:
    runs = [asked("ann") for _ in range(4)]
    assert states(runs) == ["running", "running", "queued", "queued"]
    assert not Queue(home).serve()
    end(runs[1])
    assert [run.id for run in Queue(home).serve()] == [runs[2].id]
    runs[0].report(Status(state="paused"))  # takes no slot
    assert [run.id for run in Queue(home).serve()] == [runs[3].id]
    runs[0].report(Status(state="running"))  # a resume obeys at once
    late = asked("ann")
    end(runs[2])
    assert not Queue(home).serve() and late.status().state == "queued"
    end(runs[3])
    assert Queue(home).serve()


def test_where_a_run_stands_and_when_it_starts(home: Workspace, asked: Callable[..., Run]) -> None:
    runs = [asked("ann") for _ in range(5)]
    assert place(home, runs[0].id) is None
    told = [place(home, run.id) for run in runs[2:]]
    assert [(one.position, one.waiting, one.wait) for one in told if one] == [
        (1, 3, None),
        (2, 3, None),
        (3, 3, None),
    ]
    runs[0].report(Status(state="running", left=30.0))
    runs[1].report(Status(state="running", left=5.0))
    first = place(home, runs[2].id)
    assert first and first.wait == 5.0, "when the first of the two ends"
    done = asked("old")
    end(done, seconds=8.0)  # so long is usual
    told = [place(home, run.id) for run in runs[2:]]
    assert [one.wait for one in told if one] == [5.0, 13.0, 21.0]


def test_31_one_who_queues_a_hundred_leaves_the_wait_of_others_unchanged(
    home: Workspace, asked: Callable[..., Run]
) -> None:
    crowd = [asked("ann") for _ in range(102)]
    assert states(crowd).count("queued") == 100
    mine = asked("ben")
    first = place(home, mine.id)
    assert first and (first.position, first.waiting) == (1, 101)
    end(crowd[0])
    assert [run.id for run in Queue(home).serve()] == [mine.id]
    second = asked("ben")
    end(crowd[1])
    (next_one,) = Queue(home).serve()
    assert next_one.id == crowd[2].id, "ben has one running, ann none"
    third = asked("cem")
    assert [place(home, run.id).position for run in (third, second)] == [1, 2]  # type: ignore[union-attr]


def test_30_thirty_people_press_train_within_a_second(home: Workspace, asked: Callable[..., Run]) -> None:
    found: list[Run] = []
    threads = [threading.Thread(target=lambda by=f"p{n}": found.append(asked(by))) for n in range(30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    again = [asked(f"p{n}") for n in range(30)]
    assert states(found).count("running") == 2 and len({run.id for run in found}) == 30
    places = [one for run in [*found, *again] if (one := place(home, run.id))]
    assert sorted(one.position for one in places) == list(range(1, 59))
    served: list[str] = [run.about["by"] for run in found if run.status().state == "running"]
    while len(served) < 30:
        end(next(run for run in [*found, *again] if run.status().state == "running"))
        served += [run.about["by"] for run in Queue(home).serve()]
    assert len(set(served)) == 30, "nobody has a second turn before everybody has had one"


def test_a_run_that_waits_can_be_stopped_and_asked_for_again(
    home: Workspace, asked: Callable[..., Run]
) -> None:
    runs = [asked() for _ in range(3)]
    runs[2].send("pause")
    assert states(runs)[2] == "queued", "a command wakes nobody who waits"
    runs[2].send("stop")
    status = runs[2].status()
    assert status.state == "stopped" and status.commands == (runs[2].folder / "commands.jsonl").stat().st_size
    assert [row["state"] for row in runs[2].curves().states] == ["stopped"] and place(
        home, runs[2].id
    ) is None
    home.go_on(runs[2])
    assert states(runs)[2] == "queued"
    end(runs[0])
    assert Queue(home).serve() and states(runs)[2] == "running"
    home.go_on(runs[0])
    assert states(runs)[0] == "finished"


def test_2_the_queue_outlives_whoever_serves_it(home: Workspace, asked: Callable[..., Run]) -> None:
    """Several serve it at once, and what it remembers of turns is lost: each run starts once."""
    runs = [asked(f"p{n % 3}") for n in range(12)]
    (home.runs / BOOK).write_text("{")
    started: list[str] = []
    for run in runs:
        if run.status().state == "running":
            end(run)
        servers = [
            threading.Thread(target=lambda: started.extend(one.id for one in Queue(home).serve()))
            for _ in range(4)
        ]
        for server in servers:
            server.start()
        for server in servers:
            server.join()
    assert sorted(started) == [run.id for run in runs[2:]]
    assert len(json.loads((home.runs / BOOK).read_text())["served"]) == 3


def test_little_memory_lets_one_run_train(
    home: Workspace, asked: Callable[..., Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STRATA_FREE_MEMORY_MB", "10000000")
    assert states([asked(), asked()]) == ["running", "queued"]


def test_a_click_starts_a_worker_at_once(home: Workspace, warm: Forkserver) -> None:
    runs = [home.start(project(1_000_000), name) for name in "abc"]
    assert states(runs) == ["starting", "starting", "queued"]
    until(lambda: all(run.status().step > 0 for run in runs[:2]))
    runs[0].send("stop")
    until(lambda: runs[0].status().over)
    until(lambda: Queue(home).serve())
    until(lambda: runs[2].status().step > 0)
    for run in runs[1:]:
        run.send("stop")
        until(lambda run=run: run.status().state == "stopped")  # type: ignore[misc]


def test_no_run_is_made_on_a_full_disk(
    home: Workspace, asked: Callable[..., Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STRATA_FREE_DISK_MB", "90000000")
    with pytest.raises(StrataError, match="The disk is nearly full.*STRATA_FREE_DISK_MB.*Make room"):
        asked()
    assert not home.list_runs()
