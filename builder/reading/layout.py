"""Where the axes of a tensor lie: code may put the batch anywhere, or merge it with others; a graph has it first."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import prod


@dataclass(frozen=True, eq=False)
class Axis:
    """A direction in which numbers are counted; views split, merge and reorder axes, and change nothing else."""

    size: int
    batch: bool = False


Groups = tuple[tuple[Axis, ...], ...]
"""The axes behind each dimension of a tensor; () for one of size 1."""


@dataclass(frozen=True)
class Layout:
    """How a tensor of the code (`seen`) is laid out in the tensor that the graph computes for it (`held`)."""

    held: Groups
    """Always with the batch first, and alone."""
    seen: Groups

    @property
    def batch_first(self) -> bool:
        """Whether the code sees the batch first, and alone, as a graph does."""
        return bool(self.seen) and len(self.seen[0]) == 1 and self.seen[0][0].batch

    def permuted(self, order: Sequence[int]) -> "Layout":
        """With the dimensions in another order."""
        return Layout(self.held, tuple(self.seen[place] for place in order))

    def reshaped(self, shape: Sequence[int]) -> "Layout | None":
        """With other dimensions over the same numbers; None if that would take the batch apart."""
        waiting = [axis for group in self.seen for axis in group][::-1]
        groups: list[tuple[Axis, ...]] = []
        parts: dict[Axis, tuple[Axis, Axis]] = {}
        for side in shape:
            group = _taken(side, waiting, parts)
            if group is None:
                return None
            groups.append(group)
        if waiting:
            return None
        return Layout(tuple(tuple(_split(group, parts)) for group in self.held), tuple(groups))


def plain(shape: Sequence[int]) -> Layout:
    """The layout of a tensor that the code sees as the graph holds it."""
    batch = Axis(shape[0], batch=True)
    groups = ((batch,), *((Axis(side),) if side > 1 else () for side in shape[1:]))
    return Layout(groups, groups)


def sizes(groups: Groups) -> tuple[int, ...]:
    """The shape that these axes give."""
    return tuple(prod(axis.size for axis in group) for group in groups)


def runs(layout: Layout, *, apart: bool = False) -> tuple[Groups, tuple[int, ...]]:
    """The axes that stay beside one another, in the order in which they are held; and which of them follow in `seen`.

    The batch is first, and a run of its own; apart: so is each dimension of what is held.
    """
    seen = [axis for group in layout.seen for axis in group]
    after = dict(pairwise(seen))
    found: list[list[Axis]] = []
    for group in layout.held:
        for place, axis in enumerate(group):
            before = found[-1][-1] if found and (place or not apart) else None
            if before is not None and not before.batch and after.get(before) is axis:
                found[-1].append(axis)
            else:
                found.append([axis])
    place_of = {run[0]: number for number, run in enumerate(found)}
    return tuple(map(tuple, found)), tuple(place_of[axis] for axis in seen if axis in place_of)


def _taken(side: int, waiting: list[Axis], parts: dict[Axis, tuple[Axis, Axis]]) -> tuple[Axis, ...] | None:
    """The axes that make up a side, taken from those that wait, the last first; one may be taken in part."""
    group: list[Axis] = []
    if waiting and waiting[-1].batch and waiting[-1].size == side == 1:
        return (waiting.pop(),)
    while side > 1:
        if not waiting:
            return None
        axis = waiting.pop()
        if side % axis.size == 0:
            group.append(axis)
            side //= axis.size
        elif axis.size % side == 0 and not axis.batch:
            first, rest = parts[axis] = Axis(side), Axis(axis.size // side)
            group.append(first)
            waiting.append(rest)
            side = 1
        else:
            return None
    return tuple(group)


def _split(group: tuple[Axis, ...], parts: dict[Axis, tuple[Axis, Axis]]) -> Iterator[Axis]:
    for axis in group:
        if axis in parts:
            yield from _split(parts[axis], parts)
        else:
            yield axis
