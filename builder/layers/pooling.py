"""Layers that make sequences, images and volumes smaller by keeping one number of each window."""

from typing import ClassVar

from pydantic import Field

from builder.layer import Call, Shape, call
from builder.layers.convolution import IMAGE, SEQUENCE, VOLUME
from builder.layers.sides import EACH, _Sided, sides
from builder.window import OWN, Windows, along
from builder.window import sides as spread

_SEQUENCE_EXAMPLE, _IMAGE_EXAMPLE, _VOLUME_EXAMPLE = ((2, 3, 12),), ((2, 3, 12, 12),), ((2, 2, 6, 8, 8),)


class _Pool(_Sided):
    category: ClassVar = "Pooling"
    icon: ClassVar = "compress"
    aliases: ClassVar = "downsample, subsample, shrink, smaller"
    rare: ClassVar[tuple[str, ...]] = ("ceil_mode",)
    kernel: sides(1, 101) = Field(2, description=f"Side of the window, {EACH}")
    stride: sides(1, 64) = Field(2, description="Step between two windows")
    ceil_mode: bool = Field(False, description="Keep a last window that reaches over the border")

    def window(self, x: Shape) -> Windows:
        """Its own, channel by channel."""
        padding, dilation = getattr(self, "padding", 0), getattr(self, "dilation", 1)
        return along(x, self.kernel, self.stride, padding, dilation, channels=OWN)


class _Padded(_Pool):
    padding: sides(0, 50) = Field(0, description="Added on each side; at most half the kernel")

    def refuses(self, x: Shape) -> str:
        """The window must fit into the padded input."""
        if wrong := super().refuses(x):
            return wrong
        dilation = getattr(self, "dilation", 1)
        for size, kernel, padding, between in self._parts(x, self.kernel, self.padding, dilation):
            if 2 * padding > kernel:
                return f"padding must be at most half the kernel ({kernel}). Got {padding}."
            reach, room = between * (kernel - 1) + 1, size + 2 * padding
            if reach > room:
                return f"kernel must fit into the input, which is {room} wide with its padding. Got {reach}."
        return ""


class _MaxPool(_Padded):
    aliases: ClassVar = "max pooling, maximum"
    formula: ClassVar = r"y_p = \max_{q \in \text{window}} x_{p+q}"
    rare: ClassVar[tuple[str, ...]] = ("dilation", "ceil_mode", "indices")
    dilation: sides(1, 64) = Field(1, description="Distance between the places of a window")
    indices: bool = Field(False, description="Give the places of the largest values as well, for MaxUnpool")

    def module(self, x: Shape) -> Call:
        """torch's pooling of the same name."""
        return call(
            f"nn.{self.kind}",
            self.kernel,
            stride=self.stride,
            padding=self.padding,
            dilation=self.dilation,
            return_indices=self.indices,
            ceil_mode=self.ceil_mode,
        )

    def output_ports(self) -> tuple[str, ...]:
        """The places come second."""
        return ("output", "indices") if self.indices else self.outputs


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


class _AvgPool(_Padded):
    aliases: ClassVar = "average pooling, mean pooling, mean"
    formula: ClassVar = r"y_p = \frac{1}{|\text{window}|} \sum_{q \in \text{window}} x_{p+q}"
    rare: ClassVar[tuple[str, ...]] = ("ceil_mode", "count_include_pad")
    count_include_pad: bool = Field(True, description="Count the zeros of the padding in the mean")

    def module(self, x: Shape) -> Call:
        """torch's pooling of the same name."""
        return call(
            f"nn.{self.kind}",
            self.kernel,
            stride=self.stride,
            padding=self.padding,
            ceil_mode=self.ceil_mode,
            count_include_pad=self.count_include_pad,
        )


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


class _LPPool(_Pool):
    aliases: ClassVar = "power-average pooling, root mean square, L2 pooling, norm"
    reference: ClassVar = "Sermanet et al. (2012), Convolutional neural networks applied to house numbers"
    formula: ClassVar = r"y_p = \left(\sum_{q \in \text{window}} x_{p+q}^n\right)^{1/n}"
    power: float = Field(
        2.0, ge=1, le=100, description="Of the sum: 1 adds up, large ones come near the maximum"
    )

    def module(self, x: Shape) -> Call:
        """torch's pooling of the same name."""
        return call(f"nn.{self.kind}", self.power, self.kernel, stride=self.stride, ceil_mode=self.ceil_mode)

    def refuses(self, x: Shape) -> str:
        """The window must fit into the input."""
        if wrong := super().refuses(x):
            return wrong
        for size, kernel in self._parts(x, self.kernel):
            if kernel > size:
                return f"kernel must fit into the input, which is {size} wide. Got {kernel}."
        return ""


class LPPool1d(_LPPool):
    """Keep the length of each window's values along a sequence."""

    axes: ClassVar = SEQUENCE
    example: ClassVar = _SEQUENCE_EXAMPLE


class LPPool2d(_LPPool):
    """Keep the length of each window's values of an image."""

    axes: ClassVar = IMAGE
    example: ClassVar = _IMAGE_EXAMPLE


class _Adaptive(_Sided):
    category: ClassVar = "Pooling"
    icon: ClassVar = "fit_screen"
    size: sides(1, 1024) = Field(
        1, description=f"Side of the output, {EACH}; 1 pools over everything (global pooling)"
    )

    def module(self, x: Shape) -> Call:
        """torch's adaptive pooling of the same name."""
        return call(f"nn.{self.kind}", self.size)

    def window(self, x: Shape) -> Windows:
        """Equal parts of the input; everything where there is one part, or parts are not equal."""
        sizes = spread(self.size, len(x) - 2)
        if any(size == 1 or side % size for side, size in zip(x[2:], sizes, strict=True)):
            return OWN, *(None for _ in x[2:])
        parts = tuple(side // size for side, size in zip(x[2:], sizes, strict=True))
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


class AdaptiveAvgPool3d(_Adaptive):
    """Average a volume down to a given size, whatever its own."""

    aliases: ClassVar = "global average pooling, GAP, mean"
    axes: ClassVar = VOLUME
    example: ClassVar = _VOLUME_EXAMPLE


class AdaptiveMaxPool3d(_Adaptive):
    """Keep the largest values of a volume, down to a given size."""

    aliases: ClassVar = "global max pooling, maximum"
    axes: ClassVar = VOLUME
    example: ClassVar = _VOLUME_EXAMPLE
