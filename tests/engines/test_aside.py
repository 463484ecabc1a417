"""Work aside: in a process beside this one, once for all who ask, stopped and killed without harm."""

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
from engines.runs.limits import cores
from tests.tiny import until

HERE = "tests.engines.test_aside"


# -- what is done aside: these functions run in the worker --------------------------------------------------


def twice(number: int, plus: int = 0) -> int:
    return 2 * number + plus


def count(file: str) -> int:
    """How often this was called."""
    with open(file, "a") as lines:
        lines.write("x")
    time.sleep(0.3)
    return Path(file).stat().st_size


def slowly(steps: int, mark: str = "") -> str:
    for step in range(steps):
        aside.tell(step / steps, f"Step {step + 1} of {steps}", partial=step)
        time.sleep(0.02)
    return f"all {steps} {mark}"


def deaf(seconds: float) -> None:
    """Never looks whether it is wanted."""
    time.sleep(seconds)


def refuse() -> None:
    raise StrataError("This network has no images. Choose another.")


def break_down() -> None:
    raise ZeroDivisionError("by nothing")


def large(size: int) -> np.ndarray:
    return np.arange(size, dtype=np.int64)


def process() -> tuple[int, int]:
    return os.getpid(), os.nice(0)


def talkative() -> str:
    print("this must not come between the news", flush=True)
    os.write(1, b"nor this")
    return "said"


def unsendable() -> Any:
    return lambda: None


# -- tests --------------------------------------------------------------------------------------------------


def done(task: aside.Task) -> Any:
    assert task.wait(60)
    return task.result()


@pytest.fixture(autouse=True, scope="module")
def _started() -> Iterator[None]:
    done(aside.begin(f"{HERE}:process"))
    yield


def test_a_function_is_called_in_another_process_that_steps_back() -> None:
    pid, nice = done(aside.begin(f"{HERE}:process"))
    assert pid != os.getpid() and nice >= min(os.nice(0) + 10, 19)
    assert done(aside.begin(f"{HERE}:twice", 4, plus=1)) == 9
    assert done(aside.begin(f"{HERE}:talkative")) == "said"


def test_begin_returns_at_once_and_tells_how_far_it_is() -> None:
    began = time.monotonic()
    task = aside.begin(f"{HERE}:slowly", 30)
    assert time.monotonic() - began < 0.1 and task.state in ("waiting", "working")
    with pytest.raises(StrataError, match="no result"):
        task.result()
    until(lambda: task.share > 0.3)
    assert task.words.startswith("Step ") and task.partial > 5 and task.state == "working"
    assert done(task) == "all 30 " and task.state == "done" and task.share == 1 and task.partial is None


def test_what_several_ask_for_is_computed_once(tmp_path: Path) -> None:
    file = str(tmp_path / "calls")
    tasks: list[aside.Task] = []
    threads = [
        threading.Thread(target=lambda: tasks.append(aside.begin(f"{HERE}:count", file))) for _ in range(50)
    ]
    [one.start() for one in threads]
    [one.join() for one in threads]
    assert {done(one) for one in tasks} == {1}
    assert done(aside.begin(f"{HERE}:count", file)) == 1, "remembered"
    assert done(aside.begin(f"{HERE}:twice", 1)) == 2 and done(aside.begin(f"{HERE}:twice", 2)) == 4


def test_what_goes_wrong_is_told_and_tried_anew(capfd: pytest.CaptureFixture[str]) -> None:
    task = aside.begin(f"{HERE}:refuse")
    with pytest.raises(StrataError, match=r"This network has no images\. Choose another\."):
        done(task)
    assert task.state == "failed" and not capfd.readouterr().err
    with pytest.raises(StrataError, match="nobody foresaw: ZeroDivisionError: by nothing"):
        done(aside.begin(f"{HERE}:break_down"))
    with pytest.raises(StrataError, match="nobody foresaw"):
        done(aside.begin(f"{HERE}:unsendable"))
    again = aside.begin(f"{HERE}:refuse")
    assert again.wait(60) and again.state == "failed"


def test_a_huge_result_arrives_whole() -> None:
    found = done(aside.begin(f"{HERE}:large", 8_000_000))
    assert found.nbytes == 64_000_000 and found[-1] == 7_999_999 and (np.diff(found[::1000]) == 1000).all()


def test_results_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aside, "MOST_BYTES", 3000 * 8)
    first = aside.begin(f"{HERE}:large", 1001)
    done(first)
    for size in (1002, 1003, 1004):
        done(aside.begin(f"{HERE}:large", size))
    kept = [one.value.size for one in aside._POOL._works.values() if isinstance(one.value, np.ndarray)]
    assert 1001 not in kept and 1004 in kept
    assert len(first.result()) == 1001, "who holds it keeps it"


