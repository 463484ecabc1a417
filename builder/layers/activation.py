"""Smooth and rectifying functions, value by value (softmax: over a dimension)."""

from typing import Any, ClassVar, Literal

from pydantic import Field

from builder.layer import Call, Layer, Shape, Use, call
from builder.layers.dimensions import _Over
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
    each: Literal["layer", "channel"] = Field("layer", description="What has a slope of its own")

    def module(self, x: Shape) -> Call:
        """nn.PReLU."""
        return call("nn.PReLU", num_parameters=x[1] if self.each == "channel" else 1, init=self.init)

    def refuses(self, x: Shape) -> str:
        """Without channels there is nothing to have slopes."""
        return (
            "each must be layer for a single value. Got channel."
            if self.each == "channel" and len(x) < 2
            else ""
        )


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


class Mish(_Activation):
    """A smooth ReLU that dips a little below zero."""

    aliases: ClassVar = "smooth ReLU, YOLOv4"
    reference: ClassVar = "Misra (2020), Mish: a self-regularized activation function"
    formula: ClassVar = r"y = x \tanh(\log(1 + e^x))"


class SELU(_Activation):
    """As ELU, with constants that keep mean 0 and variance 1 from layer to layer."""

    aliases: ClassVar = "scaled exponential linear unit, self-normalising, self-normalizing, SNN"
    reference: ClassVar = "Klambauer et al. (2017), Self-normalizing neural networks"
    formula: ClassVar = (
        r"y = \lambda (\max(0, x) + \min(0, \alpha (e^x - 1))),\quad \lambda = 1.0507, \alpha = 1.6733"
    )


class CELU(_Activation):
    """As ELU, with a slope that stays continuous whatever alpha is."""

    aliases: ClassVar = "continuously differentiable ELU"
    reference: ClassVar = "Barron (2017), Continuously differentiable exponential linear units"
    formula: ClassVar = r"y = \max(0, x) + \min(0, \alpha (e^{x / \alpha} - 1))"
    alpha: float = Field(1.0, gt=0, le=10, description="How far it goes below zero")


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


class LogSigmoid(_Activation):
    """The logarithm of the sigmoid, exact also where the sigmoid itself is too small to hold."""

    aliases: ClassVar = "log probabilities, binary"
    formula: ClassVar = r"y = -\log(1 + e^{-x})"


class Softsign(_Activation):
    """Squeeze each value between −1 and 1, more gently than tanh."""

    aliases: ClassVar = "squash, tanh"
    reference: ClassVar = "Bergstra et al. (2009), Quadratic features and deep architectures"
    formula: ClassVar = r"y = \frac{x}{1 + |x|}"


class Tanhshrink(_Activation):
    """What tanh takes away: almost nothing of small values, almost 1 of large ones."""

    aliases: ClassVar = "tanh, shrinkage"
    formula: ClassVar = r"y = x - \tanh(x)"


class Sine(_Activation):
    """A wave: lets a network of coordinates describe pictures and sounds in fine detail."""

    aliases: ClassVar = "sin, SIREN, periodic, implicit representation, coordinates, wave"
    reference: ClassVar = (
        "Sitzmann et al. (2020), Implicit neural representations with periodic activation functions"
    )
    formula: ClassVar = r"y = \sin(\omega x)"
    frequency: float = Field(30.0, gt=0, le=1000, description="How many times faster it swings than sin(x)")

    def module(self, x: Shape) -> None:
        """A plain function."""

    def forward(self, use: Use) -> str:
        """torch.sin."""
        return f"torch.sin({self.frequency} * {use.inputs['input']})"


class Identity(_Activation):
    """Change nothing; a place to look at, or to connect to."""

    aliases: ClassVar = "nothing, no-op, pass through, placeholder"
    formula: ClassVar = r"y = x"
    takes: ClassVar = "any"


class _OverDimension(_Over, _Activation):
    def window(self, x: Shape) -> Windows:
        """All along the dimension."""
        return own_places(x, self.dim % len(x))


class Softmax(_OverDimension):
    """Turn scores into probabilities that sum to 1."""

    aliases: ClassVar = "probabilities, multiclass, classes"
    formula: ClassVar = r"y_i = \frac{e^{x_i}}{\sum_j e^{x_j}}"


class Softmin(_OverDimension):
    """As Softmax, where the smallest score gets the largest probability."""

    aliases: ClassVar = "probabilities, distances, energies"
    formula: ClassVar = r"y_i = \frac{e^{-x_i}}{\sum_j e^{-x_j}}"


class LogSoftmax(_OverDimension):
    """The logarithm of softmax, for the NLL loss."""

    aliases: ClassVar = "log probabilities, log likelihood, NLL"
    formula: ClassVar = r"y_i = x_i - \log \sum_j e^{x_j}"
