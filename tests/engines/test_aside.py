"""Work beside the server: results, progress, faults, stops and kills."""

import os
import signal
import time
from collections.abc import Iterator

import numpy as np
import pytest

from builder.errors import StrataError
from engines import aside
from engines.aside.telling import packed, unpacked
from tests.tiny import until

HERE = "tests.asides"


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    aside.close()
    yield
    aside.close()


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


def test_a_task_computes_once_for_all_who_ask() -> None:
    first, second = (aside.begin(f"{HERE}:squares", count=5) for _ in range(2))
    assert first is second
    until(lambda: first.over)
    assert first.result()["squares"].tolist() == [0, 1, 4, 9, 16] and first.share == 1
    assert first.result()["process"] != os.getpid()


def test_progress_is_told_and_a_stop_obeyed_at_once() -> None:
    task = aside.begin(f"{HERE}:slow", seconds=60.0)
    until(lambda: task.share > 0)
    assert task.state == "working" and task.words == "Sleeping …"
    began = time.monotonic()
    task.stop()
    assert task.state == "stopped" and time.monotonic() - began < 1
    with pytest.raises(StrataError, match="was stopped"):
        task.result()
    after = aside.begin(f"{HERE}:squares", count=3)
    until(lambda: after.over)
    assert after.state == "done"


def test_a_fault_is_told_and_the_next_one_works() -> None:
    for call, message in (("refused", "Give more."), ("broken", "could not be computed: division")):
        task = aside.begin(f"{HERE}:{call}")
        until(lambda task=task: task.over)
        with pytest.raises(StrataError, match=message):
            task.result()


def test_a_killed_worker_is_replaced() -> None:
    task = aside.begin(f"{HERE}:slow", seconds=60.0)
    until(lambda: task.share > 0)
    assert task._worker
    os.kill(task._worker.pid, signal.SIGKILL)
    until(lambda: task.over)
    with pytest.raises(StrataError, match="has ended"):
        task.result()
    again = aside.begin(f"{HERE}:slow", seconds=0.0)
    until(lambda: again.over)
    assert again.state == "done" and again is not task
