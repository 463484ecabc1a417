"""Functions of each value by itself, and those over a dimension."""

from dataclasses import replace
from typing import Any

from builder.reading.draft import Draft, Flow, Unreadable
from builder.reading.laying import along, cast, same
from builder.reading.rules.rule import rule
from builder.reading.rules.scores import scored

VALUEWISE = {
    "relu": "ReLU",
    "relu6": "ReLU6",
    "leaky_relu": "LeakyReLU negative_slope",
    "rrelu": "RReLU lower upper",
    "elu": "ELU alpha",
    "selu": "SELU",
    "celu": "CELU alpha",
    "gelu": "GELU approximate",
    "silu": "SiLU",
    "mish": "Mish",
    "sigmoid": "Sigmoid",
    "logsigmoid log_sigmoid": "LogSigmoid",
    "tanh": "Tanh",
    "tanhshrink": "Tanhshrink",
    "softsign": "Softsign",
    "softplus": "Softplus beta",
    "softshrink": "Softshrink lambd",
    "hardshrink": "Hardshrink lambd",
    "hardswish": "Hardswish",
    "hardsigmoid": "Hardsigmoid",
    "threshold": "Threshold threshold value",
}
"""torch's functions → the layer, and the function's parameters in order; the layer's fields are called like them."""
NOTHING = (
    "identity contiguous clone alias lift_fresh_copy positive requires_grad_ feature_dropout_off "
    "resolve_conj data"
)
"""Operators that change nothing here."""


def _valuewise(names: str, layer: str) -> None:
    kind, *fields = layer.split()

    @rule(names, anywhere=True)
    def draw(draft: Draft, input: Flow, *values: Any, inplace: bool = False, **options: Any) -> Any:
        given = dict(zip(fields, values, strict=False)) | options
        return same(draft, kind, input, **{name: given[name] for name in fields if name in given})


for _names, _layer in VALUEWISE.items():
    _valuewise(_names, _layer)


@rule(NOTHING, anywhere=True)
def _nothing(draft: Draft, input: Flow, *_: Any, **__: Any) -> Flow:
    return input


@rule("detach", anywhere=True)
def _detach(draft: Draft, input: Flow) -> Flow:
    draft.note("The original stops gradients (detach), and here they flow.")
    return input


@rule("to type type_as _to_copy float double half int long bool", anywhere=True)
def _to(draft: Draft, input: Flow, *_: Any, **__: Any) -> Any:
    if draft.result.dtype == input.value.dtype or (
        draft.result.is_floating_point() and input.value.is_floating_point()
    ):
        return input
    return same(draft, "Cast", input, dtype=cast(draft.result.dtype))


@rule("hardtanh", anywhere=True)
def _hardtanh(
    draft: Draft, input: Flow, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False
) -> Any:
    if (min_val, max_val) == (0, 6):  # as torch.export writes ReLU6
        return same(draft, "ReLU6", input)
    return same(draft, "Hardtanh", input, min_val=float(min_val), max_val=float(max_val))


@rule("prelu")
def _prelu(draft: Draft, input: Flow, weight: Any) -> str:
    if isinstance(weight, Flow):
        raise Unreadable("its slope depends on the input")
    each = {"each": "channel"} if weight.numel() > 1 else {}
    return draft("PReLU", input, weights={"weight": weight.reshape(-1)}, **each)


@rule("softmax _softmax _safe_softmax", anywhere=True)
def _softmax(draft: Draft, input: Flow, dim: int | None = None, *_: Any, **__: Any) -> Any:
    made = _over("Softmax", draft, input, dim)
    last = dim is not None and dim % len(input.shape) == len(input.shape) - 1
    return scored(draft, made, replace(input.scores, soft=True) if input.scores and last else None)


@rule("log_softmax", anywhere=True)
def _log_softmax(draft: Draft, input: Flow, dim: int | None = None, *_: Any, **__: Any) -> Any:
    return _over("LogSoftmax", draft, input, dim)


@rule("softmin", anywhere=True)
def _softmin(draft: Draft, input: Flow, dim: int | None = None, *_: Any, **__: Any) -> Any:
    return _over("Softmin", draft, input, dim)


@rule("glu", anywhere=True)
def _glu(draft: Draft, input: Flow, dim: int = -1) -> Any:
    return _over("GLU", draft, input, dim)


def _over(kind: str, draft: Draft, input: Flow, dim: int | None) -> Any:
    """A function over one dimension; torch's own choice where none is given."""
    rank = len(input.shape)
    if dim is None:
        dim = 0 if rank in (0, 1, 3) else 1

    def make(ref: str, places: list[int]) -> str:
        return draft(kind, ref, dim=-1 if dim is not None and dim % rank == rank - 1 else places[0])

    return along(draft, input, [dim], make)
