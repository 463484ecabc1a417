"""The doctor finds what was planted, says where with numbers, and its first cure helps."""

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from builder.templates.sketch import from_source
from engines.doctor import Diagnosis
from engines.runs.run import Run
from tests.doctor.planted import FAULTS, images, mlp, project, table
from tests.doctor.stages import examined, stages, trained


@pytest.fixture(scope="module")
def run_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Run]:
    """The run of a planted project, trained once."""
    runs: dict[str, Run] = {}

    def run(fault: str) -> Run:
        if fault not in runs:
            runs[fault] = trained(
                FAULTS[fault].make(), tmp_path_factory.mktemp("runs") / fault.replace(" ", "-")
            )
        return runs[fault]

    return run


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_named(fault: str, run_of: Callable[[str], Run]) -> None:
    """First among all that is said; where it shows, with numbers, and with what would help."""
    run, planted = run_of(fault), FAULTS[fault]
    found = examined(run)
    assert [one.symptom for one in found][:1] == [planted.symptom]
    first = found[0]
    assert (first.place, bool(first.path)) == (planted.place, bool(planted.node))
    if planted.node:
        graph = run.project.graph
        assert first.path[0] in graph and first.path[-1].startswith(planted.node)
    assert re.search(r"\d", first.what) and len(first.figures) >= 2
    assert all(re.search(r"\d", figure.value) for figure in first.figures)
    assert first.cures


MEASURED: dict[str, Callable[[Run, Diagnosis], float]] = {}
"""How well a run does by what a symptom is about; more is better. All others: minus the best validation loss."""


def measured(symptom: str) -> Callable[[Callable[[Run, Diagnosis], float]], None]:
    """Register a measure."""

    def register(measure: Callable[[Run, Diagnosis], float]) -> None:
        MEASURED[symptom] = measure

    return register


@measured("ClassImbalance")
def _f1(run: Run, _: Diagnosis) -> float:
    return run.curves().measured("validation")[-1]["values"]["f1"]


@measured("Overfitting")
def _last(run: Run, _: Diagnosis) -> float:
    return -run.curves().measured("test")[-1]["values"]["loss"]


@measured("TargetLeakage")
def _not_given_away(run: Run, _: Diagnosis) -> float:
    return -max(one["score"] for one in run.curves().evidence()["alone"]["best"])


@measured("DeadUnits")
def _alive(run: Run, first: Diagnosis) -> float:
    return -run.curves().probes[-1]["layers"][".".join(first.path)]["dead"]


@measured("SaturatedUnits")
def _bent(run: Run, first: Diagnosis) -> float:
    return -run.curves().probes[-1]["layers"][".".join(first.path)]["saturated"]


@measured("VanishingGradients")
def _arriving(run: Run, first: Diagnosis) -> float:
    return min(one["gradient"] for one in run.curves().probes[-1]["layers"].values() if "gradient" in one)


def _loss(run: Run, _: Diagnosis) -> float:
    told = [row["values"]["loss"] for row in run.curves().measured("validation")]
    return -min(told[-3:]) if told and told[-1] is not None else -1e30  # it may explode before it is measured


@pytest.mark.slow
@pytest.mark.parametrize("fault", FAULTS)
def test_the_first_cure_helps(fault: str, run_of: Callable[[str], Run], tmp_path: Path) -> None:
    """The symptom is gone, and what it is about is better."""
    run = run_of(fault)
    first = examined(run)[0]
    cured = trained(first.cures[0].project, tmp_path / "cured")
    assert first.symptom not in [one.symptom for one in examined(cured)]
    measure = MEASURED.get(first.symptom, _loss)
    assert measure(cured, first) > measure(run, first)


@pytest.mark.parametrize("fault", ["few steps", "too slow", "not finite", "unscaled"])
def test_it_does_not_change_its_mind(fault: str, run_of: Callable[[str], Run], tmp_path: Path) -> None:
    """Once a fault is certain it is told to the end, and nothing else was told before it."""
    said = [[one.symptom for one in found] for _, found in stages(run_of(fault), tmp_path)]
    told = [names[0] for names in said if names]
    assert {*told} == {FAULTS[fault].symptom}
    assert said[-1] and [] not in said[said.index(next(names for names in said if names)) :]


def test_classes_too_rare_to_be_judged_are_named(tmp_path: Path) -> None:
    """Six ill among three hundred: the validation part holds one of them at most, so that no score shows the harm."""
    ill = np.arange(306) % 51 == 0
    value = np.random.default_rng(0).normal(ill * 1.0, 1.0)
    data = table("rare", "state", value=value.round(3), state=np.where(ill, "ill", "well"))
    run = trained(project("Rare", mlp(1, (8,), 2), data, epochs=8, batch=32), tmp_path / "rare")
    found = [one for one in examined(run) if one.symptom == "ClassImbalance"]
    assert found and "no score" in found[0].what and found[0].place == "metric"


def test_a_rate_ten_thousand_times_too_large_is_named(tmp_path: Path) -> None:
    """The loss leaps and comes back to that of knowing nothing: what is dead or vanishes then is no cause."""
    optimiser = {"kind": "Adam", "lr": 10.0}
    what = project("Fast", images((64, 32)), from_source("Digits"), epochs=12, batch=32, optimiser=optimiser)
    (first, *_) = examined(trained(what, tmp_path / "fast"))
    assert first.symptom == "Diverging" and "leapt" in first.what
    assert "Lower the learning rate from 10 to 0.001" in first.cures[0].words


def test_what_is_learned_by_heart_is_told_though_the_loss_does_not_rise(tmp_path: Path) -> None:
    """Eighty-nine digits to learn from, and a validation loss that stays where it is."""
    data = {**from_source("Digits"), "test": 0.9, "validation": 0.5}
    what = project(
        "Heart", images((64, 32)), data, epochs=60, batch=32, optimiser={"kind": "Adam", "lr": 0.01}
    )
    (first, *_) = examined(trained(what, tmp_path / "heart"))
    assert first.symptom == "Overfitting" and first.cures
