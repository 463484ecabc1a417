"""Every ready network that comes with data learns from it."""

from pathlib import Path

import pytest

import builder
import engines
from builder.templates import TEMPLATES

TRAINS = [name for name, template in TEMPLATES.items() if template.trains]


@pytest.mark.slow
@pytest.mark.parametrize("name", TRAINS)
def test_a_ready_network_learns(name: str, tmp_path: Path) -> None:
    """In eight epochs the validation loss falls; what it reaches in the end, test_results holds."""
    project = builder.template(name)
    project = project.with_fields(engine={**project.engine, "epochs": 8})
    run = engines.train(project, tmp_path / name, device="cpu", threads=1)
    losses = [
        mark["values"]["loss"]
        for mark in run.curves().marks
        if mark["type"] == "measured" and mark["part"] == "validation"
    ]
    assert run.status().state == "finished" and len(losses) >= 8
    assert losses[-1] < losses[0]
