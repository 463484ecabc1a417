"""Supervised training: what it computes, when it stops, and that a kill between any two events changes no bit."""

import copy
from collections.abc import Iterator
from typing import Any

import pytest
import torch
from torch import nn

from builder import Project
from engines.context import Context
from engines.data import Data, Splits, prepare
from engines.data.generated import Moons
from engines.data.small import Diabetes, Iris
from engines.events import Event, Measured, Notice, Step
from engines.losses import MSE, BinaryCrossEntropy, CrossEntropy, Formula, Hinge, Huber, Loss
from engines.metrics import BASELINE
from engines.optimisers import LBFGS, SGD, Adam, AdamW, Optimiser
from engines.runs.exact import exact
from engines.schedules import Constant, Cosine, OneCycle, ReduceOnPlateau, Schedule
from engines.supervised import Supervised

IRIS = Data(source=Iris())


@pytest.fixture(autouse=True)
def _exact() -> Iterator[None]:
    with exact(0, 1):
        yield


def network(splits: Splits, outputs: int = 0, *, dropout: float = 0.0) -> nn.Module:
    torch.manual_seed(3)
    return nn.Sequential(nn.Linear(splits.input_shape[0], 16), nn.ReLU(), nn.Dropout(dropout),
                         nn.Linear(16, outputs or splits.outputs))  # fmt: skip


def started(splits: Splits, model: nn.Module) -> Context:
    return Context(Project(), splits, {"model": model})


def events(engine: Supervised, ctx: Context) -> Iterator[Event]:
    """The engine's events, with the driver's part in them."""
    for event in engine.run(ctx):
        ctx.step_count += isinstance(event, Step)
        yield event


def told(event: Event) -> Any:
    return float(event.loss) if isinstance(event, Step) else event


def test_the_losses_are_those_of_an_ordinary_loop() -> None:
    """Bit-equal to what a textbook writes: a loop over shuffled batches with torch's own optimiser."""
    splits = prepare(IRIS)
    model = network(splits)
    twin = copy.deepcopy(model)
    ctx = started(splits, model)
    batches = []
    original = ctx.batches
    ctx.batches = lambda part, size: (batches.append(pair) or pair for pair in original(part, size))  # type: ignore
    losses = [
        float(event.loss) for event in events(Supervised(epochs=5, batch=16), ctx) if isinstance(event, Step)
    ]
    optimiser = torch.optim.Adam(twin.parameters(), lr=0.001, fused=True)
    for (x, y), loss in zip(batches, losses, strict=True):
        optimiser.zero_grad()
        value = nn.functional.cross_entropy(twin(x), y)
        value.backward()
        optimiser.step()
        assert float(value.detach()) == loss
    assert all(torch.equal(a, b) for a, b in zip(model.parameters(), twin.parameters(), strict=True))


def test_every_training_example_is_shown_once_an_epoch_and_no_other() -> None:
    splits = prepare(IRIS)
    ctx = started(splits, network(splits))
    for _ in ctx.epochs(2):
        seen = torch.cat([x for x, _ in ctx.batches("train", 10)])
        assert torch.equal(seen.unique(dim=0), splits.train.inputs.unique(dim=0)) and len(seen) == len(
            splits.train
        )


def test_a_run_tells_steps_baselines_validation_and_at_last_the_test() -> None:
    splits = prepare(IRIS)
    seen = list(events(Supervised(epochs=2, batch=50), started(splits, network(splits))))
    told = [event.part if isinstance(event, Measured) else type(event).__name__ for event in seen]
    baselines = [BASELINE + "Most frequent", BASELINE + "Logistic regression"]
    assert told == ["Step", "Step", *baselines, "validation", "Step", "Step", "validation", "test"]
    measured = seen[4]
    assert isinstance(measured, Measured) and set(measured.values) == {"loss", "accuracy", "f1"}


def test_without_a_validation_part_it_trains_to_the_end() -> None:
    splits = prepare(Data(source=Iris(), validation=0))
    seen = list(events(Supervised(epochs=3, batch=200), started(splits, network(splits))))
    parts = [event.part for event in seen if isinstance(event, Measured)]
    assert "validation" not in parts and parts[-1] == "test"
    assert sum(isinstance(event, Step) for event in seen) == 3


def test_early_stopping_restores_the_best_weights() -> None:
    splits = prepare(IRIS)
    model = network(splits)
    ctx = started(splits, model)
    # A rate that overshoots: the validation loss rises again soon.
    engine = Supervised(epochs=200, batch=16, optimiser=SGD(lr=3.0, momentum=0.9), patience=4)
    seen, weights = [], []
    for event in events(engine, ctx):
        seen.append(event)
        if isinstance(event, Measured) and event.part == "validation":
            weights.append(copy.deepcopy(model.state_dict()))
    losses = [
        event.values["loss"] for event in seen if isinstance(event, Measured) and event.part == "validation"
    ]
    best = losses.index(min(losses))
    assert len(losses) == best + 1 + 4 < 200
    (notice,) = (event for event in seen if isinstance(event, Notice))
    assert notice.text == (
        f"Stopped after epoch {len(losses)}: the validation loss has not fallen for 4 epochs. "
        f"The weights of epoch {best + 1} are back."
    )
    assert all(torch.equal(value, weights[best][name]) for name, value in model.state_dict().items())


def test_the_gradient_is_clipped() -> None:
    splits = prepare(IRIS)
    model = network(splits)
    before = copy.deepcopy(model.state_dict())
    next(iter(events(Supervised(clip=0.01, optimiser=SGD(lr=1.0)), started(splits, model))))
    moved = torch.cat([(model.state_dict()[name] - value).flatten() for name, value in before.items()]).norm()
    assert float(moved) == pytest.approx(0.01, rel=1e-3)


