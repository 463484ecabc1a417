"""Costs: what something takes that is done again and again, as it counts for when to do it next."""

from collections import deque

RECENT = 3


class Costs:
    """The least of the last few costs: one that something else held up must not postpone the next for long.

    Args:
        free: how many at the beginning count nothing, for they load what they need.
    """

    def __init__(self, free: int) -> None:
        self._free = free
        self._recent: deque[float] = deque(maxlen=RECENT)

    def count(self, seconds: float) -> float:
        """What counts, now that it has taken so many seconds."""
        if self._free > 0:
            self._free -= 1
            return 0.0
        self._recent.append(seconds)
        return min(self._recent)
