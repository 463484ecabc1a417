"""Where a network begins and ends: examples, an Input for each, an Output for each answer."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from builder.errors import BadFile
from builder.layers import LAYERS
from builder.reading.draft import Draft, Flow, Unreadable
from builder.reading.laying import lies, straight

if TYPE_CHECKING:
    import torch


def rows(example: "Sequence[Any]") -> "Sequence[torch.Tensor]":
    """The example, if it is one.

    Raises:
        BadFile: it is something else than tensors with a batch.
    """
    import torch

    for one in example:
        if not isinstance(one, torch.Tensor):
            raise BadFile(
                f"An example must be a tensor, or a tuple of them, in the order of forward. Got {type(one).__name__}."
            )
        if not one.ndim or not len(one):
            raise BadFile("An example must have a batch as its first dimension, with at least one row.")
    return example


def inputs(draft: Draft, names: Sequence[str], example: "Sequence[torch.Tensor]") -> list[Flow]:
    """An Input for each tensor of the example."""
    flows = []
    for name, one in zip(names, example, strict=False):
        dtype = str(one.dtype).removeprefix("torch.")
        kind = "int64" if dtype in ("int64", "int32", "bool") else "float32"
        if kind != dtype:
            draft.note(f"Input '{name}' is {dtype} in the original and {kind} here.")
        draft.scope, draft.name = "", name
        if not one.ndim:
            raise BadFile(f"Input {name!r} must have a batch as its first dimension. Got a single number.")
        ref = draft("Input", shape=[*one.shape[1:]], dtype=kind)
        flow = Flow(draft("Cast", ref, dtype="bool") if dtype == "bool" else ref, one)
        draft.specify(flow)
        flows.append(flow)
    return flows


def outputs(draft: Draft, answer: Any, names: Sequence[str] = ()) -> "list[tuple[int, int]]":
    """An Output for each tensor that depends on the inputs; which of all they are, and where each has its batch."""
    kept = []
    for number, one in enumerate(flat(answer)):
        draft.scope, draft.name = "", names[number] if number < len(names) else "output"
        if not isinstance(one, Flow):
            draft.note("An output that does not depend on the inputs was left out.")
            continue
        draft.result = one.value
        if not one.shape:
            known = draft.nodes[one.ref.partition(".")[0]].kind in LAYERS
            draft(
                "Output",
                draft.missing("output", [one], "it is one number for the whole batch") if known else one,
            )
            kept.append((number, 0))
            continue
        dim = batch_of(one)
        if dim:
            draft.note(
                f"Output '{draft.name}' has its batch first here, and as dimension {dim} in the original."
            )
            one.layout = lies(one).permuted(
                [dim, *(place for place in range(len(one.shape)) if place != dim)]
            )
            one.value = one.value.movedim(dim, 0)
        try:
            if one.stale:
                raise Unreadable("it was written into through a part or another view of it")
            draft("Output", straight(draft, one))
        except Unreadable as error:
            draft("Output", draft.missing("copy_" if one.stale else "reshape", [one], str(error)))
        kept.append((number, dim))
    if not kept:
        raise BadFile("Nothing that comes out depends on what goes in.")
    return kept


def batch_of(flow: Flow) -> int:
    """Which dimension is the batch; 0 also where none is."""
    seen = lies(flow).seen
    return next((place for place, group in enumerate(seen) if [axis.batch for axis in group] == [True]), 0)


def flat(answer: Any) -> list[Any]:
    """The tensors of an answer in order, however it nests; None where there is none is left out."""
    from torch.utils import _pytree

    return [one for one in _pytree.tree_leaves(answer) if one is not None]
