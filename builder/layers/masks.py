"""Masks that tell steps from padding."""

from typing import ClassVar

from pydantic import Field

from builder.layer import Layer, Shape, Use
from builder.window import Windows, own_places


class _Mask(Layer):
    category: ClassVar = "Attention"
    icon: ClassVar = "filter_alt"
    aliases: ClassVar = "padding mask, attention mask, key padding, sequence length"
    takes: ClassVar = "int"


class PaddingMask(_Mask):
    """Tell words from padding: true where an index is not that of padding, for the masks of attention and pools."""

    axes: ClassVar = ("batch × steps", "batch × … × steps")
    example: ClassVar = ((2, 5),)
    formula: ClassVar = r"m_t = [x_t \neq p]"
    padding: int = Field(0, ge=-1_000_000, le=100_000_000, description="The index that stands for nothing")

    def forward(self, use: Use) -> str:
        """A comparison."""
        return f"{use.inputs['input']} != {self.padding}"

    def window(self, x: Shape) -> Windows:
        """Each step sees itself."""
        return own_places(x)


class LengthMask(_Mask):
    """Tell steps from padding by the length of each sequence: true for so many steps, false behind them."""

    axes: ClassVar = ("batch",)
    example: ClassVar = ((2,),)
    formula: ClassVar = r"m_t = [t < n]"
    demo: ClassVar = {"steps": 5}
    steps: int = Field(
        32, ge=1, le=10_000_000, description="How many steps the sequences have with their padding"
    )

    def forward(self, use: Use) -> str:
        """A comparison."""
        lengths = use.inputs["input"]
        return f"torch.arange({self.steps}, device={lengths}.device) < {lengths}[:, None]"

    def below(self, port: str, *shapes: Shape) -> int:
        """No sequence is longer than its steps."""
        return self.steps + 1
