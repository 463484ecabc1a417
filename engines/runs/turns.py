"""Whose turn it is: in which order runs that wait are started, whether there is room, and when there will be."""

from __future__ import annotations

import heapq
import math
from collections import Counter, deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import psutil

from engines.events import State
from engines.runs.limits import MB, limits
from engines.runs.summary import Summary

ACTIVE: tuple[State, ...] = ("starting", "running")
"""The states in which a run takes a slot."""
LATELY = 20
"""Finished runs from which the usual length of a run is told."""


@dataclass(frozen=True)
class Place:
    """Where a run stands in the queue."""

    position: int
    """1 is next."""
    waiting: int
    """How many runs wait in all."""
    wait: float | None
    """Seconds until it starts, as far as can be foreseen."""


class Line:
    """Runs that wait, and whose turn it is.

    The next is one of the person with the fewest active runs; of several such people the one who was served least
    recently; of that person's runs the oldest.

    Args:
        waiting: the runs, oldest first.
        active: how many runs of each person are active. Whoever starts one counts it there.
        served: when people were served last, as numbers that grow.
    """

    def __init__(self, waiting: Iterable[Summary], active: Counter[str], served: Mapping[str, int]) -> None:
        self.active, self.served = active, dict(served)
        self._last = max(self.served.values(), default=0)
        self._waiting: dict[str, deque[tuple[int, Summary]]] = {}
        for number, one in enumerate(waiting):
            self._waiting.setdefault(one.by, deque()).append((number, one))

    def next(self) -> Summary | None:
        """The run that starts next, taken out of the line; its person counts as served."""
        if not self._waiting:
            return None
        who = min(
            self._waiting, key=lambda by: (self.active[by], self.served.get(by, 0), self._waiting[by][0][0])
        )
        _, one = self._waiting[who].popleft()
        if not self._waiting[who]:
            del self._waiting[who]
        self._last += 1
        self.served[who] = self._last
        return one


class Room:
    """What the machine has room for: a slot, and main memory for one more worker. One run always may train."""

    def __init__(self, known: Iterable[Summary]) -> None:
        self._active = [one for one in known if one.state in ACTIVE]
        self._slots = limits().slots - len(self._active)
        wanted = limits().free_memory_mb * MB
        # those that have just been started do not hold yet what they will take
        young = sum(one.state == "starting" for one in self._active)
        self._memory = psutil.virtual_memory().available // wanted - young if wanted else self._slots
        self._nobody = not self._active

    def __bool__(self) -> bool:
        return self._nobody or (self._slots > 0 and self._memory > 0)

    def take(self) -> None:
        """Count a run that was started."""
        self._slots -= 1
        self._memory -= 1
        self._nobody = False


def forecast(line: Line, known: Iterable[Summary]) -> dict[str, Place]:
    """The places of all in a line, by id: active runs end when they say, others last as long as is usual lately."""
    known = list(known)
    usual = _usual(known)
    ends = [(_left(one, usual), one.by) for one in known if one.state in ACTIVE]
    free = limits().slots - len(ends)
    if free > 0 and not Room(known):
        free = 0  # memory is what they wait for: the next end makes room for one
    heapq.heapify(ends)
    found: list[tuple[str, float]] = []
    now = 0.0
    while True:
        while free <= 0 and ends:
            now, who = heapq.heappop(ends)
            line.active[who] -= 1
            free += 1
        if (one := line.next()) is None:
            break
        found.append((one.id, now))
        line.active[one.by] += 1
        heapq.heappush(ends, (now + usual, one.by))
        free -= 1
    return {
        id: Place(position, len(found), wait if math.isfinite(wait) else None)
        for position, (id, wait) in enumerate(found, 1)
    }


def _usual(known: Iterable[Summary]) -> float:
    """Seconds that the last finished runs took in the mean; infinite if there are none."""
    done = sorted((one.updated, one.elapsed) for one in known if one.state == "finished")[-LATELY:]
    return sum(elapsed for _, elapsed in done) / len(done) if done else math.inf


def _left(one: Summary, usual: float) -> float:
    return one.left if one.left is not None else max(usual - one.elapsed, 0.0)
