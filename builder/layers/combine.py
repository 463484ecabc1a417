"""Layers that bring several branches together."""

from typing import ClassVar

from pydantic import Field

from builder.layer import Layer, Shape, Use, written
from builder.layers.dimensions import MOST_DIMENSIONS
from builder.window import OWN, Windows, own_places


class _Broadcast(Layer):
    """Value by value, where sides of 1 are spread over the others."""

    category: ClassVar = "Combine"
    example: ClassVar[tuple[Shape, ...]] = ((2, 3, 4), (2, 3, 4))

    def refuses(self, *shapes: Shape) -> str:
        """Sides must be equal or 1 (broadcasting)."""
        known = [shape for shape in shapes if shape]
        for one in known[1:]:
            if len(one) != len(known[0]) or not all(
                len({*sizes} - {1}) < 2 for sizes in zip(*known, strict=False)
            ):
                return f"all inputs must have the same shape. Got {written(known[0])} and {written(one)}."
        return ""

    def window(self, *shapes: Shape) -> Windows:
        """Value by value, but for what is spread over the others."""
        known = [shape[1:] for shape in shapes if shape]
        return tuple(OWN if len(set(sizes)) == 1 else None for sizes in zip(*known, strict=True))


class _Elementwise(_Broadcast):
    inputs: ClassVar = ()
    many: ClassVar = "input"
    sign: ClassVar[str]

    def forward(self, use: Use) -> str:
        """The operator between all inputs."""
        return f" {self.sign} ".join(use.inputs.values())


class Add(_Elementwise):
    """Add branches value by value, as a residual (skip) connection does."""

    icon: ClassVar = "add"
    aliases: ClassVar = "residual, skip connection, shortcut, sum, plus, addition, ResNet"
    sign: ClassVar = "+"
    reference: ClassVar = "He et al. (2016), Deep residual learning for image recognition"
    formula: ClassVar = r"y = x_1 + x_2 + \dots"


class Multiply(_Elementwise):
    """Multiply branches value by value, as gates do."""

    icon: ClassVar = "close"
    aliases: ClassVar = "times, product, Hadamard product, gate, gating, elementwise product, mul"
    sign: ClassVar = "*"
    formula: ClassVar = r"y = x_1 \odot x_2 \odot \dots"


class Maximum(_Elementwise):
    """Keep the largest of several branches, value by value."""

    icon: ClassVar = "vertical_align_top"
    aliases: ClassVar = "max, largest, elementwise maximum, fuzzy or"
    formula: ClassVar = r"y = \max(x_1, x_2, \dots)"
    function: ClassVar = "torch.maximum"

    def forward(self, use: Use) -> str:
        """The function of the first two, then of that and the next."""
        first, *rest = use.inputs.values()
        for one in rest:
            first = f"{self.function}({first}, {one})"
        return first


class Minimum(Maximum):
    """Keep the smallest of several branches, value by value."""

    icon: ClassVar = "vertical_align_bottom"
    aliases: ClassVar = "min, smallest, elementwise minimum, fuzzy and"
    formula: ClassVar = r"y = \min(x_1, x_2, \dots)"
    function: ClassVar = "torch.minimum"


class Average(_Elementwise):
    """The mean of several branches, value by value."""

    icon: ClassVar = "balance"
    aliases: ClassVar = "mean, ensemble, vote, elementwise average"
    formula: ClassVar = r"y = (x_1 + x_2 + \dots) / n"

    def forward(self, use: Use) -> str:
        """Their sum, divided by how many there are."""
        return f"({' + '.join(use.inputs.values())}) / {len(use.inputs)}"


class Subtract(_Broadcast):
    """The difference of two branches, value by value."""

    icon: ClassVar = "remove"
    aliases: ClassVar = "minus, difference, subtraction, sub"
    inputs: ClassVar = ("a", "b")
    formula: ClassVar = r"y = a - b"
    sign: ClassVar = "-"

    def forward(self, use: Use) -> str:
        """The operator between both."""
        return f"{use.inputs['a']} {self.sign} {use.inputs['b']}"


class Divide(Subtract):
    """The quotient of two branches, value by value."""

    icon: ClassVar = "percent"
    aliases: ClassVar = "division, ratio, quotient, div"
    formula: ClassVar = r"y = a / b"
    sign: ClassVar = "/"


class Concatenate(Layer):
    """Lay branches side by side along a dimension."""

    category: ClassVar = "Combine"
    icon: ClassVar = "merge"
    aliases: ClassVar = "concat, cat, merge, join, stack, append, put together"
    inputs: ClassVar = ()
    many: ClassVar = "input"
    takes: ClassVar = "any"
    example: ClassVar = ((2, 3, 4), (2, 5, 4))
    dim: int = Field(
        1,
        ge=1,
        le=MOST_DIMENSIONS,
        description="Along which dimension (0 is the batch; 1 the features or channels)",
    )

    def forward(self, use: Use) -> str:
        """torch.cat."""
        return f"torch.cat(({', '.join(use.inputs.values())}), dim={self.dim})"

    def refuses(self, *shapes: Shape) -> str:
        """All other sides must be equal."""
        if self.dim >= min(map(len, shapes)):
            return f"dim must be at most {min(map(len, shapes)) - 1} here. Got {self.dim}."
        for one in shapes[1:]:
            if one[: self.dim] + one[self.dim + 1 :] != shapes[0][: self.dim] + shapes[0][self.dim + 1 :]:
                return (
                    f"all inputs must agree in every dimension but {self.dim}. "
                    f"Got {written(shapes[0])} and {written(one)}."
                )
        return ""

    def window(self, *shapes: Shape) -> Windows:
        """Value by value; along the dimension, places are those of one branch or another."""
        return own_places(shapes[0], self.dim)


class MatMul(Layer):
    """Multiply two matrices (or stacks of them), as attention does."""

    category: ClassVar = "Combine"
    icon: ClassVar = "grid_on"
    aliases: ClassVar = "matrix multiplication, matrix product, dot product, bmm, attention scores"
    inputs: ClassVar = ("a", "b")
    formula: ClassVar = r"y = A B"
    axes: ClassVar = ("batch × rows × columns", "batch × … × rows × columns")
    example: ClassVar = ((2, 3, 4), (2, 4, 5))
    transpose: bool = Field(False, description="Swap the last two dimensions of b first: A Bᵀ")

    def forward(self, use: Use) -> str:
        """The operator @."""
        return f"{use.inputs['a']} @ {use.inputs['b']}" + (".transpose(-2, -1)" if self.transpose else "")

    def refuses(self, a: Shape, b: Shape) -> str:
        """Columns of a must be as many as rows of b."""
        if len(a) != len(b):
            return f"a and b must have equally many dimensions. Got {written(a)} and {written(b)}."
        inner = b[-1] if self.transpose else b[-2]
        name = "columns" if self.transpose else "rows"
        if a[-1] != inner:
            return f"the columns of a must be as many as the {name} of b. Got {a[-1]} and {inner}."
        return ""
