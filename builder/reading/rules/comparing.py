"""Comparisons, and choices by them."""

from typing import Any

from builder.reading.draft import Draft, Flow, Unreadable
from builder.reading.laying import same, straight
from builder.reading.rules.arithmetic import _ranked, number_of
from builder.reading.rules.constant import constant, tensor_of
from builder.reading.rules.rule import rule

SIGNS = {"gt": "<", "ge": "<=", "lt": ">", "le": ">=", "eq": "==", "ne": "!="}
"""torch's names → the sign with both sides swapped."""
TURNED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}


def _compared(name: str, turned: str) -> None:
    @rule(name, anywhere=True)
    def draw(draft: Draft, input: Any, other: Any) -> Any:
        how = TURNED[turned]
        if not isinstance(input, Flow):
            input, other, how = other, input, turned
        number = number_of(other)
        if number is not None:
            return same(draft, "Compare", input, how=how, value=number)
        first = straight(draft, input)
        second = (
            straight(draft, other) if isinstance(other, Flow) else constant(draft, tensor_of(other), first)
        )
        return draft("Compare", first, second, how=how)


for _name, _turned in SIGNS.items():
    _compared(_name, _turned)


@rule("where", anywhere=True)
def _where(draft: Draft, condition: Any, input: Any, other: Any) -> Any:
    flows = [one for one in (condition, input, other) if isinstance(one, Flow)]
    rank = draft.result.ndim
    leading = next((straight(draft, one) for one in flows if len(one.shape) == rank), None)
    if leading is None:
        raise Unreadable("its inputs have other numbers of dimensions than what comes out")
    given: list[Any] = [
        _ranked(draft, one, rank) if isinstance(one, Flow) else constant(draft, tensor_of(one), leading, rank)
        for one in (condition, input, other)
    ]
    if not isinstance(condition, Flow):
        given[0] = draft("Cast", given[0], dtype="bool")
    return draft("Where", *given)


@rule("logical_not bitwise_not invert", anywhere=True)
def _not(draft: Draft, input: Flow) -> Any:
    import torch

    if input.value.dtype != torch.bool:
        raise Unreadable("it turns bits round")
    return same(draft, "Compare", input, how="==", value=0.0)


@rule("logical_and bitwise_and and_ and iand", anywhere=True)
def _and(draft: Draft, input: Any, other: Any) -> Any:
    first, second = _masks(draft, input, other)
    return _where(draft, first, second, first)


@rule("logical_or bitwise_or or_ or ior", anywhere=True)
def _or(draft: Draft, input: Any, other: Any) -> Any:
    first, second = _masks(draft, input, other)
    return _where(draft, first, first, second)


def _masks(draft: Draft, input: Any, other: Any) -> tuple[Any, Any]:
    """Two masks, that which depends on the input first."""
    import torch

    values = [one.value if isinstance(one, Flow) else one for one in (input, other)]
    if any(getattr(one, "dtype", None) is not torch.bool for one in values):
        raise Unreadable("it combines bits, or a mask with a single value")
    return (input, other) if isinstance(input, Flow) else (other, input)


@rule("masked_fill", anywhere=True)
def _masked_fill(draft: Draft, input: Any, mask: Any, value: Any) -> Any:
    import torch

    if isinstance(input, Flow) and input.scores and not isinstance(mask, Flow):
        filled = torch.zeros(mask.shape).masked_fill(mask.bool(), float(value))
        from builder.reading.rules.arithmetic import _masked

        if made := _masked(draft, input, filled):
            return made
    return _where(draft, mask, value, input)


@rule("one_hot")
def _one_hot(draft: Draft, tensor: Flow, num_classes: int = -1) -> str:
    if num_classes < 1:
        raise Unreadable("how many classes there are depends on the input")
    return draft("Cast", draft("OneHot", tensor, classes=num_classes), dtype="int64")


@rule("gather")
def _gather(draft: Draft, input: Any, dim: int, index: Any) -> str:
    if not isinstance(input, Flow) or not isinstance(index, Flow) or dim % len(input.shape) == 0:
        raise Unreadable("it picks from fixed numbers, or along the batch")
    return draft("Gather", input, index, dim=dim % len(input.shape))


@rule("topk")
def _topk(draft: Draft, input: Flow, k: int, dim: int = -1, largest: bool = True, sorted: bool = True) -> Any:
    dim %= len(input.shape)
    if not largest or not dim:
        raise Unreadable("it keeps the smallest, or looks along the batch")
    id = draft("TopK", input, k=k, dim=dim)
    return id, f"{id}.indices"


@rule("cosine_similarity")
def _cosine_similarity(draft: Draft, x1: Flow, x2: Flow, dim: int = 1, eps: float = 1e-8) -> str:
    if len(x1.shape) != len(x2.shape) or dim % len(x1.shape) == 0:
        raise Unreadable("it compares along the batch, or things of different shapes")
    return draft("CosineSimilarity", x1, x2, dim=dim % len(x1.shape))


@rule("pairwise_distance")
def _pairwise_distance(
    draft: Draft, x1: Flow, x2: Flow, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False
) -> str:
    return draft("PairwiseDistance", x1, x2, p=float(p), keepdim=keepdim)
