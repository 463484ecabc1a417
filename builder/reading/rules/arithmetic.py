"""Arithmetic between tensors, with numbers, and over dimensions."""

from dataclasses import replace
from typing import Any

from builder.reading.draft import Draft, Flow, Unreadable
from builder.reading.laying import in_real, same, straight
from builder.reading.rules.constant import constant, example_of, tensor_of, written
from builder.reading.rules.odd import odd
from builder.reading.rules.rule import rule
from builder.reading.rules.scores import is_lower, scored


@rule("add iadd", anywhere=True, promotes=True)
def _add(draft: Draft, input: Any, other: Any, *, alpha: float = 1) -> Any:
    if alpha != 1:
        other = times(draft, other, alpha)
    return _two("Add", draft, input, other, shift=True)


@rule("mul imul multiply", anywhere=True, promotes=True)
def _mul(draft: Draft, input: Any, other: Any) -> Any:
    return _two("Multiply", draft, input, other, scale=True)


@rule("sub isub subtract", anywhere=True, promotes=True)
def _sub(draft: Draft, input: Any, other: Any, *, alpha: float = 1) -> Any:
    if alpha != 1:
        other = times(draft, other, alpha)
    number = number_of(other)
    if number is not None:
        return _affine(draft, input, 1.0, -number)
    number = number_of(input)
    if number is not None:
        return _affine(draft, other, -1.0, number)
    return _pair("Subtract", draft, input, other)


@rule("rsub", anywhere=True, promotes=True)
def _rsub(draft: Draft, input: Any, other: Any, alpha: float = 1) -> Any:
    return _sub(draft, other, input) if alpha == 1 else _sub(draft, other, times(draft, input, alpha))


@rule("div true_divide truediv itruediv divide", anywhere=True, promotes=True)
def _div(draft: Draft, input: Any, other: Any, *, rounding_mode: str | None = None) -> Any:
    if rounding_mode:
        raise Unreadable("it rounds")
    number = number_of(other)
    if number:
        return _affine(draft, input, 1 / number, 0.0)
    number = number_of(input)
    if number is not None and draft.result.is_floating_point() and other.value.is_floating_point():
        made = same(draft, "Power", other, exponent=-1.0)
        return times(draft, made if isinstance(made, Flow) else Flow(made, draft.result), number)
    return _pair("Divide", draft, input, other)


@rule("neg", anywhere=True)
def _neg(draft: Draft, input: Flow) -> Any:
    return _affine(draft, input, -1.0, 0.0)


@rule("maximum max.other", anywhere=True, promotes=True)
def _maximum(draft: Draft, input: Any, other: Any) -> Any:
    return _two("Maximum", draft, input, other)


@rule("minimum", anywhere=True, promotes=True)
def _minimum(draft: Draft, input: Any, other: Any) -> Any:
    return _two("Minimum", draft, input, other)


def times(draft: Draft, value: Any, factor: float) -> Any:
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
    if (scale, shift) == (1.0, 0.0):
        return input
    if not draft.result.is_floating_point():
        return in_real(draft, lambda real: _affine(draft, real, scale, shift), input)
    scores = input.scores if not shift else None
    made = same(draft, "Affine", input, scale=written(scale), shift=written(shift))
    return scored(draft, made, scores and replace(scores, scale=scores.scale * scale))


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
    if kind == "Add" and (made := _masked(draft, input, other) or _masked(draft, other, input)):
        return made
    flows = [one for one in pair if isinstance(one, Flow)]
    if kind == "Add" and len(flows) == 1:
        fixed = other if flows[0] is input else input
        if made := _biased(draft, flows[0], fixed) or _positions(draft, flows[0], fixed):
            return made
    return _plain_pair(kind, draft, pair, flows)


