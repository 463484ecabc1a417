"""Functions that a person types: parsed against an allow-list, never eval'ed."""

from __future__ import annotations

import math
import re
from functools import lru_cache
from typing import TYPE_CHECKING, ClassVar, Self

from pydantic import Field, field_validator, model_validator

from builder.expression import LONGEST, Expression
from engines.formula import ONE, TWO, read, stand_ins, tensor_functions, try_out
from engines.race.surface import Bounds, Point, Surface

if TYPE_CHECKING:
    from torch import Tensor

FUNCTIONS = tuple(name for name in ONE + TWO if name not in ("mean", "sum"))
"""Those that take each point by itself."""
CONSTANTS = {"pi": math.pi}
TRIED = (0.5, -1.3, 2.0, 0.37)
"""Numbers at which a formula is tried; it may be undefined at some of them."""
WIDEST = 1e6


class _Typed(Surface):
    """What formulas of one and of two variables share."""

    axes: ClassVar[tuple[str, ...]] = ("x",)
    text: str
    x_low: float = Field(-3.0, ge=-WIDEST, le=WIDEST, description="From x: where the picture begins")
    x_high: float = Field(3.0, ge=-WIDEST, le=WIDEST, description="To x: where the picture ends")

    @field_validator("text")
    @classmethod
    def _formula(cls, text: str) -> str:
        if "^" in text:
            raise ValueError("must write a power as x ** 2, not as x ^ 2")
        if re.search(r"(?<![\w.])[\d.]+ *(?:[xy]\b|\()", text):
            raise ValueError("must write a product with *, as in 2 * x, not as 2x")
        expression = read(text, {*cls.axes, *CONSTANTS}, stand_ins(FUNCTIONS))
        if not expression.uses & {*cls.axes}:
            raise ValueError(f"must use {' or '.join(cls.axes)}: what uses none is flat, and has no way down")
        points = [dict(zip(cls.axes, (a, b), strict=False)) for a in TRIED for b in TRIED]
        try_out(expression, [{**CONSTANTS, **point} for point in points])
        return text

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        for axis, (low, high) in zip(self.axes, self.bounds, strict=True):
            if not low < high:
                raise ValueError(f"must have {axis} from {low:g} to a larger number, not to {high:g}")
        return self

    @property
    def bounds(self) -> Bounds:
        """What a person set."""
        return ((self.x_low, self.x_high),)

    @property
    def start(self) -> Point:
        """An eighth of the picture away from its left, and from its top."""
        shares = (0.125, 0.875)
        return tuple(
            low + share * (high - low) for share, (low, high) in zip(shares, self.bounds, strict=False)
        )

    def value(self, points: Tensor) -> Tensor:
        """What the formula computes; nan where it is undefined."""
        places = {axis: points[..., number] for number, axis in enumerate(self.axes)}
        found: Tensor = _on_tensors(self.text, self.axes)(**places, **CONSTANTS)
        return found


class Formula(_Typed):
    """A formula of your own in x and y."""

    title: ClassVar = "Your formula"
    order: ClassVar = 90
    icon: ClassVar = "function"
    formula: ClassVar = r"f(x, y)"
    axes: ClassVar[tuple[str, ...]] = ("x", "y")
    text: str = Field(
        "0.1 * (x ** 2 + y ** 2) + sin(2 * x) * cos(2 * y)",
        min_length=1,
        max_length=LONGEST,
        description=f"Formula: in x and y, with + - * / **, pi, {', '.join(FUNCTIONS)}",
    )
    y_low: float = Field(-3.0, ge=-WIDEST, le=WIDEST, description="From y: where the picture begins")
    y_high: float = Field(3.0, ge=-WIDEST, le=WIDEST, description="To y: where the picture ends")

    @property
    def bounds(self) -> Bounds:
        """What a person set."""
        return (self.x_low, self.x_high), (self.y_low, self.y_high)


class FormulaInX(_Typed):
    """A formula of your own in x."""

    title: ClassVar = "Your formula in x"
    order: ClassVar = 140
    icon: ClassVar = "function"
    dimensions: ClassVar = 1
    formula: ClassVar = r"f(x)"
    text: str = Field(
        "x ** 2 / 4 + sin(3 * x)",
        min_length=1,
        max_length=LONGEST,
        description=f"Formula: in x, with + - * / **, pi, {', '.join(FUNCTIONS)}",
    )


@lru_cache(64)
def _on_tensors(text: str, axes: tuple[str, ...]) -> Expression:
    import torch

    return read(text, {*axes, *CONSTANTS}, tensor_functions(FUNCTIONS, torch.float64))
