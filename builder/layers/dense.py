"""Layers whose every output sees every feature, and look-up tables."""

from math import prod
from typing import ClassVar, Literal

from pydantic import Field

from builder.layer import Call, Layer, Shape, call, written
from builder.layers.dimensions import FEATURES
from builder.layers.initial import _Weighted
from builder.layers.reparametrised import _Reparametrised
from builder.window import OWN, Windows, own_places


class Linear(_Reparametrised):
    """Combine all features in weighted sums, one for each unit (a dense or fully connected layer)."""

    category: ClassVar = "Dense"
    icon: ClassVar = "grain"
    aliases: ClassVar = (
        "dense, fully connected, FC, MLP, multilayer perceptron, affine, "
        "feed-forward, FFN, projection, neurons, hidden layer"
    )
    reference: ClassVar = "Rosenblatt (1958), The perceptron"
    formula: ClassVar = r"y = W x + b"
    axes: ClassVar = FEATURES
    example: ClassVar = ((2, 8),)
    units: int = Field(64, ge=1, le=10_000_000, description="Output features")
    bias: bool = Field(True, description="Add a learned constant to each unit")

    def module(self, x: Shape) -> Call:
        """nn.Linear over the last dimension."""
        return call("nn.Linear", x[-1], self.units, bias=self.bias)

    def window(self, x: Shape) -> Windows:
        """All features of a place."""
        return own_places(x, len(x) - 1)


class Embedding(_Weighted):
    """Look up a learned vector for each index (a word, a user, a category)."""

    category: ClassVar = "Dense"
    icon: ClassVar = "dictionary"
    aliases: ClassVar = "words, tokens, text, lookup table, vocabulary, word vectors, word2vec, categories"
    reference: ClassVar = "Bengio et al. (2003), A neural probabilistic language model"
    formula: ClassVar = r"y = E_{i}"
    takes: ClassVar = "int"
    axes: ClassVar = ("batch", "batch × steps", "batch × … × steps")
    example: ClassVar = ((2, 5),)
    entries: int = Field(1000, ge=1, le=100_000_000, description="How many different indices there are")
    width: int = Field(32, ge=1, le=65536, description="Length of each vector")
    padding: int | None = Field(
        None,
        ge=0,
        le=100_000_000,
        description="Padding index: one whose vector is zero and stays so; empty: none",
    )

    def module(self, x: Shape) -> Call:
        """nn.Embedding."""
        return call("nn.Embedding", self.entries, self.width, padding_idx=self.padding)

    def prepare(self, module: str) -> tuple[str, ...]:
        """A start that is chosen spares the vector that must be zero."""
        before = super().prepare(module)
        zero = (
            (f"nn.init.zeros_({module}.weight[{self.padding}])",)
            if before and self.padding is not None
            else ()
        )
        return *before, *zero

    def refuses(self, x: Shape) -> str:
        """The padding must be an index."""
        if self.padding is not None and self.padding >= self.entries:
            return f"padding must be less than the entries ({self.entries}). Got {self.padding}."
        return ""

    def below(self, port: str, *shapes: Shape) -> int:
        """The entries."""
        return self.entries

    def window(self, x: Shape) -> Windows:
        """Index by index."""
        return (OWN,) * (len(x) - 1) + (None,)


