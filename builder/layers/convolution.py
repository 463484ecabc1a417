"""Learned filters that slide over sequences, images and volumes."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from builder.layer import Call, Shape, call
from builder.layers.initial import _Weighted
from builder.window import Windows, along

SEQUENCE, IMAGE, VOLUME = (
    ("batch × channels × steps",),
    ("batch × channels × height × width",),
    ("batch × channels × depth × height × width",),
)


class _Convolution(_Weighted):
    category: ClassVar = "Convolution"
    icon: ClassVar = "filter_center_focus"
    aliases: ClassVar = "CNN, ConvNet, convolutional, filter, feature map"
    reference: ClassVar = "LeCun et al. (1998), Gradient-based learning applied to document recognition"
    formula: ClassVar = r"y_{k,p} = b_k + \sum_{c,q} w_{k,c,q}\, x_{c,p+q}"
    filters: int = Field(32, ge=1, le=65536, description="Output channels")
    kernel: int = Field(3, ge=1, le=101, description="Side of each filter")
    stride: int = Field(1, ge=1, le=64, description="Step between two positions of the filter")
    padding: Annotated[int, Field(ge=0, le=100)] | Literal["same"] = Field(
        0, description='Zeros added on each side; "same" keeps the size'
    )
    dilation: int = Field(1, ge=1, le=64, description="Distance between the filter's taps")
    groups: int = Field(
        1, ge=1, le=65536, description="Split the channels into groups that do not see each other"
    )
    bias: bool = Field(True, description="Add a learned constant to each filter")

    def module(self, x: Shape) -> Call:
        """torch's convolution of the same name."""
        return call(
            f"nn.{self.kind}",
            x[1],
            self.filters,
            kernel_size=self.kernel,
            stride=self.stride,
            padding=self.padding,
            dilation=self.dilation,
            groups=self.groups,
            bias=self.bias,
        )

    def refuses(self, x: Shape) -> str:
        """Groups must divide the channels, and the filter must fit into the padded input."""
        if x[1] % self.groups or self.filters % self.groups:
            return f"groups must divide the input channels ({x[1]}) and filters ({self.filters}). Got {self.groups}."
        if self.padding == "same":
            return f'padding "same" needs stride 1. Got stride {self.stride}.' if self.stride > 1 else ""
        reach, room = self.dilation * (self.kernel - 1) + 1, min(x[2:]) + 2 * self.padding
        if reach > room:
            return f"kernel must fit into the input, which is {room} wide with its padding. Got {reach}."
        return ""

    def window(self, x: Shape) -> Windows:
        """The filter, over all channels."""
        before = self.dilation * (self.kernel - 1) // 2 if self.padding == "same" else self.padding
        return along(x, self.kernel, self.stride, before, self.dilation)


class Conv1d(_Convolution):
    """Slide learned filters along a sequence."""

    aliases: ClassVar = "signal, audio, temporal convolution"
    axes: ClassVar = SEQUENCE
    example: ClassVar = ((2, 3, 16),)


class Conv2d(_Convolution):
    """Slide learned filters over an image."""

    aliases: ClassVar = "image, picture, pointwise, depthwise, 1x1"
    axes: ClassVar = IMAGE
    example: ClassVar = ((2, 3, 16, 16),)


class Conv3d(_Convolution):
    """Slide learned filters through a volume or a film."""

    aliases: ClassVar = "video, volume, voxels"
    axes: ClassVar = VOLUME
    example: ClassVar = ((2, 2, 6, 8, 8),)
    demo: ClassVar = {"filters": 4}


class _Transposed(_Weighted):
    category: ClassVar = "Convolution"
    icon: ClassVar = "zoom_out_map"
    aliases: ClassVar = (
        "deconvolution, deconv, upconvolution, upconv, transposed convolution, decoder, generator"
    )
    reference: ClassVar = "Zeiler et al. (2010), Deconvolutional networks"
    filters: int = Field(32, ge=1, le=65536, description="Output channels")
    kernel: int = Field(2, ge=1, le=101, description="Side of each filter")
    stride: int = Field(2, ge=1, le=64, description="By how much the input grows")
    padding: int = Field(0, ge=0, le=100, description="How much is cut off on each side of the output")
    output_padding: int = Field(
        0, ge=0, le=63, description="Added at one side of the output; less than the stride"
    )
    groups: int = Field(
        1, ge=1, le=65536, description="Split the channels into groups that do not see each other"
    )
    bias: bool = Field(True, description="Add a learned constant to each filter")

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
        )

    def refuses(self, x: Shape) -> str:
        """Groups must divide the channels, and something must be left of the output."""
        if x[1] % self.groups or self.filters % self.groups:
            return f"groups must divide the input channels ({x[1]}) and filters ({self.filters}). Got {self.groups}."
        if self.output_padding >= self.stride:
            return f"output_padding must be less than the stride ({self.stride}). Got {self.output_padding}."
        if (min(x[2:]) - 1) * self.stride + self.kernel + self.output_padding <= 2 * self.padding:
            return f"padding must leave something of the output. Got {self.padding}."
        return ""

    def window(self, x: Shape) -> Windows:
        """The places whose filters reach it."""
        return along(x, self.kernel, before=self.kernel - 1 - self.padding, grows=self.stride)


class ConvTranspose1d(_Transposed):
    """Make a sequence longer with learned filters."""

    axes: ClassVar = SEQUENCE
    example: ClassVar = ((2, 4, 8),)


class ConvTranspose2d(_Transposed):
    """Make an image larger with learned filters."""

    axes: ClassVar = IMAGE
    example: ClassVar = ((2, 4, 6, 6),)
