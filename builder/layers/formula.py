"""Arithmetic that a person writes down."""

import re
from typing import ClassVar

from pydantic import Field, field_validator

from builder.expression import Expression
from builder.layer import Shape, Use
from builder.layers.combine import _Broadcast

NAMES = ("x", "y", "z")
FUNCTIONS = {
    "abs": "torch.abs", "clamp": "torch.clamp", "cos": "torch.cos", "erf": "torch.erf", "exp": "torch.exp",
    "floor": "torch.floor", "log": "torch.log", "maximum": "torch.maximum", "minimum": "torch.minimum",
    "relu": "torch.relu", "sigmoid": "torch.sigmoid", "sign": "torch.sign", "sin": "torch.sin",
    "softplus": "nn.functional.softplus", "sqrt": "torch.sqrt", "tan": "torch.tan", "tanh": "torch.tanh",
}  # fmt: skip
"""What a formula may call, and torch's name for it."""
_POWER = re.compile(r"(?<![\w.)])([A-Za-z_]\w*|\d[\d.]*) \*\* (-?\d[\d.]*)")


class Formula(_Broadcast):
    """Compute a formula of up to three branches, value by value."""

    category: ClassVar = "Arithmetic"
    icon: ClassVar = "function"
    aliases: ClassVar = "expression, equation, lambda, custom, calculate, own activation function"
    inputs: ClassVar = ("x",)
    optional: ClassVar = ("y", "z")
    formula: ClassVar = r"f(x, y, z)"
    example: ClassVar = ((2, 8),)
    expression: str = Field(
        "x * sigmoid(x)",
        min_length=1,
        max_length=200,
        description="Formula: numbers, x, y and z, + - * / **, and functions such as exp, log, sin, tanh, sigmoid",
    )

    @field_validator("expression")
    @classmethod
    def _readable(cls, text: str) -> str:
        _parsed(text)
        return text

    def forward(self, use: Use) -> str:
        """The formula with torch's names."""
        text = _parsed(self.expression).written({**FUNCTIONS, **use.inputs})
        return _POWER.sub(r"\1**\2", text)  # as formatters write it

    def refuses(self, *shapes: Shape) -> str:
        """What it names must be connected, and what is connected be named."""
        used = _parsed(self.expression).uses
        for number, name in enumerate(NAMES):
            connected = number < len(shapes) and bool(shapes[number])
            if name in used and not connected:
                return f"expression must name connected inputs only: {name} is not. Got {self.expression!r}."
            if connected and name not in used:
                return f"expression must name every input: {name} is missing. Got {self.expression!r}."
        return super().refuses(*shapes)


def _parsed(text: str) -> Expression:
    return Expression(text, {*NAMES}, dict.fromkeys(FUNCTIONS, float), smooth=True)
