"""Layers that let through as much as they themselves decide, value by value or channel by channel."""

from typing import ClassVar, Literal

from pydantic import Field

from builder.layer import Call, Shape, call
from builder.layers.activation import _OverDimension
from builder.layers.convolution import IMAGE, SEQUENCE, VOLUME
from builder.layers.dimensions import FEATURES, _Along, _Over
from builder.layers.initial import _Weighted
from builder.window import OWN, Windows, own_places


class GLU(_OverDimension):
    """Let one half of the features decide how much of the other half passes."""

    icon: ClassVar = "sensor_door"
    aliases: ClassVar = "gated linear unit, gate, WaveNet"
    reference: ClassVar = "Dauphin et al. (2017), Language modeling with gated convolutional networks"
    formula: ClassVar = r"y = a \odot \sigma(b)"

    def refuses(self, x: Shape) -> str:
        """Halves are equal."""
        if wrong := super().refuses(x):
            return wrong
        size = x[self.dim]
        return (
            f"dim must name a dimension that can be halved; this one has {size}. Got {self.dim}."
            if size % 2
            else ""
        )


class Maxout(_Along):
    """Keep the largest of each group of neighbouring features or channels."""

    category: ClassVar = "Activation"
    icon: ClassVar = "vertical_align_top"
    aliases: ClassVar = "max over groups, pieces, max feature map, piecewise linear"
    reference: ClassVar = "Goodfellow et al. (2013), Maxout networks"
    formula: ClassVar = r"y_j = \max_{i < k} x_{jk + i}"
    example: ClassVar = ((2, 8),)
    pieces: int = Field(2, ge=2, le=1024, description="How many features make a group")

    def module(self, x: Shape) -> Call:
        """A module of ours."""
        return call("Maxout", self.pieces, self.dim)

    def refuses(self, x: Shape) -> str:
        """Groups share the features evenly."""
        if wrong := super().refuses(x):
            return wrong
        size = x[self.dim]
        return f"pieces must divide the features ({size}). Got {self.pieces}." if size % self.pieces else ""

    def window(self, x: Shape) -> Windows:
        """A group along the dimension; its own along the others."""
        return own_places(x, self.dim)


class GatedFeedForward(_Weighted):
    """Widen, gate and narrow the features again, as large language models do behind attention."""

    category: ClassVar = "Dense"
    icon: ClassVar = "sensor_door"
    aliases: ClassVar = "SwiGLU, GEGLU, ReGLU, feed-forward, FFN, MLP, gate, LLaMA"
    reference: ClassVar = "Shazeer (2020), GLU variants improve transformer"
    formula: ClassVar = r"y = W_3 (\phi(W_1 x) \odot W_2 x)"
    axes: ClassVar = FEATURES
    example: ClassVar = ((2, 5, 8),)
    whole: ClassVar = True
    hidden: int = Field(64, ge=1, le=10_000_000, description="Features in between")
    activation: Literal["SiLU", "GELU", "ReLU", "Sigmoid", "Identity"] = Field(
        "SiLU", description="Of the gate: SiLU makes it SwiGLU, GELU GEGLU, ReLU ReGLU"
    )
    bias: bool = Field(False, description="Add a learned constant to each feature")

    def deep(self) -> int:
        """Up and down."""
        return 2

    def module(self, x: Shape) -> Call:
        """A module of ours."""
        return call("GatedFeedForward", x[-1], self.hidden, activation=self.activation, bias=self.bias)

    def window(self, x: Shape) -> Windows:
        """All features of a place."""
        return own_places(x, len(x) - 1)


class SqueezeExcitation(_Weighted):
    """Look at all of an image at once, and let each channel through as much as that suggests."""

    category: ClassVar = "Convolution"
    icon: ClassVar = "equalizer"
    aliases: ClassVar = (
        "SE block, squeeze-and-excitation, SENet, channel attention, EfficientNet, MobileNetV3"
    )
    reference: ClassVar = "Hu et al. (2018), Squeeze-and-excitation networks"
    formula: ClassVar = r"y = x \odot \sigma(W_2\, \phi(W_1 \bar{x}))"
    axes: ClassVar = SEQUENCE + IMAGE + VOLUME
    example: ClassVar = ((2, 8, 5, 5),)
    whole: ClassVar = True
    ratio: int = Field(4, ge=1, le=1024, description="How many times fewer features there are in between")
    units: int | None = Field(
        None, ge=1, le=65536, description="How many there are; empty: as the ratio says"
    )
    activation: Literal["ReLU", "SiLU"] = Field("ReLU", description="In between")
    gate: Literal["Sigmoid", "Hardsigmoid"] = Field("Sigmoid", description="At the end")

    def deep(self) -> int:
        """Squeeze and excite."""
        return 2

    def module(self, x: Shape) -> Call:
        """A module of ours."""
        units = self.units or max(1, x[1] // self.ratio)
        return call("SqueezeExcitation", x[1], units, activation=self.activation, gate=self.gate)


class LayerScale(_Over):
    """Multiply each feature by a learned factor that starts small, so that a branch begins as almost nothing."""

    category: ClassVar = "Normalisation"
    icon: ClassVar = "tune"
    aliases: ClassVar = "learned scale, residual, ConvNeXt, CaiT, gamma"
    reference: ClassVar = "Touvron et al. (2021), Going deeper with image transformers"
    formula: ClassVar = r"y = \lambda \odot x"
    example: ClassVar = ((2, 5, 8),)
    start: float = Field(1e-5, ge=0, le=10, description="The factors at the start")

    def module(self, x: Shape) -> Call:
        """A module of ours; the factors lie so that they meet their dimension."""
        place = self.dim % len(x)
        return call("LayerScale", (x[place], *[1] * (len(x) - 1 - place)), self.start)

    def window(self, x: Shape) -> Windows:
        """Value by value."""
        return (OWN,) * (len(x) - 1)
