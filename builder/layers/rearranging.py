"""Layers that move values between channels and places, and cut windows out and lay them together."""

from math import prod
from typing import ClassVar

from pydantic import Field

from builder.layer import Call, Layer, Shape, Use, call, written
from builder.layers.convolution import IMAGE, SEQUENCE, VOLUME
from builder.layers.sides import EACH, _Sided, sides
from builder.window import OWN, Window, Windows, along, own_places
from builder.window import sides as spread


class PixelShuffle(Layer):
    """Make an image larger by laying its channels out side by side."""

    category: ClassVar = "Shape"
    icon: ClassVar = "zoom_in"
    aliases: ClassVar = "sub-pixel convolution, depth to space, super-resolution, ESPCN, larger, upsample"
    reference: ClassVar = "Shi et al. (2016), Real-time single image super-resolution"
    axes: ClassVar = IMAGE
    takes: ClassVar = "any"
    example: ClassVar = ((2, 8, 3, 3),)
    factor: int = Field(2, ge=1, le=64, description="How many times larger each side becomes")

    def module(self, x: Shape) -> Call:
        """nn.PixelShuffle."""
        return call("nn.PixelShuffle", self.factor)

    def window(self, x: Shape) -> Windows:
        """The pixel that it was a part of."""
        return along(x, self.factor, before=self.factor - 1, grows=self.factor)

    def refuses(self, x: Shape) -> str:
        """Each new pixel takes a channel."""
        if x[1] % self.factor**2:
            return f"factor must divide the channels ({x[1]}) when squared. Got {self.factor}."
        return ""


class PixelUnshuffle(Layer):
    """Make an image smaller by laying neighbouring pixels into channels."""

    category: ClassVar = "Shape"
    icon: ClassVar = "zoom_out"
    aliases: ClassVar = "space to depth, smaller, focus, YOLO, patches"
    axes: ClassVar = IMAGE
    takes: ClassVar = "any"
    example: ClassVar = ((2, 3, 6, 6),)
    factor: int = Field(2, ge=1, le=64, description="How many times smaller each side becomes")

    def module(self, x: Shape) -> Call:
        """nn.PixelUnshuffle."""
        return call("nn.PixelUnshuffle", self.factor)

    def window(self, x: Shape) -> Windows:
        """The pixels that it is made of."""
        return along(x, self.factor, self.factor)

    def refuses(self, x: Shape) -> str:
        """Both sides shrink evenly."""
        if x[2] % self.factor or x[3] % self.factor:
            return f"factor must divide height and width ({x[2]} × {x[3]}). Got {self.factor}."
        return ""


class ChannelShuffle(Layer):
    """Mix the channels of different groups, so that grouped convolutions see each other's."""

    category: ClassVar = "Shape"
    icon: ClassVar = "shuffle"
    aliases: ClassVar = "ShuffleNet, permute channels, groups"
    reference: ClassVar = "Zhang et al. (2018), ShuffleNet"
    axes: ClassVar = SEQUENCE + IMAGE + VOLUME
    takes: ClassVar = "any"
    example: ClassVar = ((2, 6, 4, 4),)
    groups: int = Field(2, ge=1, le=65536, description="How many groups the channels come in")

    def module(self, x: Shape) -> Call:
        """nn.ChannelShuffle."""
        return call("nn.ChannelShuffle", self.groups)

    def window(self, x: Shape) -> Windows:
        """Its own place, of another channel."""
        return own_places(x, 1)

    def refuses(self, x: Shape) -> str:
        """Groups must divide the channels."""
        return (
            f"groups must divide the input channels ({x[1]}). Got {self.groups}."
            if x[1] % self.groups
            else ""
        )


class _Windows(_Sided):
    category: ClassVar = "Shape"
    rare: ClassVar[tuple[str, ...]] = ("dilation",)
    kernel: sides(1, 101) = Field(2, description=f"Side of each window, {EACH}")
    stride: sides(1, 64) = Field(2, description="Step between two windows")
    padding: sides(0, 100) = Field(0, description="Zeros added on each side")
    dilation: sides(1, 64) = Field(1, description="Distance between the places of a window")

    def _counts(self, sizes: Shape) -> list[int]:
        """How many windows fit along each side."""
        values = (self.kernel, self.stride, self.padding, self.dilation)
        return [
            (size + 2 * padding - dilation * (kernel - 1) - 1) // stride + 1
            for size, kernel, stride, padding, dilation in self._parts((1, 1, *sizes), *values)
        ]


