"""Arithmetic with fixed numbers, value by value: scaling, powers, and what stands on a calculator."""

from typing import ClassVar

from pydantic import Field

from builder.layer import Layer, Shape, Use
from builder.window import Windows, own_places


class _OfOne(Layer):
    category: ClassVar = "Arithmetic"
    icon: ClassVar = "calculate"
    example: ClassVar = ((2, 8),)
    function: ClassVar = ""
    """torch's name."""

    def forward(self, use: Use) -> str:
        """torch's function."""
        return f"torch.{self.function or self.kind.lower()}({use.inputs['input']})"

    def window(self, x: Shape) -> Windows:
        """Value by value."""
        return own_places(x)


class Affine(_OfOne):
    """Multiply each value by a fixed number, and add another one."""

    icon: ClassVar = "tune"
    aliases: ClassVar = (
        "scale, shift, rescale, times a number, plus a number, constant factor, rescaling, negate"
    )
    formula: ClassVar = r"y = a\, x + b"
    scale: float = Field(1.0, ge=-1e30, le=1e30, description="What each value is multiplied by")
    shift: float = Field(0.0, ge=-1e30, le=1e30, description="What is added then")

    def forward(self, use: Use) -> str:
        """Plain arithmetic."""
        scaled = (
            f"{self.scale} * {use.inputs['input']}"
            if self.scale != 1 or not self.shift
            else use.inputs["input"]
        )
        return f"{scaled} {'+' if self.shift > 0 else '-'} {abs(self.shift)}" if self.shift else scaled


class Power(_OfOne):
    """Raise each value to a fixed power."""

    icon: ClassVar = "superscript"
    aliases: ClassVar = "square, cube, exponent, reciprocal, root, pow"
    formula: ClassVar = r"y = x^n"
    exponent: float = Field(
        2.0, ge=-64, le=64, description="Exponent: 2 squares, 0.5 takes the root, -1 inverts"
    )

    def forward(self, use: Use) -> str:
        """The operator **."""
        return f"{use.inputs['input']}**{self.exponent}"


class Exp(_OfOne):
    """Raise e to the power of each value."""

    aliases: ClassVar = "exponential, exponentiate"
    formula: ClassVar = r"y = e^x"


class Log(_OfOne):
    """The natural logarithm of each value, which must be positive."""

    aliases: ClassVar = "logarithm, ln"
    formula: ClassVar = r"y = \ln x"


class Sqrt(_OfOne):
    """The square root of each value, which must not be negative."""

    aliases: ClassVar = "square root, root"
    formula: ClassVar = r"y = \sqrt{x}"


class Abs(_OfOne):
    """The size of each value, without its sign."""

    aliases: ClassVar = "absolute value, magnitude, modulus"
    formula: ClassVar = r"y = |x|"


class Sin(_OfOne):
    """The sine of each value."""

    aliases: ClassVar = "trigonometric, periodic, positional encoding, Fourier features"
    formula: ClassVar = r"y = \sin x"


class Cos(_OfOne):
    """The cosine of each value."""

    aliases: ClassVar = "trigonometric, cosine, periodic, positional encoding, Fourier features"
    formula: ClassVar = r"y = \cos x"


class Sign(_OfOne):
    """Give −1, 0 or 1, as each value is negative, zero or positive."""

    aliases: ClassVar = "sgn, signum, binarise, binarize, Hopfield"
    formula: ClassVar = r"y = x / |x|"


class Clamp(_OfOne):
    """Cut each value off at a least and a greatest one."""

    icon: ClassVar = "unfold_less"
    aliases: ClassVar = "clip, limit, bounds, saturate"
    formula: ClassVar = r"y = \min(\max(x, l), u)"
    min: float | None = Field(None, ge=-1e6, le=1e6, description="Least value; empty: none")
    max: float | None = Field(None, ge=-1e6, le=1e6, description="Greatest value; empty: none")
    demo: ClassVar = {"min": -0.5, "max": 0.5}

    def forward(self, use: Use) -> str:
        """torch.clamp, which needs a bound at least."""
        if self.min is None and self.max is None:
            return use.inputs["input"]
        return f"torch.clamp({use.inputs['input']}, min={self.min}, max={self.max})"

    def refuses(self, x: Shape) -> str:
        """The bounds must be in order."""
        if self.min is not None and self.max is not None and self.min >= self.max:
            return f"min must be less than max ({self.max}). Got {self.min}."
        return ""
