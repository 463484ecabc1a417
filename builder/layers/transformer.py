"""The layers of a transformer, whole: attention and a small network, each with a shortcut and a normalisation."""

from typing import ClassVar, Literal

from pydantic import Field

from builder.layer import Call, Shape, Use, call, written
from builder.layers.attention import later, padding
from builder.layers.initial import _Weighted


class _TransformerLayer(_Weighted):
    category: ClassVar = "Attention"
    icon: ClassVar = "stacks"
    aliases: ClassVar = "transformer block, attention block, feed-forward, language model"
    apart: ClassVar = {"mask": "mask", "memory_mask": "mask"}
    axes: ClassVar = ("batch × steps × features",)
    demo: ClassVar = {"heads": 2, "feedforward": 16}
    rare: ClassVar = ("eps", "bias", "initial", "initial_std")
    whole: ClassVar = True
    heads: int = Field(8, ge=1, le=1024, description="How many attend in parallel; divides the features")
    feedforward: int = Field(
        2048, ge=1, le=1_000_000, description="Units of the small network behind attention"
    )
    dropout: float = Field(0.1, ge=0, lt=1, description="Share left out everywhere while training")
    activation: Literal["relu", "gelu"] = Field("relu", description="Activation of the small network")
    norm_first: bool = Field(
        False, description="Normalise before attention and network, not behind (pre-norm)"
    )
    eps: float = Field(1e-5, gt=0, le=1, description="What normalisation adds to the variance")
    bias: bool = Field(True, description="Learn constants")

    def module(self, *shapes: Shape) -> Call:
        """torch's layer of the same name, batch first."""
        return call(
            self._target(shapes),
            shapes[0][-1],
            self.heads,
            dim_feedforward=self.feedforward,
            dropout=self.dropout,
            activation=self.activation,
            layer_norm_eps=self.eps,
            batch_first=True,
            norm_first=self.norm_first,
            bias=self.bias,
        )

    def _target(self, shapes: tuple[Shape, ...]) -> str:
        return f"nn.{self.kind}"

    def _wrong(self, x: Shape, mask: Shape) -> str:
        if x[-1] % self.heads:
            return f"heads must divide the features ({x[-1]}). Got {self.heads}."
        return f"mask must be {written(x[:2])}. Got {written(mask)}." if mask and mask != x[:2] else ""

    def _work(self, steps: int, width: int) -> int:
        """Of attention to itself and of the small network, for one example."""
        return 4 * steps * width**2 + 2 * steps**2 * width + 2 * steps * width * self.feedforward


class TransformerEncoderLayer(_TransformerLayer):
    """A whole layer of a transformer: steps look at each other, then each is worked on by a small network."""

    aliases: ClassVar = "transformer, encoder, BERT, ViT, GPT, decoder-only, self-attention"
    reference: ClassVar = "Vaswani et al. (2017), Attention is all you need"
    formula: ClassVar = (
        r"h = \text{norm}(x + \text{attention}(x)),\quad y = \text{norm}(h + W_2\, \sigma(W_1 h))"
    )
    optional: ClassVar = ("mask",)
    apart: ClassVar = {"mask": "mask"}
    example: ClassVar = ((2, 5, 8), (2, 5))
    causal: bool = Field(False, description="Each step sees only itself and earlier ones (as GPT does)")

    def _target(self, shapes: tuple[Shape, ...]) -> str:
        return "MaskedEncoderLayer" if len(shapes) > 1 else super()._target(shapes)

    def forward(self, use: Use) -> str:
        """Padding is hidden by what is added to its scores."""
        x = use.inputs["input"]
        options = [f"src_mask={later(x)}"] if self.causal else []
        options += [f"src_key_padding_mask={padding(use.inputs['mask'])}"] if "mask" in use.inputs else []
        return f"{use.module}({', '.join([x, *options])})"

    def refuses(self, *shapes: Shape) -> str:
        """Heads share the features evenly."""
        return self._wrong(shapes[0], (*shapes[1:], ())[0])

    def deep(self) -> int:
        """Two of attention, and two of the feed-forward network."""
        return 4

    def multiply_adds(self, parameters: int, inputs: tuple[Shape, ...], outputs: tuple[Shape, ...]) -> int:
        """Attention and the small network."""
        batch, steps, width = inputs[0]
        return batch * self._work(steps, width)


class TransformerDecoderLayer(_TransformerLayer):
    """A whole layer of a decoder: steps look at each other, then at a memory, then a small network works on each."""

    aliases: ClassVar = "transformer, decoder, cross-attention, translation, encoder–decoder, seq2seq"
    reference: ClassVar = "Vaswani et al. (2017), Attention is all you need"
    formula: ClassVar = (
        r"h = \text{norm}(x + \text{attention}(x)),\quad g = \text{norm}(h + \text{attention}(h, m)),\quad "
        r"y = \text{norm}(g + W_2\, \sigma(W_1 g))"
    )
    inputs: ClassVar = ("input", "memory")
    optional: ClassVar = ("mask", "memory_mask")
    example: ClassVar = ((2, 5, 8), (2, 6, 8), (2, 5), (2, 6))
    causal: bool = Field(True, description="Each step sees only itself and earlier ones")

    def forward(self, use: Use) -> str:
        """Padding is hidden by what is added to its scores."""
        x, memory = use.inputs["input"], use.inputs["memory"]
        options = [f"tgt_mask={later(x)}"] if self.causal else []
        for port, name in (("mask", "tgt_key_padding_mask"), ("memory_mask", "memory_key_padding_mask")):
            options += [f"{name}={padding(use.inputs[port])}"] if port in use.inputs else []
        return f"{use.module}({', '.join([x, memory, *options])})"

    def refuses(self, *shapes: Shape) -> str:
        """The memory has the same features."""
        x, memory, (mask, memory_mask) = shapes[0], shapes[1], (*shapes[2:], (), ())[:2]
        if len(memory) != 3 or memory[-1] != x[-1]:
            return f"memory must be batch × steps × {x[-1]} features. Got {written(memory)}."
        if memory_mask and memory_mask != memory[:2]:
            return f"memory_mask must be {written(memory[:2])}. Got {written(memory_mask)}."
        return self._wrong(x, mask)

    def deep(self) -> int:
        """Two of each attention, and two of the feed-forward network."""
        return 6

    def multiply_adds(self, parameters: int, inputs: tuple[Shape, ...], outputs: tuple[Shape, ...]) -> int:
        """Attention to itself and to the memory, and the small network."""
        (batch, steps, width), seen = inputs[0], inputs[1][1]
        across = 2 * (steps + seen) * width**2 + 2 * steps * seen * width
        return batch * (self._work(steps, width) + across)
