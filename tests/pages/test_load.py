"""A class watches a run train: a short share of `python -m tests.load`, with the faults 24, 28, 29, 32 and 34."""

import asyncio
from collections.abc import Coroutine, Iterator
from typing import Any

import pytest

from tests.load import faults
from tests.load.classroom import Classroom, act, at_home
from tests.load.measures import MB

pytestmark = pytest.mark.slow
PEOPLE = 12


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Classroom]:
    """A server with one training, and nobody there."""
    one = Classroom(tmp_path_factory.mktemp("class"), trainings=1)
    try:
        one.begin()
        with at_home(one.home.home):
            yield one
    finally:
        one.close()
    assert "Traceback" not in one.server.logged(), one.server.logged()


def test_29_everybody_gets_the_page_and_each_point_once(room: Classroom) -> None:
    """Fault 24 among them: each websocket and each stream is cut, and cut again."""

    async def lesson() -> None:
        await room.fill(PEOPLE)
        assert all(len(one.tokens) == 1 and one.find("live board") for one in room.sessions)
        await room.watch()
        await room.work(3, thinking=(0.5, 1.0))
        assert all(one.latencies for one in room.sessions)
        assert room.faults() == []
        assert await faults.cut(room, 3) == []
        assert room.training()

    asyncio.run(_then_leave(room, lesson()))


def test_a_cut_websocket_comes_back_to_the_same_page(room: Classroom) -> None:
    """Fault 24: what was unfolded and where the slider stood is what it was."""

    async def lesson() -> None:
        await room.fill(1)
        (one,) = room.sessions
        await act(one, "settings", room.draw)
        await act(one, "moment", room.draw)
        shown, address = {*one.elements}, one.query
        await one.cut()
        assert ({*one.elements}, one.query) == (shown, address) and "at=" in address
        assert one.find("engine class0 epochs") and not one.faults

    asyncio.run(_then_leave(room, lesson()))


def test_28_all_of_them_edit_at_once_and_no_edit_is_lost(room: Classroom) -> None:
    assert asyncio.run(faults.edit(room, PEOPLE, each=5)) == []


def test_32_browsers_that_have_stopped_take_no_memory_and_hold_up_nobody(room: Classroom) -> None:
    grown, missed = asyncio.run(faults.stop_reading(room, browsers=PEOPLE, ticks=40))
    assert missed == []
    assert grown < 40 * MB < PEOPLE * 40 * faults.LONG, grown


def test_34_people_who_come_and_go_leave_nothing_behind(room: Classroom) -> None:
    async def lesson() -> dict[str, float]:
        await room.fill(1)
        return await faults.come_and_go(room, 120)

    more = asyncio.run(_then_leave(room, lesson()))
    assert more["descriptors"] <= 2 and more["threads"] <= 4 and more["memory"] < 40 * MB, more


async def _then_leave(room: Classroom, lesson: Coroutine[Any, Any, Any]) -> Any:
    """Do something in the room, and let everybody go."""
    try:
        return await lesson
    finally:
        await room.leave()
        room.sessions, room.viewers = [], []
