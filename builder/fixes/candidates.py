"""What might mend a layer that does not fit, the most likely first; whether it does, trying tells."""

import re
from collections.abc import Iterator
from itertools import chain
from math import gcd, isqrt, prod
from typing import Any

from builder.fields import layer_of
from builder.fixes.case import Before, Case, Free, Insert, Lead, Make, Mend, Own, Set
from builder.layer import Layer, Shape
from builder.layers import LAYERS

UNSAID = {"Concatenate": ("dim",), "MatMul": ("transpose",)}
"""Fields that a refusal does not name, although they may be at fault."""
CHANNELS_FIRST, CHANNELS_LAST = (3, 1, 2), (2, 3, 1)
RESHAPING = ("Flatten", "Reshape")
WIDTHS = {"units": -1, "width": -1, "filters": 1}
"""Fields that say how many features leave a layer, and the dimension in which these are."""


def candidates(case: Case, refusal: str) -> Iterator[Mend]:
    """What might help a layer that is refused."""
    if case.owner:
        yield Own()
    layer, _ = layer_of(case.key, case.arguments)
    assert layer is not None
    yield from _swapped(case)
    yield from _numbers(case, layer)
    if not case.owner:
        yield from _siblings(case)
        if "kernel" in refusal:
            yield from _turned(case, most=1)
        yield from _values(case, layer, refusal)
    yield from _led(case)
    for port, spec in zip(case.names, case.specs, strict=True):
        yield from _rearranged(case, port, spec.shape)
    yield from _turned(case)
    yield from _projected(case, layer)
    if "connected together" in refusal:
        yield from (Free(port) for port in case.names[1:])


def _one(port: str, kind: str, **config: Any) -> Insert:
    return Insert(port, ((kind, config),))


def _swapped(case: Case) -> Iterator[Mend]:
    """What flattens an image belongs behind what expects one."""
    for port, source in zip(case.names, case.sources, strict=True):
        if source and source.key[0] in RESHAPING and not case.owner:
            yield Before(port)


def _numbers(case: Case, layer: Layer) -> Iterator[Mend]:
    """Indices where real numbers belong, and the other way round."""
    for port, spec, source in zip(case.names, case.specs, case.sources, strict=True):
        takes = layer.taken(port)
        if takes in ("int", "mask") and spec.dtype == "float32" and source and source.key[0] == "Input":
            yield Lead(port, "dtype", "int64")
        if takes == "float" and spec.dtype == "int64":
            yield _one(port, "Embedding")


def _siblings(case: Case) -> Iterator[Mend]:
    """The same layer for another number of dimensions: BatchNorm1d → BatchNorm2d."""
    kind, rank = case.key[0], len(case.specs[0].shape)
    stem = re.sub(r"\dd$", "", kind)
    for sibling in (f"{stem}{rank - 2}d", f"{stem}1d", stem):
        if sibling in LAYERS and sibling != kind:
            yield Make(sibling)


def _values(case: Case, layer: Layer, refusal: str) -> Iterator[Mend]:
    """Other values of the fields that the refusal speaks of, nearest to what the person chose first."""
    for name in type(layer).model_fields:
        if re.search(rf"\b{name}\b", refusal) or name in UNSAID.get(layer.kind, ()):
            now = getattr(layer, name)
            yield from (Set(name, value) for value in _others(name, now, layer, case) if value != now)
    if "kernel" in refusal and getattr(layer, "dilation", 1) > 1:
        yield Set("dilation", 1)


def _others(name: str, now: Any, layer: Layer, case: Case) -> Iterator[Any]:
    shape = case.specs[0].shape
    whole = now if isinstance(now, int) else 0
    if isinstance(now, bool):
        yield not now
    elif name in ("kernel", "output_padding"):
        yield from range(whole - 1, -1, -1)
    elif name == "padding":
        yield "same"
        yield from chain.from_iterable((whole - by, whole + by) for by in range(1, 51))
    elif name == "stride":
        yield from (1, *range(whole + 1, whole + 8))
    elif name in ("groups", "heads", "filters"):
        yield from _dividing(name, whole, layer, shape)
    elif name in ("units", "layers") and len(case.specs) > 1 and len(case.specs[1].shape) == 3:
        yield case.specs[1].shape[1 if name == "layers" else 2]
    elif name == "layers":
        yield 2
    elif name in ("dim", "start", "dimensions", "index"):
        yield from () if name == "dim" else (-1,) if name == "index" else (0,)
        yield from sorted(range(1, len(shape)), key=lambda one: abs(one - whole))
        yield -1
    else:
        yield from _laid_out(name, now, shape)


def _dividing(name: str, now: int, layer: Layer, shape: Shape) -> Iterator[int]:
    """What divides the features, or is divided by the groups."""
    if name == "filters":
        groups = getattr(layer, "groups", 1)
        yield max(groups, round(now / groups) * groups)
        return
    width = shape[-1] if name == "heads" else shape[1]
    common = gcd(width, getattr(layer, "filters", width))
    divisors = (one for one in range(1, min(width, 1024) + 1) if common % one == 0)
    yield from sorted(divisors, key=lambda one: abs(one - now))[:2]


