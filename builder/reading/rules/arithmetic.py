"""Arithmetic between tensors, with numbers, and over dimensions."""

from collections.abc import Sequence
from typing import Any

from builder.reading.draft import Draft, Flow, Unreadable
from builder.reading.laying import along, lies, same, straight
from builder.reading.rules.constant import constant, example_of
from builder.reading.rules.convolution import unusual
from builder.reading.rules.rule import rule


@rule("add iadd", anywhere=True)
def _add(draft: Draft, input: Any, other: Any, *, alpha: float = 1) -> Any:
    if alpha != 1:
        other = _scaled(draft, other, alpha)
    return _two("Add", draft, input, other, shift=True)


@rule("mul imul multiply", anywhere=True)
def _mul(draft: Draft, input: Any, other: Any) -> Any:
    return _two("Multiply", draft, input, other, scale=True)


@rule("sub isub subtract", anywhere=True)
def _sub(draft: Draft, input: Any, other: Any, *, alpha: float = 1) -> Any:
    if alpha != 1:
        other = _scaled(draft, other, alpha)
    number = number_of(other)
    if number is not None:
        return _affine(draft, input, 1.0, -number)
    number = number_of(input)
    if number is not None:
        return _affine(draft, other, -1.0, number)
    return _pair("Subtract", draft, input, other)


@rule("rsub", anywhere=True)
def _rsub(draft: Draft, input: Any, other: Any, alpha: float = 1) -> Any:
    return _sub(draft, other, input) if alpha == 1 else _sub(draft, other, _scaled(draft, input, alpha))


@rule("div true_divide truediv itruediv divide", anywhere=True)
def _div(draft: Draft, input: Any, other: Any, *, rounding_mode: str | None = None) -> Any:
    if rounding_mode:
        raise Unreadable("it rounds")
    number = number_of(other)
    if number:
        return _affine(draft, input, 1 / number, 0.0)
    return _pair("Divide", draft, input, other)


@rule("neg", anywhere=True)
def _neg(draft: Draft, input: Flow) -> Any:
    return _affine(draft, input, -1.0, 0.0)


@rule("maximum max.other", anywhere=True)
def _maximum(draft: Draft, input: Any, other: Any) -> Any:
    return _two("Maximum", draft, input, other)


@rule("minimum", anywhere=True)
def _minimum(draft: Draft, input: Any, other: Any) -> Any:
    return _two("Minimum", draft, input, other)


def _scaled(draft: Draft, value: Any, factor: float) -> Any:
    """A flow or number times a number."""
    if not isinstance(value, Flow):
        return value * factor
    whole, draft.result = draft.result, value.value * factor
    made = _affine(draft, value, float(factor), 0.0)
    flow = made if isinstance(made, Flow) else Flow(made, draft.result)
    draft.result = whole
    return flow


def _affine(draft: Draft, input: Flow, scale: float, shift: float) -> Any:
    """A number times each value, plus a number."""
    return same(draft, "Affine", input, scale=float(scale), shift=float(shift))


def number_of(value: Any) -> float | None:
    """The number that a constant is, None if it is a tensor of several or depends on the input."""
    import torch

    if isinstance(value, Flow):
        return None
    if isinstance(value, torch.Tensor):
        return float(value) if value.numel() == 1 and not isinstance(value, torch.nn.Parameter) else None
    return float(value)


def _two(kind: str, draft: Draft, input: Any, other: Any, *, scale: bool = False, shift: bool = False) -> Any:
    """A layer of any number of inputs whose order does not matter."""
    for one, number in ((input, number_of(other)), (other, number_of(input))):
        if number is not None and (scale or shift):
            return _affine(draft, one, number if scale else 1.0, number if shift else 0.0)
    return _pair(kind, draft, input, other)


def _pair(kind: str, draft: Draft, input: Any, other: Any) -> Any:
    """A layer of two inputs, which have as many dimensions as what comes out."""
    pair = [input, other]
    flows = [one for one in pair if isinstance(one, Flow)]
    if any(flow.layout and not flow.layout.batch_first for flow in flows):
        return _odd(kind, draft, pair, flows)
    rank = draft.result.ndim
    leading = next((one for one in flows if len(one.shape) == rank), None)
    if leading is None:
        raise Unreadable("its inputs have other numbers of dimensions than what comes out")
    if kind == "Add" and (placed := _positions(draft, input, other) or _positions(draft, other, input)):
        return placed
    refs = [_ranked(draft, one, rank) if isinstance(one, Flow) else constant(draft, _tensor(one), leading, rank)
            for one in pair]  # fmt: skip
    return draft(kind, *refs)


def _positions(draft: Draft, input: Any, other: Any) -> str:
    """Learned vectors added to each step of a sequence, with the rows that this example does not reach; "" if not."""
    if not isinstance(input, Flow) or not hasattr(other, "ndim") or len(input.shape) != 3:
        return ""
    steps, width = input.shape[1:]
    known = draft.known(other)
    if (
        not known.learned
        or tuple(other.shape) not in ((steps, width), (1, steps, width), input.shape)
        or steps < 2
    ):
        return ""
    weight = example_of(other, input) if known.table is None else known.table
    more: dict[str, Any] = {} if len(weight) == steps else {"steps": len(weight)}
    return draft("LearnedPositions", straight(draft, input), weights={"weight": weight}, **more)


