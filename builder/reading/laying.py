"""Drawing what only moves numbers, and working along dimensions wherever the original has its batch."""

from collections.abc import Callable, Sequence
from math import prod
from typing import TYPE_CHECKING, Any

from builder.reading.draft import Draft, Flow, Unreadable
from builder.reading.layout import Axis, Groups, Layout, plain, runs, sizes

if TYPE_CHECKING:
    import torch

Refs = str | list[str]


def lies(flow: Flow) -> Layout:
    """How a flow lies in what the graph holds."""
    return flow.layout or plain(flow.shape)


def laid(draft: Draft, flow: Flow, layout: Layout | None) -> Flow:
    """A flow seen with another layout; nothing is drawn until something needs it so."""
    if layout is None:
        raise Unreadable("it takes the batch apart")
    return Flow(flow.ref, draft.result, layout, (draft.scope, draft.name))


def straight(draft: Draft, flow: Flow) -> Flow:
    """The flow as the original sees it, drawn if it lies otherwise; once, however many need it.

    Raises:
        Unreadable: the batch is not its first dimension.
    """
    if flow.layout is None:
        return flow
    if not flow.layout.batch_first:
        raise Unreadable("the batch is not the first dimension of what it is given")
    with draft.at(*flow.origin):
        draft.straighten(flow, drawn(draft, flow.ref, flow.layout))
    return flow


def drawn(draft: Draft, ref: str, layout: Layout) -> str:
    """The reference to what the original sees, the batch first: at most a reshape, a permutation and a reshape."""
    held, seen = sizes(layout.held), sizes(layout.seen)
    ways = []
    for pieces, order in (runs(layout), runs(layout, apart=True)):
        split = sizes(pieces)
        moved = tuple(split[place] for place in order)
        if [*order] == sorted(order):
            return reshaped(draft, ref, held, seen)
        ways.append(((split != held) + (moved != seen), split, order, moved))
    _, split, order, moved = min(ways, key=lambda way: way[0])
    ref = reshaped(draft, ref, held, split)
    ref = draft("Permute", ref, order=order[1:])
    return reshaped(draft, ref, moved, seen)


def reshaped(draft: Draft, ref: str, before: Sequence[int], after: Sequence[int]) -> str:
    """The reference to the same numbers in another shape, the batch first."""
    before, after = tuple(before), tuple(after)
    if before == after:
        return ref
    last = len(after) - 1
    if last >= 1 and len(before) > len(after) and after == (*before[:last], prod(before[last:])):
        return draft("Flatten", ref, start=last)
    places = [place for place in range(1, len(after)) if after[:place] + after[place + 1 :] == before]
    if len(after) == len(before) + 1 and places and after[places[-1]] == 1:
        return draft("Unsqueeze", ref, dim=places[-1])
    places = [place for place in range(1, len(before)) if before[:place] + before[place + 1 :] == after]
    if len(before) == len(after) + 1 and places and before[places[-1]] == 1:
        return draft("Squeeze", ref, dim=places[-1])
    return draft("Reshape", ref, shape=after[1:])


def same(draft: Draft, kind: str, flow: Flow, **config: Any) -> "str | Flow":
    """A layer that treats each value by itself, so that it does not matter how they lie."""
    ref = draft(kind, flow, **config)
    return Flow(ref, draft.result, flow.layout, flow.origin) if flow.layout else ref


def in_real(draft: Draft, make: Callable[..., Any], *given: Any) -> str:
    """What a layer for real numbers makes of whole ones: they are turned into such, and back."""
    whole = draft.result
    draft.result = whole.float()
    real = [
        Flow(draft("Cast", straight(draft, one), dtype="float32"), one.value.float())
        if isinstance(one, Flow)
        else one
        for one in given
    ]
    made = make(*real)
    draft.result = whole
    return draft("Cast", made, dtype=cast(whole.dtype))


def cast(dtype: "torch.dtype") -> str:
    """What a Cast makes of a kind of numbers: there is one of real and one of whole ones."""
    import torch

    return "bool" if dtype is torch.bool else "float32" if dtype.is_floating_point else "int64"


