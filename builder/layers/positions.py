"""Layers that tell where something stands, and that make sequences of what is none."""

from typing import ClassVar, Literal

from pydantic import Field

from builder.layer import Call, Layer, Shape, call
from builder.layers.initial import _Weighted
from builder.window import EVERYTHING, OWN, Window, Windows, own_places

SEQUENCE = ("batch × steps × features",)


class _Positions(Layer):
    category: ClassVar = "Attention"
    icon: ClassVar = "format_list_numbered"
    aliases: ClassVar = "positional encoding, position embedding, order"
    axes: ClassVar[tuple[str, ...]] = SEQUENCE
    example: ClassVar = ((2, 5, 8),)

    def window(self, x: Shape) -> Windows:
        """Each value sees itself."""
        return own_places(x)


class SinusoidalPositions(_Positions):
    """Add waves of different lengths, so that each step has a pattern of its own."""

    icon: ClassVar = "airwave"
    aliases: ClassVar = "sine and cosine, fixed positions, sinusoidal encoding"
    reference: ClassVar = "Vaswani et al. (2017), Attention is all you need"
    formula: ClassVar = (
        r"y_{t,2i} = x_{t,2i} + \sin(t / b^{2i/d}),\quad y_{t,2i+1} = x_{t,2i+1} + \cos(t / b^{2i/d})"
    )
    base: float = Field(10_000.0, gt=1, le=1e9, description="The longest wave is about this many steps × 2π")

    def module(self, x: Shape) -> Call:
        """Of ours; for as many steps as come in."""
        return call("SinusoidalPositions", x[1], x[2], base=self.base)


class LearnedPositions(_Positions):
    """Add a learned vector for each place in the sequence."""

    aliases: ClassVar = "learned encoding, BERT, GPT, ViT, absolute positions"
    reference: ClassVar = "Gehring et al. (2017), Convolutional sequence to sequence learning"
    formula: ClassVar = r"y_t = x_t + p_t"
    steps: int | None = Field(
        None, ge=1, le=10_000_000, description="How many places there are; empty: as many as come in"
    )
    std: float = Field(0.02, ge=0, le=10, description="Standard deviation with which the vectors start")

    def module(self, x: Shape) -> Call:
        """Of ours."""
        return call("LearnedPositions", self.steps or x[1], x[2], std=self.std)

    def refuses(self, x: Shape) -> str:
        """There is a place for each step."""
        if self.steps and self.steps < x[1]:
            return f"steps must be at least {x[1]}, one for each step that comes in. Got {self.steps}."
        return ""


