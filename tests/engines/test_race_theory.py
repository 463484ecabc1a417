"""What theory expects, against closed forms and what happens; and single steps in numbers."""

import numpy as np
import pytest
from scipy.optimize import rosen_hess

from engines.optimisers import LBFGS, SGD, Adam, AdamW, Optimiser, RMSprop
from engines.race import limits, race, steps, usual
from engines.race.surfaces.classical import Himmelblau, Rosenbrock
from engines.race.surfaces.formula import Formula, FormulaInX
from engines.race.surfaces.quadratic import Parabola, Quadratic, Saddle
from engines.race.surfaces.wells import DoubleWell


def test_a_turned_bowl_has_its_curvatures_and_the_rates_of_the_textbook() -> None:
    found = limits(Quadratic(condition=100, angle=30), (3, 3))
    assert found.at == (0, 0) and found.slope == 0 and found.why == ""
    assert found.eigenvalues == pytest.approx((1, 100)) and found.condition == pytest.approx(100)
    flat = np.array(found.directions[0])
    assert abs(flat @ [np.cos(np.pi / 6), np.sin(np.pi / 6)]) == pytest.approx(1)
    assert found.largest_rate == pytest.approx(0.02) and found.best_rate == pytest.approx(2 / 101)
    assert found.contraction == pytest.approx(99 / 101)
    assert found.momentum == pytest.approx((9 / 11) ** 2)
    assert found.momentum_rate == pytest.approx(4 / 121)
    assert found.momentum_contraction == pytest.approx(9 / 11)


def test_the_hessian_is_that_of_the_nearest_minimum_or_of_the_point() -> None:
    found = limits(Rosenbrock(), (-1, 2))
    np.testing.assert_allclose(found.eigenvalues, np.linalg.eigvalsh(rosen_hess(np.ones(2))), rtol=1e-12)
    here = limits(Rosenbrock(), (-1, 2), here=True)
    np.testing.assert_allclose(here.eigenvalues, np.linalg.eigvalsh(rosen_hess(np.array([-1.0, 2.0]))))
    assert here.at == (-1, 2) and here.slope > 100 > found.slope
    assert limits(Himmelblau(), (-3, -3)).at == Himmelblau().minima[2]
    assert limits(DoubleWell(), (0.5,)).at == DoubleWell().minima[1]


def test_on_a_parabola_one_step_is_enough() -> None:
    found = limits(Parabola(curvature=5), (1,))
    assert (found.condition, found.contraction, found.momentum) == (1, 0, 0)
    assert (found.best_rate, found.momentum_rate) == pytest.approx((0.2, 0.2))


def test_the_largest_stable_rate_holds_near_a_minimum_that_is_no_quadratic() -> None:
    rate = limits(Rosenbrock(), (1, 1)).largest_rate
    assert rate == pytest.approx(2 / 1001.6, rel=1e-4)
    near = (1 + 1e-6, 1 - 1e-6)
    below, past = race(Rosenbrock(), near, [SGD(lr=0.98 * rate), SGD(lr=1.02 * rate)], 200)
    gaps = [np.linalg.norm(one.positions - 1, axis=1) for one in (below, past)]
    assert gaps[0][-1] < gaps[0][0] and gaps[1][-1] > 100 * gaps[1][0]


@pytest.mark.parametrize(("text", "words", "largest"), [
    ("x ** 2 - y ** 2", "curves downwards here (curvature -2)", None),
    ("x ** 2 + 0 * y", "flat in one direction", 1.0),
    ("x + y", "does not curve at all", None),
    ("-(x ** 2) - y ** 2", "curves downwards", None),
])  # fmt: skip
def test_what_does_not_apply_is_left_out_with_the_reason(
    text: str, words: str, largest: float | None
) -> None:
    found = limits(Formula(text=text), (0, 0))
    assert words in found.why and found.largest_rate == largest
    left_out = (found.condition, found.best_rate, found.contraction, found.momentum, found.momentum_rate)
    assert {*left_out, found.momentum_contraction} == {None}
    with pytest.raises(ValueError, match="finite curvature"):
        limits(Formula(text="sqrt(x) + y"), (0, 0))


