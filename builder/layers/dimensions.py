"""What layers share that work along a dimension which a person chooses."""

from typing import Annotated

from pydantic import Field

from builder.layer import Layer, Shape

MOST_DIMENSIONS = 12
"""Behind the batch, where a person names each."""
FEATURES = (
    "batch × features",
    "batch × steps × features",
    *(f"batch × {' × '.join(['…'] * more)} × features" for more in range(1, 7)),
)
Dimension = Annotated[int, Field(ge=1, le=MOST_DIMENSIONS)]
LastOr = Annotated[int, Field(ge=-1, le=MOST_DIMENSIONS)]


class _Along(Layer):
    """Along one of the dimensions behind the batch."""

    dim: int = Field(1, ge=1, le=MOST_DIMENSIONS, description="Along which dimension (0 is the batch)")

    def refuses(self, *shapes: Shape) -> str:
        """The dimension must exist."""
        most = len(shapes[0]) - 1
        return f"dim must be at most {most} here. Got {self.dim}." if self.dim > most else ""


class _Over(Layer):
    """Over one of the dimensions behind the batch, the last unless another is chosen."""

    dim: int = Field(
        -1,
        ge=-1,
        le=MOST_DIMENSIONS,
        description="Over which dimension; -1 is the last (the batch, 0, is refused)",
    )

    def refuses(self, *shapes: Shape) -> str:
        """The dimension must exist and not be the batch."""
        rank = len(shapes[0])
        if self.dim == 0 or self.dim >= rank or rank == 1:
            return f"dim must be -1 or in [1, {rank - 1}]. Got {self.dim}."
        return ""


class _OverSeveral(Layer):
    """Over one or several of the dimensions behind the batch."""

    dims: tuple[LastOr, ...] = Field(
        (-1,),
        min_length=1,
        max_length=MOST_DIMENSIONS,
        description="Over which dimensions; -1 is the last (0 is the batch)",
    )

    def refuses(self, *shapes: Shape) -> str:
        """The dimensions must exist, and each be named once."""
        most = len(shapes[0]) - 1
        places = [most if dim == -1 else dim for dim in self.dims]
        if not all(0 < place <= most for place in places) or len(set(places)) < len(places):
            return f"dims must be different ones of 1 to {most} (or -1, the last). Got {list(self.dims)}."
        return ""
