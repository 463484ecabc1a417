"""Layers that keep activations in range, and those that make a network robust by leaving some out."""

from typing import ClassVar

from pydantic import Field

from builder.layer import Call, Layer, Shape, call
from builder.layers.convolution import IMAGE, SEQUENCE, VOLUME
from builder.window import Windows, own_places

_NORMALISE = r"y = \gamma\, \frac{x - \mu}{\sqrt{\sigma^2 + \epsilon}} + \beta"


class _BatchNorm(Layer):
    category: ClassVar = "Normalisation"
    icon: ClassVar = "balance"
    aliases: ClassVar = "batch normalization, BN, normalize, standardize"
    reference: ClassVar = "Ioffe and Szegedy (2015), Batch normalization"
    formula: ClassVar = _NORMALISE
    eps: float = Field(
        1e-5, gt=0, le=1, description="Added to the variance, so that nothing is divided by zero"
    )
    momentum: float = Field(
        0.1, gt=0, le=1, description="Weight of the newest batch in the running statistics"
    )
    affine: bool = Field(True, description="Learn a scale and a shift for each channel")

    def module(self, x: Shape) -> Call:
        """torch's batch norm of the same name."""
        return call(f"nn.{self.kind}", x[1], eps=self.eps, momentum=self.momentum, affine=self.affine)

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


class LayerNorm(Layer):
    """Standardise each example by itself, over its last dimensions."""

    category: ClassVar = "Normalisation"
    icon: ClassVar = "balance"
    aliases: ClassVar = "layer normalization, LN, normalize, standardize"
    reference: ClassVar = "Ba et al. (2016), Layer normalization"
    formula: ClassVar = _NORMALISE
    axes: ClassVar = (
        "batch × features",
        "batch × steps × features",
        "batch × … × features",
        "batch × … × … × features",
    )
    example: ClassVar = ((2, 5, 8),)
    dimensions: int = Field(1, ge=1, le=4, description="Over how many of the last dimensions")
    eps: float = Field(
        1e-5, gt=0, le=1, description="Added to the variance, so that nothing is divided by zero"
    )
    affine: bool = Field(True, description="Learn a scale and a shift for each feature")

    def module(self, x: Shape) -> Call:
        """nn.LayerNorm."""
        sides = x[-1] if self.dimensions == 1 else x[-self.dimensions :]
        return call("nn.LayerNorm", sides, eps=self.eps, elementwise_affine=self.affine)

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


class GroupNorm(Layer):
    """Standardise groups of channels of each example."""

    category: ClassVar = "Normalisation"
    icon: ClassVar = "balance"
    aliases: ClassVar = "group normalization, GN, instance norm, normalize, standardize"
    reference: ClassVar = "Wu and He (2018), Group normalization"
    formula: ClassVar = _NORMALISE
    axes: ClassVar = ("batch × channels", *SEQUENCE, *IMAGE, *VOLUME)
    example: ClassVar = ((2, 8, 6, 6),)
    groups: int = Field(4, ge=1, le=65536, description="How many groups the channels are split into")
    eps: float = Field(
        1e-5, gt=0, le=1, description="Added to the variance, so that nothing is divided by zero"
    )

    def module(self, x: Shape) -> Call:
        """nn.GroupNorm."""
        return call("nn.GroupNorm", self.groups, x[1], eps=self.eps)

    def refuses(self, x: Shape) -> str:
        """Groups must divide the channels."""
        return (
            f"groups must divide the input channels ({x[1]}). Got {self.groups}."
            if x[1] % self.groups
            else ""
        )


class _Dropout(Layer):
    category: ClassVar = "Regularisation"
    icon: ClassVar = "blur_on"
    aliases: ClassVar = "regularise, regularize, regularization, overfitting"
    reference: ClassVar = "Srivastava et al. (2014), Dropout"
    formula: ClassVar = r"y = \frac{m \odot x}{1 - p},\quad m_i \sim \text{Bernoulli}(1 - p)"
    rate: float = Field(0.5, ge=0, lt=1, description="Share that is left out at each step of training")

    def module(self, x: Shape) -> Call:
        """torch's dropout of the same name."""
        return call(f"nn.{self.kind}", self.rate)

    def window(self, x: Shape) -> Windows:
        """Value by value: in use, nothing is left out."""
        return own_places(x)


class Dropout(_Dropout):
    """Leave out single values at random while training."""

    example: ClassVar = ((2, 8),)


class Dropout1d(_Dropout):
    """Leave out whole channels of a sequence at random while training."""

    aliases: ClassVar = "spatial dropout, channel dropout"
    axes: ClassVar = SEQUENCE
    example: ClassVar = ((2, 8, 6),)


class Dropout2d(_Dropout):
    """Leave out whole channels of an image at random while training."""

    aliases: ClassVar = "spatial dropout, channel dropout"
    axes: ClassVar = IMAGE
    example: ClassVar = ((2, 8, 6, 6),)
