"""Numbers that do not depend on what is given: fixed ones, and ones that are learned."""

from math import prod
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from builder.layer import Call, Layer, Shape, call
from builder.layers.dimensions import MOST_DIMENSIONS
from builder.layers.io import Side
from builder.window import Windows

Number = Annotated[float, Field(ge=-1e30, le=1e30)]
MOST_NUMBERS = 4096


class _Given(Layer):
    category: ClassVar = "Arithmetic"
    takes: ClassVar = "any"
    example: ClassVar = ((2, 8),)
    shape: tuple[Side, ...] = Field(
        (1,), max_length=MOST_DIMENSIONS, description="Shape of what each example gets, without the batch"
    )

    def window(self, x: Shape) -> Windows:
        """It sees how many examples there are, and nothing else."""
        return (None,) * len(self.shape)


class Constant(_Given):
    """Give each example the same fixed numbers, whatever it is."""

    icon: ClassVar = "pin"
    aliases: ClassVar = "fixed number, literal, zeros, ones, fill, value"
    formula: ClassVar = r"y = c"
    values: tuple[Number, ...] = Field(
        (1.0,),
        min_length=1,
        max_length=MOST_NUMBERS,
        description="The numbers, row by row; or one for all places",
    )

    def module(self, x: Shape) -> Call:
        """A module of ours, which takes of its input the number of examples."""
        return call("Constant", self.values[0] if len(self.values) == 1 else self.values, self.shape)

    def refuses(self, x: Shape) -> str:
        """A number for each place."""
        if len(self.values) not in (1, prod(self.shape)):
            return f"values must be 1 or {prod(self.shape)} numbers for this shape. Got {len(self.values)}."
        return ""


class Parameter(_Given):
    """Give each example the same learned numbers, whatever it is."""

    icon: ClassVar = "edit_attributes"
    aliases: ClassVar = (
        "learned constant, weight, variable, query, token, prompt, prototype, bias, StyleGAN constant"
    )
    formula: ClassVar = r"y = w"
    start: Literal["normal", "zeros", "ones"] = Field(
        "normal", description="What the numbers are at the start"
    )
    std: float = Field(1.0, gt=0, le=100, description="Spread: standard deviation of a normal start")
    trained: bool = Field(True, description="Learn the numbers; otherwise they stay what they are")

    def module(self, x: Shape) -> Call:
        """A module of ours, which takes of its input the number of examples."""
        return call("Learned", self.shape, start=self.start, std=self.std, trained=self.trained)
