"""Surfaces: each tested by itself, against scipy, closed forms and torch; formulas that attack; grids."""

import math

import numpy as np
import pytest
import torch
from pydantic import ValidationError
from scipy.optimize import minimize_scalar, rosen, rosen_der
from torch import Tensor, nn

from engines.race import Surface, all_surfaces, grid, race, slopes, usual
from engines.race.surfaces.classical import Beale, Himmelblau, Rosenbrock
from engines.race.surfaces.formula import FUNCTIONS, Formula, FormulaInX
from engines.race.surfaces.quadratic import Parabola, Quadratic, Saddle
from engines.race.surfaces.two_weights import EXAMPLES, TRUTH, TwoWeights
from engines.race.surfaces.wells import DoubleWell, Wavy

KINDS = all_surfaces().values()
each = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)


def at(*points: tuple[float, ...]) -> Tensor:
    return torch.tensor(points, dtype=torch.float64)


def drawn(surface: Surface, count: int = 20) -> Tensor:
    """Points within the bounds."""
    low, high = at(*surface.bounds).T
    draw = torch.Generator().manual_seed(0)
    return low + (high - low) * torch.rand(count, surface.dimensions, dtype=torch.float64, generator=draw)


def test_all_are_there_in_their_order() -> None:
    plane = ["Quadratic", "Rosenbrock", "Beale", "Himmelblau", "Saddle", "TwoWeights", "Formula"]
    assert [*all_surfaces()] == [*plane, "Parabola", "DoubleWell", "Wavy", "FormulaInX"]
    assert [kind.dimensions for kind in KINDS] == [2] * 7 + [1] * 4


@each
def test_it_starts_within_its_bounds_where_it_has_a_value(kind: type[Surface]) -> None:
    surface = kind()
    assert len(surface.start) == len(surface.bounds) == surface.dimensions
    inside = [low < one < high for one, (low, high) in zip(surface.start, surface.bounds, strict=True)]
    assert all(inside) and math.isfinite(surface.value(at(surface.start)))
    assert Surface.parse(surface.dump()) == surface
    assert kind.help() and kind.title and kind.formula and (kind.reference or kind in (Formula, FormulaInX))


@each
def test_it_takes_points_in_any_arrangement(kind: type[Surface]) -> None:
    surface = kind()
    points = drawn(surface, 12)
    values = surface.value(points)
    assert values.shape == (12,) and values.dtype == torch.float64
    folded = surface.value(points.reshape(3, 4, -1))
    torch.testing.assert_close(folded, values.reshape(3, 4), rtol=1e-12, atol=1e-12)
    assert surface.value(points[5]).item() == pytest.approx(values[5].item(), rel=1e-12)


@each
def test_its_gradient_is_that_of_finite_differences(kind: type[Surface]) -> None:
    surface, h = kind(), 1e-5
    points = drawn(surface)
    _, found = slopes(surface, points)
    for axis in range(surface.dimensions):
        step = torch.zeros(surface.dimensions, dtype=torch.float64)
        step[axis] = h
        wanted = (surface.value(points + step) - surface.value(points - step)) / (2 * h)
        torch.testing.assert_close(found[:, axis], wanted, rtol=1e-6, atol=1e-5)


@each
def test_its_minima_are_minima_within_the_bounds(kind: type[Surface]) -> None:
    surface = kind()
    assert surface.minima or kind in (Saddle, Formula, FormulaInX)
    for place in surface.minima:
        _, slope = slopes(surface, at(place))
        assert float(slope.abs().max()) < 1e-11
        hessian = torch.autograd.functional.hessian(surface.value, at(place)[0])
        assert float(torch.linalg.eigvalsh(hessian)[0]) > 0.1  # type: ignore[arg-type]
        assert all(low < one < high for one, (low, high) in zip(place, surface.bounds, strict=True))


@each
def test_the_usual_racers_descend_it_from_its_start(kind: type[Surface]) -> None:
    surface = kind()
    for trace in race(surface, surface.start, usual(surface), 100):
        assert trace.diverged is None and trace.losses[-1] < trace.losses[0], trace.optimiser


