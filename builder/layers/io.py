"""Where data enters and leaves a graph."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from builder.layer import Layer, Use

LARGEST_SIDE, MOST_SIDES = 1_000_000, 6
Side = Annotated[int, Field(ge=1, le=LARGEST_SIDE)]


class Input(Layer):
    """The data that the network is given."""

    category: ClassVar = "Input and output"
    icon: ClassVar = "input"
    aliases: ClassVar = "data, start, source, features"
    inputs: ClassVar = ()
    takes: ClassVar = "any"
    example: ClassVar = ()
    shape: tuple[Side, ...] = Field(
        (1, 8, 8), max_length=MOST_SIDES, description="Shape of one example, without the batch"
    )
    dtype: Literal["float32", "int64"] = Field("float32", description="int64 for words and other indices")


class Output(Layer):
    """The answer that the network gives."""

    category: ClassVar = "Input and output"
    icon: ClassVar = "output"
    aliases: ClassVar = "result, prediction, answer, end, target"
    takes: ClassVar = "any"
    example: ClassVar = ((2, 8),)

    def forward(self, use: Use) -> str:
        """The input, unchanged."""
        return use.inputs["input"]


class Block(Layer):
    """A graph used as a layer, a number of times in a row."""

    category: ClassVar = "Blocks"
    icon: ClassVar = "view_module"
    aliases: ClassVar = "module, subgraph, submodule, reuse, repeat"
    takes: ClassVar = "any"
    block: str = Field("", max_length=64, description="Name of the block")
    repeat: int = Field(
        1, ge=1, le=1000, description="How many of them follow one another, each with its own weights"
    )
    arguments: dict[str, float | int | str] = Field(
        {}, description="Values for the block's arguments: numbers, or formulas such as 2*in"
    )
