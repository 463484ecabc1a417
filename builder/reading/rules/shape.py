"""Operators that move, pick, cut and join numbers."""

from collections.abc import Sequence
from typing import Any

from builder.reading.draft import Draft, Flow, Unreadable
from builder.reading.laying import along, behind, beside, laid, lies, straight
from builder.reading.layout import Layout, plain
from builder.reading.rules.constant import example_of, joined
from builder.reading.rules.rule import rule


@rule("view reshape _unsafe_view view_as reshape_as flatten unflatten squeeze unsqueeze ravel", anywhere=True)
def _reshape(draft: Draft, input: Flow, *_: Any, **__: Any) -> Any:
    before, after = input.shape, tuple(draft.result.shape)
    layout = lies(input).reshaped(after)
    if layout is None and before[:1] == after[:1] and lies(input).batch_first:
        return draft("Reshape", straight(draft, input), shape=after[1:])
    return laid(draft, input, layout)


@rule("permute", anywhere=True)
def _permute(draft: Draft, input: Flow, *order: Any, dims: Sequence[int] = ()) -> Flow:
    order = tuple(dims or (order[0] if isinstance(order[0], list | tuple) else order))
    return laid(draft, input, lies(input).permuted([place % len(order) for place in order]))


@rule("transpose swapaxes swapdims", anywhere=True)
def _transpose(draft: Draft, input: Flow, dim0: int, dim1: int) -> Flow:
    order = [*range(len(input.shape))]
    order[dim0], order[dim1] = order[dim1], order[dim0]
    return laid(draft, input, lies(input).permuted(order))


@rule("t adjoint mT T numpy_T", anywhere=True)
def _turned(draft: Draft, input: Flow, *_: Any) -> Flow:
    return _transpose(draft, input, -2, -1) if len(input.shape) > 1 else input


@rule("movedim moveaxis", anywhere=True)
def _movedim(draft: Draft, input: Flow, source: int, destination: int) -> Flow:
    if not isinstance(source, int):
        raise Unreadable("it moves several dimensions")
    rank = len(input.shape)
    order = [place for place in range(rank) if place != source % rank]
    order.insert(destination % rank, source % rank)
    return laid(draft, input, lies(input).permuted(order))


@rule("expand expand_as broadcast_to", anywhere=True)
def _expand(draft: Draft, input: Flow, *_: Any, **__: Any) -> Any:
    after = tuple(draft.result.shape)
    if after == input.shape:
        return input
    if len(after) != len(input.shape):
        raise Unreadable("it adds dimensions")
    dims = [dim for dim, (new, old) in enumerate(zip(after, input.shape, strict=True)) if new != old]

    def make(ref: str, places: list[int]) -> str:
        times = [1] * behind(input)
        for dim, place in zip(dims, places, strict=True):
            times[place - 1] = after[dim]
        return draft("Repeat", ref, times=times)

    return along(draft, input, dims, make)


@rule("repeat tile")
def _repeat(draft: Draft, input: Flow, *times: Any, repeats: Any = ()) -> str:
    times = tuple(repeats or (times[0] if isinstance(times[0], list | tuple) else times))
    if len(times) != len(input.shape) or times[0] != 1:
        raise Unreadable("it repeats the batch")
    return draft("Repeat", input, times=times[1:])


@rule("cat concat concatenate", anywhere=True)
def _cat(draft: Draft, tensors: Sequence[Any], dim: int = 0) -> Any:
    rank = draft.result.ndim
    tensors = [one for one in tensors if 0 not in one.shape]
    if any(isinstance(one, Flow) and not lies(one).batch_first for one in tensors):
        return beside(draft, tensors, dim % rank)
    if dim % rank == 0:
        raise Unreadable("it joins along the batch")
    if rank == 3 and dim % rank == 1 and len(tensors) == 2 and isinstance(tensors[1], Flow):
        token, sequence = tensors
        if not isinstance(token, Flow) and draft.known(token).learned:
            weight = example_of(token, sequence)
            return draft(
                "ClassToken", straight(draft, sequence), weights={"weight": weight}, count=weight.shape[0]
            )
    flows = joined(draft, tensors)
    return draft("Concatenate", *flows, dim=dim % rank) if len(flows) > 1 else flows[0]


