"""Settings that change while a run trains: they take effect at once, are told, and survive a kill at any moment."""

import time
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import torch

import builder
import engines
from builder.errors import BadValue
from engines.engine import engine_of
from engines.events import Event, Step
from engines.runs import Forkserver, Run
from engines.runs.driver import Driver
from engines.tuning import differing, tunables, tuned
from tests.tiny import kill, project, until

WHAT = project(1_000_000, 8, optimiser={"kind": "AdamW"})
GRAPH = WHAT.graphs["model"]


def names(what: builder.Project) -> list[str]:
    return [one.name for one in tunables(engine_of(what.engine), what.graphs["model"])]


def test_what_can_be_changed_stands_at_the_fields() -> None:
    assert names(WHAT) == ["batch", "epochs", "clip", "optimiser.lr", "optimiser.weight_decay", "dropout"]
    assert "dropout" not in names(project(layer="ReLU")), "a network without such layers"
    assert "optimiser.weight_decay" not in names(project(optimiser={"kind": "LBFGS"}))


def test_a_change_is_checked_as_the_field_is() -> None:
    engine = engine_of(WHAT.engine)
    assert tuned(engine, {"optimiser.lr": 0.5, "batch": 3, "dropout": 0.1}).optimiser.lr == 0.5  # type: ignore[attr-defined]
    assert differing(engine, GRAPH, {"batch": 4}, {"batch": 4, "clip": 2.0, "optimiser.lr": 0.001}) == {
        "clip": 2.0
    }
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"optimiser.lr": -1.0}, "lr must be in"),
        ({"batch": 0}, "batch must be in"),
        ({"batch": "8"}, "batch must be"),
        ({"epochs": 3}, "epochs must be at least 6 by now: 5 are complete. Got 3"),
        ({"dropout": 1.0}, r"rate must be in \[0, 1\). Got 1.0"),
        ({"loss": {"kind": "MSE"}}, "'loss' cannot be changed while a run trains. What can: batch, epochs"),
    ]
    for values, words in wrong:
        with pytest.raises(BadValue, match=words):
            differing(engine, GRAPH, {}, values, 5)


@pytest.fixture
def run(warm: Forkserver, tmp_path: Path) -> Run:
    """A run that goes on until it is stopped."""
    run = Run.create(tmp_path / "run", WHAT)
    run.start()
    until(lambda: run.status().step > 10)
    return run


def test_a_change_takes_effect_and_is_told(run: Run) -> None:
    values = {"optimiser.lr": 0.02, "batch": 30, "optimiser.weight_decay": 0.3, "dropout": 0.25, "clip": 0.5}
    run.send("set", values=values)
    until(lambda: run.curves().changes())
    (change,) = run.curves().changes()
    assert change["values"] == values
    until(lambda: run.status().step > change["step"] + 20)
    run.send("stop")
    until(lambda: run.status().state == "stopped")
    context = run.checkpoints.load()[0]["context"]
    (group,) = context["updates"]["model"]["optimiser"]["param_groups"]
    assert (group["lr"], group["weight_decay"]) == (0.02, 0.3)
    assert context["tuned"] == values
    rates = [rate for step, rate in run.curves().rates if step > change["step"] + 1]
    assert set(rates) == {0.02} and run.status().rate == 0.02
    # 76 examples: 30, 30 and 16 from now on, three batches an epoch instead of ten
    ends = [row["step"] for row in run.curves().measured("validation") if row["step"] > change["step"] + 5]
    assert {after - before for before, after in pairwise(ends)} == {3}


def test_what_cannot_be_set_is_told_and_changes_nothing(run: Run) -> None:
    run.send("set", values={"optimiser.lr": -1.0})
    run.send("set", values="nonsense")
    run.send("set", values={"optimiser.lr": 0.001})  # as it is already
    run.send("pause")
    until(lambda: run.status().state == "paused")
    assert run.curves().changes() == []
    assert "lr must be in" in run.curves().notices()[-1]["text"]


def test_a_change_while_paused_counts_from_the_next_step(run: Run) -> None:
    run.send("pause")
    until(lambda: run.status().state == "paused")
    run.send("set", values={"optimiser.lr": 0.5})
    run.send("step")
    until(lambda: run.status().rate == 0.5 and run.status().state == "paused")
    (change,) = run.curves().changes()
    assert change["step"] == run.status().step - 1


def test_17_a_diverged_run_goes_on_from_its_last_good_checkpoint_with_what_was_changed(
    warm: Forkserver, tmp_path: Path
) -> None:
    """Its weights are no numbers any more, so the change counts from where it goes on."""
    run = Run.create(
        tmp_path / "run", project(400, 8, loss={"kind": "MSE"}, optimiser={"kind": "SGD", "lr": 3.0})
    )
    run.start()
    until(lambda: run.status().state == "paused")
    run.send("set", values={"optimiser.lr": 0.001})
    run.send("resume")
    until(lambda: run.status().state == "finished")
    (change,) = run.curves().changes()
    assert change["values"] == {"optimiser.lr": 0.001} and run.status().rate == 0.001
    assert all(bool(one.isfinite().all()) for one in run.weights().values())


def test_17_what_was_changed_outlives_a_kill_before_it_counts(run: Run) -> None:
    """Killed between going back and the checkpoint with the change; it counts once."""
    run.send("pause")
    until(lambda: run.status().state == "paused")
    kill(run)
    run.report(replace(run.status(), process=0, wanted={"optimiser.lr": 0.5}))
    run.start()
    until(
        lambda: run.status().process
    )  # or the command would start one more, which takes over from a killed one
    run.send("resume")
    until(lambda: run.status().state == "running")
    killed_and_started(run)
    until(lambda: run.status().rate == 0.5 and run.status().wanted == {})
    (change,) = run.curves().changes()
    assert change["values"] == {"optimiser.lr": 0.5}


def test_1_a_run_whose_settings_changed_survives_kills_to_the_bit(
    warm: Forkserver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed around the change again and again, it is told once, and what follows has the bits of an unharmed run."""
    what = project(60, 8, optimiser={"kind": "Adam"}, schedule={"kind": "Cosine"})
    run = Run.create(tmp_path / "killed", what)
    run.start()
    until(lambda: run.status().step > 5)
    run.send("pause")
    until(lambda: run.status().state == "paused")
    for count in range(4):
        run.send("set", values={"optimiser.lr": 0.01 * (count + 1), "batch": 5 + count})
        time.sleep(0.004 * count)
        killed_and_started(run)
        until(lambda count=count: len(run.curves().changes()) == count + 1)  # type: ignore[misc]
    run.send("resume")
    for _ in range(5):
        until(lambda: run.status().state == "running")
        killed_and_started(run)
    until(lambda: run.status().state == "finished")
    at = {row["step"] for row in run.curves().changes()}
    assert len(at) == 1 and len(run.curves().changes()) == 4
    (step,), take = at, Driver._take

    def changing(driver: Driver, event: Event) -> None:
        take(driver, event)
        if type(event) is Step and driver.context.step_count == step:
            driver._tune({"optimiser.lr": 0.04, "batch": 8})

    monkeypatch.setattr(Driver, "_take", changing)
    whole = engines.train(what, tmp_path / "whole")
    assert whole.curves().steps == run.curves().steps
    assert all(torch.equal(whole.weights()[name], one) for name, one in run.weights().items())


def killed_and_started(run: Run) -> None:
    """Kill the worker, start another, and wait until it is at work."""
    worker = run.status().process
    kill(run)
    run.start()
    until(lambda: run.status().process != worker)
