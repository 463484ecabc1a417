"""Snapshots: checkpoints that stay, along the whole run: moments to which a person can go back, and branch off."""

from __future__ import annotations

import time
from itertools import pairwise
from typing import Any

from engines.runs.checkpoint import Checkpoints
from engines.runs.costs import Costs

EVERY = 0.2
"""Seconds between two snapshots at the beginning of a run."""
SHARE = 1 / 100
"""Taking them may cost this share of the time."""
MOST = 64
"""How many a run keeps at most; when there are more, every other one goes and the gaps double."""
ROOM = 512 * 2**20
"""Bytes that they may take in all; of a network so large that not two fit, none are kept."""


class Snapshots:
    """Decides when a snapshot is taken, and which are thrown away; its number is the step at which it was taken.

    What stays are moments about evenly spaced in steps, the very first and the newest among them.
    """

    def __init__(self, checkpoints: Checkpoints, step: int) -> None:
        self._kept = checkpoints
        for number in checkpoints.numbers():
            if number > step:  # the run went back behind them, and will come by again
                checkpoints.remove(number)
        self._gap = self._usual_gap()
        self._due, self._size = 0.0, 0
        self._costs = Costs(free=1)

    def wanted(self, step: int) -> bool:
        """Whether the moment after this step should be kept."""
        if time.monotonic() < self._due or self._size > ROOM // 2:
            return False
        numbers = self._kept.numbers()
        return not numbers or step >= numbers[-1] + self._gap

    def take(self, tree: Any, step: int) -> None:
        """Keep a moment.

        Raises:
            OSError: the disk is full; earlier ones are intact.
        """
        began = time.monotonic()
        self._size = self._kept.save(tree, step, durable=False)
        if self._size > ROOM // 2:
            self._kept.remove(step)
        self._thin()
        now = time.monotonic()
        self._due = now + max(EVERY, self._costs.count(now - began) / SHARE)

    def _thin(self) -> None:
        numbers = self._kept.numbers()
        if len(numbers) <= min(MOST, ROOM // max(self._size, 1)):
            return
        for number in numbers[1:-1:2]:
            self._kept.remove(number)
        self._gap = self._usual_gap()

    def _usual_gap(self) -> int:
        """Steps between two that were kept, so that the next are no closer; 1 if there are too few to tell."""
        numbers = self._kept.numbers()
        gaps = sorted(after - before for before, after in pairwise(numbers))
        return gaps[len(gaps) // 2] if len(gaps) > 2 else 1
