"""Numbers and weights that the original uses directly, as nodes that follow the batch of another."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from builder.reading.draft import Draft, Flow, Unreadable

if TYPE_CHECKING:
    import torch


def joined(draft: Draft, tensors: Sequence[Any]) -> "list[Flow | str]":
    """What an operator joins, constants among it as nodes of their own."""
    from builder.reading.laying import straight

    flows = [one for one in tensors if isinstance(one, Flow)]
    if not flows:
        raise Unreadable("what is joined does not depend on what the network is given")
    return [
        straight(draft, one) if isinstance(one, Flow) else constant(draft, one, flows[0]) for one in tensors
    ]


def constant(draft: Draft, value: "torch.Tensor", like: Flow, rank: int = 0) -> str:
    """A node that gives fixed or learned numbers for each example of a batch."""
    from builder.reading.laying import straight

    one, known = example_of(value, like, rank), draft.known(value)
    name, draft.name = draft.name, known.name[len(draft.scope) :].strip(".") or "constant"
    if known.learned and known.size != one.numel():
        draft.note(f"What the original computes of '{known.name}' is learned by itself here.")
    if known.learned or one.numel() > MOST_WRITTEN:
        ref = draft("Parameter", straight(draft, like), weights={"weight": one}, shape=[*one.shape],
                    trained=known.learned)  # fmt: skip
    else:
        ref = draft(
            "Constant",
            straight(draft, like),
            values=[written(number) for number in one.reshape(-1).tolist()],
            shape=[*one.shape],
        )
    if not one.is_floating_point() and str(draft.result.dtype) == "torch.int64":
        ref = draft("Cast", ref, dtype="int64")
    draft.name = name
    return ref


MOST = 1e30
"""What stands for infinity, which no project file holds."""
MOST_WRITTEN = 1000
"""Numbers that are written into a field; more are kept as weights that are not trained."""


def written(number: float) -> float:
    """A number as a field holds it."""
    return max(-MOST, min(MOST, float(number)))


def example_of(value: "torch.Tensor", like: Flow, rank: int = 0) -> "torch.Tensor":
    """The part of a constant for one example, with as many dimensions as the flow has behind its batch.

    Raises:
        Unreadable: it differs from example to example.
    """
    rank = rank or max(len(like.shape), value.ndim)
    value = value.reshape((1,) * (rank - value.ndim) + tuple(value.shape))
    if value.shape[0] > 1 and not (value == value[:1]).all():
        raise Unreadable("it uses numbers that differ from example to example")
    return value[0].float().clamp(-MOST, MOST) if value.is_floating_point() else value[0]


def tensor_of(value: Any) -> "torch.Tensor":
    """A number as a tensor."""
    import torch

    return value if isinstance(value, torch.Tensor) else torch.tensor(float(value))