def _laid_out(name: str, now: Any, shape: Shape) -> Iterator[Any]:
    sides = len(shape) - 1
    if name == "order":
        yield from ([*order] for order in (CHANNELS_LAST, CHANNELS_FIRST) if sides == 3)
        yield [*range(1, sides - 1), *([sides, sides - 1] if sides > 1 else [1])]
    elif name == "shape":
        yield from ([*now[:place], -1, *now[place + 1 :]] for place in range(len(now)) if len(now) > 1)
        yield [-1]
    elif name == "dropout":
        yield 0.0


def _turned(case: Case, most: int = 8) -> Iterator[Mend]:
    """The dimensions in another order: features last ↔ channels first, rows ↔ columns."""
    for port, spec in [*zip(case.names, case.specs, strict=True)][:most]:
        sides = len(spec.shape) - 1
        if sides == 3:
            yield from (_one(port, "Permute", order=[*order]) for order in (CHANNELS_FIRST, CHANNELS_LAST))
        if sides > 1 and (most > 1 or (sides == 2 and spec.shape[1] > spec.shape[2])):
            yield _one(port, "Permute", order=[*range(1, sides - 1), sides, sides - 1])


def _rearranged(case: Case, port: str, shape: Shape) -> Iterator[Mend]:
    """The same numbers in as many dimensions as the layer expects."""
    wanted = {len(axes.split("×")) for axes in LAYERS[case.key[0]].axes}
    if len(shape) in wanted:
        return
    if 2 in wanted and len(shape) > 2:
        yield _one(port, "Flatten")
    if 3 in wanted:
        yield from _as_sequence(case.key[0], port, shape)
    if 4 in wanted:
        yield from _as_image(port, shape)
    if 5 in wanted and len(shape) == 4:
        yield _one(port, "Reshape", shape=[1, *shape[1:]])


def _as_sequence(kind: str, port: str, shape: Shape) -> Iterator[Mend]:
    values, features_last = prod(shape[1:]), "features" in LAYERS[kind].axes[-1]
    if len(shape) > 3 and features_last:
        yield Insert(port, (("Flatten", {"start": 2}), ("Permute", {"order": [2, 1]})))
    if len(shape) > 3:
        yield _one(port, "Flatten", start=2)
    if len(shape) == 4:
        yield _one(port, "Reshape", shape=[shape[1] * shape[2], shape[3]])
    if LAYERS[kind].stepwise:
        yield _one(port, "Reshape", shape=[values, 1])
    yield _one(port, "Reshape", shape=[1, values])


def _as_image(port: str, shape: Shape) -> Iterator[Mend]:
    values = prod(shape[1:])
    if len(shape) == 3:
        yield _one(port, "Reshape", shape=[1, *shape[1:]])
    for channels in (1, 3):
        side = isqrt(values // channels)
        if channels * side * side == values:
            yield _one(port, "Reshape", shape=[channels, side, side])
    yield _one(port, "Reshape", shape=[values, 1, 1])


def _led(case: Case) -> Iterator[Mend]:
    """As many features as its other inputs have, of what leads to one of them."""
    for port, source, other in zip(case.names, case.sources, _others_of(case), strict=True):
        if source and len(case.names) > 1 and len(case.at(port).shape) == len(other) > 1:
            fields = [name for name in WIDTHS if name in LAYERS[source.key[0]].model_fields]
            yield from (Lead(port, name, other[WIDTHS[name]]) for name in fields)


def _others_of(case: Case) -> list[Shape]:
    """For each port, what reaches the next one."""
    shapes = [spec.shape for spec in case.specs]
    return [*shapes[1:], shapes[0]]


def _projected(case: Case, layer: Layer) -> Iterator[Mend]:
    """A learned projection on one of two branches that do not agree."""
    if layer.stepwise:
        yield from (_one(port, "Linear", units=getattr(layer, "units", 1)) for port in case.names[1:])
    if len(case.names) > 1:
        for port, other in zip(case.names, _others_of(case), strict=True):
            yield from _projection(layer.kind, port, case.at(port).shape, other)


def _projection(kind: str, port: str, ours: Shape, theirs: Shape) -> Iterator[Mend]:
    rank = len(ours)
    if rank != len(theirs):
        yield from (_one(port, "Flatten"),) if rank > 2 and len(theirs) == 2 else ()
        return
    if rank == 4:
        factor, stride = theirs[2] // ours[2], max(1, round(ours[2] / theirs[2]))
        if factor > 1:
            yield _one(port, "Upsample", factor=factor)
        strides = {"stride": stride} if stride > 1 else {}
        yield _one(port, "Conv2d", filters=theirs[1], kernel=1, **strides)
    elif rank > 1:
        yield _one(port, "Linear", units=theirs[-1])
        yield _one(port, "Linear", units=theirs[1])
    if rank == 3:
        yield _one(port, "Conv1d", filters=theirs[1], kernel=1)