def staged(draft: Draft, flow: Flow) -> "tuple[str, Groups, list[int | None]]":
    """The batch brought to the front: the reference, what is behind each dimension then, and where each one went."""
    layout = lies(flow)
    front, places = fronted(layout.seen)
    return drawn(draft, flow.ref, Layout(layout.held, front)), front, places


def fronted(seen: Groups) -> "tuple[Groups, list[int | None]]":
    """The same dimensions with the batch in front of them, and where each one went (None: it is the batch)."""
    batch: list[Axis] = []
    groups: list[tuple[Axis, ...]] = []
    places: list[int | None] = []
    for group in seen:
        rest = tuple(axis for axis in group if not axis.batch)
        if len(rest) < len(group):
            batch += [axis for axis in group if axis.batch]
            places.append(None)
            if rest:
                groups.append(rest)
        else:
            groups.append(group)
            places.append(len(groups))
    return (tuple(batch), *groups), places


def behind(flow: Flow) -> int:
    """How many dimensions it has behind the batch, once that is brought to the front."""
    return sum(not group or not all(axis.batch for axis in group) for group in lies(flow).seen)


def along(
    draft: Draft,
    flow: Flow,
    dims: Sequence[int],
    make: Callable[[str, list[int]], Refs],
    *,
    gone: bool = False,
) -> Any:
    """A layer that works along some dimensions and treats all others alike, wherever the batch lies.

    Args:
        draft: Where to draw.
        flow: What it is given.
        dims: Dimensions of the flow; negative ones count from the end.
        make: Draws it, given a reference to a tensor with the batch first, and where the dimensions lie in that.
        gone: Whether these dimensions are missing from the results.
    """
    rank = len(flow.shape)
    dims = [dim % rank for dim in dims]
    if flow.layout is None or flow.layout.batch_first:
        if 0 in dims:
            raise Unreadable("it works along the batch")
        return make(straight(draft, flow).ref, dims)
    ref, front, places = staged(draft, flow)
    wanted = [place for dim in dims if (place := places[dim]) is not None]
    if len(wanted) < len(dims):
        raise Unreadable("it works along the batch")
    refs = make(ref, wanted)
    many = isinstance(draft.result, list | tuple)
    results = draft.result if many else [draft.result]
    made = [
        Flow(one, result, _changed(front, flow.layout.seen, wanted, dims, result.shape, gone), flow.origin)
        for one, result in zip(refs if isinstance(refs, list) else [refs], results, strict=True)
    ]
    return made if many else made[0]


def beside(draft: Draft, flows: Sequence[Flow], dim: int) -> Flow:
    """Flows joined along a dimension that is not the batch, wherever that lies, if it lies alike in all."""
    if any(not isinstance(one, Flow) for one in flows):
        raise Unreadable("it joins fixed numbers, and the batch is not the first dimension")
    refs, fronts, places = zip(*(staged(draft, one) for one in flows), strict=True)
    place = places[0][dim]
    if place is None or any(one != places[0] for one in places):
        raise Unreadable(
            "it joins along the batch, or the batch lies at different places in what it is given"
        )
    ref = draft("Concatenate", *refs, dim=place)
    layout = _changed(fronts[0], lies(flows[0]).seen, [place], [dim], draft.result.shape, gone=False)
    return Flow(ref, draft.result, layout, (draft.scope, draft.name))


def _changed(
    front: Groups, seen: Groups, wanted: list[int], dims: Sequence[int], shape: Sequence[int], gone: bool
) -> Layout:
    """The layout of a result: other axes along the dimensions in question, or none."""
    if gone:
        return Layout(
            tuple(group for place, group in enumerate(front) if place not in wanted),
            tuple(group for dim, group in enumerate(seen) if dim not in dims),
        )
    fresh = {dim: (Axis(shape[dim]),) if shape[dim] > 1 else () for dim in dims}
    moved = dict(zip(wanted, fresh.values(), strict=True))
    return Layout(
        tuple(moved.get(place, group) for place, group in enumerate(front)),
        tuple(fresh.get(dim, group) for dim, group in enumerate(seen)),
    )
