"""Learned filters that slide over sequences, images and volumes."""

from typing import ClassVar, Literal

from pydantic import Field

from builder.layer import Call, Layer, Shape, call
from builder.layers.initial import _Weighted
from builder.layers.reparametrised import _Reparametrised
from builder.layers.sides import EACH, _Sided, sides
from builder.window import Window, Windows, along

SEQUENCE, IMAGE, VOLUME = (
    ("batch × channels × steps",),
    ("batch × channels × height × width",),
    ("batch × channels × depth × height × width",),
)


class _Filters(Layer):
    category: ClassVar = "Convolution"
    icon: ClassVar = "filter_center_focus"
    filters: int = Field(32, ge=1, le=65536, description="Output channels")


class _Sliding(_Reparametrised, _Sided):
    """Filters with sides, a step between their places and a distance between their taps."""

    rare: ClassVar[tuple[str, ...]] = ("padding_mode", *_Reparametrised.rare)
    aliases: ClassVar = "CNN, ConvNet, convolutional, filter, feature map"
    reference: ClassVar = "LeCun et al. (1998), Gradient-based learning applied to document recognition"
    formula: ClassVar = r"y_{k,p} = b_k + \sum_{c,q} w_{k,c,q}\, x_{c,p+q}"
    kernel: sides(1, 101) = Field(3, description=f"Side of each filter, {EACH}")
    stride: sides(1, 64) = Field(1, description="Step between two positions of the filter")
    padding: sides(0, 100, "same") = Field(0, description='Added on each side; "same" keeps the size')
    dilation: sides(1, 64) = Field(1, description="Distance between the filter's taps")
    bias: bool = Field(True, description="Add a learned constant to each filter")
    padding_mode: Literal["zeros", "reflect", "replicate", "circular"] = Field(
        "zeros", description="What padding adds: zeros, a mirror image, the border again, or the other end"
    )

    def _call(self, target: str, x: Shape, filters: int, groups: int) -> Call:
        return call(
            target,
            x[1],
            filters,
            kernel_size=self.kernel,
            stride=self.stride,
            padding=self.padding,
            dilation=self.dilation,
            groups=groups,
            bias=self.bias,
            padding_mode=self.padding_mode,
        )

    def refuses(self, x: Shape) -> str:
        """The filter must fit into the padded input."""
        if wrong := super().refuses(x):
            return wrong
        parts = self._parts(x, self.kernel, self.dilation, self.padding, self.stride)
        if self.padding == "same" and any(stride > 1 for *_, stride in parts):
            return f'padding "same" needs stride 1. Got stride {self.stride}.'
        for size, kernel, dilation, padding, _ in parts:
            reach, room = dilation * (kernel - 1) + 1, size + 2 * padding
            if reach > room and not isinstance(self.padding, str):
                return f"kernel must fit into the input, which is {room} wide with its padding. Got {reach}."
            if self.padding_mode in ("reflect", "circular") and padding >= size:
                return f"padding must be less than the input, which is {size} wide, to take from it. Got {padding}."
        return ""

    def window(self, x: Shape) -> Windows:
        """The filter, over all channels."""
        ahead = {"same": 2, "causal": 1}  # half of its reach, or all of it
        before = tuple(
            dilation * (kernel - 1) // ahead[self.padding] if isinstance(self.padding, str) else padding
            for _, kernel, dilation, padding in self._parts(x, self.kernel, self.dilation, self.padding)
        )
        return along(x, self.kernel, self.stride, before, self.dilation)


class _Convolution(_Sliding, _Filters):
    groups: int = Field(
        1, ge=1, le=65536, description="Split the channels into groups that do not see each other"
    )

    def module(self, x: Shape) -> Call:
        """torch's convolution of the same name."""
        return self._call(f"nn.{self.kind}", x, self.filters, self.groups)

    def refuses(self, x: Shape) -> str:
        """Groups must divide the channels."""
        if x[1] % self.groups or self.filters % self.groups:
            return f"groups must divide the input channels ({x[1]}) and filters ({self.filters}). Got {self.groups}."
        return super().refuses(x)


