"""Layers that join, move and scale."""

from functools import reduce
from typing import Any

from builder.reading.draft import Flow, Unreadable
from builder.reading.keras_layers.maker import Maker, layer
from builder.reading.layout import Layout


@layer("Add Subtract Multiply Maximum Minimum Average")
def _joined(maker: Maker, *inputs: Flow) -> Any:
    import torch

    function = {"Add": torch.add, "Subtract": torch.sub, "Multiply": torch.mul, "Maximum": torch.maximum,
                "Minimum": torch.minimum, "Average": torch.add}[maker.kind]  # fmt: skip
    turned = [_turned(maker, one) for one in inputs]
    made = reduce(lambda one, other: maker(function, one, other), turned)
    made = maker(torch.div, made, len(inputs)) if maker.kind == "Average" else made
    return _returned(maker, made)


@layer("Concatenate")
def _concatenated(maker: Maker, *inputs: Flow) -> Any:
    import torch

    rank = len(inputs[0].shape)
    axis = maker.whole("axis", -1) % rank
    if rank >= 4:
        axis = [0, rank - 1, *range(1, rank - 1)].index(axis)
    return _returned(maker, maker(torch.cat, [_turned(maker, one) for one in inputs], axis))


def _turned(maker: Maker, x: Flow) -> Any:
    """Images channels first, as they are held; sequences as they are."""
    return maker.first(x) if len(x.shape) >= 4 else x


def _returned(maker: Maker, x: Flow) -> Any:
    return maker.back(x) if len(x.shape) >= 4 else x


@layer("Dot")
def _dot(maker: Maker, a: Flow, b: Flow) -> Any:
    import torch

    axes = maker.config.get("axes")
    axes = axes if isinstance(axes, list) else [axes, axes]
    ranks = len(a.shape), len(b.shape)
    if (
        ranks != (3, 3)
        or maker.flag("normalize", False)
        or [axes[0] % 3, axes[1] % 3] not in ([2, 2], [2, 1])
    ):
        raise Unreadable("it multiplies along other dimensions than the last")
    return maker(torch.matmul, a, maker(torch.transpose, b, 1, 2) if axes[1] % 3 == 2 else b)


@layer("Flatten")
def _flatten(maker: Maker, x: Flow) -> Any:
    import torch

    return maker(torch.flatten, _as_held(maker, x), 1)


@layer("Reshape")
def _reshape(maker: Maker, x: Flow) -> Any:
    import torch

    wanted = maker.config.get("target_shape")
    if not isinstance(wanted, list) or not all(type(one) is int for one in wanted):
        raise Unreadable("target_shape must be whole numbers")
    if len(wanted) < 3:
        return maker(torch.reshape, _as_held(maker, x), [x.shape[0], *wanted])
    made = maker(torch.reshape, _as_held(maker, x), [x.shape[0], wanted[-1], *wanted[:-1]])
    return maker(torch.permute, made, [0, *range(2, len(wanted) + 1), 1])


def _as_held(maker: Maker, x: Flow) -> Flow:
    """An image as it is held, channels first: its numbers come in another order than in Keras."""
    layout = x.layout
    if layout is None or layout.held == layout.seen or {*layout.held} != {*layout.seen}:
        return x
    maker.draft.note("Images are channels first here and channels last in Keras: flattened, their numbers come in "
                     "another order.")  # fmt: skip
    order = [layout.seen.index(group) for group in layout.held]
    return Flow(x.ref, x.value.permute(order), Layout(layout.held, layout.held), x.origin)


@layer("Permute")
def _permute(maker: Maker, x: Flow) -> Any:
    import torch

    return maker(torch.permute, x, [0, *maker.sides("dims", len(x.shape) - 1)])


@layer("RepeatVector")
def _repeat(maker: Maker, x: Flow) -> Any:
    import torch

    count = maker.count("n")
    if not 0 < count <= 1_000_000:
        raise Unreadable("n is out of range")
    wide = maker(torch.unsqueeze, x, 1)
    return maker.named("expand", lambda one, *sides: one.expand(*sides), wide, x.shape[0], count, x.shape[1])


@layer("Rescaling")
def _rescaled(maker: Maker, x: Flow) -> Any:
    import torch

    scale, offset = maker.config.get("scale", 1.0), maker.config.get("offset", 0.0)
    if not isinstance(scale, int | float) or not isinstance(offset, int | float):
        raise Unreadable("it scales each channel by a number of its own")
    made = maker(torch.mul, x, float(scale))
    return maker(torch.add, made, float(offset)) if offset else made
