"""Operators that move, pick and join numbers."""

from typing import Any

from builder.reading.draft import Flow, Unreadable
from builder.reading.onnx_operators.making import few
from builder.reading.onnx_operators.operation import Operation, numbers, operator, rank


@operator("Reshape")
def _reshape(operation: Operation, x: Any, shape: Any = None) -> Any:
    import torch

    wanted = operation.get("shape") or numbers(shape)
    if not operation.get("allowzero", 0):
        wanted = [x.shape[place] if side == 0 else side for place, side in enumerate(wanted)]
    return operation(torch.reshape, x, wanted)


@operator("Flatten")
def _flatten(operation: Operation, x: Any) -> Any:
    import torch

    axis = operation.get("axis", 1)
    axis = axis + rank(x) if axis < 0 else axis
    if axis == 1:
        return operation(torch.flatten, x, 1)
    first = 1
    for side in x.shape[:axis]:
        first *= side
    return operation(torch.reshape, x, [first, -1])


@operator("Squeeze")
def _squeeze(operation: Operation, x: Any, axes: Any = None) -> Any:
    import torch

    chosen = operation.get("axes") or numbers(axes) or [dim for dim, side in enumerate(x.shape) if side == 1]
    if any(x.shape[dim] != 1 for dim in chosen):
        raise Unreadable("it leaves out a dimension that is not 1")
    gone = {dim % rank(x) for dim in chosen}
    return operation.named(
        "squeeze", torch.reshape, x, [side for dim, side in enumerate(x.shape) if dim not in gone]
    )


@operator("Unsqueeze")
def _unsqueeze(operation: Operation, x: Any, axes: Any = None) -> Any:
    import torch

    chosen = operation.get("axes") or numbers(axes)
    after = rank(x) + len(chosen)
    places = {dim % after for dim in chosen}
    sides = iter(x.shape)
    return operation.named(
        "unsqueeze", torch.reshape, x, [1 if dim in places else next(sides) for dim in range(after)]
    )


@operator("Transpose")
def _transpose(operation: Operation, x: Any) -> Any:
    import torch

    return operation(torch.permute, x, operation.get("perm") or [*range(rank(x))][::-1])


@operator("Concat")
def _concat(operation: Operation, *inputs: Any) -> Any:
    import torch

    return operation(torch.cat, [*inputs], operation.get("axis")) if len(inputs) > 1 else inputs[0]