def test_class_weights_reach_the_loss() -> None:
    splits = prepare(Data(source=Iris(), stratify=False, seed=4))
    counts = torch.bincount(splits.train.targets).float()
    assert len(counts.unique()) > 1
    weights = len(splits.train) / (3 * counts)
    model = network(splits)
    expected = nn.functional.cross_entropy(model(splits.train.inputs), splits.train.targets, weights)
    step = next(iter(events(Supervised(batch=500, class_weights=True), started(splits, model))))
    assert isinstance(step, Step) and float(step.loss) == pytest.approx(float(expected.detach()))


def test_the_schedule_sets_the_rate_of_every_step() -> None:
    splits = prepare(IRIS)
    ctx = started(splits, network(splits))
    schedule = Cosine(warmup=3, final=0.1)
    engine = Supervised(epochs=4, batch=20, optimiser=SGD(lr=0.5), schedule=schedule)
    rates = [
        ctx.updates["model"].optimiser.param_groups[0]["lr"]
        for event in events(engine, ctx)
        if isinstance(event, Step)
    ]
    assert len(rates) == 20
    assert rates == pytest.approx([0.5 * schedule.factor(step, 20) for step in range(20)])


KILLS: list[tuple[Optimiser, Schedule, int]] = [
    (Adam(lr=0.01), Constant(), 0),
    (SGD(lr=0.1, momentum=0.9, nesterov=True), OneCycle(warmup=2), 0),
    (AdamW(lr=0.05), ReduceOnPlateau(patience=0, gamma=0.5), 0),
    (SGD(lr=3.0, momentum=0.9), Cosine(), 2),
    (LBFGS(iterations=3), Constant(), 0),
]  # fmt: skip


@pytest.mark.parametrize(
    ("optimiser", "schedule", "patience"), KILLS, ids=lambda value: getattr(value, "kind", "")
)
def test_a_kill_after_any_step_changes_no_bit(
    optimiser: Optimiser, schedule: Schedule, patience: int
) -> None:
    splits = prepare(IRIS)
    engine = Supervised(epochs=5, batch=32, optimiser=optimiser, schedule=schedule, patience=patience)
    saved: list[tuple[int, dict[str, Any]]] = []
    ctx = started(splits, network(splits, dropout=0.3))
    whole = []
    for event in events(engine, ctx):
        whole.append(told(event))
        if isinstance(event, Step):
            saved.append((len(whole), copy.deepcopy(ctx.capture())))
    final = copy.deepcopy(ctx.model.state_dict())
    for place, tree in saved[:: max(1, len(saved) // 5)] + saved[-1:]:
        torch.manual_seed(99)
        again = started(splits, network(splits, dropout=0.3))
        again.restore(copy.deepcopy(tree))
        assert [told(event) for event in events(engine, again)] == whole[place:]
        assert all(torch.equal(final[name], value) for name, value in again.model.state_dict().items())


@pytest.mark.parametrize(("source", "loss", "outputs"), [
    (Moons(), BinaryCrossEntropy(), 1), (Moons(), Hinge(), 1), (Moons(), MSE(), 1), (Moons(), MSE(), 2),
    (Moons(), Formula(text="softplus(-target * prediction)"), 1), (Moons(), CrossEntropy(label_smoothing=0.1), 2),
    (Moons(), Hinge(squared=True), 2),
], ids=lambda value: getattr(value, "kind", str(value)))  # fmt: skip
def test_two_classes_are_learned_with_one_output_or_two(source: Any, loss: Loss, outputs: int) -> None:
    splits = prepare(Data(source=source))
    assert loss.suits(splits.task, outputs, splits.outputs) == []
    engine = Supervised(epochs=40, batch=32, loss=loss, optimiser=Adam(lr=0.02), class_weights=loss.weighted)
    (test,) = (
        event
        for event in events(engine, started(splits, network(splits, outputs)))
        if isinstance(event, Measured) and event.part == "test"
    )
    assert test.values["accuracy"] > 0.93 and test.values["auroc"] > 0.97


@pytest.mark.parametrize("loss", [MSE(), Huber(), Formula()], ids=lambda loss: loss.kind)
def test_values_are_learned_and_measured_in_their_own_units(loss: Loss) -> None:
    splits = prepare(Data(source=Diabetes()))
    engine = Supervised(epochs=30, batch=32, loss=loss, optimiser=Adam(lr=0.003), patience=8)
    found = {
        event.part: event.values
        for event in events(engine, started(splits, network(splits)))
        if isinstance(event, Measured)
    }
    assert 40 < found["test"]["rmse"] < found[BASELINE + "Mean"]["rmse"] - 10
    assert 40 < found[BASELINE + "Ridge regression"]["rmse"] < 70


@pytest.mark.gpu
@pytest.mark.parametrize("mixed", [False, True])
def test_on_cuda_it_learns_in_full_and_in_mixed_precision(mixed: bool) -> None:
    splits = prepare(IRIS)
    ctx = Context(Project(), splits, {"model": network(splits)}, "cuda")
    engine = Supervised(epochs=60, batch=16, optimiser=Adam(lr=0.01), mixed_precision=mixed, clip=5.0)
    (test,) = (event for event in events(engine, ctx) if isinstance(event, Measured) and event.part == "test")
    assert test.values["accuracy"] > 0.9
    assert all(value.dtype == torch.float32 for value in ctx.model.state_dict().values())