def _tensor(value: Any) -> Any:
    import torch

    return value if isinstance(value, torch.Tensor) else torch.tensor(float(value))


def _ranked(draft: Draft, flow: Flow, rank: int) -> Any:
    flow = straight(draft, flow)
    if len(flow.shape) < rank:
        raise Unreadable(
            "one of its inputs has fewer dimensions, so that its batch would meet another dimension"
        )
    return flow


def _odd(kind: str, draft: Draft, pair: list[Any], flows: list[Flow]) -> Any:
    """Where the batch lies elsewhere: both alike, value by value, brought to the same order."""
    if len(flows) < 2 or flows[0].shape != flows[1].shape:
        raise Unreadable("the batch is not the first dimension of what it is given")
    first, second = (lies(flow) for flow in flows)
    from builder.reading.laying import drawn
    from builder.reading.layout import Layout, sizes

    axes = [axis for group in first.seen for axis in group]
    apart = second.reshaped([axis.size for axis in axes])
    if apart is None or [any(one.batch for one in group) for group in apart.seen] != [
        axis.batch for axis in axes
    ]:
        raise Unreadable("the batch lies at different places in what it is given")
    behind = dict(zip(axes, apart.seen, strict=True))
    order = tuple(tuple(inner for axis in group for inner in behind[axis]) for group in first.held)
    if sizes(order) != sizes(first.held):
        raise Unreadable("the batch is not the first dimension of what it is given")
    ref = drawn(draft, flows[1].ref, Layout(apart.held, order))
    refs = [flows[0].ref, ref]
    return Flow(draft(kind, *refs), draft.result, first, flows[0].origin)


UNARY = {
    "exp": ("Exp", {}), "log": ("Log", {}), "sqrt": ("Sqrt", {}), "abs": ("Abs", {}), "sin": ("Sin", {}),
    "cos": ("Cos", {}), "square": ("Power", {"exponent": 2.0}), "rsqrt": ("Power", {"exponent": -0.5}),
    "reciprocal": ("Power", {"exponent": -1.0}), "erf": ("Erf", {}), "floor": ("Floor", {}), "sign": ("Sign", {}),
}  # fmt: skip
"""Functions of one value that are no activations."""


def _unary(name: str, kind: str, config: dict[str, Any]) -> None:
    @rule(name, anywhere=True)
    def draw(draft: Draft, input: Flow) -> Any:
        return same(draft, kind, input, **config)


for _name, (_kind, _config) in UNARY.items():
    _unary(_name, _kind, _config)


@rule("pow", anywhere=True)
def _pow(draft: Draft, input: Any, exponent: Any) -> Any:
    number = number_of(exponent)
    if number is None or not isinstance(input, Flow):
        raise Unreadable("its exponent is no number")
    return same(draft, "Power", input, exponent=number)


@rule("clamp clip", anywhere=True)
def _clamp(draft: Draft, input: Flow, min: Any = None, max: Any = None) -> Any:
    bounds = {name: number_of(one) for name, one in (("min", min), ("max", max)) if one is not None}
    if None in bounds.values():
        raise Unreadable("its bounds are tensors")
    return same(draft, "Clamp", input, **bounds)


@rule("clamp_min", anywhere=True)
def _clamp_min(draft: Draft, input: Flow, min: Any) -> Any:
    return _clamp(draft, input, min)


@rule("mean", anywhere=True)
def _mean(draft: Draft, input: Flow, dim: Any = None, keepdim: bool = False, **_: Any) -> Any:
    dims = _dims(input, dim)
    if len(input.shape) >= 3 and dims == [*range(2, len(input.shape))] and (keepdim or not input.layout):
        ref = draft(f"AdaptiveAvgPool{len(dims)}d", straight(draft, input))
        return ref if keepdim else draft("Flatten", ref)
    return _reduced("Mean", draft, input, dims, keepdim)


@rule("sum", anywhere=True)
def _sum(draft: Draft, input: Flow, dim: Any = None, keepdim: bool = False, **_: Any) -> Any:
    return _reduced("Sum", draft, input, _dims(input, dim), keepdim)


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
    whole, draft.result = draft.result, draft.result[0]
    made = _reduced(kind, draft, input, _dims(input, dim), keepdim)
    draft.result = whole
    return made, None


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
    if dim is None or keepdim:
        raise Unreadable("it looks over all dimensions")
    return along(draft, input, [dim], lambda ref, places: draft("ArgMax", ref, dim=places[0]), gone=True)


@rule("cumsum", anywhere=True)
def _cumsum(draft: Draft, input: Flow, dim: int, **_: Any) -> Any:
    return along(draft, input, [dim], lambda ref, places: draft("CumulativeSum", ref, dim=places[0]))


@rule("where", anywhere=True)
def _where(draft: Draft, condition: Any, input: Any, other: Any) -> Any:
    flows = [one for one in (condition, input, other) if isinstance(one, Flow)]
    rank = draft.result.ndim
    leading = next((straight(draft, one) for one in flows if len(one.shape) == rank), None)
    if leading is None:
        raise Unreadable("its inputs have other numbers of dimensions than what comes out")
    given = (condition, input, other)
    return draft("Where", *(_ranked(draft, one, rank) if isinstance(one, Flow) else
                            constant(draft, _tensor(one), leading, rank) for one in given))  # fmt: skip
