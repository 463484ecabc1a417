"""Layers that stack, split, pad, turn and repeat along dimensions."""

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from builder.layer import Call, Layer, Shape, Use, call, written
from builder.layers.dimensions import MOST_DIMENSIONS, Dimension, _Along, _OverSeveral
from builder.layers.sides import sides
from builder.window import OWN, Window, Windows, own_places
from builder.window import sides as spread

MOST_PARTS = 64


class Stack(_Along):
    """Lay branches of one shape on top of each other along a new dimension."""

    category: ClassVar = "Combine"
    icon: ClassVar = "stacks"
    aliases: ClassVar = "pile, new dimension, join, collect"
    many: ClassVar = "input"
    inputs: ClassVar = ()
    takes: ClassVar = "any"
    example: ClassVar = ((2, 3, 4), (2, 3, 4))

    def forward(self, use: Use) -> str:
        """torch.stack."""
        return f"torch.stack(({', '.join(use.inputs.values())}), dim={self.dim})"

    def refuses(self, *shapes: Shape) -> str:
        """All must be alike."""
        if self.dim > len(shapes[0]):
            return f"dim must be at most {len(shapes[0])} here. Got {self.dim}."
        for one in shapes[1:]:
            if one != shapes[0]:
                return f"all inputs must have the same shape. Got {written(shapes[0])} and {written(one)}."
        return ""

    def window(self, *shapes: Shape) -> Windows:
        """Value by value, elsewhere."""
        own = [Window(dim=dim) for dim in range(1, len(shapes[0]))]
        return *own[: self.dim - 1], None, *own[self.dim - 1 :]


class Split(_Along):
    """Cut into parts along a dimension; each leaves by a port of its own."""

    category: ClassVar = "Shape"
    icon: ClassVar = "splitscreen"
    aliases: ClassVar = "chunk, divide, parts, halves, unbind, query key value, branches"
    takes: ClassVar = "any"
    outputs: ClassVar = ("part1", "part2")
    example: ClassVar = ((2, 6, 4),)
    parts: int = Field(2, ge=2, le=MOST_PARTS, description="How many equal parts")
    sizes: tuple[Annotated[int, Field(ge=1, le=1_000_000)], ...] = Field(
        (), max_length=MOST_PARTS, description="How long each part is instead; empty: equal parts"
    )

    def output_ports(self) -> tuple[str, ...]:
        """A port a part."""
        return tuple(f"part{number}" for number in range(1, (len(self.sizes) or self.parts) + 1))

    def forward(self, use: Use) -> str:
        """Tensor.chunk, or torch.split for sizes."""
        x = use.inputs["input"]
        if self.sizes:
            return f"torch.split({x}, ({', '.join(map(str, self.sizes))}), dim={self.dim})"
        return f"{x}.chunk({self.parts}, dim={self.dim})"

    def targets(self, names: Mapping[str, str]) -> str:
        """One name for each part."""
        return ", ".join(names.values())

    def refuses(self, x: Shape) -> str:
        """The parts must be the whole."""
        if wrong := super().refuses(x):
            return wrong
        size = x[self.dim]
        if len(self.sizes) == 1:
            return f"sizes must be two at least, or none. Got {list(self.sizes)}."
        if self.sizes and sum(self.sizes) != size:
            return f"sizes must add up to {size}. Got {list(self.sizes)}."
        return f"parts must divide {size}. Got {self.parts}." if not self.sizes and size % self.parts else ""

    def window(self, x: Shape) -> Windows:
        """Value by value, of one part or another."""
        return own_places(x, self.dim)