def test_values_and_slopes_are_those_of_the_literature() -> None:
    points = drawn(Rosenbrock())
    wanted = np.array([rosen(one) for one in points.numpy()])
    values, found = slopes(Rosenbrock(), points)
    np.testing.assert_allclose(values, wanted, rtol=1e-12)
    np.testing.assert_allclose(found, [rosen_der(one) for one in points.numpy()], rtol=1e-10, atol=1e-10)
    assert float(Rosenbrock().value(at(Rosenbrock().start))) == pytest.approx(24.2)
    assert float(Beale().value(at((1, 1)))) == 14.203125  # Moré, Garbow and Hillstrom's start
    values, found = slopes(Himmelblau(), at((0, 0), (-0.270845, -0.923039)))
    assert values.tolist() == pytest.approx([170, 181.6165], abs=1e-4)  # the second is its local maximum
    assert found.tolist() == [pytest.approx([-14, -22]), pytest.approx([0, 0], abs=1e-3)]
    assert [float(kind().value(at(*kind().minima)).max()) for kind in (Rosenbrock, Beale)] == [0, 0]
    assert float(Himmelblau().value(at(*Himmelblau().minima)).max()) < 1e-24


def test_slopes_of_second_degree_have_closed_forms() -> None:
    points = drawn(Quadratic())
    assert torch.equal(slopes(Saddle(), points)[1], points * at((2, -2)))
    torch.testing.assert_close(slopes(Quadratic(condition=7), points)[1], points * at((1, 7)))
    turned = slopes(Quadratic(condition=7, angle=90), points)[1]
    torch.testing.assert_close(turned, points * at((7, 1)))
    along = at((math.cos(0.5), math.sin(0.5)))  # anticlockwise: this is the flat axis
    assert float(Quadratic(condition=7, angle=math.degrees(0.5)).value(along)) == pytest.approx(0.5)
    torch.testing.assert_close(slopes(Parabola(curvature=3), at((2,)))[1], at((6,)))


def test_the_wells_have_the_minima_that_scipy_finds() -> None:
    for tilt in (0.0, 0.3, -0.7):
        well = DoubleWell(tilt=tilt)
        for bracket, (place,) in zip([(-2, 0), (0, 2)], well.minima, strict=True):
            found = minimize_scalar(lambda x: (x * x - 1) ** 2 + tilt * x, bounds=bracket, method="bounded")  # noqa: B023
            assert place == pytest.approx(found.x, abs=1e-5)
    assert DoubleWell(tilt=0).minima == (pytest.approx((-1.0,)), pytest.approx((1.0,)))
    assert len(DoubleWell(tilt=5).minima) == 1
    assert float(Wavy(ripples=2).value(at((0.5,)))) == pytest.approx(4.25)


def test_two_weights_are_the_loss_of_that_network() -> None:
    first, last = nn.Linear(1, 1, bias=False).double(), nn.Linear(1, 1, bias=False).double()
    x = torch.tensor(EXAMPLES, dtype=torch.float64)[:, None]
    for w1, w2 in drawn(TwoWeights(), 5).tolist():
        nn.init.constant_(first.weight, w1), nn.init.constant_(last.weight, w2)
        targets = TRUTH[1] * torch.tanh(TRUTH[0] * x)
        loss = nn.functional.mse_loss(last(torch.tanh(first(x))), targets)
        loss.backward()
        values, found = slopes(TwoWeights(), at((w1, w2)))
        assert float(values) == pytest.approx(float(loss.detach()))
        assert found[0].tolist() == pytest.approx([float(first.weight.grad), float(last.weight.grad)])  # type: ignore[arg-type]
        first.zero_grad(), last.zero_grad()
    assert float(TwoWeights().value(at(TRUTH))) == 0


