"""Saving: when checkpoints and snapshots are taken of a training, and what lies in them."""

from __future__ import annotations

import time
from typing import Any

import torch

from engines.context import Context
from engines.runs.record import Record
from engines.runs.snapshots import Snapshots

EVERY = 1.0
SHARE = 1 / 30
"""A checkpoint is taken each second, or as much more seldom as keeps its cost below this share of the time."""


class Saving:
    """Takes the checkpoints of a run, and the snapshots that stay."""

    def __init__(self, context: Context, record: Record) -> None:
        self.context, self.record = context, record
        self.checkpoints = record.run.checkpoints
        self.snapshots = Snapshots(record.run.snapshots, context.step_count)
        self._due = time.monotonic()

    def sound(self) -> bool:
        """Whether all weights are finite."""
        return all(
            bool(tensor.isfinite().all())
            for model in self.context.models.values()
            for tensor in model.state_dict().values()
            if tensor.is_floating_point()
        )

    def due(self) -> bool:
        """Whether it is time for a checkpoint."""
        return time.monotonic() >= self._due

    def save(self, elapsed: float, finished: bool = False) -> None:
        """Take a checkpoint after so many seconds of training, and a snapshot of the same moment if one is wanted.

        Raises:
            OSError: the disk is full; what was saved before is intact.
        """
        began = time.monotonic()
        self.record.sync()
        self.checkpoints.save(self._tree(elapsed, finished))
        now = time.monotonic()
        self._due = now + max(EVERY, (now - began) / SHARE)
        self.keep(elapsed, finished=finished)

    def keep(self, elapsed: float, anyway: bool = False, finished: bool = False) -> None:
        """Take a snapshot if one is wanted, or anyway; the last moment of a run always is."""
        step = self.context.step_count
        if anyway or finished or self.snapshots.wanted(step):
            self.snapshots.take(self._tree(elapsed, finished), step)

    def _tree(self, elapsed: float, finished: bool) -> dict[str, Any]:
        return {
            "context": self.context.capture(),
            "marks": self.record.marks,
            "finished": finished,
            "elapsed": elapsed,
            "torch": torch.__version__,
        }
