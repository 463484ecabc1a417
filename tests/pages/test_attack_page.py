"""Attack on its page: one example beside its control, and the curve that is computed beside the server."""

from pathlib import Path
from typing import Any

import pytest

import engines
from engines.runs.run import Run
from engines.workspace import Workspace
from tests.pages.seen import Open, saved, words
from tests.tiny import project, until


@pytest.fixture
def run(workspace: Path) -> Run:
    """A finished run."""
    what = project(4, 20)
    saved(what)
    run = Run.create(Workspace().runs / "000001-moons", what, of="mine")
    engines.resume(run.folder)
    return run


def settled(test: Any) -> Any:
    """The page once nothing is computed beside the server any more."""
    until(lambda: not test.get("progress") or not test.run().get("progress"))
    assert not test.exception and not test.error
    return test


def test_the_curve_is_computed_beside_the_server(open_page: Open, run: Run) -> None:
    test = settled(open_page("inspect", project="mine", look="attack", part="train"))
    assert "Of 36 examples" in words(test) and "could not be computed" not in words(test)
