"""Flat: a network whose weights are views of one vector, so that it is moved as a whole by adding vectors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from builder.watch import copied


@dataclass(frozen=True)
class Piece:
    """Where a tensor of a network lies in the vector."""

    name: str
    shape: tuple[int, ...]
    start: int
    learned: bool
    """Whether it is a parameter; else it is what a layer counts, such as a running mean."""
    scale: bool = False
    """Whether it is a parameter of a normalisation."""

    @property
    def end(self) -> int:
        """Behind its last number."""
        size = 1
        for side in self.shape:
            size *= side
        return self.start + size

    def view(self, vector: Tensor) -> Tensor:
        """The tensor as it lies in a vector, or in each row of a matrix of them: (…, *shape).

        Filters of images lie with their channels last: what convolutions on a CPU read twice as fast.
        """
        before, part = vector.shape[:-1], vector[..., self.start : self.end]
        if len(self.shape) != 4:
            return part.reshape(*before, *self.shape)
        first, channels, *sides = self.shape
        return part.reshape(*before, first, *sides, channels).movedim(-1, -3)


class Flat:
    """A copy of a network in evaluation mode, moved by writing into its `vector`.

    The parameters come first in the vector, behind them the numbers that layers count (running means and variances), so
    that a line between two networks is a line for those too.

    Attributes:
        model: the copy.
        vector: its numbers, (size,).
        pieces: where each tensor lies in it.
        learned: how many of the numbers are parameters.
    """

    def __init__(self, model: nn.Module) -> None:
        self.model = _quick(copied(model)).eval().requires_grad_(False)
        self.pieces = tuple(_pieces(self.model))
        self.learned = max((one.end for one in self.pieces if one.learned), default=0)
        first = next(self.model.parameters(), torch.empty(0))
        size = self.pieces[-1].end if self.pieces else 0
        self.vector = torch.empty(size, dtype=first.dtype, device=first.device)
        own = dict(_tensors(self.model))
        for piece in self.pieces:
            view = piece.view(self.vector)
            view.copy_(own[piece.name])
            own[piece.name].data = view
        self._counted = [one.view(self.vector) for one in self.pieces if one.name.endswith("running_var")]

    def read(self, weights: Mapping[str, Tensor]) -> Tensor:
        """The vector of a network of the same graph, from its weights by name: (size,)."""
        vector = torch.empty_like(self.vector)
        for piece in self.pieces:
            piece.view(vector).copy_(weights[piece.name])
        return vector

    def move(self, centre: Tensor, *steps: tuple[float, Tensor]) -> None:
        """Be at `centre`, and from there so many times each direction further."""
        self.vector.copy_(centre)
        for far, direction in steps:
            if far:
                self.vector.add_(direction, alpha=far)
        for variance in self._counted:  # beyond the two ends of a line it may fall below nothing
            variance.clamp_(min=0)

    def tensors(self, vectors: Tensor) -> dict[str, Tensor]:
        """The tensors of many places at once, by name: (places, *shape)."""
        return {
            one.name: one.view(vectors).clamp(min=0)
            if one.name.endswith("running_var")
            else one.view(vectors)
            for one in self.pieces
        }


def _tensors(model: nn.Module) -> Iterator[tuple[str, Tensor]]:
    """Parameters, and then what layers count and a checkpoint holds; each tensor once, whoever shares it."""
    yield from model.named_parameters()
    kept = model.state_dict().keys()
    for name, one in model.named_buffers():
        if one.is_floating_point() and name in kept:
            yield name, one


def _pieces(model: nn.Module) -> Iterator[Piece]:
    start, parameters = 0, dict(model.named_parameters())
    scales = {
        f"{path}.{name}"
        for path, module in model.named_modules()
        if "Norm" in type(module).__name__
        for name, _ in module.named_parameters(recurse=False)
    }
    for name, one in _tensors(model):
        piece = Piece(name, tuple(one.shape), start, name in parameters, name in scales)
        start = piece.end
        yield piece


class _StridedMax(nn.Module):
    """Max pooling of windows that do not overlap, as maxima of strided views: a tenth of the time on a CPU."""

    def __init__(self, rows: int, columns: int) -> None:
        super().__init__()
        self.rows, self.columns = rows, columns

    def forward(self, image: Tensor) -> Tensor:
        height, width = (
            side // of * of for side, of in zip(image.shape[-2:], (self.rows, self.columns), strict=True)
        )
        image = image[..., :height, :width]
        found = image[..., :: self.rows, :]
        for row in range(1, self.rows):
            found = torch.maximum(found, image[..., row :: self.rows, :])
        widest = found[..., :: self.columns]
        for column in range(1, self.columns):
            widest = torch.maximum(widest, found[..., column :: self.columns])
        return widest


def _quick(model: nn.Module) -> nn.Module:
    """The same network with layers that give the same and are quicker where nothing has to be learned."""
    for module in [*model.modules()]:
        for name, child in [*module.named_children()]:
            if type(child) is nn.MaxPool2d and (sides := _apart(child)):
                setattr(module, name, _StridedMax(*sides))
    return model


def _apart(pool: nn.MaxPool2d) -> tuple[int, int] | None:
    """The sides of a pooling's windows, if they stand side by side and the last are left out where they do not fit."""

    def pair(value: int | tuple[int, int]) -> tuple[int, int]:
        return value if isinstance(value, tuple) else (value, value)

    plain = pair(pool.padding) == (0, 0) and pair(pool.dilation) == (1, 1)
    same = pair(pool.stride) == pair(pool.kernel_size)
    return (
        pair(pool.kernel_size) if plain and same and not pool.ceil_mode and not pool.return_indices else None
    )
