"""Layers that let each step look at all others."""

from collections.abc import Mapping
from math import prod
from typing import ClassVar

from pydantic import Field

from builder.layer import Call, Layer, Shape, Use, call, written
from builder.layers.initial import _Weighted


class MultiheadAttention(_Weighted):
    """Let each step gather what it needs from all steps; several heads look for several things."""

    category: ClassVar = "Attention"
    icon: ClassVar = "visibility"
    aliases: ClassVar = (
        "self-attention, cross-attention, multi-head attention, transformer, MHA, query key value, QKV"
    )
    reference: ClassVar = "Vaswani et al. (2017), Attention is all you need"
    formula: ClassVar = r"\text{softmax}\left(\frac{Q K^\top}{\sqrt{d}}\right) V"
    inputs: ClassVar = ("query",)
    optional: ClassVar = ("key", "value", "mask")
    apart: ClassVar = {"mask": "mask"}
    outputs: ClassVar = ("output", "weights")
    axes: ClassVar = ("batch × steps × features",)
    example: ClassVar = ((2, 5, 8),)
    whole: ClassVar = True
    demo: ClassVar = {"heads": 2}
    heads: int = Field(4, ge=1, le=1024, description="How many attend in parallel; divides the features")
    causal: bool = Field(False, description="Each step sees only itself and earlier ones")
    dropout: float = Field(0.0, ge=0, lt=1, description="Share of attention weights left out while training")
    bias: bool = Field(True, description="Learn constants in the projections")

    def deep(self) -> int:
        """Projections before and after."""
        return 2

    def module(self, *shapes: Shape) -> Call:
        """nn.MultiheadAttention, batch first; the query's features are its width."""
        widths = {
            name: shape[-1]
            for name, shape in zip(("kdim", "vdim"), shapes[1:3], strict=False)
            if shape and shape[-1] != shapes[0][-1]
        }
        return call(
            "nn.MultiheadAttention",
            shapes[0][-1],
            self.heads,
            dropout=self.dropout,
            bias=self.bias,
            batch_first=True,
            **widths,
        )

    def forward(self, use: Use) -> str:
        """Without key and value, it is self-attention; the weights are computed only where they are read."""
        query = use.inputs["query"]
        key = use.inputs.get("key", query)
        options = [f"need_weights={'weights' in use.read}"]
        if "mask" in use.inputs:
            options += [f"key_padding_mask={padding(use.inputs['mask'])}"]
        if self.causal:
            options += [f"attn_mask={later(query)}"]
        return f"{use.module}({query}, {key}, {use.inputs.get('value', key)}, {', '.join(options)})"

    def targets(self, names: Mapping[str, str]) -> str:
        """torch returns output, weights."""
        return f"{names['output']}, {names['weights']}"

    def refuses(self, *shapes: Shape) -> str:
        """Heads share the features evenly."""
        width = shapes[0][-1]
        if width % self.heads:
            return f"heads must divide the features ({width}). Got {self.heads}."
        key, value, mask = (*shapes[1:], (), (), ())[:3]
        if any(shape and len(shape) != 3 for shape in (key, value)):
            return "key and value must be batch × steps × features."
        if value and not key:
            return "value needs a key, with which queries are compared. Connect both, or neither."
        return _mismatched(shapes[0], key or shapes[0], value, mask, self.causal)

    def multiply_adds(self, parameters: int, inputs: tuple[Shape, ...], outputs: tuple[Shape, ...]) -> int:
        """Four projections, scores and weighted sums."""
        (batch, steps, width), key = inputs[0], (*inputs[1:2], ())[0] or inputs[0]
        value = (*inputs[2:3], ())[0] or key
        projections = 2 * steps * width * width + key[1] * width * (key[2] + value[2])
        return batch * (projections + 2 * steps * key[1] * width)