def _plain_pair(kind: str, draft: Draft, pair: list[Any], flows: list[Flow]) -> Any:
    if any(flow.layout and not flow.layout.batch_first for flow in flows):
        return odd(kind, draft, pair, flows)
    if not draft.result.is_floating_point():
        return in_real(
            draft,
            lambda *real: _plain_pair(kind, draft, [*real], [one for one in real if isinstance(one, Flow)]),
            *pair,
        )
    rank = draft.result.ndim
    leading = next((one for one in flows if len(one.shape) == rank), None)
    if leading is None:
        raise Unreadable("its inputs have other numbers of dimensions than what comes out")
    return draft(kind, *(_ranked(draft, one, rank) if isinstance(one, Flow) else
                         constant(draft, tensor_of(one), leading, rank) for one in pair))  # fmt: skip


def _masked(draft: Draft, input: Any, other: Any) -> Any:
    """Scores of attention with the causal mask, or none, added to them."""
    if not isinstance(input, Flow) or input.scores is None or not hasattr(other, "ndim"):
        return None
    if not other.any() and not draft.known(other).learned:
        return input
    if not is_lower(other, seen=True):
        return None
    made = _plain_pair("Add", draft, [input, other], [input])
    return scored(draft, made, replace(input.scores, causal=True))


def _biased(draft: Draft, flow: Flow, other: Any) -> Flow | None:
    """A constant for each unit, added to a Linear or convolution that has none and that nothing else reads."""
    node = draft.nodes.get(flow.ref)
    if node is None or flow.readers != 1 or node.config.get("bias") is not False:
        return None
    count, value = len(node.weights["weight"]), tensor_of(other)
    place = -1 if node.kind == "Linear" else 1 - len(flow.shape)
    sides = [*value.shape]
    if (
        node.kind not in ("Linear", "Conv1d", "Conv2d", "Conv3d")
        or value.numel() != count
        or len(sides) < -place
    ):
        return None
    if sides[place] != count or (flow.layout and node.kind != "Linear"):
        return None
    if flow.layout and flow.layout.seen[-1] != flow.layout.held[-1]:
        return None
    draft.bias(node, value.detach().reshape(-1))
    return Flow(flow.ref, draft.result, flow.layout, flow.origin)


def _positions(draft: Draft, input: Any, other: Any) -> str:
    """Learned vectors added to each step of a sequence, with the rows that this example does not reach; "" if not."""
    if not hasattr(other, "ndim") or len(input.shape) != 3 or (input.layout and not input.layout.batch_first):
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


def _ranked(draft: Draft, flow: Flow, rank: int) -> Any:
    flow = straight(draft, flow)
    if len(flow.shape) < rank:
        raise Unreadable(
            "one of its inputs has fewer dimensions, so that its batch would meet another dimension"
        )
    return flow


UNARY: dict[str, tuple[str, dict[str, Any]]] = {
    "exp": ("Exp", {}), "log": ("Log", {}), "sqrt": ("Sqrt", {}), "abs": ("Abs", {}), "sin": ("Sin", {}),
    "cos": ("Cos", {}), "sign": ("Sign", {}), "square": ("Power", {"exponent": 2.0}),
    "rsqrt": ("Power", {"exponent": -0.5}), "reciprocal": ("Power", {"exponent": -1.0}),
    "erf": ("Formula", {"expression": "erf(x)"}), "floor": ("Formula", {"expression": "floor(x)"}),
    "log1p": ("Formula", {"expression": "log(1 + x)"}), "expm1": ("Formula", {"expression": "exp(x) - 1"}),
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
    bounds: dict[str, Any] = {
        name: number_of(one) for name, one in (("min", min), ("max", max)) if one is not None
    }
    if None in bounds.values():
        raise Unreadable("its bounds are tensors")
    if not draft.result.is_floating_point():
        return in_real(draft, lambda real: draft("Clamp", real, **bounds), input)
    return same(draft, "Clamp", input, **bounds)


@rule("clamp_min", anywhere=True)
def _clamp_min(draft: Draft, input: Flow, min: Any) -> Any:
    return _clamp(draft, input, min)
