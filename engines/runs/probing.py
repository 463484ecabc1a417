"""Probing: when probes look at a training, so that they cost next to nothing, and what is kept of it."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING

from engines.context import Context
from engines.runs.record import Record
from engines.runs.recorded import recorded

if TYPE_CHECKING:
    from engines.probes import Look, Recording

SHARE = 1 / 100
"""Looking may cost this share of the time, and what is kept of it as much as the project's `Recording` says."""
SPREAD = 1 / 200
"""Looks come further apart as a run goes on, by this share of its length: a curve over time has enough of them."""
EVERY = 0.4
"""Seconds between two looks at the beginning of a run."""


class Probing:
    """Takes aim before a step and looks after it, now and then."""

    def __init__(self, context: Context, record: Record) -> None:
        self.context, self.record = context, record
        self.arrays = record.run.arrays
        self.arrays.forget(context.step_count)
        self.aimed: Look | None = None
        """What is compared with the model after the next step; None if that one is not looked at."""
        self.kept = False
        """Whether arrays were kept of the last step that was looked at."""
        self._due, self._cost, self._looks = time.monotonic(), 0.0, 0
        self._keep_due, self._spent = time.monotonic(), self.arrays.cost()[0]

    @property
    def recording(self) -> Recording:
        """What is kept, and how often."""
        return recorded(self.record.run.folder, self.context.project.probes)

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
        """Read what the step has done, after so many seconds of training; keep arrays of it when that is due."""
        assert self.aimed is not None
        began = time.monotonic()
        self.record.probed(self.context.step_count, self.aimed.read())
        now = time.monotonic()
        self._looks += 1
        cost = self._cost + now - began if self._looks > 2 else 0.0  # the first ones load what they need
        self.kept = now >= self._keep_due
        if self.kept:
            self.keep(elapsed)
        self.aimed = None
        self._due = time.monotonic() + max(EVERY, cost / SHARE, elapsed * SPREAD)

    def keep(self, elapsed: float) -> None:
        """Keep arrays of this moment."""
        from engines.probes.sight import read, sight_of

        began = time.monotonic()
        recording = self.recording
        try:
            found = read(sight_of(self.context, self.aimed, recording.covers), recording)
            self._spent += time.monotonic() - began
            self.arrays.keep(self.context.step_count, found, self._spent, elapsed)
        except (
            RuntimeError,
            ValueError,
            OSError,
        ) as error:  # too little memory or disk: the training goes on
            self._keep_due = math.inf
            self.record.notice(f"No more arrays of the nodes are kept: {error}", "warning")
            return
        now = time.monotonic()
        cost = now - began if self._looks > 2 else 0.0
        self._keep_due = now + max(recording.every, cost / recording.share)
