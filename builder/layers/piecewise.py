"""Functions of straight pieces, value by value: cut off, shrunk, stepped."""

from typing import ClassVar

from pydantic import Field

from builder.layer import Call, Shape, Use, call
from builder.layers.activation import _Activation

_MOBILE = "Howard et al. (2019), Searching for MobileNetV3"


class ReLU6(_Activation):
    """As ReLU, but never more than 6, so that few bits hold it."""

    aliases: ClassVar = "capped ReLU, MobileNet, quantisation, quantization"
    reference: ClassVar = "Krizhevsky (2010), Convolutional deep belief networks on CIFAR-10"
    formula: ClassVar = r"y = \min(\max(0, x), 6)"


class RReLU(_Activation):
    """As LeakyReLU, with a slope drawn anew for each value while training."""

    aliases: ClassVar = "randomised leaky ReLU, randomized"
    reference: ClassVar = "Xu et al. (2015), Empirical evaluation of rectified activations"
    formula: ClassVar = r"y = \max(0, x) + a \min(0, x),\quad a \sim U(l, u)"
    lower: float = Field(0.125, ge=0, le=1, description="Least slope below zero")
    upper: float = Field(1 / 3, ge=0, le=1, description="Greatest slope below zero")

    def module(self, x: Shape) -> Call:
        """A module of ours, for torch's own cannot leave as ONNX."""
        return call("RandomLeakyReLU", self.lower, self.upper)

    def refuses(self, x: Shape) -> str:
        """The bounds must be in order."""
        return (
            ""
            if self.lower <= self.upper
            else f"lower must be at most upper ({self.upper}). Got {self.lower}."
        )


class Hardswish(_Activation):
    """SiLU of straight pieces, quick on phones."""

    aliases: ClassVar = "h-swish, hard swish, MobileNetV3"
    reference: ClassVar = _MOBILE
    formula: ClassVar = r"y = x \, \min(\max(0, x + 3), 6) / 6"


class Hardsigmoid(_Activation):
    """The sigmoid of straight pieces."""

    aliases: ClassVar = "hard sigmoid, gate, MobileNetV3"
    reference: ClassVar = _MOBILE
    formula: ClassVar = r"y = \min(\max(0, x + 3), 6) / 6"


class Hardtanh(_Activation):
    """Keep values between two bounds, and cut the rest off there."""

    aliases: ClassVar = "clamp, clip, cut off, hard tanh, limit, bounds"
    reference: ClassVar = "Collobert (2004), Large scale machine learning"
    formula: ClassVar = r"y = \min(\max(l, x), u)"
    min_val: float = Field(-1.0, ge=-1e6, le=1e6, description="Lower bound: least value that leaves it")
    max_val: float = Field(1.0, ge=-1e6, le=1e6, description="Upper bound: greatest value that leaves it")

    def refuses(self, x: Shape) -> str:
        """The bounds must be in order."""
        if self.min_val >= self.max_val:
            return f"min_val must be less than max_val ({self.max_val}). Got {self.min_val}."
        return ""


class Hardshrink(_Activation):
    """Set small values to zero and leave the others as they are."""

    aliases: ClassVar = "hard thresholding, sparse, denoise"
    formula: ClassVar = r"y = x \text{ if } |x| > \lambda \text{ else } 0"
    lambd: float = Field(0.5, ge=0, le=100, description="Threshold: values up to this size become zero")

    def module(self, x: Shape) -> Call:
        """nn.Hardshrink."""
        return call("nn.Hardshrink", self.lambd)


class Softshrink(_Activation):
    """Push small values to zero and move the others towards it."""

    aliases: ClassVar = "soft thresholding, sparse, denoise, LISTA, ISTA"
    formula: ClassVar = r"y = \text{sign}(x) \max(0, |x| - \lambda)"
    lambd: float = Field(0.5, ge=0, le=100, description="Threshold: values up to this size become zero")

    def module(self, x: Shape) -> Call:
        """nn.Softshrink."""
        return call("nn.Softshrink", self.lambd)


class Threshold(_Activation):
    """Pass what is above a threshold, and give a fixed value for the rest."""

    aliases: ClassVar = "cut off, ReLU with a threshold"
    formula: ClassVar = r"y = x \text{ if } x > t \text{ else } v"
    threshold: float = Field(0.0, ge=-1e6, le=1e6, description="What is greater passes")
    value: float = Field(0.0, ge=-1e6, le=1e6, description="What is given for the rest")


class Step(_Activation):
    """Fire (1) above a threshold, and not (0 or −1) otherwise, as the first neurons did."""

    aliases: ClassVar = "Heaviside, perceptron, threshold, binary, sign, spike, fire, binarise, binarize"
    reference: ClassVar = (
        "McCulloch and Pitts (1943), A logical calculus of the ideas immanent in nervous activity"
    )
    formula: ClassVar = r"y = 1 \text{ if } x > t \text{ else } 0"
    threshold: float = Field(0.0, ge=-1e6, le=1e6, description="What is greater fires")
    rest: int = Field(0, ge=-1, le=0, description="What is given where it does not fire: 0, or −1 for a sign")
    straight_through: bool = Field(
        False, description="Let gradients pass as if nothing were here; a step has none of its own"
    )

    def module(self, x: Shape) -> None:
        """A plain function."""

    def forward(self, use: Use) -> str:
        """The difference of x and its detached self is 0, and its slope 1."""
        x = use.inputs["input"]
        fired = f"torch.where({x} > {self.threshold}, 1.0, {self.rest}.0)"
        return f"{fired} + ({x} - {x}.detach())" if self.straight_through else fired
