"""Layers that make sequences, images and volumes larger without weights."""

from math import prod
from typing import ClassVar, Literal

from pydantic import Field

from builder.layer import Call, Shape, call, written
from builder.layers.convolution import IMAGE, SEQUENCE, VOLUME
from builder.layers.sides import EACH, _Sided, sides
from builder.window import OWN, Windows, along
from builder.window import sides as spread

MODES = {"linear": {3: "linear", 4: "bilinear", 5: "trilinear"}}
"""What torch calls a mode, by the number of dimensions."""


class Upsample(_Sided):
    """Make a sequence, an image or a volume larger by copying or interpolating, without weights."""

    category: ClassVar = "Pooling"
    icon: ClassVar = "expand"
    aliases: ClassVar = (
        "upsampling, resize, enlarge, upscale, interpolate, unpooling, zoom, larger, FPN, bilinear"
    )
    optional: ClassVar = ("like",)
    apart: ClassVar = {"like": "any"}
    axes: ClassVar = SEQUENCE + IMAGE + VOLUME
    example: ClassVar = ((2, 3, 5, 5),)
    factor: sides(1, 64) = Field(2, description=f"How many times larger each side becomes, {EACH}")
    mode: Literal["nearest", "linear", "bicubic"] = Field(
        "nearest", description="Copy the nearest value, or interpolate along straight lines or smooth curves"
    )
    size: sides(1, 8192) | None = Field(
        None,
        description="Size to bring it to, whatever its own; empty: as many times larger as the factor says",
    )
    align_corners: bool = Field(
        False, description="Keep the values of the corners; not where they are copied"
    )

    def module(self, *shapes: Shape) -> Call:
        """nn.Upsample, or a module of ours where the size is that of another input."""
        x = shapes[0]
        options: dict[str, str | bool] = {"mode": MODES.get(self.mode, {}).get(len(x), self.mode)}
        if self.align_corners:
            options["align_corners"] = True
        if len(shapes) > 1:
            return call("UpsampleLike", **options)
        wanted = {"scale_factor": self.factor} if self.size is None else {"size": self.size}
        return call("nn.Upsample", **wanted, **options)

    def refuses(self, *shapes: Shape) -> str:
        """Curves are drawn through images alone, and corners are kept only where something is interpolated."""
        x = shapes[0]
        if wrong := super().refuses(x):
            return wrong
        if self.mode == "bicubic" and len(x) != 4:
            return f"mode bicubic is for images. Got {written(x)}."
        if self.align_corners and self.mode == "nearest":
            return "align_corners needs mode linear or bicubic. Got nearest."
        if len(shapes) > 1 and len(shapes[1]) != len(x):
            return (
                f"like must have as many dimensions as the input. Got {written(x)} and {written(shapes[1])}."
            )
        return ""

    def window(self, *shapes: Shape) -> Windows:
        """The place that is copied, or the two around; where no factor tells which, all of them."""
        x = shapes[0]
        if len(shapes) > 1 or self.size is not None or self.align_corners or self.mode == "bicubic":
            return OWN, *(None for _ in x[2:])
        factors = spread(self.factor, len(x) - 2)
        if self.mode == "nearest":
            return along(x, factors, before=tuple(one - 1 for one in factors), grows=factors, channels=OWN)
        reach = tuple(2 * one - one % 2 for one in factors)
        before = tuple((3 * one - 2) // 2 for one in factors)
        return along(x, reach, before=before, grows=factors, channels=OWN)


class _MaxUnpool(_Sided):
    category: ClassVar = "Pooling"
    icon: ClassVar = "expand"
    aliases: ClassVar = "unpooling, SegNet, deconvolution, larger, decoder"
    reference: ClassVar = "Badrinarayanan et al. (2017), SegNet"
    formula: ClassVar = r"y_{i_p} = x_p,\quad 0 \text{ elsewhere}"
    inputs: ClassVar = ("input", "indices")
    apart: ClassVar = {"indices": "int"}
    kernel: sides(1, 101) = Field(2, description=f"Side of the window of the MaxPool, {EACH}")
    stride: sides(1, 64) = Field(2, description="Step between two windows of the MaxPool")
    padding: sides(0, 50) = Field(0, description="Padding of the MaxPool")
    size: sides(1, 8192) | None = Field(
        None, description="Size that was pooled; empty: the smallest for which these windows fit"
    )

    def module(self, *shapes: Shape) -> Call:
        """A module of ours, for torch's own cannot leave as ONNX."""
        return call("MaxUnpool", self._size(shapes[0]))

    def _size(self, x: Shape) -> tuple[int, ...]:
        """The size of the output."""
        if self.size is not None:
            return spread(self.size, len(x) - 2)
        return tuple(
            (size - 1) * stride - 2 * padding + kernel
            for size, kernel, stride, padding in self._parts(x, self.kernel, self.stride, self.padding)
        )

    def refuses(self, *shapes: Shape) -> str:
        """Each value needs a place of its own."""
        x, indices = shapes
        if wrong := super().refuses(x):
            return wrong
        if x != indices:
            return f"indices must have the shape of the input. Got {written(indices)} and {written(x)}."
        if any(new < old for new, old in zip(self._size(x), x[2:], strict=True)):
            return f"size must be at least that of the input ({written(x)}). Got {self.size}."
        return ""

    def window(self, *shapes: Shape) -> Windows:
        """Channel by channel; the indices say which place."""
        return OWN, *(None for _ in shapes[0][2:])

    def below(self, port: str, *shapes: Shape) -> int:
        """As many places as the output has."""
        return prod(self._size(shapes[0])) if port == "indices" else 0


class MaxUnpool1d(_MaxUnpool):
    """Put the values of a sequence back to where MaxPool1d had found them."""

    axes: ClassVar = SEQUENCE
    example: ClassVar = ((2, 3, 6), (2, 3, 6))


class MaxUnpool2d(_MaxUnpool):
    """Put the values of an image back to where MaxPool2d had found them."""

    axes: ClassVar = IMAGE
    example: ClassVar = ((2, 3, 4, 4), (2, 3, 4, 4))


class MaxUnpool3d(_MaxUnpool):
    """Put the values of a volume back to where MaxPool3d had found them."""

    axes: ClassVar = VOLUME
    example: ClassVar = ((2, 2, 2, 3, 3), (2, 2, 2, 3, 3))
