"""Probing: when probes look at a training, so that they cost next to nothing."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from engines.context import Context
from engines.runs.record import Record

if TYPE_CHECKING:
    from engines.probes import Look

EVERY = 0.4
"""Seconds between two looks at the beginning of a run."""
SHARE = 1 / 100
"""Looking may cost this share of the time."""
SPREAD = 1 / 200
"""Looks come further apart as a run goes on, by this share of its length: a curve over time has enough of them."""


class Probing:
    """Takes aim before a step and looks after it, now and then."""

    def __init__(self, context: Context, record: Record) -> None:
        self.context, self.record = context, record
        self.aimed: Look | None = None
        """What is compared with the model after the next step; None if that one is not looked at."""
        self._due, self._cost, self._looks = time.monotonic(), 0.0, 0

    def due(self) -> bool:
        """Whether it is time for another look."""
        return time.monotonic() >= self._due

    def aim(self) -> None:
        """Look at the next step."""
        from engines.probes import Look

        began = time.monotonic()
        self.aimed = Look(self.context)
        self._cost = time.monotonic() - began

    def look(self, elapsed: float) -> None:
        """Read what the step has done, after so many seconds of training."""
        assert self.aimed is not None
        began = time.monotonic()
        self.record.probed(self.context.step_count, self.aimed.read())
        self.aimed = None
        now = time.monotonic()
        self._looks += 1
        cost = self._cost + now - began if self._looks > 2 else 0.0  # the first ones load what they need
        self._due = now + max(EVERY, cost / SHARE, elapsed * SPREAD)
