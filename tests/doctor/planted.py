"""Projects with a fault in each: small, real, and ill for the reason that stands beside them."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from builder import Project
from builder.templates.sketch import Sketch, from_source
from engines.data.table.uploads import store_csv
from engines.workspace import Workspace

Draw = Callable[[Sketch], None]


@dataclass(frozen=True)
class Planted:
    """A project, the symptom that it must show, and where."""

    make: Callable[[], Project]
    symptom: str
    place: str
    node: str = ""


def project(name: str, draw: Draw, data: dict[str, Any], **engine: Any) -> Project:
    """A project, drawn."""
    sketch = Sketch()
    draw(sketch)
    return Project(
        name=name, graphs={"model": sketch.finished()}, data=data, engine={"kind": "Supervised", **engine}
    )


def mlp(features: int, hidden: tuple[int, ...], outputs: int, activation: str = "ReLU") -> Draw:
    """Linear layers with an activation between them."""

    def draw(net: Sketch) -> None:
        x = net.input("features", features)
        for units in hidden:
            x = net(activation, net("Linear", x, units=units))
        net.output(net("Linear", x, units=outputs))

    return draw


def images(hidden: tuple[int, ...], activation: str = "ReLU") -> Draw:
    """The same on digits of 8 × 8 pixels."""

    def draw(net: Sketch) -> None:
        x = net("Flatten", net.input("image", 1, 8, 8))
        for units in hidden:
            x = net(activation, net("Linear", x, units=units))
        net.output(net("Linear", x, units=10))

    return draw


def table(name: str, target: str, **columns: Any) -> dict[str, Any]:
    """Data settings of an uploaded table with these columns."""
    lines = [",".join(columns), *(",".join(map(str, row)) for row in zip(*columns.values(), strict=True))]
    stored = store_csv("\n".join(lines).encode(), f"{name}.csv", Workspace(os.environ["STRATA_HOME"]).uploads)
    return {"source": {"kind": "Csv", "file": stored, "target": [target]}}


def sgd(lr: float, **more: Any) -> dict[str, Any]:
    """Plain gradient descent."""
    return {"kind": "SGD", "lr": lr, **more}


def not_finite() -> Project:
    """A regression whose steps are so long that each overshoots the last, until numbers end."""
    data = from_source("Diabetes")
    return project(
        "No number", mlp(10, (16,), 1), data, epochs=60, batch=32, loss={"kind": "MSE"}, optimiser=sgd(2.0)
    )


def diverging() -> Project:
    """Momentum and a rate that together are too much, for a loss that grows no faster than the scores."""
    optimiser = sgd(3.0, momentum=0.95)
    return project(
        "Diverging", images((32, 32), "Tanh"), from_source("Digits"), epochs=25, batch=32, optimiser=optimiser
    )


def plateau() -> Project:
    """A linear map before a problem that no straight line solves."""
    data, optimiser = from_source("Xor"), {"kind": "Adam", "lr": 0.01}
    return project("Plateau", mlp(2, (), 2), data, epochs=60, batch=32, optimiser=optimiser)


def decayed() -> Project:
    """Weight decay that pulls all weights to zero faster than they can grow."""
    return project(
        "Decayed",
        mlp(2, (16, 16), 2),
        from_source("Moons"),
        epochs=80,
        batch=16,
        optimiser=sgd(0.05, weight_decay=1.0),
    )


def dead_units() -> Project:
    """A rate at which the first steps throw most units to where they never give anything again."""
    optimiser = {"kind": "Adam", "lr": 0.5}
    return project("Dead", images((64, 32)), from_source("Digits"), epochs=30, batch=32, optimiser=optimiser)


def vanishing() -> Project:
    """Ten sigmoids behind one another."""
    draw = images((32,) * 10, "Sigmoid")
    return project("Vanishing", draw, from_source("Digits"), epochs=30, batch=32, optimiser=sgd(0.1))


def exploding() -> Project:
    """Ten blocks whose skip connection counts twice, without normalisation: each makes all twice as large."""

    def residual(block: Sketch) -> None:
        x = block.input("x", 16)
        block.output(block("Add", block("ReLU", block("Linear", x, units=16)), x, x))

    def draw(net: Sketch) -> None:
        net.define("residual", residual)
        x = net("Linear", net.input("point", 2), units=16)
        net.output(net("Linear", net.block("residual", x, repeat=10), units=2))

    data = from_source("Moons", noise=0.2)
    return project("Exploding", draw, data, epochs=120, batch=16, optimiser=sgd(0.003))


def overfitting() -> Project:
    """Two clouds that overlap so far that most of what a large network learns of them is noise."""
    data = {**from_source("Moons", samples=300, noise=0.8), "validation": 0.4}
    optimiser = {"kind": "Adam", "lr": 0.005}
    return project("Overfitting", mlp(2, (128, 128), 2), data, epochs=150, batch=32, optimiser=optimiser)


def imbalance() -> Project:
    """One row in twelve is ill, and its values overlap with those of the healthy."""
    draw = np.random.default_rng(0)
    ill = draw.random(2000) < 1 / 12
    a, b = (draw.normal(ill * 0.7, 1.0) for _ in range(2))
    data = table("patients", "state", a=a.round(3), b=b.round(3), state=np.where(ill, "ill", "well"))
    return project("Imbalance", mlp(2, (16,), 2), data, epochs=30, batch=32)


def leakage() -> Project:
    """Whether a loan was paid back, from income and age; and from the reminders sent to those who did not."""
    draw = np.random.default_rng(0)
    income, age = draw.normal(40, 12, 900), draw.integers(20, 70, 900)
    paid = income + age / 2 + draw.normal(0, 15, 900) > 62
    reminders = np.where(paid, 0, draw.integers(1, 5, 900))
    columns = {"income": income.round(1), "age": age, "reminders": reminders}
    data = table("loans", "paid", **columns, paid=np.where(paid, "yes", "no"))
    return project("Leakage", mlp(3, (16,), 2), data, epochs=30, batch=32)


def unscaled() -> Project:
    """Wine as it was measured: proline counts hundreds, the hue is about one."""
    data = {**from_source("Wine"), "scaling": "none"}
    return project("Unscaled", mlp(13, (32,), 3), data, epochs=60, batch=16, optimiser=sgd(0.01))


def saturated() -> Project:
    """Steps that drive the layers of tanh into their ends, where they stay."""
    draw, optimiser = images((32, 32, 32), "Tanh"), {"kind": "Adam", "lr": 0.1}
    return project("Saturated", draw, from_source("Digits"), epochs=30, batch=32, optimiser=optimiser)


def too_slow() -> Project:
    """A hundred-thousandth of a gradient a step."""
    return project("Slow", images((32,)), from_source("Digits"), epochs=20, batch=32, optimiser=sgd(1e-5))


def few_steps() -> Project:
    """All examples in one batch."""
    return project("One batch", images((32,)), from_source("Digits"), epochs=20, batch=2000)


FAULTS = {
    "not finite": Planted(not_finite, "NotFinite", "loss"),
    "diverging": Planted(diverging, "Diverging", "loss"),
    "plateau": Planted(plateau, "NotLearning", "loss"),
    "decayed": Planted(decayed, "DecayTooStrong", "loss"),
    "dead units": Planted(dead_units, "DeadUnits", "node", "relu"),
    "vanishing": Planted(vanishing, "VanishingGradients", "node", "linear1"),
    "exploding": Planted(exploding, "ExplodingGradients", "node", "linear"),
    "overfitting": Planted(overfitting, "Overfitting", "loss"),
    "imbalance": Planted(imbalance, "ClassImbalance", "metric"),
    "leakage": Planted(leakage, "TargetLeakage", "data"),
    "unscaled": Planted(unscaled, "UnscaledInput", "data"),
    "saturated": Planted(saturated, "SaturatedUnits", "node", "tanh"),
    "too slow": Planted(too_slow, "RateTooSmall", "loss"),
    "few steps": Planted(few_steps, "FewSteps", "loss"),
}
