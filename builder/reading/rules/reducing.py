"""Sums, means and extremes over dimensions."""

from collections.abc import Sequence
from math import prod, sqrt
from typing import Any

from builder.reading.draft import Draft, Flow, Unreadable
from builder.reading.laying import along, in_real, straight
from builder.reading.rules.arithmetic import _maximum, _minimum, times
from builder.reading.rules.convolution import unusual
from builder.reading.rules.rule import RULES, rule


@rule("mean", anywhere=True, promotes=True)
def _mean(draft: Draft, input: Flow, dim: Any = None, keepdim: bool = False, **_: Any) -> Any:
    dims = _dims(input, dim)
    if len(input.shape) >= 3 and dims == [*range(2, len(input.shape))] and (keepdim or not input.layout):
        ref = draft(f"AdaptiveAvgPool{len(dims)}d", straight(draft, input))
        return ref if keepdim else draft("Flatten", ref)
    return _reduced("Mean", draft, input, dims, keepdim)


@rule("sum", anywhere=True)
def _sum(draft: Draft, input: Flow, dim: Any = None, keepdim: bool = False, **_: Any) -> Any:
    if draft.result.is_floating_point():
        return _reduced("Sum", draft, input, _dims(input, dim), keepdim)
    return in_real(draft, lambda real: _reduced("Sum", draft, real, _dims(input, dim), keepdim), input)


@rule("amax", anywhere=True)
def _amax(draft: Draft, input: Flow, dim: Any = None, keepdim: bool = False) -> Any:
    return _reduced("Max", draft, input, _dims(input, dim), keepdim)


@rule("amin", anywhere=True)
def _amin(draft: Draft, input: Flow, dim: Any = None, keepdim: bool = False) -> Any:
    return _reduced("Min", draft, input, _dims(input, dim), keepdim)


@rule("max", anywhere=True)
def _max(draft: Draft, input: Flow, dim: Any = None, keepdim: bool = False) -> Any:
    if isinstance(dim, Flow):
        return _maximum(draft, input, dim)
    return _largest("Max", draft, input, dim, keepdim)


@rule("min", anywhere=True)
def _min(draft: Draft, input: Flow, dim: Any = None, keepdim: bool = False) -> Any:
    if isinstance(dim, Flow):
        return _minimum(draft, input, dim)
    return _largest("Min", draft, input, dim, keepdim)


def _largest(kind: str, draft: Draft, input: Flow, dim: int | None, keepdim: bool) -> Any:
    if not isinstance(draft.result, tuple):
        raise Unreadable("it works along the batch")
    assert dim is not None
    whole, (largest, places) = draft.result, draft.result
    draft.result = largest
    made = _reduced(kind, draft, input, _dims(input, dim), keepdim)
    draft.result = places
    where = _argmax(draft, input if kind == "Max" else times(draft, input, -1.0), dim, keepdim)
    draft.result = whole
    return made, where


def _dims(input: Flow, dim: Any) -> list[int]:
    rank = len(input.shape)
    if dim is None or dim == []:
        return [*range(rank)]
    return sorted(one % rank for one in (dim if isinstance(dim, Sequence) else [dim]))


def _reduced(kind: str, draft: Draft, input: Flow, dims: list[int], keepdim: bool) -> Any:
    keep = unusual(keepdim=(keepdim, False))

    def make(ref: str, places: list[int]) -> str:
        return draft("Reduce", ref, how=kind.lower(), dims=places, **keep)

    return along(draft, input, dims, make, gone=not keepdim)


@rule("argmax", anywhere=True)
def _argmax(draft: Draft, input: Flow, dim: int | None = None, keepdim: bool = False) -> Any:
    if dim is None:
        raise Unreadable("it looks over all dimensions")
    if keepdim:
        whole, draft.result = draft.result, draft.result.squeeze(dim)
        made = _argmax(draft, input, dim)
        made = made if isinstance(made, Flow) else Flow(made, draft.result)
        draft.result = whole
        return RULES["unsqueeze"].draw(draft, made, dim)
    return along(draft, input, [dim], lambda ref, places: draft("ArgMax", ref, dim=places[0]), gone=True)


@rule("argmin", anywhere=True)
def _argmin(draft: Draft, input: Flow, dim: int | None = None, keepdim: bool = False) -> Any:
    return _argmax(draft, times(draft, input, -1.0), dim, keepdim)


@rule("cumsum", anywhere=True)
def _cumsum(draft: Draft, input: Flow, dim: int, **_: Any) -> Any:
    if not input.value.is_floating_point():
        return in_real(draft, lambda real: _cumsum(draft, real, dim), input)
    return along(draft, input, [dim], lambda ref, places: draft("CumulativeSum", ref, dim=places[0]))


@rule("std", anywhere=True)
def _std(
    draft: Draft,
    input: Flow,
    dim: Any = None,
    unbiased: bool = True,
    keepdim: bool = False,
    *,
    correction: Any = None,
) -> Any:
    return _spread("std", draft, input, dim, 0 if not unbiased else correction, keepdim)


@rule("var", anywhere=True)
def _var(
    draft: Draft,
    input: Flow,
    dim: Any = None,
    unbiased: bool = True,
    keepdim: bool = False,
    *,
    correction: Any = None,
) -> Any:
    return _spread("variance", draft, input, dim, 0 if not unbiased else correction, keepdim)


def _spread(how: str, draft: Draft, input: Flow, dim: Any, correction: Any, keepdim: bool) -> Any:
    dims = _dims(input, dim)
    made = _reduced(how, draft, input, dims, keepdim)
    count, less = prod(input.shape[one] for one in dims), 1 if correction is None else correction
    if less == 0:
        return made
    if count <= less:
        raise Unreadable("it has too few numbers to divide by one less")
    flow = made if isinstance(made, Flow) else Flow(made, draft.result)
    ratio = count / (count - less)  # it divides by fewer than there are numbers
    return times(draft, flow, ratio if how == "variance" else sqrt(ratio))


@rule("logsumexp", anywhere=True)
def _logsumexp(draft: Draft, input: Flow, dim: Any, keepdim: bool = False) -> Any:
    return _reduced("logsumexp", draft, input, _dims(input, dim), keepdim)


@rule("norm linalg_vector_norm", anywhere=True)
def _norm(draft: Draft, input: Flow, p: Any = 2, dim: Any = None, keepdim: bool = False, **_: Any) -> Any:
    if p not in (2, "fro"):
        raise Unreadable(f"it is another norm than the usual one ({p})")
    return _reduced("norm", draft, input, _dims(input, dim), keepdim)
