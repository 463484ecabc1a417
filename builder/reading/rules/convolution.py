"""Filters that slide, forwards and transposed."""

from collections.abc import Sequence
from typing import Any

from builder.reading.draft import Draft, Flow, Unreadable
from builder.reading.rules.dense import fixed
from builder.reading.rules.rule import rule

Sides = int | Sequence[int]


@rule("conv1d conv2d conv3d")
def _conv(
    draft: Draft, input: Flow, weight: Any, bias: Any = None, stride: Sides = 1, padding: Any = 0,
    dilation: Sides = 1, groups: int = 1, padding_mode: str = "zeros",
) -> str:  # fmt: skip
    rank = _rank(input, weight, bias)
    mode = {"padding_mode": padding_mode} if padding_mode != "zeros" else {}
    return draft(
        f"Conv{rank}d", input, weights={"weight": weight, "bias": bias}, filters=weight.shape[0],
        kernel=sides(weight.shape[2:]), stride=sides(stride), dilation=sides(dilation), groups=groups,
        padding={"valid": 0}.get(padding, padding) if isinstance(padding, str) else sides(padding),
        bias=bias is not None, **mode,
    )  # fmt: skip


@rule("conv_transpose1d conv_transpose2d conv_transpose3d")
def _transposed(
    draft: Draft, input: Flow, weight: Any, bias: Any = None, stride: Sides = 1, padding: Sides = 0,
    output_padding: Sides = 0, groups: int = 1, dilation: Sides = 1,
) -> str:  # fmt: skip
    rank = _rank(input, weight, bias)
    return draft(
        f"ConvTranspose{rank}d", input, weights={"weight": weight, "bias": bias}, filters=weight.shape[1] * groups,
        kernel=sides(weight.shape[2:]), stride=sides(stride), padding=sides(padding), groups=groups,
        output_padding=sides(output_padding), bias=bias is not None, **unusual(dilation=(sides(dilation), 1)),
    )  # fmt: skip


@rule("convolution")
def _convolution(
    draft: Draft, input: Flow, weight: Any, bias: Any, stride: Sides, padding: Sides, dilation: Sides,
    transposed: bool, output_padding: Sides, groups: int,
) -> str:  # fmt: skip
    if transposed:
        return _transposed(draft, input, weight, bias, stride, padding, output_padding, groups, dilation)
    return _conv(draft, input, weight, bias, stride, padding, dilation, groups)


def _rank(input: Flow, weight: Any, bias: Any) -> int:
    fixed(weight, bias)
    if len(input.shape) != weight.ndim:
        raise Unreadable("it is given one example without a batch")
    return int(weight.ndim) - 2


def sides(value: Any) -> Any:
    """One number where all sides are alike, else a number for each."""
    if not isinstance(value, list | tuple) and not hasattr(value, "__len__"):
        return value
    values = [int(one) for one in value]
    return values[0] if len(set(values)) == 1 else values


def unusual(**fields: tuple[Any, Any]) -> dict[str, Any]:
    """The fields whose value (the first) is not the usual one (the second)."""
    return {name: value for name, (value, usual) in fields.items() if value != usual}
