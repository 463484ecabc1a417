"""Layers that compare, choose, and turn numbers of one kind into another."""

from typing import ClassVar, Literal

from pydantic import Field

from builder.layer import Call, Layer, Shape, Use, call
from builder.layers.combine import _Broadcast
from builder.layers.dimensions import _Over
from builder.window import Window, Windows, own_places


class Compare(_Broadcast):
    """Tell value by value whether one is larger than another, or equal: a mask of true and false."""

    icon: ClassVar = "compare_arrows"
    aliases: ClassVar = "greater, less, equal, threshold, mask, condition, larger, smaller"
    formula: ClassVar = r"y = [a > b]"
    takes: ClassVar = "any"
    inputs: ClassVar = ("a",)
    optional: ClassVar = ("b",)
    example: ClassVar = ((2, 8), (2, 8))
    how: Literal[">", ">=", "<", "<=", "==", "!="] = Field(">", description="Sign between a and b")
    value: float = Field(
        0.0, ge=-1e30, le=1e30, description="What a is compared with where b is not connected"
    )

    def forward(self, use: Use) -> str:
        """The operator."""
        return f"{use.inputs['a']} {self.how} {use.inputs.get('b', self.value)}"


class Where(_Broadcast):
    """Take values from one branch where a condition is true, and from another where it is not."""

    icon: ClassVar = "call_split"
    aliases: ClassVar = "if, choose, mask, masked fill, condition, switch, gate"
    formula: ClassVar = r"y = a \text{ if } c \text{ else } b"
    takes: ClassVar = "any"
    inputs: ClassVar = ("condition", "a", "b")
    apart: ClassVar = {"condition": "mask"}
    example: ClassVar = ((2, 3, 4), (2, 3, 4), (2, 3, 4))

    def forward(self, use: Use) -> str:
        """torch.where."""
        return f"torch.where({use.inputs['condition']}.bool(), {use.inputs['a']}, {use.inputs['b']})"


class Cast(Layer):
    """Turn numbers into those of another kind: real numbers, whole numbers, or true and false."""

    category: ClassVar = "Arithmetic"
    icon: ClassVar = "swap_calls"
    aliases: ClassVar = "convert, dtype, float, integer, boolean, round down, type"
    takes: ClassVar = "any"
    example: ClassVar = ((2, 8),)
    dtype: Literal["float32", "int64", "bool"] = Field("float32", description="Kind of numbers that leave it")

    def forward(self, use: Use) -> str:
        """Tensor.to."""
        return f"{use.inputs['input']}.to(torch.{self.dtype})"

    def window(self, x: Shape) -> Windows:
        """Value by value."""
        return own_places(x)


class CosineSimilarity(_Over, _Broadcast):
    """Tell how much two vectors point the same way, from −1 to 1."""

    icon: ClassVar = "explore"
    aliases: ClassVar = "cosine, angle, similarity, siamese, contrastive, retrieval"
    formula: ClassVar = r"y = \frac{a \cdot b}{\|a\|\,\|b\|}"
    inputs: ClassVar = ("a", "b")
    example: ClassVar = ((2, 8), (2, 8))

    def module(self, a: Shape, b: Shape) -> Call:
        """nn.CosineSimilarity."""
        return call("nn.CosineSimilarity", dim=self.dim)

    def refuses(self, *shapes: Shape) -> str:
        """Both must be alike."""
        return _Over.refuses(self, *shapes) or _Broadcast.refuses(self, *shapes)

    def window(self, a: Shape, b: Shape) -> Windows:
        """All along the dimension; its own along the others."""
        if a != b:
            return ()
        return tuple(Window(dim=dim) for dim in range(1, len(a)) if dim != self.dim % len(a))


class PairwiseDistance(_Broadcast):
    """Tell how far apart two vectors are, along the last dimension."""

    icon: ClassVar = "social_distance"
    aliases: ClassVar = "Euclidean distance, L2 distance, siamese, metric learning, triplet"
    formula: ClassVar = r"y = \|a - b + \epsilon\|_p"
    inputs: ClassVar = ("a", "b")
    example: ClassVar = ((2, 8), (2, 8))
    p: float = Field(2.0, gt=0, le=100, description="Which distance: 2 the straight line, 1 along the axes")
    keepdim: bool = Field(False, description="Keep the last dimension, with the size 1")

    def module(self, a: Shape, b: Shape) -> Call:
        """nn.PairwiseDistance."""
        return call("nn.PairwiseDistance", p=self.p, keepdim=self.keepdim)

    def window(self, a: Shape, b: Shape) -> Windows:
        """All along the last dimension; its own along the others."""
        own = _Broadcast.window(self, a, b)[:-1]
        return (*own, None) if self.keepdim else own
