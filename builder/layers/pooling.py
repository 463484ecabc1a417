"""Layers that make sequences, images and volumes smaller or larger without weights."""

from typing import ClassVar, Literal

from pydantic import Field

from builder.layer import Call, Layer, Shape, call
from builder.layers.convolution import IMAGE, SEQUENCE, VOLUME
from builder.window import OWN, Windows, along

_SEQUENCE_EXAMPLE, _IMAGE_EXAMPLE, _VOLUME_EXAMPLE = ((2, 3, 12),), ((2, 3, 12, 12),), ((2, 2, 6, 8, 8),)


class _Pool(Layer):
    category: ClassVar = "Pooling"
    icon: ClassVar = "compress"
    aliases: ClassVar = "downsample, subsample, shrink, smaller"
    kernel: int = Field(2, ge=1, le=101, description="Side of the window")
    stride: int = Field(2, ge=1, le=64, description="Step between two windows")
    padding: int = Field(0, ge=0, le=50, description="Added on each side; at most half the kernel")

    def module(self, x: Shape) -> Call:
        """torch's pooling of the same name."""
        return call(f"nn.{self.kind}", self.kernel, stride=self.stride, padding=self.padding)

    def refuses(self, x: Shape) -> str:
        """The window must fit into the padded input."""
        if 2 * self.padding > self.kernel:
            return f"padding must be at most half the kernel ({self.kernel}). Got {self.padding}."
        if self.kernel > min(x[2:]) + 2 * self.padding:
            room = min(x[2:]) + 2 * self.padding
            return (
                f"kernel must fit into the input, which is {room} wide with its padding. Got {self.kernel}."
            )
        return ""

    def window(self, x: Shape) -> Windows:
        """Its own, channel by channel."""
        return along(x, self.kernel, self.stride, self.padding, channels=OWN)


class _MaxPool(_Pool):
    aliases: ClassVar = "max pooling, maximum"
    formula: ClassVar = r"y_p = \max_{q \in \text{window}} x_{p+q}"


class MaxPool1d(_MaxPool):
    """Keep the largest value of each window along a sequence."""

    axes: ClassVar = SEQUENCE
    example: ClassVar = _SEQUENCE_EXAMPLE


class MaxPool2d(_MaxPool):
    """Keep the largest value of each window of an image."""

    axes: ClassVar = IMAGE
    example: ClassVar = _IMAGE_EXAMPLE


class MaxPool3d(_MaxPool):
    """Keep the largest value of each window of a volume."""

    axes: ClassVar = VOLUME
    example: ClassVar = _VOLUME_EXAMPLE


class _AvgPool(_Pool):
    aliases: ClassVar = "average pooling, mean pooling, mean"
    formula: ClassVar = r"y_p = \frac{1}{|\text{window}|} \sum_{q \in \text{window}} x_{p+q}"


class AvgPool1d(_AvgPool):
    """Keep the mean of each window along a sequence."""

    axes: ClassVar = SEQUENCE
    example: ClassVar = _SEQUENCE_EXAMPLE


class AvgPool2d(_AvgPool):
    """Keep the mean of each window of an image."""

    axes: ClassVar = IMAGE
    example: ClassVar = _IMAGE_EXAMPLE


class AvgPool3d(_AvgPool):
    """Keep the mean of each window of a volume."""

    axes: ClassVar = VOLUME
    example: ClassVar = _VOLUME_EXAMPLE


class _Adaptive(Layer):
    category: ClassVar = "Pooling"
    icon: ClassVar = "fit_screen"
    size: int = Field(
        1, ge=1, le=1024, description="Side of the output; 1 pools over everything (global pooling)"
    )

    def module(self, x: Shape) -> Call:
        """torch's adaptive pooling of the same name."""
        return call(f"nn.{self.kind}", self.size)

    def window(self, x: Shape) -> Windows:
        """Equal parts of the input; everything where there is one part, or parts are not equal."""
        if self.size == 1 or any(side % self.size for side in x[2:]):
            return OWN, *(None for _ in x[2:])
        parts = tuple(side // self.size for side in x[2:])
        return along(x, parts, parts, channels=OWN)


class AdaptiveAvgPool1d(_Adaptive):
    """Average a sequence down to a given length, whatever its own."""

    aliases: ClassVar = "global average pooling, GAP, mean"
    axes: ClassVar = SEQUENCE
    example: ClassVar = _SEQUENCE_EXAMPLE


class AdaptiveAvgPool2d(_Adaptive):
    """Average an image down to a given size, whatever its own."""

    aliases: ClassVar = "global average pooling, GAP, mean"
    reference: ClassVar = "Lin et al. (2014), Network in network (global average pooling)"
    axes: ClassVar = IMAGE
    example: ClassVar = _IMAGE_EXAMPLE


class AdaptiveMaxPool1d(_Adaptive):
    """Keep the largest values of a sequence, down to a given length."""

    aliases: ClassVar = "global max pooling, maximum"
    axes: ClassVar = SEQUENCE
    example: ClassVar = _SEQUENCE_EXAMPLE


class AdaptiveMaxPool2d(_Adaptive):
    """Keep the largest values of an image, down to a given size."""

    aliases: ClassVar = "global max pooling, maximum"
    axes: ClassVar = IMAGE
    example: ClassVar = _IMAGE_EXAMPLE


class Upsample(Layer):
    """Make a sequence or an image larger by copying or interpolating, without weights."""

    category: ClassVar = "Pooling"
    icon: ClassVar = "expand"
    aliases: ClassVar = "upsampling, resize, enlarge, upscale, interpolate, unpooling, zoom, larger"
    axes: ClassVar = SEQUENCE + IMAGE
    example: ClassVar = ((2, 3, 5, 5),)
    factor: int = Field(2, ge=1, le=64, description="How many times larger each side becomes")
    mode: Literal["nearest", "linear"] = Field(
        "nearest", description="Copy the nearest value, or interpolate"
    )

    def module(self, x: Shape) -> Call:
        """nn.Upsample; linear is bilinear on images."""
        mode = "bilinear" if self.mode == "linear" and len(x) == 4 else self.mode
        return call("nn.Upsample", scale_factor=self.factor, mode=mode)

    def window(self, x: Shape) -> Windows:
        """The place that is copied, or the two around."""
        factor = self.factor
        if self.mode == "nearest":
            return along(x, factor, before=factor - 1, grows=factor, channels=OWN)
        return along(x, 2 * factor - factor % 2, before=(3 * factor - 2) // 2, grows=factor, channels=OWN)
