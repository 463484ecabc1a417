"""Layers whose every output sees every feature, and the look-up table."""

from typing import ClassVar

from pydantic import Field

from builder.layer import Call, Shape, call
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
    axes: ClassVar = (
        "batch × features",
        "batch × steps × features",
        "batch × … × features",
        "batch × … × … × features",
    )
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

    def module(self, x: Shape) -> Call:
        """nn.Embedding."""
        return call("nn.Embedding", self.entries, self.width)

    def window(self, x: Shape) -> Windows:
        """Index by index."""
        return (OWN,) * (len(x) - 1) + (None,)
