"""The race: torch.optim's steps against formulas written by hand, rates against theory, noise, divergence."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from scipy.optimize import rosen_der
from torch import Tensor

from engines.optimisers import LBFGS, SGD, Adagrad, Adam, AdamW, Optimiser, RMSprop
from engines.race import race, usual
from engines.race.racer import noises
from engines.race.surfaces.classical import Himmelblau, Rosenbrock
from engines.race.surfaces.formula import Formula, FormulaInX
from engines.race.surfaces.quadratic import Parabola, Quadratic, Saddle

START = (-1.2, 1.0)
Rule = Callable[[np.ndarray, np.ndarray, int, dict[str, np.ndarray]], np.ndarray]


def plain(w: np.ndarray, g: np.ndarray, t: int, s: dict[str, np.ndarray]) -> np.ndarray:
    return w - 0.001 * g


def heavy_ball(w: np.ndarray, g: np.ndarray, t: int, s: dict[str, np.ndarray]) -> np.ndarray:
    new = w - 0.0005 * g + 0.9 * (w - s.get("last", w))  # Polyak's form, without a velocity
    s["last"] = w
    return new


def nesterov(w: np.ndarray, g: np.ndarray, t: int, s: dict[str, np.ndarray]) -> np.ndarray:
    s["v"] = 0.9 * s.get("v", 0 * g) + g
    return w - 0.0005 * (g + 0.9 * s["v"])


def adagrad(w: np.ndarray, g: np.ndarray, t: int, s: dict[str, np.ndarray]) -> np.ndarray:
    s["s"] = s.get("s", 0 * g) + g**2
    return w - 0.1 * g / (np.sqrt(s["s"]) + 1e-10)


def rmsprop(w: np.ndarray, g: np.ndarray, t: int, s: dict[str, np.ndarray]) -> np.ndarray:
    s["s"] = 0.99 * s.get("s", 0 * g) + 0.01 * g**2
    return w - 0.01 * g / (np.sqrt(s["s"]) + 1e-8)


def adam(w: np.ndarray, g: np.ndarray, t: int, s: dict[str, np.ndarray]) -> np.ndarray:
    s["m"] = 0.9 * s.get("m", 0 * g) + 0.1 * g
    s["v"] = 0.999 * s.get("v", 0 * g) + 0.001 * g**2
    return w - 0.02 * (s["m"] / (1 - 0.9**t)) / (np.sqrt(s["v"] / (1 - 0.999**t)) + 1e-8)


def adamw(w: np.ndarray, g: np.ndarray, t: int, s: dict[str, np.ndarray]) -> np.ndarray:
    return adam(w * (1 - 0.02 * 0.1), g, t, s)


RULES: list[tuple[Optimiser, Rule]] = [
    (SGD(lr=0.001), plain),
    (SGD(lr=0.0005, momentum=0.9), heavy_ball),
    (SGD(lr=0.0005, momentum=0.9, nesterov=True), nesterov),
    (Adagrad(lr=0.1), adagrad),
    (RMSprop(lr=0.01), rmsprop),
    (Adam(lr=0.02), adam),
    (AdamW(lr=0.02, weight_decay=0.1), adamw),
]


def test_each_way_is_that_of_the_formula_written_by_hand() -> None:
    traces = race(Rosenbrock(), START, [one for one, _ in RULES], 40)
    for (optimiser, rule), trace in zip(RULES, traces, strict=True):
        w, state = np.array(START), dict[str, np.ndarray]()
        for t in range(41):
            np.testing.assert_allclose(trace.positions[t], w, rtol=1e-8, err_msg=str(optimiser))
            np.testing.assert_allclose(trace.gradients[t], rosen_der(w), rtol=1e-6, atol=1e-8)
            w = rule(w, rosen_der(w), t + 1, state)
        assert trace.optimiser is optimiser and trace.positions.dtype == np.float64
        np.testing.assert_allclose(trace.lengths, np.hypot(*np.diff(trace.positions, axis=0).T))
        wanted = Rosenbrock().value(torch.tensor(trace.positions))
        np.testing.assert_allclose(trace.losses, wanted, rtol=1e-12)


def test_a_racer_alone_goes_the_way_it_goes_with_others() -> None:
    racers = [*usual(Himmelblau()), LBFGS()]
    together = race(Himmelblau(), Himmelblau().start, racers, 30, noise=1.0, seed=3)
    for racer, trace in zip(racers, together, strict=True):
        (alone,) = race(Himmelblau(), Himmelblau().start, [racer], 30, noise=1.0, seed=3)
        np.testing.assert_allclose(alone.positions, trace.positions, rtol=1e-9)
        assert alone.evaluations == trace.evaluations


def test_a_quadratic_converges_just_below_2_over_the_largest_curvature_and_diverges_just_past_it() -> None:
    bowl = Quadratic(condition=50, angle=20)
    below, past = race(bowl, (1, 1), [SGD(lr=0.99 * 2 / 50), SGD(lr=1.01 * 2 / 50)], 2000)
    assert below.diverged is None and below.losses[-1] < 1e-12
    grown = 1.01 * 2 - 1  # the factor of each step along the steep axis
    steep = abs(np.cos(np.radians(20)) - np.sin(np.radians(20)))
    assert past.diverged == pytest.approx(np.log(1e6 / steep / np.cos(np.radians(20))) / np.log(grown), abs=2)
    assert past.why == "the step led further than 1,000,000 away" and past.settled is None
    assert len(past.positions) == len(past.losses) == past.diverged == len(past.lengths) + 1
    assert np.abs(past.positions).max() <= 1e6 and past.evaluations == past.diverged


def test_polyaks_momentum_contracts_at_0_818_where_gradient_descent_does_at_0_980() -> None:
    momentum = ((10 - 1) / (10 + 1)) ** 2
    racers = [SGD(lr=(2 / (10 + 1)) ** 2, momentum=momentum), SGD(lr=2 / 101)]
    heavy, plain = race(Quadratic(condition=100), (-3, 2), racers, 400)
    far = np.linalg.norm(heavy.positions, axis=1)
    assert (far[400] / far[200]) ** (1 / 200) == pytest.approx(9 / 11, abs=0.005)
    far = np.linalg.norm(plain.positions, axis=1)
    assert (far[400] / far[200]) ** (1 / 200) == pytest.approx(99 / 101, abs=1e-6)


def test_noise_is_the_same_for_all_and_comes_from_the_seed() -> None:
    racers = [SGD(lr=0.001), SGD(lr=0.002)]
    traces = race(Rosenbrock(), START, racers, 500, noise=2.0, seed=5)
    felt = []
    for trace, racer in zip(traces, racers, strict=True):
        felt.append(-np.diff(trace.positions, axis=0) / racer.lr - trace.gradients[:-1])
    np.testing.assert_allclose(felt[0], felt[1], atol=1e-9)
    assert felt[0].std() == pytest.approx(2, rel=0.1) and abs(felt[0].mean()) < 0.2
    assert abs(np.corrcoef(felt[0].T)[0, 1]) < 0.15, "each axis has noise of its own"
    other, same = (race(Rosenbrock(), START, racers, 9, 2.0, seed)[0].positions for seed in (6, 5))
    assert (same == traces[0].positions[:10]).all() and not (other[1:] == same[1:]).any()


def test_a_search_sees_one_tilted_surface_in_all_of_a_step() -> None:
    """Its minimum is where the slope is minus the noise; the Hessian of this bowl is diag(1, 4)."""
    (trace,) = race(Quadratic(condition=4), (3, 2), [LBFGS()], 5, noise=1.0, seed=1)
    wanted = -noises(2, 5, 1.0, 1).numpy() / [1, 4]
    np.testing.assert_allclose(trace.positions[1:], wanted, atol=1e-4)
    assert trace.evaluations > 6


def test_arriving_is_not_staying() -> None:
    halving, swinging = race(Parabola(), (-3,), [SGD(lr=0.5), SGD(lr=0.01, momentum=0.9)], 200)
    assert halving.arrived == halving.settled == 6  # 3 / 2⁶ is the first within a hundredth of 8
    assert swinging.arrived and swinging.settled and swinging.arrived < swinging.settled
    near = np.abs(swinging.positions[:, 0]) <= 0.08
    assert near[swinging.settled :].all() and not near[swinging.settled - 1]
    assert near[swinging.arrived] and not near[: swinging.arrived].any()
    (valley,) = race(Rosenbrock(), START, [SGD(lr=0.0005, momentum=0.9)], 1500)
    assert valley.arrived and valley.losses[valley.arrived] <= 24.2e-4 < valley.losses[valley.arrived - 1]
    assert np.hypot(*(valley.positions[valley.arrived] - 1)) > 0.01 * np.hypot(4, 4), (
        "low enough, not near yet"
    )
    (nowhere,) = race(Saddle(), Saddle().start, [SGD(lr=0.1)], 20)
    assert nowhere.arrived is None and nowhere.settled is None
    (there,) = race(Parabola(), (0,), [SGD()], 3)
    assert there.arrived == there.settled == 0
    (late,) = race(Parabola(), (-3,), [SGD(lr=0.5)], 5)
    assert late.arrived is None and late.settled is None


def test_who_leaves_where_there_are_numbers_stops_and_the_others_go_on() -> None:
    edge = FormulaInX(text="x - log(x)", x_low=0.1, x_high=4)
    over, calm = race(edge, (0.2,), [SGD(lr=1.5), SGD(lr=0.01)], 50)  # the slope is −4: 0.2 → 6.2 → 4.94 …
    assert over.diverged is None and calm.losses[-1] < calm.losses[0]
    over, calm = race(edge, (2,), [SGD(lr=5), SGD(lr=0.01)], 50)  # 2 → 2 − 5 · 0.5
    assert over.diverged == 1 and over.why == "the function has no finite value at (-0.5)"
    assert over.positions.tolist() == [[2]] and len(calm.positions) == 51 and calm.diverged is None
    (rooted,) = race(FormulaInX(text="sqrt(x)", x_low=0, x_high=4), (1,), [SGD(lr=2)], 5)  # 1 → 0
    assert rooted.diverged == 1 and rooted.why == "the function has no finite slope at (0)"
    (overflown,) = race(Formula(text="x ** 64 + y"), (1000, 0), [SGD(lr=1)], 5)
    assert overflown.diverged == 1
    for start in (1, 1), (0.5, 2):  # its search ends beyond 0, from the second in an error of torch's own
        (searching,) = race(Formula(text="log(x) + y ** 2"), start, [LBFGS()], 30)
        assert searching.diverged and "no finite value at (-" in searching.why
        assert np.isfinite(searching.positions).all() and np.isfinite(searching.losses).all()


def test_what_cannot_be_raced_is_refused_in_words() -> None:
    for surface, start, racers, steps, words in (
        (Rosenbrock(), (1.0,), [SGD()], 5, "must be a point of 2 numbers"),
        (Rosenbrock(), (float("nan"), 1.0), [SGD()], 5, "must be a point of finite numbers"),
        (Rosenbrock(), START, [], 5, "must have at least one optimiser"),
        (Rosenbrock(), START, [SGD()], 0, "must take between 1 and 100,000 steps, not 0"),
        (FormulaInX(text="log(x)"), (-1.0,), [SGD()], 5, r"no finite value at \(-1\)"),
        (FormulaInX(text="sqrt(x)"), (0.0,), [SGD()], 5, r"no finite slope at \(0\)"),
    ):
        with pytest.raises(ValueError, match=words):
            race(surface, start, racers, steps)  # type: ignore[arg-type]
    for size in (-1.0, float("nan")):
        with pytest.raises(ValueError, match="noise of a finite size"):
            race(Rosenbrock(), START, [SGD()], 5, noise=size)


class Cone:
    """What a race must make do with: three members and nothing else."""

    dimensions = 2
    bounds = ((-1.0, 1.0), (-1.0, 1.0))

    def __init__(self) -> None:
        self.asked = 0

    def value(self, points: Tensor) -> Tensor:
        self.asked += 1
        return points.square().sum(-1)


class Measured(Cone):
    """One that brings its own gradients."""

    def slopes(self, points: Tensor) -> tuple[Tensor, Tensor]:
        return points.square().sum(-1), 2 * points

    def value(self, points: Tensor) -> Tensor:
        raise AssertionError("gradients are asked of slopes")


def test_anything_with_values_can_be_raced_and_all_racers_cost_one_evaluation_a_step() -> None:
    cone, racers = Cone(), usual(Rosenbrock())
    traces = race(cone, (1, 0.5), racers, 60)
    assert cone.asked == 61, "seven racers, one evaluation: else a race is seven times as slow"
    again = race(Measured(), (1, 0.5), racers, 60)
    for one, other in zip(traces, again, strict=True):
        np.testing.assert_allclose(one.positions, other.positions, rtol=1e-12)
        assert one.arrived is None and one.evaluations == 61
    alone = Cone()
    (searching,) = race(alone, (1, 0.5), [LBFGS()], 5, noise=1.0)
    assert searching.evaluations == alone.asked > 6
