"""What a class costs: memory of each session, the stream's share of a core, the time that a rerun takes."""

from __future__ import annotations

import asyncio
import os
import statistics
import time
from collections.abc import Iterator, Sequence

from tests.benchmarks.protocol import Result
from tests.load.classroom import Classroom, at_home

FEW = 10
"""Sessions that make the first point of the line through memory and sessions."""
ROUNDS = 5
"""How often the server is measured with viewers and without, in turn."""
MB = 1e6


async def memory(room: Classroom, sessions: int) -> list[Result]:
    """Fill the room; what each session takes of the server's memory."""
    await room.fill(2)  # what the first ones load is nobody's
    told = [(len(room.sessions), room.memory() / MB)]
    for count in sorted({min(FEW, sessions), sessions}):
        await room.fill(count)
        await asyncio.sleep(1)
        told.append((count, room.memory() / MB))
    (few, before), (many, after) = told[0], told[-1]
    grown = ", ".join(f"{size:.0f} MB with {count}" for count, size in told)
    return [
        Result(f"memory a session ({grown})", (after - before) / max(many - few, 1), "<2", "MB", control=1.0)
    ]


async def streams(room: Classroom, seconds: float) -> list[Result]:
    """The share of a core that a viewer takes: the server with viewers less the server without, in turn."""
    shares, heard = [], 0
    for _ in range(ROUNDS):
        alone = await _share(room, seconds)
        await room.watch()
        await asyncio.sleep(1)  # who comes is told all that there is; that is no part of watching
        shares.append((await _share(room, seconds) - alone) / len(room.viewers))
        heard += sum(viewer.events for viewer in room.viewers)
        found = room.faults()
        assert not found, found[:5]
        await room.look_away()
    low, middle, high = statistics.quantiles(shares, n=4)
    viewers = len(room.sessions)
    return [Result(f"stream: share of a core a viewer ({viewers} viewers)", middle, "≤1.5", "%", (low, high))]


async def _share(room: Classroom, seconds: float) -> float:
    """How much of a core the server takes now, in per cent."""
    before, began = room.cpu(), time.monotonic()
    await asyncio.sleep(seconds)
    return 100 * (room.cpu() - before) / (time.monotonic() - began)


async def reruns(room: Classroom, seconds: float) -> list[Result]:
    """Everybody watches and works; how long reruns take, and what the room weighs after."""
    await room.watch()
    weight, cpu, own = room.memory(), room.cpu(), time.process_time()
    (ran, waited), busy = room.waited(), room.busy()
    await room.work(seconds)
    cpu, own = room.cpu() - cpu, time.process_time() - own
    ran, waited = room.waited()[0] - ran, room.waited()[1] - waited
    all_of_it, ours = (after - before for after, before in zip(room.busy(), busy, strict=True))
    taken = sorted(1000 * one for session in room.sessions for one in session.latencies)
    cut = statistics.quantiles(taken, n=100)
    found = [*room.faults(), *([] if room.training() else ["a training has ended"])]
    assert not found, found[:5]
    return [
        Result(f"rerun of Train, p95 of {len(taken)}", cut[94], "<100", "ms", (cut[49], cut[98])),
        Result("  the server meanwhile, of a core", 100 * cpu / seconds, "–", "%"),
        Result("  this script meanwhile, of a core", 100 * own / seconds, "–", "%"),
        Result("  others on this machine meanwhile, of a core", 100 * (all_of_it - ours) / seconds, "–", "%"),
        Result("  its event loop waited for a core, of its time", 100 * waited / (ran + waited), "–", "%"),
        Result("soak: memory after the reruns ÷ before", room.memory() / weight, "≤1.1", "×"),
    ]


MEASURES = {"memory": memory, "streams": streams, "reruns": reruns}


def run(room: Classroom, names: Sequence[str], sessions: int, seconds: float) -> Iterator[Result]:
    """The named measures, in a room that has begun."""

    async def all_of_it() -> list[Result]:
        told = []
        for name in names:
            if name == "memory":
                told += await memory(room, sessions)
            await room.fill(sessions)
            if name != "memory":
                told += await MEASURES[name](room, seconds)
        await room.leave()
        return told

    with at_home(room.home.home):
        yield from asyncio.run(all_of_it())
    yield Result("load average of the machine, over a minute", os.getloadavg()[0], "–", "")
