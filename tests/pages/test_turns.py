"""Pages are drawn in turns, but nobody waits long for a slow one."""

import threading
import time

import pytest

from pages.parts import turns


def drawn(seconds: float, told: list[str], name: str) -> threading.Thread:
    """A page that takes so long to draw, in a thread of its own; begun when it returns."""
    begun = threading.Event()

    def page() -> None:
        begun.set()
        with turns.turn():
            told.append(f"{name} begins")
            time.sleep(seconds)
            told.append(f"{name} ends")

    one = threading.Thread(target=page)
    one.start()
    begun.wait(5)
    return one


def test_one_after_the_other() -> None:
    told: list[str] = []
    with turns.turn():
        pages = [drawn(0.001, told, name) for name in "ab"]
        time.sleep(0.02)
        assert told == []
    for one in pages:
        one.join(5)
    assert {tuple(told[:2]), tuple(told[2:])} == {("a begins", "a ends"), ("b begins", "b ends")}


def test_beside_a_page_that_takes_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "PATIENCE", 0.02)
    told: list[str] = []
    with turns.turn():
        drawn(0, told, "a").join(5)
    assert told == ["a begins", "a ends"]


def test_a_page_that_breaks_off_gives_its_turn_back() -> None:
    with pytest.raises(RuntimeError), turns.turn():
        raise RuntimeError
    assert turns._turn.acquire(blocking=False)
    turns._turn.release()