@pytest.mark.parametrize("optimiser", [*usual(Himmelblau()), LBFGS()], ids=lambda one: one.kind)
def test_steps_are_those_of_the_race(optimiser: Optimiser) -> None:
    start = Himmelblau().start
    told = steps(Himmelblau(), start, optimiser, 12, noise=0.5, seed=2)
    (trace,) = race(Himmelblau(), start, [optimiser], 12, noise=0.5, seed=2)
    assert len(told.steps) == 12 and told.why == ""
    before = None
    for one, place, slope, length in zip(
        told.steps, trace.positions[1:], trace.gradients[:-1], trace.lengths, strict=True
    ):
        np.testing.assert_allclose(one.new_position, place, rtol=1e-9)
        np.testing.assert_allclose(one.slope, slope, rtol=1e-6, atol=1e-8)
        assert np.hypot(*one.move) == pytest.approx(length, rel=1e-6)
        if before is None:
            assert one.number == 1 and one.position == start
            assert not any(np.any(held) for held in one.before.values())
        else:
            assert one.position == before.new_position and one.before == before.after
            assert (one.value, one.slope) == (before.new_value, before.new_slope)
        before = one


def test_momentum_remembers_its_velocity() -> None:
    told = steps(Rosenbrock(), (-1.2, 1), SGD(lr=0.0005, momentum=0.9), 6, noise=1.0).steps
    for one in told:
        last = np.array(one.before.get("momentum_buffer", (0, 0)))
        np.testing.assert_allclose(one.after["momentum_buffer"], 0.9 * last + one.gradient)
        np.testing.assert_allclose(one.move, -0.0005 * np.array(one.after["momentum_buffer"]), rtol=1e-9)
        assert one.gradient != one.slope and one.corrected == {}
    (plain,) = steps(Rosenbrock(), (-1.2, 1), SGD(lr=0.001), 1).steps
    assert plain.gradient == plain.slope and plain.after == {}


@pytest.mark.parametrize("kind", [Adam, AdamW])
def test_adams_means_are_corrected(kind: type[Adam]) -> None:
    optimiser = kind(lr=0.02, beta1=0.8, beta2=0.95, weight_decay=0)
    told = steps(Rosenbrock(), (-1.2, 1), optimiser, 8).steps
    first = told[0]
    np.testing.assert_allclose(first.corrected["m_hat"], first.gradient)
    np.testing.assert_allclose(first.corrected["v_hat"], np.square(first.gradient))
    for one in told:
        m, v = (np.array(one.corrected[name]) for name in ("m_hat", "v_hat"))
        np.testing.assert_allclose(one.move, -0.02 * m / (np.sqrt(v) + 1e-8), rtol=1e-8)
        assert one.after["step"] == one.number
    weights = 0.95 ** np.arange(8)[::-1]
    squares = np.square([one.gradient for one in told])
    wanted = weights @ squares / weights.sum()  # a mean with weights: that is what the correction makes of it
    np.testing.assert_allclose(told[-1].corrected["v_hat"], wanted)


def test_other_rules_remember_by_torchs_own_names() -> None:
    (one,) = steps(Parabola(), (-3,), RMSprop(alpha=0.9), 1).steps
    assert one.after["square_avg"] == pytest.approx((0.9,)) and one.after["step"] == 1
    (one,) = steps(Quadratic(), (-3, 2), LBFGS(), 1).steps
    assert one.after["n_iter"] and len(one.after["d"]) == 2  # type: ignore[arg-type]


def test_overshooting_is_seen_in_the_sign_of_the_slope() -> None:
    for rate, overshot in ((0.5, False), (1.0, False), (1.5, True), (2.5, True)):
        told = steps(Parabola(), (-3,), SGD(lr=rate), 3).steps
        assert [one.overshot for one in told] == [overshot] * 3, rate
    swinging = steps(Parabola(), (-3,), SGD(lr=0.1, momentum=0.9), 30).steps
    for one in swinging:  # uphill it goes by its momentum, which crosses nothing
        assert one.overshot == (one.slope[0] * one.new_slope[0] < 0)
    assert 1 < sum(one.overshot for one in swinging) < 6
    downhill = steps(Saddle(), (0, 0.1), SGD(lr=0.1), 5).steps
    assert not any(one.overshot for one in downhill)


def test_steps_end_where_there_is_nothing_to_go_on_with() -> None:
    edge = FormulaInX(text="x - log(x)", x_low=0.1, x_high=4)
    told = steps(edge, (2,), SGD(lr=5), 10)
    assert told.steps == () and told.why == "Step 1: the function has no finite value at (-0.5)."
    far = steps(Parabola(), (-3,), SGD(lr=3), 100)
    assert far.why == "Step 19: the step led further than 1,000,000 away."  # 3 · 2¹⁹ is the first beyond
    assert len(far.steps) == 18
    with pytest.raises(ValueError, match="must start where the way down is known"):
        steps(edge, (-1,), SGD(), 3)