@rule("stack")
def _stack(draft: Draft, tensors: Sequence[Any], dim: int = 0) -> Any:
    rank = draft.result.ndim
    flows = joined(draft, tensors)
    if dim % rank:
        return draft("Stack", *flows, dim=dim % rank)
    held = plain((draft.result.shape[1], draft.result.shape[0], *draft.result.shape[2:]))
    return Flow(
        draft("Stack", *flows, dim=1),
        draft.result,
        held.permuted([1, 0, *range(2, rank)]),
        (draft.scope, draft.name),
    )


@rule("chunk split split_with_sizes tensor_split", anywhere=True)
def _split(draft: Draft, input: Flow, sizes: Any = None, dim: int = 0, **_: Any) -> Any:
    lengths = [int(one.shape[dim]) for one in draft.result]

    def make(ref: str, places: list[int]) -> list[str]:
        if len(lengths) == 1:
            return [ref]
        whole = len(set(lengths)) == 1
        config: dict[str, Any] = {"parts": len(lengths)} if whole else {"sizes": lengths}
        id = draft("Split", ref, dim=places[0], **config)
        return [f"{id}.part{number}" for number in range(1, len(lengths) + 1)]

    return along(draft, input, [dim], make)


@rule("unbind", anywhere=True)
def _unbind(draft: Draft, input: Flow, dim: int = 0) -> Any:
    return [_selected(draft, input, dim, number, one) for number, one in enumerate(draft.result)]


@rule("select", anywhere=True)
def _select(draft: Draft, input: Flow, dim: int, index: int) -> Any:
    return _selected(draft, input, dim, index, draft.result)


def _selected(draft: Draft, input: Flow, dim: int, index: int, result: Any) -> Any:
    """One place along a dimension; where that was cut out of a larger one (Q, K and V of one Linear), it is split."""
    layout = input.layout
    group = layout.seen[dim] if layout else ()
    whole, draft.result = draft.result, result
    held = (
        next((place for place, one in enumerate(layout.held) if one[:1] == group), 0)
        if layout and len(group) == 1
        else 0
    )
    if layout and held and len(layout.held[held]) > 1:
        count = group[0].size
        id = draft.once("Split", input.ref, dim=held, parts=count)
        rest = (*layout.held[:held], layout.held[held][1:], *layout.held[held + 1 :])
        seen = tuple(one for place, one in enumerate(layout.seen) if place != dim % len(layout.seen))
        made: Any = Flow(f"{id}.part{index % count + 1}", result, Layout(rest, seen), input.origin)
    else:
        made = along(
            draft,
            input,
            [dim],
            lambda ref, places: draft("Select", ref, dim=places[0], index=index),
            gone=True,
        )
    draft.result = whole
    return made


@rule("slice", anywhere=True)
def _slice(
    draft: Draft, input: Flow, dim: int = 0, start: int | None = None, end: int | None = None, step: int = 1
) -> Any:
    return _cut(draft, input, dim, slice(start, end, step))


@rule("narrow", anywhere=True)
def _narrow(draft: Draft, input: Flow, dim: int, start: int, length: int) -> Any:
    return _cut(draft, input, dim, slice(start, start + length))


def _cut(draft: Draft, input: Flow, dim: int, range_: slice) -> Any:
    """A slice along one dimension; nothing is drawn where it takes everything."""
    size = input.shape[dim]
    start, stop, step = range_.indices(size)
    if (start, stop, step) == (0, size, 1):
        if range_.stop == size and any(axis.batch for axis in lies(input).seen[dim]):
            draft.note(f"The original keeps {size} rows of a batch, unless that is meant to be all.")
        return input
    config: dict[str, Any] = {"start": start, "stop": None if stop == size else stop, "step": step}
    return along(draft, input, [dim], lambda ref, places: draft("Slice", ref, dim=places[0], **config))


