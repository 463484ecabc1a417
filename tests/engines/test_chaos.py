"""Faults 1, 2, 3 and 10 all at once; the full count is `python -m tests.chaos`."""

import os
from pathlib import Path

import pytest

from tests.chaos.chaos import Chaos


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="needs Linux")
def test_1_2_3_kills_at_random_moments_change_nothing(tmp_path: Path) -> None:
    outcome = Chaos(tmp_path, workers=15, servers=2, kinds=2, epochs=100).run()
    assert outcome.good, outcome
    assert (outcome.workers, outcome.servers) == (15, 2) and len(outcome.started) >= 6
    assert outcome.rewinds > 5 and max(outcome.revived, default=0) < 5
