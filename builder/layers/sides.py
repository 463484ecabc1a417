"""Fields that take one number for all dimensions, or one for each: a kernel of 3, or of 1 × 7."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Union

from pydantic import Discriminator, Field, Tag

from builder.errors import EACH as EACH
from builder.layer import Layer, Shape
from builder.window import Sides
from builder.window import sides as spread

MOST_SIDES = 3
AXES: Mapping[int, str] = {1: "the length", 2: "height, width", 3: "depth, height, width"}


def sides(least: int, most: int, *words: str, count: int = MOST_SIDES) -> Any:
    """The annotation of a field of sides between two bounds; or one of some words."""
    one = Annotated[int, Field(ge=least, le=most)]
    each = Annotated[tuple[one, ...], Field(min_length=1, max_length=count)]
    single: Any = Union[one, Literal[words]] if words else one  # noqa: UP007
    return Annotated[Annotated[single, Tag("one")] | Annotated[each, Tag("each")], Discriminator(_which)]


def _which(value: Any) -> str:
    """So that a complaint is about what was given, and not about what else could have been."""
    return "each" if isinstance(value, tuple | list) else "one"


class _Sided(Layer):
    """A layer with fields of sides, for the dimensions behind the channels."""

    def _parts(self, x: Shape, *values: Sides | str) -> list[tuple[int, ...]]:
        """For each dimension behind the channels its size, and its part of some values; a word counts as 0."""
        spreads = [spread(0 if isinstance(value, str) else value, len(x) - 2) for value in values]
        return [*zip(x[2:], *spreads, strict=True)]

    def refuses(self, *shapes: Shape) -> str:
        """A list must have a number for each dimension."""
        rank = len(shapes[0]) - 2
        for name in type(self).model_fields:
            value = getattr(self, name)
            if isinstance(value, tuple) and len(value) != rank:
                many = f"{rank} ({AXES[rank]})" if rank > 1 else "a list of one"
                return f"{name} must be one number, or {many}. Got {list(value)}."
        return ""