class RotaryPositions(_Positions):
    """Turn pairs of features of queries and keys by angles that grow with the place: their products tell distances."""

    icon: ClassVar = "rotate_right"
    aliases: ClassVar = "RoPE, rotary embedding, RoFormer, LLaMA, relative positions"
    reference: ClassVar = "Su et al. (2021), RoFormer: enhanced transformer with rotary position embedding"
    formula: ClassVar = r"(y_{t,2i},\, y_{t,2i+1}) = R(t\, b^{-2i/d})\, (x_{t,2i},\, x_{t,2i+1})"
    axes: ClassVar = (*SEQUENCE, "batch × … × steps × features")
    demo: ClassVar = {"heads": 2}
    rare: ClassVar = ("features", "pairs")
    heads: int = Field(
        1, ge=1, le=1024, description="Heads of the attention that follows; they share the features"
    )
    base: float = Field(10_000.0, gt=1, le=1e9, description="The larger, the slower the last pair turns")
    features: int | None = Field(
        None, ge=2, le=65536, description="How many features of each head are turned; empty: all"
    )
    pairs: Literal["halves", "neighbours"] = Field(
        "halves",
        description="What is turned together: a feature and the one half of the head away, or its neighbour",
    )

    def module(self, x: Shape) -> Call:
        """Of ours; for as many steps as come in."""
        return call(
            "RotaryPositions",
            x[-2],
            x[-1],
            self.heads,
            base=self.base,
            turned=self.features or 0,
            neighbours=self.pairs == "neighbours",
        )

    def window(self, x: Shape) -> Windows:
        """Each step sees itself, its features one another."""
        return own_places(x, len(x) - 1)

    def refuses(self, x: Shape) -> str:
        """Features come in pairs in each head."""
        if x[-1] % self.heads or x[-1] // self.heads % 2:
            return f"heads must share the {x[-1]} features in pairs. Got {self.heads}."
        if self.features and (self.features % 2 or self.features > x[-1] // self.heads):
            most = x[-1] // self.heads
            return f"features must be even, and at most the {most} of a head. Got {self.features}."
        return ""


class ALiBi(_Positions):
    """A bias for attention that grows with the distance between steps, in each head by another slope."""

    icon: ClassVar = "trending_down"
    aliases: ClassVar = "attention with linear biases, relative positions, extrapolation"
    reference: ClassVar = "Press et al. (2022), Train short, test long: attention with linear biases"
    formula: ClassVar = r"B_{hij} = -2^{-8h/H}\, |i - j|"
    heads: int = Field(8, ge=1, le=1024, description="Heads of the attention to whose bias this leads")

    def module(self, x: Shape) -> Call:
        """Of ours; the input tells the number of steps alone."""
        return call("ALiBi", x[1], self.heads)

    def window(self, x: Shape) -> Windows:
        """How many steps there are is all that matters."""
        return EVERYTHING


class RelativeBias(_Positions):
    """A bias for attention, learned for each distance between steps, or between the places of a window of an image."""

    icon: ClassVar = "straighten"
    aliases: ClassVar = "relative position bias, T5, Swin, window attention, relative positions"
    reference: ClassVar = "Liu et al. (2021), Swin transformer; Raffel et al. (2020), T5"
    formula: ClassVar = r"B_{hij} = b_{h,\, i - j}"
    axes: ClassVar = (*SEQUENCE, "batch × … × steps × features")
    heads: int = Field(8, ge=1, le=1024, description="Heads of the attention to whose bias this leads")
    columns: int = Field(
        1, ge=1, le=4096, description="Columns of a window whose places are the steps; 1: a sequence"
    )
    farthest: int | None = Field(
        None, ge=1, le=100_000, description="Distances beyond it share a bias; empty: each has its own"
    )

    def module(self, x: Shape) -> Call:
        """Of ours; the input tells the number of steps alone."""
        return call(
            "RelativeBias",
            self.heads,
            x[-2] // self.columns,
            columns=self.columns,
            farthest=self.farthest or 0,
        )

    def window(self, x: Shape) -> Windows:
        """How many steps there are is all that matters."""
        return EVERYTHING

    def refuses(self, x: Shape) -> str:
        """A window has whole rows."""
        if x[-2] % self.columns:
            return f"columns must divide the {x[-2]} steps. Got {self.columns}."
        return ""


class ClassToken(_Positions):
    """Put learned vectors before the sequence, in which attention gathers what the whole is about."""

    icon: ClassVar = "label"
    aliases: ClassVar = "CLS, class token, register, prompt, prefix, distillation token, ViT, DeiT"
    reference: ClassVar = "Dosovitskiy et al. (2021), An image is worth 16×16 words"
    formula: ClassVar = r"y = [c;\, x_1;\, \dots;\, x_T]"
    count: int = Field(1, ge=1, le=10_000, description="How many vectors")
    std: float = Field(0.02, ge=0, le=10, description="Standard deviation with which they start")

    def module(self, x: Shape) -> Call:
        """Of ours."""
        return call("ClassToken", x[2], count=self.count, std=self.std)

    def window(self, x: Shape) -> Windows:
        """The steps come later, by as many as there are vectors."""
        return Window(before=self.count), OWN


class PatchEmbedding(_Weighted):
    """Cut an image into patches, and make each a vector: the sequence that a vision transformer reads."""

    category: ClassVar = "Attention"
    icon: ClassVar = "grid_view"
    aliases: ClassVar = "patchify, patches, ViT, vision transformer, tokens, image to sequence, MLP-Mixer"
    reference: ClassVar = "Dosovitskiy et al. (2021), An image is worth 16×16 words"
    formula: ClassVar = r"y_p = W\, x_p + b"
    axes: ClassVar = ("batch × channels × height × width",)
    example: ClassVar = ((2, 3, 16, 32),)
    demo: ClassVar = {"width": 6}
    whole: ClassVar = True
    rare: ClassVar = ("stride", "bias", "initial", "initial_std")
    width: int = Field(768, ge=1, le=65536, description="Length of each vector")
    patch: int = Field(16, ge=1, le=1024, description="Side of a patch, in pixels")
    stride: int | None = Field(
        None, ge=1, le=1024, description="From one patch to the next; empty: they lie side by side"
    )
    bias: bool = Field(True, description="Add a learned constant to each feature")

    def module(self, x: Shape) -> Call:
        """Of ours: a convolution, laid out."""
        return call("PatchEmbedding", x[1], self.width, self.patch, stride=self.stride or 0, bias=self.bias)

    def refuses(self, x: Shape) -> str:
        """A patch fits into the image."""
        if self.patch > min(x[2:]):
            return f"patch must be at most {min(x[2:])}, the shorter side. Got {self.patch}."
        return ""
