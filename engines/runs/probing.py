"""Probing: when probes look at a training, so that they cost next to nothing, and what is kept of it."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING

from engines.context import Context
from engines.runs.costs import Costs
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
MILESTONES, FREE = 24, 0.2
"""A run that takes no longer than a blink is kept at so many steps all the same, as long as that costs no more seconds
in all: shares of its time would leave its first and its last moment."""


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
        self._costs, self._keep_costs = Costs(free=2), Costs(free=1)
        self._keep_due, self._spent = time.monotonic(), self.arrays.cost()[0]
        self.milestone: float = math.inf
        """The step from which on to look at the next one, whatever the clock says."""
        self.early = False
        """Whether the last look was at a milestone."""
        self._free = FREE if context.step_count == 0 else 0.0

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
        cost = self._costs.count(self._cost + now - began)
        self.early = self.context.step_count > self.milestone
        self.kept = self.early or now >= self._keep_due
        if self.kept:
            self.keep(elapsed)
        self.aimed = None
        self._due = time.monotonic() + max(EVERY, cost / SHARE, elapsed * SPREAD)
        self._pass_milestone(time.monotonic() - began)

    def _pass_milestone(self, cost: float) -> None:
        """Set the next milestone after a look that took so many seconds."""
        self._free -= cost if self._looks > 1 else 0.0  # the first one loads what it needs
        step, steps = self.context.step_count, self.context.steps
        self.milestone = step + max(1, steps // MILESTONES) - 1 if self._free > 0 and steps else math.inf

    def keep(self, elapsed: float) -> None:
        """Keep arrays of this moment."""
        from engines.probes.sight import read, sight_of

        began = time.monotonic()
        try:
            recording = self.recording
            found = read(sight_of(self.context, self.aimed, recording.covers), recording)
            spent = self._spent + time.monotonic() - began
            self.arrays.keep(self.context.step_count, found, spent, elapsed)
        except Exception as error:  # too little room, or a fault of ours: the training goes on
            self._free, self._keep_due = 0.0, math.inf
            self.record.notice(
                f"No more arrays of the nodes are kept: {error or type(error).__name__}", "warning"
            )
            return
        now = time.monotonic()
        self._spent += now - began
        self._keep_due = now + max(recording.every, self._keep_costs.count(now - began) / recording.share)
