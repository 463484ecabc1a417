"""Children: forked from the warm process or fresh, they do what they are asked, and end with our end of the socket."""

import sys

import pytest

from engines.aside.telling import receive, send, unpacked
from engines.runs import Forkserver
from engines.runs.child import Child
from tests.tiny import until


@pytest.mark.parametrize("forked", [True, False])
def test_a_child_works_and_ends_when_it_is_let_go(
    forked: bool, warm: Forkserver, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not forked:
        monkeypatch.setattr("engines.runs.launch._SERVERS", [])
    first, second = Child("engines.aside", "60"), Child("engines.aside", "60")
    for child in (first, second):
        child.meet()
    assert first.process and second.process and first.process.pid != second.process.pid
    assert ("engines.aside" in first.process.cmdline()) is not forked
    with first.socket.makefile("wb") as requests, first.socket.makefile("rb") as news:
        send(requests, {"number": 0, "call": "tests.asides:squares", "arguments": {"count": 3}})
        assert receive(news)[0]["taken"]
        row, data = receive(news)
    assert row["done"] and unpacked(data)["squares"].tolist() == [0, 1, 4]
    first.socket.close()
    until(lambda: not first.process.is_running() or first.process.status() == "zombie")
    assert second.process.is_running(), "one does not hold the other's socket, nor end with it"
    second.close()
    assert not second.process.is_running()


def test_one_that_was_given_up_before_it_began_does_not_stay(warm: Forkserver) -> None:
    child = Child("engines.aside", "60")
    child.kill()
    try:
        child.meet()
    except EOFError:
        return
    child.close()
    assert child.process and not child.process.is_running()


LOADING = """
import time
from engines.runs import forkserver
forkserver._rehearse = lambda: time.sleep(600)
forkserver.main()
"""


def test_who_talks_need_not_wait_until_all_is_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engines.runs.launch._SERVERS", [])
    server = Forkserver()
    server.start([sys.executable, "-c", LOADING])
    try:
        child = Child("engines.aside", "60")
        child.meet()
        assert child.process and child.process.is_running()
        child.close()
    finally:
        server.close()
