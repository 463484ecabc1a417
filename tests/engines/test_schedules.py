"""Schedules against torch.optim.lr_scheduler, and what a resumed run needs of them."""

import json
from typing import Any

import pytest
import torch
from torch.optim import lr_scheduler

from engines.schedules import Constant, Cosine, Exponential, OneCycle, ReduceOnPlateau, Schedule, StepDecay

TOTAL, WARMUP = 60, 7


def reference(build: Any, steps: int = TOTAL, **options: Any) -> list[float]:
    """The learning rates of one of torch's schedules, from 1."""
    optimiser = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    schedule = build(optimiser, **options)
    rates = []
    for _ in range(steps):
        rates.append(optimiser.param_groups[0]["lr"])
        optimiser.step()
        schedule.step()
    return rates


def factors(schedule: Schedule, total: int = TOTAL) -> list[float]:
    return [schedule.factor(step, total) for step in range(total)]


@pytest.mark.parametrize(("ours", "build", "options"), [
    (Constant(), lr_scheduler.ConstantLR, {"factor": 1.0}),
    (StepDecay(drops=2, gamma=0.1), lr_scheduler.StepLR, {"step_size": TOTAL // 3, "gamma": 0.1}),
    (Exponential(final=0.05), lr_scheduler.ExponentialLR, {"gamma": 0.05 ** (1 / TOTAL)}),
    (Cosine(final=0.1), lr_scheduler.CosineAnnealingLR, {"T_max": TOTAL, "eta_min": 0.1}),
    (OneCycle(rise=0.25, start=0.1, final=0.001), lr_scheduler.OneCycleLR,
     {"max_lr": 1.0, "total_steps": TOTAL + 1, "pct_start": 0.25, "div_factor": 10, "final_div_factor": 100}),
    (Constant(warmup=9), lr_scheduler.LinearLR, {"start_factor": 0.1, "total_iters": 9}),
], ids=lambda value: getattr(value, "kind", ""))  # fmt: skip
def test_every_schedule_agrees_with_torch(ours: Schedule, build: Any, options: dict[str, Any]) -> None:
    total = options.get("total_steps", TOTAL)  # one-cycle counts its last step
    assert factors(ours, total)[:TOTAL] == pytest.approx(reference(build, **options), rel=1e-9)


def test_reduce_on_plateau_agrees_with_torch() -> None:
    losses = [
        5,
        4,
        4,
        4.0001,
        3.9999,
        4,
        3,
        3,
        3,
        3,
        3,
        3,
        3,
        3,
        2,
        2,
        -1,
        -1.00001,
        -1,
        -1,
        -1,
        -1.5,
        float("nan"),
    ]
    ours = ReduceOnPlateau(gamma=0.3, patience=2, threshold=1e-3, final=0.02)
    optimiser = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    theirs = lr_scheduler.ReduceLROnPlateau(optimiser, factor=0.3, patience=2, threshold=1e-3, min_lr=0.02)
    memory: dict[str, Any] = {}
    for loss in losses[:16]:
        theirs.step(loss)
        memory = json.loads(json.dumps(ours.observe(memory, loss)))  # as a checkpoint keeps it
        assert ours.factor(5, TOTAL, memory) == pytest.approx(optimiser.param_groups[0]["lr"])
    for loss in losses[
        16:
    ]:  # torch's relative threshold is wrong below zero; ours asks for a fall on either side
        memory = ours.observe(memory, loss)
    assert memory["best"] == -1.5


@pytest.mark.parametrize("kind", Schedule.registry.values(), ids=Schedule.registry)
def test_every_schedule_stays_between_0_and_1_from_the_first_step_to_beyond_the_last(
    kind: type[Schedule],
) -> None:
    for total in (1, 2, 3, 10, 1000):
        for warmup in (0, 1, 5, 2000):
            schedule = kind(warmup=warmup)
            assert all(0 <= schedule.factor(step, total) <= 1 for step in range(total + 10))


@pytest.mark.parametrize("kind", Schedule.registry.values(), ids=Schedule.registry)
def test_warm_up_rises_in_a_straight_line_and_then_the_schedule_begins(kind: type[Schedule]) -> None:
    warm, plain = factors(kind(warmup=WARMUP), TOTAL + WARMUP), factors(kind())
    assert warm[WARMUP:] == pytest.approx(plain)
    rise = [(step + 1) / (WARMUP + 1) * plain[0] for step in range(WARMUP)]
    assert warm[:WARMUP] == pytest.approx(rise)


def test_a_schedule_keeps_its_form_when_the_run_grows() -> None:
    for schedule in (StepDecay(), Exponential(), Cosine()):
        assert schedule.factor(30, 60) == pytest.approx(schedule.factor(3000, 6000))