def test_work_is_stopped() -> None:
    task = aside.begin(f"{HERE}:slowly", 3000)
    until(lambda: task.partial)
    task.stop()
    assert task.state == "stopped" and task.over and task.wait(0)
    with pytest.raises(StrataError, match="it is stopped"):
        task.result()
    assert done(aside.begin(f"{HERE}:twice", 20)) == 40, "the next is done"
    again = aside.begin(f"{HERE}:slowly", 3000)
    until(lambda: again.state == "working")
    again.stop()


def test_work_that_does_not_listen_is_stopped_too() -> None:
    task = aside.begin(f"{HERE}:deaf", 600.0)
    until(lambda: task.state == "working")
    time.sleep(0.1)
    began = time.monotonic()
    task.stop()
    assert done(aside.begin(f"{HERE}:twice", 21)) == 42 and time.monotonic() - began < 40


def test_one_who_leaves_takes_nothing_from_another() -> None:
    mine, yours = (aside.begin(f"{HERE}:slowly", 40, "shared") for _ in range(2))
    until(lambda: mine.partial)
    mine.stop()
    assert mine.state == "stopped" and done(yours) == "all 40 shared"


def test_what_waits_is_stopped_without_being_begun(tmp_path: Path) -> None:
    busy = [aside.begin(f"{HERE}:slowly", 40, str(number)) for number in range(max(cores() - 1, 1))]
    task = aside.begin(f"{HERE}:count", str(tmp_path / "never"))
    assert task.state == "waiting"
    task.stop()
    [done(one) for one in busy]
    assert done(aside.begin(f"{HERE}:twice", 30)) == 60 and not (tmp_path / "never").exists()


def test_a_killed_process_fails_its_work_and_the_next_works() -> None:
    task = aside.begin(f"{HERE}:slowly", 3000, "killed")
    until(lambda: task.partial)
    victim = next(one for one in aside._POOL._workers if one.work)
    victim.process.kill()
    with pytest.raises(
        StrataError, match="was ended from outside, probably because the machine ran out of memory"
    ):
        done(task)
    assert done(aside.begin(f"{HERE}:twice", 50)) == 100
    assert victim not in aside._POOL._workers and victim.process.returncode is not None


def test_a_process_that_rests_too_long_ends_and_another_takes_over(monkeypatch: pytest.MonkeyPatch) -> None:
    for worker in [*aside._POOL._workers]:
        worker.process.kill()
    until(lambda: not aside._POOL._workers)
    monkeypatch.setenv("STRATA_IDLE_MINUTES", "0.02")
    assert done(aside.begin(f"{HERE}:twice", 51)) == 102
    [worker] = aside._POOL._workers
    until(lambda: not aside._POOL._workers)
    assert worker.process.returncode == 0
    monkeypatch.delenv("STRATA_IDLE_MINUTES")
    assert done(aside.begin(f"{HERE}:twice", 52)) == 104


def test_those_who_ask_take_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    began: list[str] = []

    class Idle:
        def __init__(self, pool: object) -> None:
            self.work: Any = None

        def do(self, work: Any) -> None:
            self.work = work
            began.append(work.by)

    monkeypatch.setattr(aside, "_Worker", Idle)
    monkeypatch.setattr(aside, "cores", lambda: 2)
    pool = aside._Pool()
    for number, who in enumerate(["ann", "ann", "ann", "ben", "cleo"]):
        with aside.asked_by(who):
            pool.begin("any", (number,), {})
    for _ in range(4):
        pool.heard(pool._workers[0], "done", [None], 0)
    assert began == ["ann", "ben", "cleo", "ann", "ann"] and len(pool._workers) == 1


def test_processes_end_with_the_server(tmp_path: Path) -> None:
    script = f"""
import time
from engines import aside
task = aside.begin("{HERE}:deaf", 600.0)
while not aside._POOL._workers or task.state != "working": time.sleep(0.05)
print(aside._POOL._workers[0].process.pid, flush=True)
time.sleep(600)
"""
    server = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert server.stdout
    worker = psutil.Process(int(server.stdout.readline()))
    server.kill()
    server.wait()
    until(lambda: not worker.is_running() or worker.status() == psutil.STATUS_ZOMBIE)


def test_importing_it_loads_nothing_heavy() -> None:
    code = "import sys, engines.aside; print({'torch', 'numpy', 'pandas'} & {*sys.modules})"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "set()"
