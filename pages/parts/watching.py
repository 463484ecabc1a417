"""Watching: many viewers of a run, and one task that looks at it for all of them.

A viewer costs what it takes to write bytes to it. Nothing is queued for one: who reads slowly is told less often, from
where it is, so a browser that has stopped holds no memory here.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from pages.parts.lifespan import over
from pages.parts.stream import News, Position, Source

PERIOD = 0.25
"""Seconds between two looks at a run."""
QUIET = 5.0
"""Seconds of silence after which a word shows that the stream is alive: a browser cannot tell a quiet run from a dead
line."""
HELLO = "retry: 1000\nevent: hello\ndata: {}\n\n"
ALIVE = "event: alive\ndata: {}\n\n"
OVER = "event: over\ndata: {}\n\n"


@dataclass
class Watched:
    """A run that somebody watches."""

    source: Source
    viewers: set[asyncio.Event] = field(default_factory=set)
    task: asyncio.Task[None] | None = None


Reader = tuple[Source, Position]
"""A run, and how much of it somebody knows."""

_WATCHED: dict[str, Watched] = {}


@asynccontextmanager
async def watched(sources: Sequence[Source]) -> AsyncIterator[asyncio.Event]:
    """An event that is set whenever one of the sources has something new, for as long as the block lasts."""
    woken = asyncio.Event()
    for source in sources:
        one = _WATCHED.setdefault(source.token, Watched(source))
        one.viewers.add(woken)
        if one.task is None:
            one.task = asyncio.create_task(_look(one))
    try:
        yield woken
    finally:
        for source in sources:
            if (left := _WATCHED.get(source.token)) is None:
                continue
            left.viewers.discard(woken)
            if not left.viewers:
                del _WATCHED[source.token]
                if left.task:
                    left.task.cancel()


async def _look(one: Watched) -> None:
    """Look at a run again and again, and wake its viewers when there is something new or the server ends."""
    while True:
        try:
            new = await asyncio.to_thread(one.source.look)
        except OSError:  # a disk that fails for a moment: try again
            new = False
        if new or over.is_set():
            for viewer in one.viewers:
                viewer.set()
        if over.is_set():
            return
        await asyncio.sleep(PERIOD)


async def news(source: Source, position: Position, seen: int, brief: bool) -> News:
    """What is new; what another viewer was told already costs nothing."""
    known = source.known(position, seen, brief)
    if known is not None and known.version == source.version:
        return known
    return await asyncio.to_thread(source.since, position, seen, brief)


async def events(readers: Sequence[Reader | None], brief: bool) -> AsyncIterator[str]:
    """Runs as server-sent events, each from a position on; ends when all of them are over, or the server is.

    Args:
        readers: the runs in the order in which an event's id tells the positions; None where there is none.
        brief: tell the status, and nothing else.
    """
    yield HELLO
    positions = [str(one[1]) if one else "" for one in readers]
    known = {place: one[1] for place, one in enumerate(readers) if one}
    sources = {place: one[0] for place, one in enumerate(readers) if one}
    seen = dict.fromkeys(sources, -1)
    async with watched([*sources.values()]) as woken:
        for source in sources.values():
            if time.monotonic() - source.looked > PERIOD:  # what another told of it once may be old
                await asyncio.to_thread(source.look)
        while not over.is_set():
            woken.clear()
            text = ""
            for place, source in sources.items():
                if source.version != seen[place]:
                    told = await news(source, known[place], seen[place], brief)
                    known[place], seen[place], positions[place] = (
                        told.position,
                        told.version,
                        str(told.position),
                    )
                    text += f"id: {','.join(positions)}\ndata: {told.text}\n\n"
            if text:
                yield text
            if all(source.over and source.version == seen[place] for place, source in sources.items()):
                yield OVER
                return
            try:
                await asyncio.wait_for(woken.wait(), QUIET)
            except TimeoutError:
                yield ALIVE
