"""Turns: whose request is answered next, so that a heavy network does not take the time of all others."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable
from typing import NamedTuple

_KEY = re.compile(rb'"key"\s*:\s*"([0-9a-f]{16,64})"')
ACTIVE = 1.0
"""Seconds for which a tab counts among those that play after it has asked."""
LONGEST = 0.25
"""Seconds that a tab's request rests at most."""


class Request(NamedTuple):
    """What was asked, and by whom."""

    id: int
    tab: bytes
    body: bytes


class Turns:
    """The requests that wait, in the order in which they came.

    After each answer a tab's next one rests as long as the others would take for as much: so all have the same share
    of the time, whatever they play with, and one alone never rests.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._news = threading.Condition()
        self._waiting: list[Request] = []
        self._rests: dict[bytes, float] = {}
        self._seen: dict[bytes, float] = {}

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, id: int, body: bytes) -> None:
        """Let a request wait for its turn."""
        found = _KEY.search(body)
        with self._news:
            self._waiting.append(Request(id, found[1] if found else b"", body))
            self._seen[self._waiting[-1].tab] = self._clock()
            self._news.notify()

    def take(self) -> Request:
        """The next request, once there is one that need not rest."""
        with self._news:
            while True:
                now = self._clock()
                for place, one in enumerate(self._waiting):
                    if self._rests.get(one.tab, 0.0) <= now:
                        return self._waiting.pop(place)
                until = [self._rests[one.tab] - now for one in self._waiting]
                self._news.wait(min(until, default=None))

    def spent(self, tab: bytes, seconds: float) -> None:
        """Note how long an answer to a tab took."""
        with self._news:
            now = self._clock()
            self._seen = {one: when for one, when in self._seen.items() if now - when < ACTIVE}
            self._rests = {one: until for one, until in self._rests.items() if until > now}
            others = len(self._seen.keys() - {tab})
            self._rests[tab] = now + min(seconds * others, LONGEST)