class Pad(Layer):
    """Add values around: zeros, a mirror image, the border again, or the other end; less than none cuts off."""

    category: ClassVar = "Shape"
    icon: ClassVar = "padding"
    aliases: ClassVar = "zero padding, border, margin, reflection, replicate, extend, ZeroPadding2D"
    takes: ClassVar = "number"
    axes: ClassVar = (
        "batch × features", "batch × channels × steps", "batch × channels × height × width",
        "batch × channels × depth × height × width",
    )  # fmt: skip
    example: ClassVar = ((2, 3, 5, 5),)
    amounts: sides(-1000, 1000, count=8) = Field(
        1,
        description="How much on each side; or before and after for the last dimension, the one before …: 1, 1, 2, 2",
    )
    mode: Literal["constant", "reflect", "replicate", "circular"] = Field(
        "constant", description="What is added: a number, a mirror image, the border again, or the other end"
    )
    value: float = Field(0.0, ge=-1e30, le=1e30, description="The number that is added")

    def module(self, x: Shape) -> Call:
        """torch's padding of this mode."""
        amounts = self._pairs(x)
        rank = len(amounts) // 2
        if self.mode == "constant":
            return call(f"nn.ConstantPad{min(rank, 3)}d", amounts, self.value)
        names = {"reflect": "Reflection", "replicate": "Replication", "circular": "Circular"}
        return call(f"nn.{names[self.mode]}Pad{rank}d", amounts)

    def _pairs(self, x: Shape) -> tuple[int, ...]:
        """Before and after, the last dimension first; but for zeros, torch wants them for all behind the channels."""
        behind = 2 * max(1, len(x) - 2)
        amounts = spread(self.amounts, behind)
        return amounts if self.mode == "constant" else amounts + (0,) * (behind - len(amounts))

    def refuses(self, x: Shape) -> str:
        """A pair for each dimension, and something to take from and to be left."""
        amounts = self._pairs(x)
        most = 2 * (len(x) - 1 if self.mode == "constant" else min(3, max(1, len(x) - 2)))
        if len(amounts) % 2 or len(amounts) > most:
            return f"amounts must be one number, or 2 for each of up to {most // 2} dimensions. Got {list(amounts)}."
        for size, before, after in zip(x[::-1], amounts[::2], amounts[1::2], strict=False):
            if size + before + after < 1:
                return f"amounts must leave something of {size}. Got {before} and {after}."
            reach = {"reflect": size - 1, "circular": size}.get(self.mode)
            if reach is not None and max(before, after) > reach:
                return f"amounts must be at most {reach} to take from {size}. Got {max(before, after)}."
            if self.mode != "constant" and min(before, after) < 0:
                return f"amounts must not cut off where mode is {self.mode}. Got {min(before, after)}."
        return ""

    def window(self, x: Shape) -> Windows:
        """Value by value, moved; of other modes, any place along a padded dimension."""
        amounts = self._pairs(x)
        first = {len(x) - 1 - place: amount for place, amount in enumerate(amounts[::2])}
        if self.mode != "constant":
            return own_places(x, *first)
        return tuple(Window(before=first.get(dim, 0)) for dim in range(1, len(x)))


class Roll(_OverSeveral):
    """Move everything on along dimensions; what leaves at one end comes in at the other."""

    category: ClassVar = "Shape"
    icon: ClassVar = "sync"
    aliases: ClassVar = "shift, rotate, circular, cyclic shift, Swin transformer"
    takes: ClassVar = "any"
    example: ClassVar = ((2, 5, 8),)
    shifts: tuple[Annotated[int, Field(ge=-100_000, le=100_000)], ...] = Field(
        (1,), min_length=1, max_length=MOST_DIMENSIONS, description="By how much along each of the dimensions"
    )

    def forward(self, use: Use) -> str:
        """torch.roll."""
        one = len(self.dims) == 1
        shifts, dims = (self.shifts[0], self.dims[0]) if one else (self.shifts, self.dims)
        return f"torch.roll({use.inputs['input']}, shifts={shifts}, dims={dims})"

    def refuses(self, *shapes: Shape) -> str:
        """A shift for each dimension."""
        if len(self.shifts) != len(self.dims):
            return f"shifts must be as many as dims ({len(self.dims)}). Got {list(self.shifts)}."
        return super().refuses(*shapes)

    def window(self, x: Shape) -> Windows:
        """Value by value, but along the dimensions elsewhere."""
        return own_places(x, *(dim % len(x) for dim in self.dims))


