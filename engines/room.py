"""Whether training fits into the memory of this machine."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from builder.errors import Problem, Setting

if TYPE_CHECKING:
    from builder.summary import Summary


def too_much(summary: Summary, batch: int) -> list[Problem]:
    """A warning where training in batches of this size needs more memory than the machine has. Both are estimates."""
    needed, there = summary.training_bytes(batch), machine_bytes()
    if not there or needed <= there:
        return []
    fitting = next((size for size in _halves(batch) if summary.training_bytes(size) <= there), 0)
    return [
        Problem(
            f"To train this needs about {needed / 1e9:.3g} GB of memory at a batch of {batch}. "
            f"This machine has {there / 1e9:.3g} GB.",
            "",
            "batch",
            "the memory of the machine",
            batch,
            f"Make the batch {fitting}." if fitting else "Make the network or its input smaller.",
            severity="warning",
            settings=(Setting(f"Make the batch {fitting}", "batch", fitting),) if fitting else (),
        )
    ]


def machine_bytes() -> int:
    """The main memory of this machine; 0 where it does not tell."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return 0


def _halves(batch: int) -> list[int]:
    """Smaller batches, each half of the one before, down to 1."""
    return [batch >> times for times in range(1, batch.bit_length())]
