"""Work beside the server: results, progress, faults, stops and kills; once for all who ask, who take turns."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest

from builder.errors import StrataError
from engines import aside
from engines.aside import work
from engines.aside.telling import packed, unpacked
from engines.runs.limits import cores
from tests.tiny import until

HERE = "tests.asides"


@pytest.fixture(autouse=True, scope="module")
def _ended() -> Iterator[None]:
    yield
    aside.close()
    assert not work._pool.workers


def done(task: aside.Task) -> dict[str, Any]:
    assert task.wait(60)
    return task.result()


def victim(of: aside.Task) -> Any:
    """Who works on a task."""
    return next(one for one in work._pool.workers if one.work is of._work)


def test_arrays_and_values_cross() -> None:
    result = {
        "x": np.arange(6.0).reshape(2, 3),
        "y": np.array([[1, 2]]),
        "words": ["a", 1, None],
        "number": 0.5,
    }
    back = unpacked(packed(result))
    assert back.keys() == result.keys() and back["words"] == ["a", 1, None] and back["number"] == 0.5
    assert all(np.array_equal(back[one], result[one]) for one in "xy") and unpacked(packed({"a": 1})) == {
        "a": 1
    }


def test_a_task_is_computed_by_another_process_that_steps_back() -> None:
    task = aside.begin(f"{HERE}:squares", count=5)
    assert done(task)["squares"].tolist() == [0, 1, 4, 9, 16] and task.share == 1
    assert task.result()["process"] != os.getpid() and task.result()["nice"] >= min(os.nice(0) + 10, 19)


def test_a_huge_result_arrives_whole() -> None:
    found = done(aside.begin(f"{HERE}:squares", count=8_000_000))["squares"]
    assert found.nbytes == 64_000_000 and found[-1] == 7_999_999**2


def test_begin_returns_at_once_and_tells_how_far_it_is() -> None:
    began = time.monotonic()
    task = aside.begin(f"{HERE}:stepwise", steps=30)
    assert time.monotonic() - began < 0.2 and task.state in ("waiting", "working")
    with pytest.raises(StrataError, match="not been computed yet"):
        task.result()
    until(lambda: task.share > 0.3)
    assert task.words.startswith("Step ") and task.partial and task.partial["step"] > 5
    assert done(task)["steps"] == 30 and task.partial is None


def test_fifty_who_ask_for_the_same_compute_it_once(tmp_path: Path) -> None:
    file = str(tmp_path / "calls")
    tasks: list[aside.Task] = []
    threads = [
        threading.Thread(target=lambda: tasks.append(aside.begin(f"{HERE}:counted", file=file)))
        for _ in range(50)
    ]
    [one.start() for one in threads]
    [one.join() for one in threads]
    assert [done(one)["calls"] for one in tasks] == [1] * 50
    assert done(aside.begin(f"{HERE}:counted", file=file))["calls"] == 1, "it is remembered"


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work, "MOST_BYTES", 30_000)
    first = aside.begin(f"{HERE}:squares", count=1001)
    done(first)
    for count in (1002, 1003, 1004):
        done(aside.begin(f"{HERE}:squares", count=count))
    kept = [one.arguments.get("count") for one in work._pool._known.values() if one.over.is_set()]
    assert 1001 not in kept and 1004 in kept and len(first.result()["squares"]) == 1001


def test_a_fault_is_told_and_tried_anew(capfd: pytest.CaptureFixture[str]) -> None:
    aside.close()  # a new worker writes where this test reads
    with pytest.raises(StrataError, match=r"Got nothing\. Give more\."):
        done(aside.begin(f"{HERE}:refused"))
    assert "Traceback" not in capfd.readouterr().err
    for call in ("broken", "unsendable"):
        with pytest.raises(StrataError, match="could not be computed"):
            done(aside.begin(f"{HERE}:{call}"))
    assert "ZeroDivisionError" in capfd.readouterr().err, "a fault of ours stands in the log"
    again = aside.begin(f"{HERE}:refused")
    assert again.wait(60) and again.state == "failed"


def test_a_stop_is_obeyed_at_once_and_the_process_stays() -> None:
    process = done(aside.begin(f"{HERE}:squares", count=2))["process"]
    task = aside.begin(f"{HERE}:stepwise", steps=9000)
    until(lambda: task.partial)
    task.stop()
    assert task.state == "stopped" and task.over and task.wait(0)
    with pytest.raises(StrataError, match="was stopped"):
        task.result()
    assert cores() > 2 or done(aside.begin(f"{HERE}:squares", count=7))["process"] == process


def test_a_stop_ends_a_long_call_that_does_not_listen() -> None:
    task = aside.begin(f"{HERE}:slow", seconds=600.0)
    until(lambda: task.share > 0)
    busy = victim(task)
    task.stop()
    until(lambda: not busy.child.process.is_running())
    assert done(aside.begin(f"{HERE}:squares", count=3))


def test_one_who_leaves_takes_nothing_from_another() -> None:
    mine, yours = (aside.begin(f"{HERE}:stepwise", steps=40, mark="shared") for _ in range(2))
    until(lambda: mine.partial)
    mine.stop()
    assert mine.state == "stopped" and done(yours)["mark"] == "shared"


def test_what_waits_is_stopped_without_being_begun(tmp_path: Path) -> None:
    marks = [*map(str, range(max(cores() - 1, 1)))]
    busy = [aside.begin(f"{HERE}:stepwise", steps=30, mark=mark) for mark in marks]
    task = aside.begin(f"{HERE}:counted", file=str(tmp_path / "never"))
    assert task.state == "waiting"
    task.stop()
    assert [done(one)["mark"] for one in busy] == marks
    assert done(aside.begin(f"{HERE}:squares", count=4)) and not (tmp_path / "never").exists()


def test_a_killed_worker_fails_its_task_and_the_next_works() -> None:
    task = aside.begin(f"{HERE}:slow", seconds=601.0)
    until(lambda: task.share > 0)
    victim(task).kill()
    with pytest.raises(StrataError, match="has ended"):
        done(task)
    assert done(aside.begin(f"{HERE}:slow", seconds=0.0)) == {}


def test_a_worker_that_was_killed_while_it_rested_fails_nothing() -> None:
    done(aside.begin(f"{HERE}:squares", count=8))
    for one in work._pool.workers:
        one.child.process.kill()
    assert done(aside.begin(f"{HERE}:squares", count=9))


def test_a_worker_that_rests_too_long_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    aside.close()
    monkeypatch.setenv("STRATA_IDLE_MINUTES", "0.01")
    done(aside.begin(f"{HERE}:squares", count=10))
    [worker] = work._pool.workers
    until(lambda: not work._pool.workers)
    assert not worker.child.process.is_running()
    monkeypatch.delenv("STRATA_IDLE_MINUTES")
    assert done(aside.begin(f"{HERE}:squares", count=11))


def test_those_who_ask_take_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    began: list[str] = []

    class Idle:
        """A worker that does nothing."""

        def __init__(self, *told: object) -> None:
            self.work: Any = None
            self.taken = False

        def ask(self, **row: object) -> None:
            began.append(self.work.by)

    monkeypatch.setattr(work, "Worker", Idle)
    monkeypatch.setattr(work, "cores", lambda: 2)
    pool = work.Pool()
    for number, who in enumerate(["ann", "ann", "ann", "ben", "cleo"]):
        with aside.asked_by(who):
            pool.begin("any", {"number": number})
    for _ in range(4):
        pool.heard(pool.workers[0], {"done": True}, b"")
    assert began == ["ann", "ben", "cleo", "ann", "ann"] and len(pool.workers) == 1


def test_workers_end_with_the_server_in_the_middle_of_their_work() -> None:
    script = f"""
import time
from engines import aside
from engines.aside import work
task = aside.begin("{HERE}:slow", seconds=600.0)
while not task.share: time.sleep(0.05)
print(work._pool.workers[0].child.process.pid, flush=True)
time.sleep(600)
"""
    server = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert server.stdout
    worker = psutil.Process(int(server.stdout.readline()))
    server.kill()
    server.wait()
    until(lambda: not worker.is_running() or worker.status() == psutil.STATUS_ZOMBIE)
