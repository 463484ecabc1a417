"""Layers that use the weights of another node instead of having their own."""

from typing import ClassVar

from builder.layer import Layer, Shape, Use
from builder.window import Windows, own_places


class TiedLinear(Layer):
    """A linear layer that turns the weights of an Embedding or Linear round: words from vectors, inputs from codes."""

    category: ClassVar = "Dense"
    icon: ClassVar = "link"
    aliases: ClassVar = (
        "weight tying, tied weights, unembedding, language model head, shared weights, transposed"
    )
    reference: ClassVar = "Press and Wolf (2017), Using the output embedding to improve language models"
    formula: ClassVar = r"y = E\, x \quad\text{or}\quad y = W^\top x"
    borrows: ClassVar = ("Embedding", "Linear")
    axes: ClassVar = ("batch × features", "batch × steps × features", "batch × … × features")
    example: ClassVar = ((2, 32),)

    def forward(self, use: Use) -> str:
        """An Embedding's weights are entries × width, a Linear's are units × features."""
        weight = f"{use.module}.weight"
        if use.owner == "Embedding":
            return f"nn.functional.linear({use.inputs['input']}, {weight})"
        return f"{use.inputs['input']} @ {weight}"

    def window(self, x: Shape) -> Windows:
        """All features of a place."""
        return own_places(x, len(x) - 1)
