"""What tests of runs share."""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from engines.runs import Forkserver, Run

EAGER = """
from engines.runs import driver, probing, saving, snapshots
driver.TICK, saving.EVERY, saving.SHARE = 0.01, 0.0, 1.0
probing.EVERY, probing.SHARE, snapshots.EVERY, snapshots.SHARE = 0.02, 1.0, 0.02, 1.0
from engines.runs.forkserver import main
main()
"""
"""A forkserver whose workers take a checkpoint at each tick, and look often, so that every kill falls near one."""


@pytest.fixture(scope="session")
def _eager() -> Iterator[Forkserver]:
    server = Forkserver()
    server.start([sys.executable, "-c", EAGER])
    yield server
    server.close()


@pytest.fixture
def warm(_eager: Forkserver, tmp_path: Path) -> Iterator[Forkserver]:
    """A forkserver whose workers take many checkpoints; none of a test's workers outlives it."""
    yield _eager
    for about in tmp_path.rglob("run.json"):
        run = Run(about.parent)
        if run.alive():
            with suppress(ProcessLookupError):  # it may end by itself meanwhile
                os.kill(run.status().process, signal.SIGKILL)
