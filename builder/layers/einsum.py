"""Products and sums of tensors, written as an equation of their dimensions."""

import re
from typing import ClassVar

from pydantic import Field, field_validator

from builder.layer import Layer, Shape, Use, written

_EQUATION = re.compile(r"[a-zA-Z]+(,[a-zA-Z]+)+->[a-zA-Z]+")


class Einsum(Layer):
    """Multiply tensors and sum over dimensions as an equation says: b, i, j … stand for their dimensions."""

    category: ClassVar = "Combine"
    icon: ClassVar = "data_array"
    aliases: ClassVar = (
        "Einstein summation, tensor contraction, tensor product, batch matrix product, outer product"
    )
    formula: ClassVar = r"y_{bik} = \sum_j a_{bij}\, c_{bjk}"
    inputs: ClassVar = ()
    many: ClassVar = "input"
    example: ClassVar = ((2, 3, 4), (2, 4, 5))
    equation: str = Field(
        "bij,bjk->bik",
        max_length=200,
        description="A letter for each dimension, the batch first in every part",
    )

    @field_validator("equation")
    @classmethod
    def _readable(cls, text: str) -> str:
        if not _EQUATION.fullmatch(text):
            raise ValueError(
                "must be letters for two inputs or more, an arrow and the output's, as in bij,bjk->bik"
            )
        parts, made = _parts(text)
        if {part[0] for part in parts} != {made[0]} or any(
            part.count(made[0]) > 1 for part in (*parts, made)
        ):
            raise ValueError("must have the letter of the batch first in every part, and only there")
        if len(set(made)) < len(made) or not set(made) <= set("".join(parts)):
            raise ValueError("must give each letter of the output once, and name it among the inputs")
        return text

    def forward(self, use: Use) -> str:
        """torch.einsum."""
        return f'torch.einsum("{self.equation}", {", ".join(use.inputs.values())})'

    def refuses(self, *shapes: Shape) -> str:
        """A part for each input, and one size for each letter."""
        parts, _ = _parts(self.equation)
        if len(parts) != len(shapes):
            return f"equation must have {len(shapes)} parts before the arrow, one an input. Got {len(parts)}."
        sizes: dict[str, int] = {}
        for part, shape in zip(parts, shapes, strict=True):
            if len(part) != len(shape):
                return f"equation must have {len(shape)} letters for {written(shape)}. Got {part!r}."
            for letter, size in zip(part, shape, strict=True):
                if sizes.setdefault(letter, size) != size:
                    both = f"{letter} is {sizes[letter]} and {size}"
                    return f"equation must give a letter one size: {both}. Got {self.equation!r}."
        return ""


def _parts(equation: str) -> tuple[list[str], str]:
    before, _, made = equation.partition("->")
    return before.split(","), made
