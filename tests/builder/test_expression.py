"""Formulas are parsed against an allow-list: arithmetic, and nothing else."""

import math
import re
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from builder.expression import LARGEST_POWER, LONGEST, Expression

FORBIDDEN = [
    "", " ", "x +", "y", "x.real", "x[0]", "[x]", "(x, x)", "{x}", "{'a': x}", "lambda: x", "lambda x: x", "#",
    "x if x else x", "x and x", "not x", "~x", "x == x", "x < 1", "x << 1", "x & 1", "x | 1", "x ^ 1", "x @ x",
    "'text'", "b'text'", "f'{x}'", "True", "None", "...", "1j", "print(x)", "__import__('os')", "open('/etc/passwd')",
    "().__class__", "x.__class__", "[x for x in x]", "(x for x in x)", "x := 1", "import os", "x; x", "await x",
    "yield x", "*x", "x(1)", "exp(x)(x)", "exp(x, key=x)", "exp(*x)", "exp(**x)", "exp.real", "2 ** x", "x ** x",
    "x ** -x", "x ** 65", "x ** 1e3", "(x ** 9) ** 9", "((x ** 8) ** 8) ** 8", "x ** True", "x\x00", "x\nx", "0x",
    "1_", "(" * 300 + "x" + ")" * 300,
]  # fmt: skip


def test_arithmetic() -> None:
    """As Python has it."""
    cases = {"2 * x + 1": 7, "-x": -3, "x // 2 % 2": 1, "x / 2": 1.5, "x ** 2": 9, "(x - 1) * (x + 1)": 8, " x ": 3,
             "x ** -1 * 3": 1.0, "x ** 0.5": 3**0.5, "1e3": 1000.0, "+x": 3}  # fmt: skip
    for text, expected in cases.items():
        assert Expression(text, {"x"})(x=3) == expected


def test_functions() -> None:
    """Only those that are given, by position."""
    functions = {"exp": math.exp, "mean": lambda *values: sum(values) / len(values)}
    assert Expression("exp(x) + mean(x, 1)", {"x"}, functions)(x=0) == 1.5
    with pytest.raises(ValueError, match="must contain only"):
        Expression("exp(x)", {"x"})


@pytest.mark.parametrize("text", FORBIDDEN)
def test_63_all_else_is_refused(text: str) -> None:
    """As it is typed, before it is computed, with a reason."""
    with pytest.raises(ValueError, match="must"):
        Expression(text, {"x"}, {"exp": math.exp})


def test_63_too_long() -> None:
    """And too deep."""
    with pytest.raises(ValueError, match=f"at most {LONGEST} characters"):
        Expression("x" + " + x" * LONGEST, {"x"})
    assert Expression("-" * (LONGEST - 1) + "x", {"x"})(x=2) == -2


def test_63_no_formula_takes_long() -> None:
    """The largest numbers that powers and products of 500 characters can make."""
    start = time.process_time()
    for text in (f"(x ** {LARGEST_POWER})", "*".join(["x ** 64"] * 45), "*".join(["9" * 50] * 9)):
        Expression(text, {"x"})(x=2**62)
    assert time.process_time() - start < 0.5


def test_the_message_names_what_may_be_used() -> None:
    """All names, and the one that is none of them."""
    with pytest.raises(
        ValueError, match="must use only the names depth, width: there is no 'widht' here"
    ) as told:
        Expression("widht * 2", {"width", "depth"})
    assert str(told.value).endswith("(did you mean 'width'?)")
    with pytest.raises(ValueError, match="there is no 'height' here$"):
        Expression("height", {"in", "rate"})


def test_in_may_be_a_name() -> None:
    """Although it is a word of Python's; where it is no name it is none."""
    formula = Expression("2 * in - in_ ** 2 + (in//3)", {"in", "in_"})
    assert formula(**{"in": 7, "in_": 3}) == 7 and formula.uses == {"in", "in_"}
    for text in ("x in x", "in in", "2 in", "for in in x", "not in", "in_"):
        with pytest.raises(ValueError, match="must"):
            Expression(text, {"in", "x"})
    with pytest.raises(ValueError, match="must be a formula"):
        Expression("2 * in", {"x"})


def test_names_are_filled_in() -> None:
    """By numbers and formulas, with parentheses where they are needed."""
    formula = Expression("a ** 2 - b * in", {"a", "b", "in"})
    assert formula.filled({"a": -3, "b": "c + in"}) == "(-3) ** 2 - (c + in) * in"
    assert formula.filled({}) == "a ** 2 - b * in"
    assert Expression("a * 1", {"a"}).filled({"a": 1e30}) == "1e+30 * 1"


def test_smooth_formulas_have_slopes() -> None:
    """No // and no %, and the refusal of other things does not offer them."""
    for text in ("x // 2", "1 + x % 2"):
        with pytest.raises(ValueError, match="must not contain // or %"):
            Expression(text, {"x"}, smooth=True)
    with pytest.raises(ValueError) as smooth:
        Expression("x @ x", {"x"}, smooth=True)
    with pytest.raises(ValueError, match=re.escape("+ - * / // %")):
        Expression("x @ x", {"x"})
    assert "//" not in str(smooth.value) and "+ - * /" in str(smooth.value)


NUMBERS = st.one_of(st.integers(0, 999), st.floats(0, 1e6).map(lambda number: round(number, 3)))
LEAVES = st.one_of(NUMBERS.map(str), st.sampled_from(["x", "y"]))
FORMULAS = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["+", "-", "*", "/", "//", "%"]), inner).map(
            lambda parts: f"({' '.join(parts)})"
        ),
        st.tuples(st.sampled_from(["-", "+"]), inner).map("".join),
        st.tuples(inner, st.integers(-2, 2)).map(lambda parts: f"({parts[0]} ** {parts[1]})"),
    ),
    max_leaves=12,
)


@settings(max_examples=400, deadline=None)
@given(FORMULAS, st.integers(-50, 50), st.floats(-50, 50))
def test_formulas_are_what_python_computes(text: str, x: int, y: float) -> None:
    """The same value, or the same kind of error."""

    def outcome(compute: Any) -> Any:
        try:
            return compute()
        except ArithmeticError as error:
            return type(error)

    try:
        formula = Expression(text, {"x", "y"})
    except ValueError as error:
        assert "characters" in str(error) or "more than the power" in str(error)
        return
    ours, pythons = outcome(lambda: formula(x=x, y=y)), outcome(lambda: eval(text, {"x": x, "y": y}))
    assert ours == pythons or (ours != ours and pythons != pythons)
