"""The doctor says nothing of a run that is well, at no moment of it."""

from pathlib import Path

import pytest

import builder
from builder.templates.sketch import TEMPLATES
from tests.doctor.stages import examined, stages, trained

READY = [name for name, one in TEMPLATES.items() if one.trains]
QUICK = ("moons-mlp", "xor-mlp", "iris-mlp", "wine-mlp", "breast-cancer-mlp", "diabetes-mlp")


def alarms(name: str, seed: int, folder: Path) -> dict[int, list[str]]:
    """What was said at which step."""
    run = trained(builder.template(name).with_fields(seed=seed), folder / f"{name}-{seed}")
    assert run.status().state == "finished"
    said = {step: [f"{one.symptom}: {one.what}" for one in found] for step, found in stages(run, folder)}
    said[-1] = [one.what for one in examined(run)]
    return {step: words for step, words in said.items() if words}


@pytest.mark.parametrize("name", QUICK)
def test_silent_on_a_ready_network(name: str, tmp_path: Path) -> None:
    """While it trains and when it has finished."""
    assert not alarms(name, 0, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("name", READY)
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_silent_on_every_ready_network(name: str, seed: int, tmp_path: Path) -> None:
    """Each that comes with data, on three seeds; the quick ones were looked at on the first."""
    if not (name in QUICK and seed == 0):
        assert not alarms(name, seed, tmp_path)