def test_a_formula_is_what_it_says() -> None:
    same = Formula(text="(x ** 2 + y - 11) ** 2 + (x + y ** 2 - 7) ** 2", x_low=-6, x_high=6)
    points = drawn(Himmelblau())
    torch.testing.assert_close(same.value(points), Himmelblau().value(points), rtol=1e-13, atol=1e-13)
    assert same.bounds == ((-6, 6), (-3, 3))
    assert float(Formula(text="sin(pi * x) * y").value(at((0.5, 3)))) == 3
    assert (
        float(Formula(text="x * exp(1) + log(y)").value(at((1, 1)))) == math.e
    )  # to the last bit of a double
    assert Formula(text="y").value(points).shape == (20,) and FormulaInX(text="2*x").start == (-2.25,)
    x = at((0.3,))
    for name in FUNCTIONS:
        text = f"{name}(x, 0.1)" if name in ("maximum", "minimum") else f"{name}(x)"
        assert math.isfinite(FormulaInX(text=text).value(x)), name


@pytest.mark.parametrize(("text", "rule"), [
    ("__import__('os').system('true')", "must contain only"),
    ("x.__class__", "must contain only"),
    ("x.__class__.__mro__[1]", "must contain only"),
    ("eval(x)", "must contain only"),
    ("(lambda: x)()", "must contain only"),
    ("[x for x in y]", "must contain only"),
    ("x if y else 1", "must contain only"),
    ("f'{x}'", "must contain only"),
    ("sin(x=1)", "must contain only"),
    ("x * 9 ** 9 ** 9", "must"),
    ("((x ** 60) ** 60) ** 60", "must not raise to more than the power 64"),
    ("x * (9.0 ** 64) * 1e300", "must have a real, finite value"),
    ("x * " + "9" * 400, "must have a real, finite value"),
    ("x * (-1) ** 0.5", "must have a real, finite value"),
    ("x ** y", "must contain only"),
    ("x / (1 - 1)", "must not divide by zero"),
    ("x // 2", "must not contain // or %"),
    ("-" * 400 + "x", "must not have more than 100 operations"),
    ("x + z", "there is no 'z' here"),
    ("x + sine(y)", "must contain only"),
    ("sum(x)", "must contain only"),
    ("sin(x, y)", "must give sin 1 value, not 2"),
    ("maximum(x)", "must give maximum 2 values, not 1"),
    ("x^2", r"must write a power as x \*\* 2"),
    ("2x + y", r"must write a product with \*"),
    ("x + 2.5 (y + 1)", r"must write a product with \*"),
    ("x +", r"must be a formula such as 2 \* x \+ 1"),
    ("3 + pi", "must use x or y"),
    ("x" * 501, "at most 500 characters"),
    ("", "at least 1 character"),
])  # fmt: skip
def test_bad_formulas_are_refused_with_the_rule(text: str, rule: str) -> None:
    with pytest.raises(ValidationError, match=rule):
        Formula(text=text)


def test_a_formula_in_x_knows_no_y_and_bounds_have_an_order() -> None:
    with pytest.raises(ValidationError, match="there is no 'y' here"):
        FormulaInX(text="x + y")
    with pytest.raises(ValidationError, match="must have x from 2 to a larger number, not to 2"):
        FormulaInX(x_low=2, x_high=2)
    with pytest.raises(ValidationError, match="must have y from 9 to a larger number"):
        Formula(y_low=9)
    for text in ("x - 2 * (x + 1)", "1e2 * x", "log1p(x)", "x ** 2*(x)"):
        assert FormulaInX(text=text).text == text


def test_a_grid_has_a_row_for_each_y_and_nothing_where_there_is_no_value() -> None:
    seen = grid(Formula(text="x + 10 * y", x_low=0, x_high=2, y_low=0, y_high=1), 3)
    assert [axis.tolist() for axis in seen.axes] == [[0, 1, 2], [0, 0.5, 1]]
    assert seen.values.tolist() == [[0, 1, 2], [5, 6, 7], [10, 11, 12]]
    for text, missing in (("log(x) + 1", [True, True, False]), ("1 / x", [False, True, False])):  # nan, ∞
        line = grid(FormulaInX(text=text, x_low=-1, x_high=1), 3)
        assert np.isnan(line.values).tolist() == missing and line.values[2] == 1
    assert grid(Beale(), 5).values[0, 4] == float(Beale().value(at((4.5, -4.5))))
    with pytest.raises(ValueError, match="at least 2 points"):
        grid(Beale(), 1)