class Unfold(_Windows):
    """Cut an image into windows, and lay each out in one column."""

    icon: ClassVar = "grid_view"
    aliases: ClassVar = "patches, im2col, sliding window, windows, extract"
    axes: ClassVar = IMAGE
    example: ClassVar = ((2, 3, 6, 6),)

    def module(self, x: Shape) -> Call:
        """nn.Unfold."""
        return call(
            "nn.Unfold", self.kernel, dilation=self.dilation, padding=self.padding, stride=self.stride
        )

    def refuses(self, x: Shape) -> str:
        """A window must fit."""
        if wrong := super().refuses(x):
            return wrong
        return (
            ""
            if min(self._counts(x[2:])) > 0
            else f"kernel must fit into the input ({written(x)}). Got {self.kernel}."
        )


class Fold(_Windows):
    """Lay columns of windows back together to an image; where windows overlap they are added."""

    icon: ClassVar = "dashboard"
    aliases: ClassVar = "col2im, patches, windows, assemble, unpatch"
    axes: ClassVar = ("batch × window values × windows",)
    example: ClassVar = ((2, 12, 16),)
    size: sides(1, 8192) = Field(8, description=f"Size of the image, {EACH}")

    def module(self, x: Shape) -> Call:
        """nn.Fold."""
        return call(
            "nn.Fold",
            self.size,
            self.kernel,
            dilation=self.dilation,
            padding=self.padding,
            stride=self.stride,
        )

    def refuses(self, x: Shape) -> str:
        """As many windows as fit, each with all its values."""
        image = (1, 1, *spread(self.size, 2))
        if wrong := super().refuses(image):
            return wrong
        window, count = prod(spread(self.kernel, 2)), prod(self._counts(image[2:]))
        if x[1] % window:
            return f"kernel must divide the window values ({x[1]}) by its {window} places. Got {self.kernel}."
        if x[2] != count:
            return (
                f"size must be that of an image with {x[2]} windows; this one has {count}. Got {self.size}."
            )
        return ""


class Crop(_Sided):
    """Keep the middle of a sequence, an image or a volume."""

    category: ClassVar = "Shape"
    icon: ClassVar = "crop"
    aliases: ClassVar = "center crop, centre crop, cut, trim, U-Net, Cropping2D"
    optional: ClassVar = ("like",)
    apart: ClassVar = {"like": "any"}
    axes: ClassVar = SEQUENCE + IMAGE + VOLUME
    takes: ClassVar = "any"
    example: ClassVar = ((2, 3, 8, 8),)
    size: sides(1, 8192) = Field(4, description=f"Side of what is kept, {EACH}; or that of an input at like")

    def module(self, *shapes: Shape) -> Call:
        """A padding by less than nothing."""
        cuts = [side - kept for side, kept in zip(shapes[0][2:], self._kept(*shapes), strict=True)]
        amounts = [amount for cut in reversed(cuts) for amount in (-(cut // 2), cut // 2 - cut)]
        return call(f"nn.ConstantPad{len(cuts)}d", tuple(amounts), 0.0)

    def forward(self, use: Use) -> str:
        """What it is to be like has told its size already."""
        return f"{use.module}({use.inputs['input']})"

    def _kept(self, *shapes: Shape) -> Shape:
        return shapes[1][2:] if len(shapes) > 1 else spread(self.size, len(shapes[0]) - 2)

    def refuses(self, *shapes: Shape) -> str:
        """There must be as much."""
        x = shapes[0]
        if wrong := super().refuses(x):
            return wrong
        if len(shapes) > 1 and len(shapes[1]) != len(x):
            return (
                f"like must have as many dimensions as the input. Got {written(x)} and {written(shapes[1])}."
            )
        kept = self._kept(*shapes)
        if any(new > old for new, old in zip(kept, x[2:], strict=True)):
            return f"size must be at most that of the input ({written(x)}). Got {' × '.join(map(str, kept))}."
        return ""

    def window(self, *shapes: Shape) -> Windows:
        """Value by value, moved."""
        cuts = zip(shapes[0][2:], self._kept(*shapes), strict=True)
        return OWN, *(Window(before=-((side - kept) // 2)) for side, kept in cuts)
