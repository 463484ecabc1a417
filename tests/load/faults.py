"""What happens to a class: lines that are cut, browsers that stop, people who come and go, edits all at once."""

from __future__ import annotations

import asyncio
import json
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psutil

import builder
from builder.graph import Node
from tests.load.classroom import Classroom, eventually
from tests.load.viewer import Viewer
from tests.pages.telling import Pretender

LONG = 300_000
"""The characters of a message that fills what a network keeps for a reader who has stopped."""


async def cut(room: Classroom, times: int) -> list[str]:
    """Cut each websocket and each stream so many times while the runs train; what was lost or told twice."""
    for _ in range(times):
        for session, viewer in zip(room.sessions, room.viewers, strict=True):
            await asyncio.gather(session.cut(), viewer.cut())
    known = [sum(len(one.steps) for one in viewer.heard.values()) for viewer in room.viewers]
    told = [viewer.events for viewer in room.viewers]
    await eventually(lambda: all(viewer.events > old for viewer, old in zip(room.viewers, told, strict=True)))
    again = sum(one.resets > 1 for viewer in room.viewers for one in viewer.heard.values())
    return room.faults() + [f"{again} began anew"] * bool(again) + ["nothing was told"] * (not all(known))


async def edit(room: Classroom, people: int, each: int) -> list[str]:
    """Let people edit one network at the same moment, each a node at a time; the nodes that are not on the disk."""
    path = room.home.projects / "shared.json"
    builder.save(builder.template("digits-mlp"), path)

    def person(number: int) -> list[str]:
        names = [f"of{number}and{turn}" for turn in range(each)]
        for turn, name in enumerate(names):
            node = Node(id=name, kind="ReLU").model_dump(mode="json")
            wish = {"n": turn + 1, "edit": {"edit": "add", "node": node}}
            _post(room, "shared", {"tab": f"tab{number}", "edits": [wish]})
        return names

    made = await asyncio.gather(*(asyncio.to_thread(person, number) for number in range(people)))
    found = [node.id for node in builder.load(path).graphs["model"].nodes]
    wanted = [name for names in made for name in names]
    in_order = all([one for one in found if one in {*names}] == names for names in made)
    lost = [f"{name} is lost" for name in wanted if name not in found]
    doubled = [f"{name} is there twice" for name in wanted if found.count(name) > 1]
    return lost + doubled + ["somebody's edits are out of order"] * (not in_order)


def _post(room: Classroom, project: str, content: dict[str, Any]) -> Any:
    request = urllib.request.Request(
        f"{room.server.url}/api/projects/{project}/edits",
        json.dumps(content).encode(),
        {"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)


async def stop_reading(room: Classroom, browsers: int, ticks: int) -> tuple[float, list[str]]:
    """Let browsers stop while a run tells much; the bytes by which the server grows, and what others missed."""
    with _talkative(room) as worker:
        token = await _token_of(room, worker)
        stopped = [await Viewer(room.server.url, [token]).open() for _ in range(browsers)]
        other = await Viewer(room.server.url, [token]).open()
        await eventually(lambda: other.events)
        for viewer in stopped:
            viewer.stop()
        before, lost = room.memory(), []
        for tick in range(ticks):
            worker.train()
            worker.report(message=f"{tick} " + "x" * LONG)
            last = worker.status.step
            await eventually(lambda last=last: next(iter(other.heard.values())).status.get("step") == last)
        grown = room.memory() - before
        lost += other.faults
        lost += [said] if (said := other.missing(token, worker.run.curves())) else []
        for viewer in [*stopped, other]:
            await viewer.close()
    return grown, lost


@contextmanager
def _talkative(room: Classroom) -> Iterator[Pretender]:
    with Pretender(room.server.home, "talkative") as worker:
        worker.train()
        yield worker


async def _token_of(room: Classroom, worker: Pretender) -> str:
    """The token of a run, from its page."""
    from tests.load.session import Session

    page, _, query = worker.address.partition("?")
    session = await Session(room.server.url, page, query).open()
    await session.close()
    return session.tokens[0]


async def come_and_go(room: Classroom, times: int, at_once: int = 8) -> dict[str, float]:
    """Let people open a stream, hear of the run and leave; by how much the server holds more then.

    Pages are no part of it: Streamlit keeps up to 128 sessions that have lost their line, for two minutes at least.
    """
    room_for = asyncio.Semaphore(at_once)
    tokens = room.sessions[0].tokens

    async def visit(number: int) -> None:
        async with room_for:
            viewer = await Viewer(room.server.url, tokens).open()
            await eventually(lambda: viewer.events)
            await viewer.close()

    await asyncio.gather(*(visit(number) for number in range(at_once * 10)))  # what the first ones make stays
    before = _held(room)
    await asyncio.gather(*(visit(number) for number in range(times)))
    await eventually(lambda: _held(room)["descriptors"] <= before["descriptors"] + 2)
    after = _held(room)
    return {name: after[name] - before[name] for name in before}


def _held(room: Classroom) -> dict[str, float]:
    assert room.server.process
    threads = psutil.Process(room.server.process.pid).num_threads()
    return {"descriptors": room.descriptors(), "threads": threads, "memory": room.memory()}