class EmbeddingBag(Layer):
    """Look up a learned vector for each index, and make one of all: a text as a bag of words."""

    category: ClassVar = "Dense"
    icon: ClassVar = "shopping_bag"
    aliases: ClassVar = (
        "bag of words, fastText, words, tokens, text, sparse features, recommender, lookup table"
    )
    reference: ClassVar = "Joulin et al. (2017), Bag of tricks for efficient text classification"
    formula: ClassVar = r"y = \frac{1}{n} \sum_t E_{i_t}"
    takes: ClassVar = "int"
    axes: ClassVar = ("batch × steps",)
    example: ClassVar = ((2, 5),)
    entries: int = Field(1000, ge=1, le=100_000_000, description="How many different indices there are")
    width: int = Field(32, ge=1, le=65536, description="Length of each vector")
    mode: Literal["mean", "sum", "max"] = Field("mean", description="What is made of the vectors")
    padding: int | None = Field(
        None, ge=0, le=100_000_000, description="Padding index: one that does not count; empty: none"
    )

    def module(self, x: Shape) -> Call:
        """nn.EmbeddingBag."""
        return call("nn.EmbeddingBag", self.entries, self.width, mode=self.mode, padding_idx=self.padding)

    def refuses(self, x: Shape) -> str:
        """The padding must be an index."""
        if self.padding is not None and self.padding >= self.entries:
            return f"padding must be less than the entries ({self.entries}). Got {self.padding}."
        return ""

    def below(self, port: str, *shapes: Shape) -> int:
        """The entries."""
        return self.entries


class Bilinear(_Weighted):
    """Combine all pairs of the features of two inputs in weighted sums, one for each unit."""

    category: ClassVar = "Dense"
    icon: ClassVar = "join_inner"
    aliases: ClassVar = "outer product, interaction, pairs, relation, neural tensor network, attention score"
    reference: ClassVar = "Socher et al. (2013), Reasoning with neural tensor networks"
    formula: ClassVar = r"y_k = a^\top W_k\, b + c_k"
    inputs: ClassVar = ("a", "b")
    axes: ClassVar = FEATURES
    example: ClassVar = ((2, 8), (2, 5))
    units: int = Field(16, ge=1, le=1_000_000, description="Output features")
    bias: bool = Field(True, description="Add a learned constant to each unit")

    def module(self, a: Shape, b: Shape) -> Call:
        """nn.Bilinear over the last dimension."""
        return call("nn.Bilinear", a[-1], b[-1], self.units, bias=self.bias)

    def refuses(self, a: Shape, b: Shape) -> str:
        """Both have as many places."""
        if a[:-1] != b[:-1]:
            return f"a and b must agree in every dimension but the last. Got {written(a)} and {written(b)}."
        return ""

    def multiply_adds(self, parameters: int, inputs: tuple[Shape, ...], outputs: tuple[Shape, ...]) -> int:
        """A product for each pair of features, and one for each feature of a."""
        a, b = inputs
        return prod(a[:-1]) * self.units * a[-1] * (b[-1] + 1)

    def window(self, a: Shape, b: Shape) -> Windows:
        """All features of a place."""
        return own_places(a, len(a) - 1)


class RadialBasis(Layer):
    """Measure how near the features are to learned centres, one for each unit."""

    category: ClassVar = "Dense"
    icon: ClassVar = "target"
    aliases: ClassVar = (
        "RBF, radial basis function network, Gaussian, kernel, prototypes, centres, centers, distance"
    )
    reference: ClassVar = (
        "Broomhead and Lowe (1988), Multivariable functional interpolation and adaptive networks"
    )
    formula: ClassVar = r"y_k = e^{-\|x - c_k\|^2 / (2 \sigma_k^2)}"
    axes: ClassVar = FEATURES
    example: ClassVar = ((2, 8),)
    units: int = Field(16, ge=1, le=1_000_000, description="How many centres there are")
    function: Literal["Gaussian", "inverse multiquadric", "squared distance"] = Field(
        "Gaussian", description="What is made of the distance; the squared distance itself, as LeNet-5 had it"
    )
    width: float = Field(
        1.0, gt=0, le=1000, description="How far a centre reaches at the start; it is learned"
    )

    def module(self, x: Shape) -> Call:
        """A module of ours."""
        return call("RadialBasis", x[-1], self.units, function=self.function, width=self.width)

    def multiply_adds(self, parameters: int, inputs: tuple[Shape, ...], outputs: tuple[Shape, ...]) -> int:
        """A square for each feature and centre."""
        return prod(inputs[0]) * self.units

    def window(self, x: Shape) -> Windows:
        """All features of a place."""
        return own_places(x, len(x) - 1)