@rule("getitem", anywhere=True)
def _getitem(draft: Draft, input: Flow, index: Any) -> Any:
    """Indexing, taken apart: one slice, pick or new dimension after the other."""
    index = index if isinstance(index, tuple) else (index,)
    missing = len(input.shape) - sum(one is not None and one is not Ellipsis for one in index)
    dots = index.index(Ellipsis) if any(one is Ellipsis for one in index) else len(index)
    spread = (*index[:dots], *[slice(None)] * missing, *index[dots + 1 :])
    whole, dim = draft.result, 0
    for one in spread:
        if isinstance(one, slice):
            input, dim = _step(draft, input, dim, one), dim + 1
        elif one is None:
            input, dim = _step(draft, input, dim, None), dim + 1
        elif isinstance(one, int) and not isinstance(one, bool):
            input = _step(draft, input, dim, one)
        else:
            raise Unreadable("it picks by a list of indices")
    draft.result = whole
    return input


def _step(draft: Draft, input: Flow, dim: int, one: slice | int | None) -> Flow:
    value = input.value
    if one is None:
        draft.result = value.unsqueeze(dim)
        made: Any = _reshape(draft, input)
    elif isinstance(one, int):
        draft.result = value.select(dim, one)
        made = _select(draft, input, dim, one)
    elif any(isinstance(end, Flow) for end in (one.start, one.stop, one.step)):
        raise Unreadable("where it cuts depends on what the network is given")
    else:
        draft.result = value[(slice(None),) * dim + (one,)]
        made = _cut(draft, input, dim, one)
    return made if isinstance(made, Flow) else Flow(made, draft.result)


@rule("index_select", anywhere=True)
def _index_select(draft: Draft, input: Flow, dim: int, index: Any) -> Any:
    return _picked(draft, input, dim, index)


@rule("index")
def _index(draft: Draft, input: Flow, indices: Sequence[Any]) -> Any:
    used = [dim for dim, one in enumerate(indices) if one is not None]
    if len(used) != 1 or isinstance(indices[used[0]], Flow):
        raise Unreadable("it picks by indices that depend on the input, or along several dimensions")
    return _picked(draft, input, used[0], indices[used[0]])


def _picked(draft: Draft, input: Flow, dim: int, index: Any) -> Any:
    """Places along a dimension by a fixed list that is a range in truth."""
    if isinstance(index, Flow) or index.ndim != 1 or len(index) < 1:
        raise Unreadable("it picks by a list of indices")
    places = [int(one) % input.shape[dim] for one in index]
    step = places[1] - places[0] if len(places) > 1 else 1
    if step < 1 or places != [*range(places[0], places[-1] + 1, step)]:
        raise Unreadable("it picks by a list of indices that is no range")
    return _cut(draft, input, dim, slice(places[0], places[-1] + 1, step))


@rule("flip")
def _flip(draft: Draft, input: Flow, *dims: Any) -> str:
    dims = tuple(dims[0] if isinstance(dims[0], list | tuple) else dims)
    return draft("Flip", input, dims=[dim % len(input.shape) for dim in dims])


@rule("roll")
def _roll(draft: Draft, input: Flow, shifts: Any, dims: Any = None) -> str:
    if dims is None:
        raise Unreadable("it rolls over all dimensions together")
    shifts, dims = ([one] if isinstance(one, int) else [*one] for one in (shifts, dims))
    return draft("Roll", input, shifts=shifts, dims=[dim % len(input.shape) for dim in dims])


@rule("einsum")
def _einsum(draft: Draft, equation: str, *operands: Any) -> str:
    tensors = operands[0] if len(operands) == 1 and isinstance(operands[0], list | tuple) else operands
    if not all(isinstance(one, Flow) for one in tensors):
        raise Unreadable("it multiplies by fixed numbers")
    return draft("Einsum", *tensors, equation=equation.replace(" ", ""))
