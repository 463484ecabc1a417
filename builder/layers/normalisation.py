"""Layers that keep activations in range by statistics of the batch, the channels or the features."""

from math import prod
from typing import Annotated, ClassVar

from pydantic import Field

from builder.layer import Call, Layer, Shape, call, written
from builder.layers.convolution import IMAGE, SEQUENCE, VOLUME
from builder.layers.dimensions import FEATURES
from builder.window import Windows, own_places

NORMALISE = r"y = \gamma\, \frac{x - \mu}{\sqrt{\sigma^2 + \epsilon}} + \beta"


Eps = Annotated[
    float, Field(gt=0, le=1, description="Added to the variance, so that nothing is divided by zero")
]


class _BatchNorm(Layer):
    category: ClassVar = "Normalisation"
    icon: ClassVar = "balance"
    aliases: ClassVar = "batch normalization, BN, normalize, standardize"
    reference: ClassVar = "Ioffe and Szegedy (2015), Batch normalization"
    formula: ClassVar = NORMALISE
    eps: Eps = 1e-5
    momentum: float = Field(
        0.1, gt=0, le=1, description="Weight of the newest batch in the running statistics"
    )
    affine: bool = Field(True, description="Learn a scale and a shift for each channel")
    scale: float = Field(
        1.0,
        ge=0,
        le=10,
        description="The learned scale at the start; 0 lets a residual block begin as nothing",
    )

    def module(self, x: Shape) -> Call:
        """torch's batch norm of the same name."""
        return call(f"nn.{self.kind}", x[1], eps=self.eps, momentum=self.momentum, affine=self.affine)

    def prepare(self, module: str) -> tuple[str, ...]:
        """torch starts with a scale of 1."""
        return (
            (f"nn.init.constant_({module}.weight, {self.scale})",) if self.affine and self.scale != 1 else ()
        )

    def window(self, x: Shape) -> Windows:
        """Value by value: in use, the statistics are constants."""
        return own_places(x)


class BatchNorm1d(_BatchNorm):
    """Standardise each feature over the batch."""

    axes: ClassVar = ("batch × features", *SEQUENCE)
    example: ClassVar = ((2, 8),)


class BatchNorm2d(_BatchNorm):
    """Standardise each channel over the batch and the image."""

    axes: ClassVar = IMAGE
    example: ClassVar = ((2, 3, 6, 6),)


class BatchNorm3d(_BatchNorm):
    """Standardise each channel over the batch and the volume."""

    axes: ClassVar = VOLUME
    example: ClassVar = ((2, 3, 4, 4, 4),)


class _OverLast(Layer):
    category: ClassVar = "Normalisation"
    icon: ClassVar = "balance"
    axes: ClassVar = FEATURES
    example: ClassVar = ((2, 5, 8),)
    dimensions: int = Field(1, ge=1, le=4, description="Over how many of the last dimensions")

    def _sides(self, x: Shape) -> int | Shape:
        return x[-1] if self.dimensions == 1 else x[-self.dimensions :]

    def refuses(self, x: Shape) -> str:
        """The batch is never normalised over."""
        most = len(x) - 1
        return (
            f"dimensions must be at most {most} here. Got {self.dimensions}."
            if self.dimensions > most
            else ""
        )

    def window(self, x: Shape) -> Windows:
        """Everything along the last dimensions."""
        return own_places(x, *range(len(x) - self.dimensions, len(x)))


class LayerNorm(_OverLast):
    """Standardise each example by itself, over its last dimensions."""

    aliases: ClassVar = "layer normalization, LN, normalize, standardize"
    reference: ClassVar = "Ba et al. (2016), Layer normalization"
    formula: ClassVar = NORMALISE
    eps: Eps = 1e-5
    affine: bool = Field(True, description="Learn a scale and a shift for each feature")
    bias: bool = Field(True, description="Learn the shift as well as the scale")

    def module(self, x: Shape) -> Call:
        """nn.LayerNorm."""
        return call(
            "nn.LayerNorm", self._sides(x), eps=self.eps, elementwise_affine=self.affine, bias=self.bias
        )


class RMSNorm(_OverLast):
    """Divide each example by the root of its mean square, over its last dimensions; usual in large language models."""

    aliases: ClassVar = "root mean square normalization, LLaMA, T5, normalize"
    reference: ClassVar = "Zhang and Sennrich (2019), Root mean square layer normalization"
    formula: ClassVar = r"y = \gamma\, \frac{x}{\sqrt{\text{mean}(x^2) + \epsilon}}"
    eps: Eps = 1e-6
    affine: bool = Field(True, description="Learn a scale for each feature")

    def module(self, x: Shape) -> Call:
        """nn.RMSNorm."""
        return call("nn.RMSNorm", self._sides(x), eps=self.eps, elementwise_affine=self.affine)


class GroupNorm(Layer):
    """Standardise groups of channels of each example."""

    category: ClassVar = "Normalisation"
    icon: ClassVar = "balance"
    aliases: ClassVar = "group normalization, GN, instance norm, normalize, standardize"
    reference: ClassVar = "Wu and He (2018), Group normalization"
    formula: ClassVar = NORMALISE
    axes: ClassVar = ("batch × channels", *SEQUENCE, *IMAGE, *VOLUME)
    example: ClassVar = ((2, 8, 6, 6),)
    groups: int = Field(4, ge=1, le=65536, description="How many groups the channels are split into")
    eps: Eps = 1e-5
    affine: bool = Field(True, description="Learn a scale and a shift for each channel")

    def module(self, x: Shape) -> Call:
        """nn.GroupNorm."""
        return call("nn.GroupNorm", self.groups, x[1], eps=self.eps, affine=self.affine)

    def refuses(self, x: Shape) -> str:
        """Groups must divide the channels, and a single value has no spread."""
        if x[1] % self.groups:
            return f"groups must divide the input channels ({x[1]}). Got {self.groups}."
        if prod(x[1:]) == self.groups:
            return f"groups must leave more than one value in each. Got {self.groups} for {written(x)}."
        return ""


class _InstanceNorm(Layer):
    category: ClassVar = "Normalisation"
    icon: ClassVar = "balance"
    aliases: ClassVar = (
        "instance normalization, contrast normalization, style transfer, normalize, standardize"
    )
    reference: ClassVar = "Ulyanov et al. (2016), Instance normalization"
    formula: ClassVar = NORMALISE
    eps: Eps = 1e-5
    affine: bool = Field(False, description="Learn a scale and a shift for each channel")

    def module(self, x: Shape) -> Call:
        """torch's instance norm of the same name."""
        return call(f"nn.{self.kind}", x[1], eps=self.eps, affine=self.affine)

    def refuses(self, x: Shape) -> str:
        """A single value has no spread."""
        return (
            ""
            if prod(x[2:]) > 1
            else f"input must have more than one value in each channel. Got {written(x)}."
        )

    def window(self, x: Shape) -> Windows:
        """Each channel by itself, over all places."""
        return own_places(x, *range(2, len(x)))


class InstanceNorm1d(_InstanceNorm):
    """Standardise each channel of each sequence by itself."""

    axes: ClassVar = SEQUENCE
    example: ClassVar = ((2, 3, 8),)


class InstanceNorm2d(_InstanceNorm):
    """Standardise each channel of each image by itself."""

    axes: ClassVar = IMAGE
    example: ClassVar = ((2, 3, 6, 6),)


class InstanceNorm3d(_InstanceNorm):
    """Standardise each channel of each volume by itself."""

    axes: ClassVar = VOLUME
    example: ClassVar = ((2, 3, 4, 4, 4),)
