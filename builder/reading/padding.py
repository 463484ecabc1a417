"""Padding that differs from side to side, as ONNX and TensorFlow have it."""

from collections.abc import Callable, Sequence
from typing import Any

LOWEST = -1e6
"""What is added for the largest of a window, so that it is never the largest."""


def keeping(
    sizes: Sequence[int],
    kernel: Sequence[int],
    strides: Sequence[int],
    dilations: Sequence[int],
    *,
    upper: bool = True,
) -> tuple[list[int], list[int]]:
    """What is added before and after each side, so that it only shrinks by the stride ("same")."""
    before, after = [], []
    for size, window, step, gap in zip(sizes, kernel, strides, dilations, strict=True):
        total = max((-(-size // step) - 1) * step + (window - 1) * gap + 1 - size, 0)
        first = total // 2 if upper else total - total // 2
        before.append(first)
        after.append(total - first)
    return before, after


def padded(
    call: Callable[..., Any], x: Any, before: list[int], after: list[int], value: float = 0.0
) -> tuple[Any, list[int]]:
    """The input and its padding where both sides are alike; else the input with what is added to it, and zeros."""
    from torch.nn import functional

    if before == after:
        return x, before
    pairs = [one for pair in zip(before[::-1], after[::-1], strict=True) for one in pair]
    return call(functional.pad, x, pairs, "constant", value), [0] * len(before)