class ScaledDotProductAttention(Layer):
    """Gather values by how well their keys suit each query, and learn nothing; for queries and keys made by hand."""

    category: ClassVar = "Attention"
    icon: ClassVar = "center_focus_strong"
    aliases: ClassVar = (
        "dot-product attention, SDPA, flash attention, grouped-query attention, GQA, multi-query attention, "
        "self-attention, cross-attention, causal attention, Luong, window attention"
    )
    reference: ClassVar = "Vaswani et al. (2017), Attention is all you need"
    formula: ClassVar = r"\text{softmax}\left(\frac{Q K^\top}{\sqrt{d}} + B\right) V"
    inputs: ClassVar = ("query", "key", "value")
    optional: ClassVar = ("mask", "bias")
    apart: ClassVar = {"mask": "mask"}
    outputs: ClassVar = ("output", "weights")
    axes: ClassVar = ("batch × steps × features", "batch × … × steps × features")
    example: ClassVar = ((2, 4, 8), (2, 5, 8), (2, 5, 6), (2, 5), (2, 2, 4, 5))
    demo: ClassVar = {"heads": 2}
    rare: ClassVar = ("scale", "dropout")
    heads: int = Field(1, ge=1, le=1024, description="How many attend in parallel; they share the features")
    causal: bool = Field(False, description="Each step sees only itself and earlier ones")
    scale: float | None = Field(
        None, gt=0, le=1000, description="Scores are multiplied by it; empty: 1/√(features of a head)"
    )
    dropout: float = Field(0.0, ge=0, lt=1, description="Share of attention weights left out while training")

    def module(self, *shapes: Shape) -> Call:
        """Of ours: heads are split off, and keys may have fewer."""
        return call(
            "ScaledDotProductAttention",
            self.heads,
            causal=self.causal,
            scale=self.scale,
            dropout=self.dropout,
        )

    def forward(self, use: Use) -> str:
        """The weights are computed only where they are read."""
        given = [use.inputs[port] for port in self.inputs]
        given += [f"{port}={use.inputs[port]}" for port in self.optional if port in use.inputs]
        given += ["need_weights=True"] if "weights" in use.read else []
        return f"{use.module}({', '.join(given)})"

    def refuses(self, *shapes: Shape) -> str:
        """Heads share the features evenly, and keys have a whole number of heads."""
        (query, key, value), (mask, bias) = shapes[:3], (*shapes[3:], (), ())[:2]
        if query[-1] % self.heads:
            return f"heads must divide the features ({query[-1]}). Got {self.heads}."
        head = query[-1] // self.heads
        groups = key[-1] // head
        if key[-1] % head or self.heads % groups or value[-1] % groups:
            return (
                f"key must have {query[-1]} features, {head} for each of the {self.heads} heads, or those of a share "
                f"of the heads; value, too. Got {key[-1]} and {value[-1]}."
            )
        scores = (*query[:-2], self.heads, query[-2], key[-2])
        if bias and not _broadcasts(bias, scores):
            return f"bias must be {written(scores)} (heads × queries × keys). Got {written(bias)}."
        return _mismatched(query, key, value, mask, self.causal)

    def multiply_adds(self, parameters: int, inputs: tuple[Shape, ...], outputs: tuple[Shape, ...]) -> int:
        """Scores and weighted sums."""
        query, key = inputs[:2]
        return prod(query[:-1]) * key[-2] * (query[-1] + outputs[0][-1])


class AdditiveAttention(_Weighted):
    """Let each query gather what it needs; a small network scores how well a step suits it (Bahdanau's attention)."""

    category: ClassVar = "Attention"
    icon: ClassVar = "flare"
    aliases: ClassVar = "Bahdanau attention, concat attention, MLP attention, translation, encoder–decoder"
    reference: ClassVar = (
        "Bahdanau et al. (2015), Neural machine translation by jointly learning to align and translate"
    )
    formula: ClassVar = (
        r"e_{ij} = v^\top \tanh(W q_i + U k_j),\quad y_i = \sum_j \text{softmax}_j(e_{ij})\, v_j"
    )
    inputs: ClassVar = ("query", "key")
    optional: ClassVar = ("value", "mask")
    apart: ClassVar = {"mask": "mask"}
    outputs: ClassVar = ("output", "weights")
    axes: ClassVar = ("batch × features", "batch × steps × features")
    example: ClassVar = ((2, 4, 6), (2, 5, 8), (2, 5, 3), (2, 5))
    demo: ClassVar = {"units": 7}
    whole: ClassVar = True
    units: int = Field(64, ge=1, le=65536, description="Size of the small network that scores")

    def deep(self) -> int:
        """The projections and the score."""
        return 2

    def module(self, *shapes: Shape) -> Call:
        """Of ours, without constants, as in the paper."""
        return call("AdditiveAttention", shapes[0][-1], shapes[1][-1], self.units)

    def forward(self, use: Use) -> str:
        """Without a value, the keys are gathered."""
        key = use.inputs["key"]
        given = [use.inputs["query"], key, use.inputs.get("value", key)]
        given += [use.inputs["mask"]] if "mask" in use.inputs else []
        return f"{use.module}({', '.join(given)})"

    def refuses(self, *shapes: Shape) -> str:
        """Keys and values are sequences of one length."""
        query, key, (value, mask) = shapes[0], shapes[1], (*shapes[2:], (), ())[:2]
        if any(shape and len(shape) != 3 for shape in (key, value)):
            return "key and value must be batch × steps × features."
        return _mismatched(query, key, value, mask, causal=False)


def later(steps: str) -> str:
    """The expression for the mask that hides from each step what comes later."""
    return f"nn.Transformer.generate_square_subsequent_mask({steps}.shape[1], device={steps}.device)"


def padding(mask: str) -> str:
    """The expression for what is added to the scores of padding: finite, so that padding alone gives no NaN."""
    return f"({mask} == 0) * -1e9"


def _mismatched(query: Shape, key: Shape, value: Shape, mask: Shape, causal: bool) -> str:
    """What does not agree with the keys, of what must be as many as they are."""
    if value and value[:-1] != key[:-1]:
        return f"value must have a step for each key ({written(key)}). Got {written(value)}."
    if mask and mask != key[:-1]:
        return f"mask must be {written(key[:-1])}, one for each key. Got {written(mask)}."
    if causal and key[-2] != query[-2]:
        return f"causal needs as many keys as queries ({query[-2]}). Got {key[-2]}."
    return (
        ""
        if len(query) == 2 or query[:-2] == key[:-2]
        else f"key must be {written(query[:-2])} × steps × features."
    )


def _broadcasts(shape: Shape, onto: Shape) -> bool:
    """Whether a shape may be added to another."""
    return len(shape) == len(onto) and all(one in (1, side) for one, side in zip(shape, onto, strict=True))
