"""Rows 5, 7 and 9: training with telemetry against a plain loop, and a step against its gradients."""

import itertools
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch.utils.data import DataLoader, TensorDataset

import builder
from engines.context import Context
from engines.data.data import Data, prepare
from engines.runs import driver as drivers
from engines.runs import probing, snapshots
from engines.runs import saving as savings
from engines.runs.driver import Driver
from engines.runs.record import Record
from engines.runs.run import Run
from engines.supervised import Supervised
from tests.benchmarks.networks import mlp
from tests.benchmarks.protocol import Result, Work, ratio


@dataclass(frozen=True)
class Training:
    """A workload with its data and engine, and the goals for rows 5 and 7."""

    name: str
    project: builder.Project
    faster: str
    step: str


def trainings() -> list[Training]:
    """The small workloads of the table."""
    sgd, adam = {"kind": "SGD", "lr": 0.03}, {"kind": "Adam", "lr": 0.01}
    points, spirals, digits = {"kind": "Moons", "samples": 250}, {"kind": "Spirals"}, {"kind": "Digits"}
    return [
        _training(
            "pg 2-4-4-1", mlp("", 10, 2, 4, 4, 1).graph, points, ("≥1.8", "≤1.0"),
            batch=10, optimiser=sgd, loss={"kind": "BinaryCrossEntropy"},
        ),
        _training("spiral 2-32-32-3", _spiral(), spirals, ("≥2.7", "≤1.25"), batch=32, optimiser=adam),
        _training("digits MLP", _template("digits-mlp"), digits, ("≥2.7", "≤1.25"), batch=64, optimiser=adam),
        _training("digits CNN", _template("digits-cnn"), digits, ("≥1.35", "≤1.10"), batch=64, optimiser=adam),
    ]  # fmt: skip


def _spiral() -> builder.Graph:
    return mlp("", 32, 2, 32, 32, 3).graph


def _template(name: str) -> builder.Graph:
    return builder.template(name).graph


def _training(
    name: str, graph: builder.Graph, source: dict[str, Any], goals: tuple[str, str], **engine: Any
) -> Training:
    settings = {"kind": "Supervised", "epochs": 1_000_000, **engine}
    data = {"source": source, "validation": 0.0}
    return Training(
        name, builder.Project(name=name, graphs={"model": graph}, data=data, engine=settings), *goals
    )


def run() -> Iterator[Result]:
    """All rows about training."""
    with tempfile.TemporaryDirectory() as folder:
        for number, training in enumerate(trainings()):
            place = Path(folder) / str(number)
            ours, alone, gradients = _driven(training, place), _engine_alone(training), _gradients(training)
            telemetry = _driven(training, place / "telemetry", saving=False)
            yield ratio(
                f"5  samples/s ÷ plain DataLoader loop: {training.name}",
                ours,
                _plain(training),
                training.faster,
                inverse=True,
            )
            yield ratio(
                f"7  step ÷ forward and backward alone: {training.name}", alone, gradients, training.step
            )
            yield ratio(f"9  telemetry and probes on ÷ off: {training.name}", telemetry, alone, "≤1.03")
            yield ratio(f"9  and checkpoints and snapshots: {training.name}", ours, alone, "–")


def _context(training: Training) -> tuple[Supervised, Context]:
    splits = prepare(Data.model_validate(training.project.data))
    torch.manual_seed(0)
    engine = Supervised.model_validate({k: v for k, v in training.project.engine.items() if k != "kind"})
    return engine, Context(training.project, splits, {"model": builder.compile(training.project.graph)})


class Clock:
    """The clock of a driver, which stands still while others are measured: what happens by time must not happen more
    often for a training that has the processor only some of the time."""

    def __init__(self) -> None:
        self.passed, self.began = 0.0, None

    def monotonic(self) -> float:
        """Seconds that went by while the clock ran."""
        return self.passed + (time.perf_counter() - self.began if self.began is not None else 0.0)

    def __getattr__(self, name: str) -> Any:
        return getattr(time, name)

    def while_running(self, work: Work) -> Work:
        """The work, with the clock running."""

        def timed() -> None:
            self.began = time.perf_counter()
            work()
            self.passed += time.perf_counter() - self.began
            self.began = None

        return timed


def _driven(training: Training, folder: Path, saving: bool = True) -> Work:
    """A step of a run as the worker makes it: events written, status reported, probes read, checkpoints taken."""
    clock, (engine, context) = Clock(), _context(training)
    driver = Driver(engine, context, Record(Run.create(folder, training.project)), [])
    if not saving:
        driver.saving.due = lambda: False  # type: ignore[method-assign]
        driver.saving.snapshots.wanted = lambda step: False  # type: ignore[method-assign]
    events = engine.run(context)
    context.boundary = driver._boundary

    def step() -> None:
        for module in (drivers, probing, savings, snapshots):
            module.time = clock  # type: ignore[attr-defined]
        driver._take(next(events))

    driver._due = driver.probing._due = driver.probing._keep_due = driver.saving._due = 0.0
    driver.probing._free = 0.0  # what comes once, however long a run takes
    return clock.while_running(step)


def _engine_alone(training: Training) -> Work:
    """A step of the engine with nobody listening."""
    engine, context = _context(training)
    events = engine.run(context)

    def step() -> None:
        next(events)
        context.step_count += 1

    return step


def _gradients(training: Training) -> Work:
    """Forward and backward of one batch."""
    engine, context = _context(training)
    x, y = (tensor[: engine.batch] for tensor in context.part("train"))
    loss, parameters = engine.loss.build(None), list(context.model.parameters())

    def both() -> None:
        for parameter in parameters:
            parameter.grad = None
        loss(context.model(x), y).backward()

    return both


def _plain(training: Training) -> Work:
    """A step of the loop that every tutorial shows."""
    engine, context = _context(training)
    loader = DataLoader(TensorDataset(*context.part("train")), batch_size=engine.batch, shuffle=True)
    optimiser = (torch.optim.SGD if engine.optimiser.kind == "SGD" else torch.optim.Adam)(
        context.model.parameters(), lr=0.01
    )
    loss = engine.loss.build(None)
    batches = itertools.chain.from_iterable(loader for _ in itertools.count())

    def step() -> None:
        x, y = next(batches)
        optimiser.zero_grad()
        loss(context.model(x), y).backward()
        optimiser.step()

    return step
