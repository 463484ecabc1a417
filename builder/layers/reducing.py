"""Layers that make one number of many along a dimension, or tell where something stands."""

from typing import ClassVar, Literal

from pydantic import Field

from builder.layer import Layer, Shape, Use
from builder.layers.dimensions import _Along, _Over, _OverSeveral
from builder.window import OWN, Window, Windows, own_places

_CALLS = {
    "mean": "{}.mean(dim={}{})",
    "sum": "{}.sum(dim={}{})",
    "max": "torch.amax({}, dim={}{})",
    "min": "torch.amin({}, dim={}{})",
    "std": "torch.std({}, dim={}, correction=0{})",
    "variance": "torch.var({}, dim={}, correction=0{})",
    "norm": "torch.linalg.vector_norm({}, dim={}{})",
    "logsumexp": "torch.logsumexp({}, dim={}{})",
}


class Reduce(_OverSeveral):
    """Make one number of all along some dimensions: their mean, their sum, the largest."""

    category: ClassVar = "Arithmetic"
    icon: ClassVar = "functions"
    aliases: ClassVar = (
        "mean, sum, maximum, minimum, average, standard deviation, variance, norm, logsumexp, aggregate"
    )
    formula: ClassVar = r"y = \frac{1}{n} \sum_i x_i"
    example: ClassVar = ((2, 5, 8),)
    how: Literal["mean", "sum", "max", "min", "std", "variance", "norm", "logsumexp"] = Field(
        "mean", description="What is made of them; std and variance divide by how many there are"
    )
    keepdim: bool = Field(False, description="Keep the dimensions, with the size 1")

    def forward(self, use: Use) -> str:
        """torch's function."""
        dims = repr(self.dims[0] if len(self.dims) == 1 else self.dims)
        keep = ", keepdim=True" if self.keepdim else ""
        return _CALLS[self.how].format(use.inputs["input"], dims, keep)

    def window(self, x: Shape) -> Windows:
        """All along the dimensions; its own along the others."""
        gone = {dim % len(x) for dim in self.dims}
        if self.keepdim:
            return own_places(x, *gone)
        return tuple(Window(dim=dim) for dim in range(1, len(x)) if dim not in gone)


class ArgMax(_Over):
    """Tell at which place the largest value stands: the class that is predicted."""

    category: ClassVar = "Arithmetic"
    icon: ClassVar = "emoji_events"
    aliases: ClassVar = "prediction, class, winner, index of the largest, decide"
    formula: ClassVar = r"y = \arg\max_i x_i"
    example: ClassVar = ((2, 5, 8),)

    def forward(self, use: Use) -> str:
        """torch.argmax."""
        return f"torch.argmax({use.inputs['input']}, dim={self.dim})"

    def window(self, x: Shape) -> Windows:
        """All along the dimension; its own along the others."""
        return tuple(Window(dim=dim) for dim in range(1, len(x)) if dim != self.dim % len(x))


class TopK(_Over):
    """Keep the largest values along a dimension, in order, and tell their places."""

    category: ClassVar = "Arithmetic"
    icon: ClassVar = "leaderboard"
    aliases: ClassVar = "largest, sort, rank, k-max pooling, mixture of experts, routing"
    outputs: ClassVar = ("values", "indices")
    example: ClassVar = ((2, 5, 8),)
    k: int = Field(1, ge=1, le=65536, description="How many are kept")

    def forward(self, use: Use) -> str:
        """torch.topk."""
        return f"torch.topk({use.inputs['input']}, {self.k}, dim={self.dim})"

    def refuses(self, *shapes: Shape) -> str:
        """There must be as many."""
        if wrong := super().refuses(*shapes):
            return wrong
        size = shapes[0][self.dim]
        return f"k must be at most {size} here. Got {self.k}." if self.k > size else ""

    def window(self, x: Shape) -> Windows:
        """All along the dimension; its own along the others."""
        return own_places(x, self.dim % len(x))


class CumulativeSum(_Along):
    """Add up all values so far along a dimension."""

    category: ClassVar = "Arithmetic"
    icon: ClassVar = "stacked_line_chart"
    aliases: ClassVar = "cumsum, running total, prefix sum, integrate"
    formula: ClassVar = r"y_t = \sum_{s \le t} x_s"
    example: ClassVar = ((2, 5, 8),)

    def forward(self, use: Use) -> str:
        """torch.cumsum."""
        return f"torch.cumsum({use.inputs['input']}, dim={self.dim})"

    def window(self, x: Shape) -> Windows:
        """All before it along the dimension; its own along the others."""
        so_far = Window(x[self.dim], before=x[self.dim] - 1)
        return tuple(so_far if dim == self.dim else OWN for dim in range(1, len(x)))


class OneHot(Layer):
    """Make of each index a row of zeros with a one at its place."""

    category: ClassVar = "Arithmetic"
    icon: ClassVar = "looks_one"
    aliases: ClassVar = "indicator, dummy variables, categories, classes, encode"
    formula: ClassVar = r"y_k = 1 \text{ if } k = x \text{ else } 0"
    takes: ClassVar = "int"
    example: ClassVar = ((2, 5),)
    classes: int = Field(10, ge=1, le=1_000_000, description="How many different indices there are")

    def forward(self, use: Use) -> str:
        """As real numbers, so that layers take them."""
        return f"nn.functional.one_hot({use.inputs['input']}, {self.classes}).float()"

    def below(self, port: str, *shapes: Shape) -> int:
        """The classes."""
        return self.classes

    def window(self, x: Shape) -> Windows:
        """Index by index."""
        return (OWN,) * (len(x) - 1) + (None,)
