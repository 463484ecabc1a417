"""Learned filters that make sequences, images and volumes larger."""

from typing import ClassVar

from pydantic import Field

from builder.layer import Call, Shape, call
from builder.layers.convolution import IMAGE, SEQUENCE, VOLUME, _Filters
from builder.layers.reparametrised import _Reparametrised
from builder.layers.sides import EACH, _Sided, sides
from builder.window import Windows, along


class _Transposed(_Reparametrised, _Sided, _Filters):
    rare: ClassVar[tuple[str, ...]] = ("dilation", *_Reparametrised.rare)
    icon: ClassVar = "zoom_out_map"
    aliases: ClassVar = (
        "deconvolution, deconv, upconvolution, upconv, transposed convolution, decoder, generator"
    )
    reference: ClassVar = "Zeiler et al. (2010), Deconvolutional networks"
    formula: ClassVar = r"y_{k,\, s p + q} = b_k + \sum_{c} w_{c,k,q}\, x_{c,p}"
    kernel: sides(1, 101) = Field(2, description=f"Side of each filter, {EACH}")
    stride: sides(1, 64) = Field(2, description="By how much the input grows")
    padding: sides(0, 100) = Field(0, description="How much is cut off on each side of the output")
    output_padding: sides(0, 63) = Field(
        0, description="Added at one side of the output; less than the stride"
    )
    groups: int = Field(
        1, ge=1, le=65536, description="Split the channels into groups that do not see each other"
    )
    bias: bool = Field(True, description="Add a learned constant to each filter")
    dilation: sides(1, 64) = Field(1, description="Distance between the filter's taps")

    def module(self, x: Shape) -> Call:
        """torch's transposed convolution of the same name."""
        return call(
            f"nn.{self.kind}",
            x[1],
            self.filters,
            kernel_size=self.kernel,
            stride=self.stride,
            padding=self.padding,
            output_padding=self.output_padding,
            groups=self.groups,
            bias=self.bias,
            dilation=self.dilation,
        )

    def refuses(self, x: Shape) -> str:
        """Groups must divide the channels, and something must be left of the output."""
        if wrong := super().refuses(x):
            return wrong
        if x[1] % self.groups or self.filters % self.groups:
            return f"groups must divide the input channels ({x[1]}) and filters ({self.filters}). Got {self.groups}."
        values = (self.kernel, self.stride, self.padding, self.output_padding, self.dilation)
        for size, kernel, stride, padding, more, dilation in self._parts(x, *values):
            if more >= max(stride, dilation):
                return f"output_padding must be less than the stride ({stride}). Got {more}."
            if (size - 1) * stride + dilation * (kernel - 1) + 1 + more <= 2 * padding:
                return f"padding must leave something of the output. Got {padding}."
        return ""

    def window(self, x: Shape) -> Windows:
        """The places whose filters reach it."""
        parts = self._parts(x, self.kernel, self.dilation, self.padding)
        before = tuple(dilation * (kernel - 1) - padding for _, kernel, dilation, padding in parts)
        return along(x, self.kernel, before=before, dilation=self.dilation, grows=self.stride)


class ConvTranspose1d(_Transposed):
    """Make a sequence longer with learned filters."""

    axes: ClassVar = SEQUENCE
    example: ClassVar = ((2, 4, 8),)


class ConvTranspose2d(_Transposed):
    """Make an image larger with learned filters."""

    axes: ClassVar = IMAGE
    example: ClassVar = ((2, 4, 6, 6),)


class ConvTranspose3d(_Transposed):
    """Make a volume or a film larger with learned filters."""

    aliases: ClassVar = "video, volume, voxels"
    axes: ClassVar = VOLUME
    example: ClassVar = ((2, 3, 3, 4, 4),)
    demo: ClassVar = {"filters": 4}
