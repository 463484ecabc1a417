"""Layers of two inputs where the batch is not the first dimension, or is merged with heads."""

from typing import Any

from builder.reading.draft import Draft, Flow, Unreadable
from builder.reading.laying import drawn, fronted, lies, staged
from builder.reading.layout import Axis, Layout, sizes
from builder.reading.rules.constant import constant, tensor_of


def odd(kind: str, draft: Draft, pair: list[Any], flows: list[Flow]) -> Any:
    """Where the batch lies elsewhere: both alike, value by value, brought to the same order."""
    if len(flows) == 1:
        return _constant(kind, draft, pair, flows[0])
    if len(flows[0].shape) != len(flows[1].shape):
        raise Unreadable("the batch is not the first dimension of what it is given")
    if flows[0].shape != flows[1].shape:
        return _sizes(kind, draft, pair)
    first, second = (lies(flow) for flow in flows)
    axes = [axis for group in first.seen for axis in group]
    apart = second.reshaped([axis.size for axis in axes])
    if apart is None or [any(one.batch for one in group) for group in apart.seen] != [
        axis.batch for axis in axes
    ]:
        raise Unreadable("the batch lies at different places in what it is given")
    behind = dict(zip(axes, apart.seen, strict=True))
    order = tuple(tuple(inner for axis in group for inner in behind[axis]) for group in first.held)
    ref = drawn(draft, flows[1].ref, Layout(apart.held, order))
    refs = [flows[0].ref, ref] if flows[0] is pair[0] else [ref, flows[0].ref]
    return Flow(draft(kind, *refs), draft.result, first, flows[0].origin)


def _sizes(kind: str, draft: Draft, pair: list[Flow]) -> Flow:
    """The same where one of them has a single row, or column, for all of the other's."""
    seen = []
    for first, second in zip(*(lies(flow).seen for flow in pair), strict=True):
        alike = [[(axis.batch, axis.size) for axis in group] for group in (first, second)]
        if alike[0] != alike[1] and first and second:
            raise Unreadable("the batch lies at different places in what it is given")
        seen.append(first or second)
    if sum(any(axis.batch for axis in group) for group in seen) > 1:
        raise Unreadable("the batch lies at different places in what it is given")
    refs = [staged(draft, flow)[0] for flow in pair]
    return Flow(
        draft(kind, *refs), draft.result, Layout(fronted(tuple(seen))[0], tuple(seen)), pair[0].origin
    )


def _constant(kind: str, draft: Draft, pair: list[Any], flow: Flow) -> Any:
    """The same with a constant, which must be alike for all of the batch."""
    if draft.result.ndim != flow.value.ndim:
        raise Unreadable("the batch is not the first dimension of what it is given")
    ref, front, places = staged(draft, flow)
    value = tensor_of(pair[1] if pair[0] is flow else pair[0])
    value = value.reshape((1,) * (len(places) - value.ndim) + tuple(value.shape))
    shape = [1] * len(front)
    for place, side in zip(places, value.shape, strict=True):
        if place is not None:
            shape[place] = side
        elif side > 1:
            raise Unreadable("it uses numbers that differ from example to example")
    plainly = Flow(ref, flow.value.new_empty([sizes(front)[place] for place in range(len(front))]))
    fixed = constant(draft, value.reshape(shape), plainly, len(front))
    made = draft(kind, *([ref, fixed] if pair[0] is flow else [fixed, ref]))
    wider = zip(lies(flow).seen, draft.result.shape, strict=True)
    seen = tuple(group or ((Axis(side),) if side > 1 else ()) for group, side in wider)
    return Flow(made, draft.result, Layout(fronted(seen)[0], seen), flow.origin)