@operator("Split")
def _split(operation: Operation, x: Any, split: Any = None) -> Any:
    import torch

    axis = operation.get("axis", 0)
    size = x.shape[axis]
    count = operation.get("num_outputs", operation.outputs)
    lengths = operation.get("split") or numbers(split) or [-(-size // count)] * (count - 1)
    if len(lengths) < count:
        lengths = [*lengths, size - sum(lengths)]
    return operation(torch.split, x, lengths, axis)


@operator("Slice")
def _slice(
    operation: Operation, x: Any, starts: Any = None, ends: Any = None, axes: Any = None, steps: Any = None
) -> Any:
    starts = operation.get("starts") or numbers(starts)
    ends = operation.get("ends") or numbers(ends)
    axes = operation.get("axes") or numbers(axes, [*range(len(starts))])
    steps = numbers(steps, [1] * len(starts))
    for start, end, axis, step in zip(starts, ends, axes, steps, strict=True):
        x = _cut(operation, x, axis % rank(x), start, end, step)
    return x


def _cut(operation: Operation, x: Any, axis: int, start: int, end: int, step: int) -> Any:
    import torch

    size = x.shape[axis]
    if step > 0:
        here = slice(start, end, step).indices(size)
        return operation(torch.ops.aten.slice.Tensor, x, axis, *here)
    if (step, *slice(start, end, step).indices(size)[:2]) == (-1, size - 1, -1):
        return operation(torch.flip, x, [axis])
    raise Unreadable("it goes backwards")


@operator("Gather")
def _gather(operation: Operation, x: Any, index: Any) -> Any:
    import torch
    from torch.nn import functional

    axis = operation.get("axis", 0) % max(rank(x), 1)
    if isinstance(index, Flow):
        if isinstance(x, Flow) or axis or x.ndim != 2:
            raise Unreadable("it picks by indices that depend on the input")
        return operation(functional.embedding, index, x)
    if rank(x) and not index.numel():
        raise Unreadable("it picks nothing")
    if index.ndim == 0:
        return operation(torch.select, x, axis, int(index))
    picked = torch.where(index < 0, index + x.shape[axis], index)
    made = operation(torch.index_select, x, axis, picked.reshape(-1))
    if index.ndim == 1:
        return made
    return operation(torch.reshape, made, [*x.shape[:axis], *index.shape, *x.shape[axis + 1 :]])


@operator("Expand")
def _expand(operation: Operation, x: Any, shape: Any) -> Any:
    import torch

    wanted = few([*torch.broadcast_shapes(tuple(x.shape), tuple(numbers(shape)))])
    return operation.named("expand", lambda one, sides: one.expand(sides), x, wanted)


@operator("Tile")
def _tile(operation: Operation, x: Any, repeats: Any) -> Any:
    times = numbers(repeats)
    few([side * count for side, count in zip(x.shape, times, strict=True)])
    return operation.named("repeat", lambda one, counts: one.repeat(counts), x, times)


@operator("Pad")
def _pad(operation: Operation, x: Any, pads: Any = None, value: Any = None, axes: Any = None) -> Any:
    from torch.nn import functional

    amounts = operation.get("pads") or numbers(pads)
    chosen = [axis % rank(x) for axis in numbers(axes, [*range(rank(x))])]
    if isinstance(value, Flow):
        raise Unreadable("what it adds depends on the input")
    before, after = [0] * rank(x), [0] * rank(x)
    for place, axis in enumerate(chosen):
        before[axis], after[axis] = amounts[place], amounts[place + len(chosen)]
    few([side + one + other for side, one, other in zip(x.shape, before, after, strict=True)])
    while len(before) > 1 and not before[0] and not after[0]:
        before, after = before[1:], after[1:]
    pairs = [one for pair in zip(before[::-1], after[::-1], strict=True) for one in pair]
    mode = {"edge": "replicate", "wrap": "circular"}.get(
        operation.get("mode", "constant"), operation.get("mode", "constant")
    )
    added = operation.get("value", 0.0) if value is None else float(value)
    if mode != "constant":
        return operation(functional.pad, x, pairs, mode)
    return operation(functional.pad, x, pairs, "constant", added)


@operator("Resize Upsample")
def _resize(operation: Operation, x: Any, roi: Any = None, scales: Any = None, sizes: Any = None) -> Any:
    from torch.nn import functional

    if operation.kind == "Upsample":
        scales = operation.get("scales", roi)
    given = (
        [float(one) for one in (scales if isinstance(scales, list) else scales.reshape(-1).tolist())]
        if scales is not None and len(scales)
        else []
    )
    after = (
        numbers(sizes)
        if sizes is not None
        else [int(side * one) for side, one in zip(x.shape, given, strict=True)]
    )
    after = [x.shape[0], *after[1:]]
    if after[1] != x.shape[1] or operation.get("axes") or operation.get("antialias", 0):
        raise Unreadable("it resizes more than an image")
    mode = {"linear": "linear", "cubic": "bicubic", "nearest": "nearest"}[operation.get("mode", "nearest")]
    where = operation.get("coordinate_transformation_mode", "half_pixel")
    few(after)
    if mode == "nearest":
        whole = all(new % old == 0 for new, old in zip(after, x.shape, strict=True))
        if not whole and (where, operation.get("nearest_mode")) != ("asymmetric", "floor"):
            raise Unreadable("it picks the nearest value in another way than torch")
        return operation(functional.interpolate, x, after[2:], None, "nearest")
    mode = {4: "bilinear", 5: "trilinear"}.get(rank(x), "linear") if mode == "linear" else mode
    if where not in ("half_pixel", "pytorch_half_pixel", "align_corners"):
        raise Unreadable("it places its points in another way than torch")
    return operation(functional.interpolate, x, after[2:], None, mode, where == "align_corners")


@operator("DepthToSpace SpaceToDepth")
def _depth(operation: Operation, x: Any) -> Any:
    import torch
    from torch.nn import functional

    side = operation.get("blocksize")
    batch, channels, height, width = x.shape
    if operation.kind == "SpaceToDepth":
        x = operation(torch.reshape, x, [batch, channels, height // side, side, width // side, side])
        x = operation(torch.permute, x, [0, 3, 5, 1, 2, 4])
        return operation(torch.reshape, x, [batch, channels * side**2, height // side, width // side])
    if operation.get("mode", "DCR") == "CRD":
        return operation(functional.pixel_shuffle, x, side)
    x = operation(torch.reshape, x, [batch, side, side, channels // side**2, height, width])
    x = operation(torch.permute, x, [0, 3, 4, 1, 5, 2])
    return operation(torch.reshape, x, [batch, channels // side**2, height * side, width * side])
