"""Layers that let each step look at all others."""

from collections.abc import Mapping
from typing import ClassVar

from pydantic import Field

from builder.layer import Call, Shape, Use, call
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
    optional: ClassVar = ("key", "value")
    outputs: ClassVar = ("output", "weights")
    axes: ClassVar = ("batch × steps × features",)
    example: ClassVar = ((2, 5, 8),)
    whole: ClassVar = True
    demo: ClassVar = {"heads": 2}
    heads: int = Field(4, ge=1, le=1024, description="How many attend in parallel; divides the features")
    causal: bool = Field(False, description="Each step sees only itself and earlier ones")
    dropout: float = Field(0.0, ge=0, lt=1, description="Share of attention weights left out while training")
    bias: bool = Field(True, description="Learn constants in the projections")

    def module(self, *shapes: Shape) -> Call:
        """nn.MultiheadAttention, batch first; the query's features are its width."""
        widths = {
            name: shape[-1]
            for name, shape in zip(("kdim", "vdim"), shapes[1:], strict=False)
            if shape[-1] != shapes[0][-1]
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
        if self.causal:
            steps = f"{query}.shape[1]"
            mask = f"nn.Transformer.generate_square_subsequent_mask({steps}, device={query}.device)"
            options += [f"attn_mask={mask}"]
        return f"{use.module}({query}, {key}, {use.inputs.get('value', key)}, {', '.join(options)})"

    def targets(self, names: Mapping[str, str]) -> str:
        """torch returns output, weights."""
        return f"{names['output']}, {names['weights']}"

    def refuses(self, *shapes: Shape) -> str:
        """Heads share the features evenly."""
        width = shapes[0][-1]
        if width % self.heads:
            return f"heads must divide the features ({width}). Got {self.heads}."
        if any(len(shape) != 3 for shape in shapes):
            return "key and value must be batch × steps × features."
        if self.causal and len(shapes) > 1 and shapes[1][1] != shapes[0][1]:
            return f"causal needs as many keys as queries ({shapes[0][1]}). Got {shapes[1][1]}."
        return ""

    def multiply_adds(self, parameters: int, inputs: tuple[Shape, ...], outputs: tuple[Shape, ...]) -> int:
        """Four projections, scores and weighted sums."""
        (batch, steps, width), key = inputs[0], inputs[min(1, len(inputs) - 1)]
        value = inputs[-1]
        projections = 2 * steps * width * width + key[1] * width * (key[2] + value[2])
        return batch * (projections + 2 * steps * key[1] * width)