class Conv1d(_Convolution):
    """Slide learned filters along a sequence."""

    aliases: ClassVar = "signal, audio, temporal convolution, causal convolution, TCN, WaveNet"
    axes: ClassVar = SEQUENCE
    example: ClassVar = ((2, 3, 16),)
    padding: sides(0, 100, "same", "causal") = Field(
        0, description='Added on each side; "same" keeps the size, "causal" too, and sees the past alone'
    )

    def module(self, x: Shape) -> Call:
        """torch's convolution; a module of ours pads the past alone."""
        if self.padding != "causal":
            return super().module(x)
        made = self._call("CausalConv1d", x, self.filters, self.groups)
        return call(
            made.target, *made.arguments, **{name: v for name, v in made.options if name != "padding"}
        )


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


class _Depthwise(_Sliding):
    category: ClassVar = "Convolution"
    icon: ClassVar = "layers"
    aliases: ClassVar = "depthwise separable, separable convolution, MobileNet, Xception"
    reference: ClassVar = "Howard et al. (2017), MobileNets"
    formula: ClassVar = r"y_{c,p} = b_c + \sum_{q} w_{c,q}\, x_{c,p+q}"
    multiplier: int = Field(1, ge=1, le=1024, description="Filters for each channel")

    def window(self, x: Shape) -> Windows:
        """The filter, over the channel that it belongs to."""
        own = Window(self.multiplier, before=self.multiplier - 1, grows=self.multiplier)
        return own, *super().window(x)[1:]

    def module(self, x: Shape) -> Call:
        """A convolution with a group for each channel."""
        kind = self.kind.removeprefix("Depthwise")
        return self._call(f"nn.{kind}", x, x[1] * self.multiplier, x[1])


class DepthwiseConv1d(_Depthwise):
    """Slide filters of its own along each channel of a sequence."""

    axes: ClassVar = SEQUENCE
    example: ClassVar = ((2, 3, 16),)


class DepthwiseConv2d(_Depthwise):
    """Slide filters of its own over each channel of an image."""

    axes: ClassVar = IMAGE
    example: ClassVar = ((2, 3, 16, 16),)


class MaskedConv2d(_Weighted, _Sided, _Filters):
    """Slide filters that see only the pixels above and to the left, so that an image can be drawn pixel by pixel."""

    icon: ClassVar = "draw"
    aliases: ClassVar = "PixelCNN, autoregressive, causal convolution, masked convolution"
    reference: ClassVar = "van den Oord et al. (2016), Pixel recurrent neural networks"
    formula: ClassVar = r"y_{k,p} = b_k + \sum_{c,\, q < 0} w_{k,c,q}\, x_{c,p+q}"
    axes: ClassVar = IMAGE
    example: ClassVar = ((2, 3, 8, 8),)
    kernel: sides(1, 101) = Field(5, description=f"Side of each filter, an odd number, {EACH}")
    type: Literal["A", "B"] = Field(
        "B", description="A hides the pixel itself, for the first layer; B shows it"
    )
    colours: int = Field(
        1, ge=1, le=1024, description="Parts of a pixel that are drawn one after another: 3 for RGB"
    )
    bias: bool = Field(True, description="Add a learned constant to each filter")

    def module(self, x: Shape) -> Call:
        """A module of ours; its padding keeps the size."""
        return call(
            "MaskedConv2d",
            x[1],
            self.filters,
            self.kernel,
            type=self.type,
            colours=self.colours,
            bias=self.bias,
        )

    def refuses(self, x: Shape) -> str:
        """A filter has a middle, and colours share the channels evenly."""
        if wrong := super().refuses(x):
            return wrong
        if any(kernel % 2 == 0 for _, kernel in self._parts(x, self.kernel)):
            return f"kernel must be odd, so that it has a middle. Got {self.kernel}."
        if x[1] % self.colours or self.filters % self.colours:
            return f"colours must divide the input channels ({x[1]}) and filters ({self.filters}). Got {self.colours}."
        return ""

    def window(self, x: Shape) -> Windows:
        """The rows above and its own, of the filter's width."""
        (_, rows), (_, columns) = self._parts(x, self.kernel)
        return None, Window(rows // 2 + 1, before=rows // 2), Window(columns, before=columns // 2)
