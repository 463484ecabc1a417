"""Non-linear functions, value by value (softmax: over a dimension)."""

from typing import Any, ClassVar, Literal

from pydantic import Field

from builder.layer import Call, Layer, Shape, call
from builder.window import Windows, own_places


class _Activation(Layer):
    category: ClassVar = "Activation"
    icon: ClassVar = "show_chart"
    aliases: ClassVar = "nonlinearity, activation function"
    example: ClassVar = ((2, 8),)
    target: ClassVar[str] = ""
    """torch's name, where it differs from ours."""

    def options(self) -> dict[str, Any]:
        """The constructor's options; fields of the same names by default."""
        return self.model_dump()

    def module(self, x: Shape) -> Call:
        """torch's activation of the same name."""
        return call(f"nn.{self.target or self.kind}", **self.options())

    def window(self, x: Shape) -> Windows:
        """Value by value."""
        return own_places(x)


class ReLU(_Activation):
    """Pass what is positive, stop the rest."""

    aliases: ClassVar = "rectifier, rectified linear unit, ramp"
    reference: ClassVar = "Nair and Hinton (2010), Rectified linear units"
    formula: ClassVar = r"y = \max(0, x)"


class LeakyReLU(_Activation):
    """As ReLU, but let a little of what is negative through, so that no unit dies."""

    aliases: ClassVar = "leaky rectifier"
    reference: ClassVar = "Maas et al. (2013), Rectifier nonlinearities"
    formula: ClassVar = r"y = \max(0, x) + a \min(0, x)"
    negative_slope: float = Field(0.01, ge=0, le=1, description="Slope below zero")


class PReLU(_Activation):
    """As LeakyReLU, with a slope that is learned."""

    aliases: ClassVar = "parametric ReLU, learned slope"
    reference: ClassVar = "He et al. (2015), Delving deep into rectifiers"
    formula: ClassVar = r"y = \max(0, x) + a \min(0, x),\quad a \text{ learned}"
    init: float = Field(0.25, ge=0, le=1, description="Slope below zero at the start")


class ELU(_Activation):
    """As ReLU, with a smooth curve below zero."""

    aliases: ClassVar = "exponential linear unit"
    reference: ClassVar = "Clevert et al. (2016), Exponential linear units"
    formula: ClassVar = r"y = x \text{ if } x > 0 \text{ else } \alpha (e^x - 1)"
    alpha: float = Field(1.0, gt=0, le=10, description="How far it goes below zero")


class GELU(_Activation):
    """Weigh each value by how large it is among normally distributed ones; usual in transformers."""

    aliases: ClassVar = "Gaussian error linear unit"
    reference: ClassVar = "Hendrycks and Gimpel (2016), Gaussian error linear units"
    formula: ClassVar = r"y = x\, \Phi(x)"
    approximate: Literal["none", "tanh"] = Field("none", description="tanh: the quicker form that GPT-2 used")


class SiLU(_Activation):
    """A smooth ReLU, also called Swish."""

    aliases: ClassVar = "swish, sigmoid linear unit"
    reference: ClassVar = "Ramachandran et al. (2017), Searching for activation functions"
    formula: ClassVar = r"y = x\, \sigma(x)"


class Sigmoid(_Activation):
    """Squeeze each value between 0 and 1."""

    aliases: ClassVar = "logistic, expit, gate, binary"
    formula: ClassVar = r"y = \frac{1}{1 + e^{-x}}"


class Tanh(_Activation):
    """Squeeze each value between −1 and 1."""

    aliases: ClassVar = "hyperbolic tangent"
    formula: ClassVar = r"y = \tanh(x)"


class Softplus(_Activation):
    """A smooth ReLU that is never zero."""

    aliases: ClassVar = "smooth ReLU, soft ReLU"
    formula: ClassVar = r"y = \frac{1}{\beta} \log(1 + e^{\beta x})"
    beta: float = Field(1.0, gt=0, le=100, description="How sharp the bend is")


class Identity(_Activation):
    """Change nothing; a place to look at, or to connect to."""

    aliases: ClassVar = "nothing, no-op, pass through, placeholder"
    formula: ClassVar = r"y = x"
    takes: ClassVar = "any"


class _OverDimension(_Activation):
    dim: int = Field(
        -1, ge=-1, le=6, description="Over which dimension; -1 is the last (the batch, 0, is refused)"
    )

    def refuses(self, x: Shape) -> str:
        """The dimension must exist and not be the batch."""
        if self.dim == 0 or self.dim >= len(x) or len(x) == 1:
            return f"dim must be -1 or in [1, {len(x) - 1}]. Got {self.dim}."
        return ""

    def window(self, x: Shape) -> Windows:
        """All along the dimension."""
        return own_places(x, self.dim % len(x))


class Softmax(_OverDimension):
    """Turn scores into probabilities that sum to 1."""

    aliases: ClassVar = "probabilities, multiclass, classes"
    formula: ClassVar = r"y_i = \frac{e^{x_i}}{\sum_j e^{x_j}}"


class LogSoftmax(_OverDimension):
    """The logarithm of softmax, for the NLL loss."""

    aliases: ClassVar = "log probabilities, log likelihood, NLL"
    formula: ClassVar = r"y_i = x_i - \log \sum_j e^{x_j}"
