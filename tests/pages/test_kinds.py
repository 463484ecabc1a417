"""What newcomers type finds the layer that they mean."""

import pytest

from builder.layers import LAYERS
from pages.parts.documents.kinds import kinds
from pages.parts.editing.nodes import expected

NEWCOMERS = {
    "Linear": "dense, fully connected, fc, mlp, multilayer perceptron, feed-forward, affine, projection, hidden layer",
    "Embedding": "words, tokens, lookup table, vocabulary, word2vec",
    "Add": "sum, plus, residual, skip connection, shortcut",
    "Multiply": "times, product, gate",
    "Concatenate": "concat, merge, cat, stack, join",
    "MatMul": "matrix multiplication, dot product",
    "Conv1d": "cnn, signal, audio",
    "Conv2d": "cnn, image, filter",
    "Conv3d": "cnn, video",
    "ConvTranspose2d": "deconvolution, upconv, transposed convolution",
    "SiLU": "swish",
    "ReLU": "rectifier, nonlinearity",
    "Sigmoid": "logistic",
    "Tanh": "hyperbolic tangent",
    "Softmax": "probabilities",
    "AdaptiveAvgPool2d": "global average pooling, gap",
    "AdaptiveMaxPool1d": "global max pooling",
    "MaxPool2d": "max pooling, downsample",
    "AvgPool2d": "average pooling, mean pooling, downsample",
    "Upsample": "resize, enlarge, upscale, interpolate",
    "Reshape": "view, unflatten",
    "Permute": "transpose, swap dimensions, reorder",
    "Flatten": "vector, unroll",
    "Select": "pick, last step",
    "Slice": "crop, cut, split",
    "BatchNorm2d": "batch normalization, bn",
    "LayerNorm": "layer normalization",
    "Dropout": "regularise, regularize, overfitting",
    "MultiheadAttention": "attention, self-attention, transformer, mha",
    "LSTM": "long short-term memory, sequence, time series",
    "GRU": "gated recurrent unit, sequence",
    "RNN": "recurrent neural network, elman network",
    "Input": "data",
    "Output": "result, prediction",
    "Block": "module",
}
MOST_OF_A_WORD = 7
"""So many kinds of several shelves answer to one word at most, so that it still leads somewhere."""


@pytest.mark.parametrize("kind", NEWCOMERS)
def test_words_that_newcomers_use(kind: str) -> None:
    """Each stands by itself among the words of the kind: the canvas puts those that are met wholly first."""
    told = kinds()["kinds"]
    for word in NEWCOMERS[kind].split(", "):
        assert word in told[kind]["search"].split(", ")
        others = [one for one in told.values() if word in one["search"].split(", ")]
        assert len(others) <= MOST_OF_A_WORD or len({one["category"] for one in others}) == 1, word


def test_the_words_of_a_kind_are_told_once() -> None:
    """In lower case, its own name first, its help apart."""
    for name, kind in kinds()["kinds"].items():
        words = kind["search"].split(", ")
        assert words[0] == name.lower() and kind["search"] == kind["search"].lower()
        assert len(words) == len(set(words)) and kind["help"].lower() not in words


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ("Linear", "batch × features (up to 6 more dimensions after the batch), real numbers"),
        (
            "Embedding",
            "batch or batch × steps (up to 1 more dimension after the batch), whole numbers (int64)",
        ),
        ("BatchNorm1d", "batch × features or batch × channels × steps, real numbers"),
        ("Flatten", "any shape, numbers of any kind"),
    ],
)
def test_what_a_kind_expects_is_said_once(kind: str, told: str) -> None:
    assert expected(LAYERS[kind]) == told