class Flip(_OverSeveral):
    """Turn the order along dimensions round."""

    category: ClassVar = "Shape"
    icon: ClassVar = "flip"
    aliases: ClassVar = "reverse, mirror, backwards"
    takes: ClassVar = "any"
    example: ClassVar = ((2, 5, 8),)

    def forward(self, use: Use) -> str:
        """torch.flip."""
        return f"torch.flip({use.inputs['input']}, dims={self.dims})"

    def window(self, x: Shape) -> Windows:
        """Value by value, but along the dimensions elsewhere."""
        return own_places(x, *(dim % len(x) for dim in self.dims))


class Repeat(Layer):
    """Lay so many copies one behind the other along each dimension."""

    category: ClassVar = "Shape"
    icon: ClassVar = "content_copy"
    aliases: ClassVar = "tile, expand, broadcast, copies, RepeatVector"
    takes: ClassVar = "any"
    example: ClassVar = ((2, 4),)
    times: tuple[Annotated[int, Field(ge=1, le=100_000)], ...] = Field(
        (2,),
        min_length=1,
        max_length=MOST_DIMENSIONS,
        description="How many copies along each dimension behind the batch",
    )

    def forward(self, use: Use) -> str:
        """Tensor.repeat."""
        return f"{use.inputs['input']}.repeat(1, {', '.join(map(str, self.times))})"

    def refuses(self, x: Shape) -> str:
        """A number for each dimension."""
        if len(self.times) != len(x) - 1:
            return (
                f"times must name all {len(x) - 1} dimensions of {written(x)} but B. Got {list(self.times)}."
            )
        return ""

    def window(self, x: Shape) -> Windows:
        """Value by value where there is one copy."""
        return tuple(OWN if times == 1 else None for times in self.times)


class Squeeze(_Along):
    """Take away a dimension of size 1."""

    category: ClassVar = "Shape"
    icon: ClassVar = "compress"
    aliases: ClassVar = "drop dimension, remove dimension"
    takes: ClassVar = "any"
    example: ClassVar = ((2, 1, 8),)

    def forward(self, use: Use) -> str:
        """Tensor.squeeze."""
        return f"{use.inputs['input']}.squeeze({self.dim})"

    def refuses(self, x: Shape) -> str:
        """It must hold one place."""
        if wrong := super().refuses(x):
            return wrong
        return (
            f"dim must name a dimension of size 1; this one has {x[self.dim]}. Got {self.dim}."
            if x[self.dim] > 1
            else ""
        )

    def window(self, x: Shape) -> Windows:
        """Value by value."""
        return tuple(Window(dim=dim) for dim in range(1, len(x)) if dim != self.dim)


class Unsqueeze(Layer):
    """Put in a dimension of size 1."""

    category: ClassVar = "Shape"
    icon: ClassVar = "expand"
    aliases: ClassVar = "add dimension, new axis, expand dims"
    takes: ClassVar = "any"
    example: ClassVar = ((2, 8),)
    dim: Dimension = Field(1, description="Which one it becomes (0 is the batch)")

    def forward(self, use: Use) -> str:
        """Tensor.unsqueeze."""
        return f"{use.inputs['input']}.unsqueeze({self.dim})"

    def refuses(self, x: Shape) -> str:
        """There must be no gap before it."""
        return f"dim must be at most {len(x)} here. Got {self.dim}." if self.dim > len(x) else ""

    def window(self, x: Shape) -> Windows:
        """Value by value."""
        own: list[Window | None] = [Window(dim=dim) for dim in range(1, len(x))]
        return *own[: self.dim - 1], None, *own[self.dim - 1 :]
