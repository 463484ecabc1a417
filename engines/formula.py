"""Formulas of `prediction` and `target`: read against an allow-list, tried on numbers, then run on tensors."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from builder.expression import Expression

if TYPE_CHECKING:
    from torch import Tensor

DEFAULT = "mean(square(prediction - target))"
NAMES = {"prediction", "target"}
ONE = (
    "abs",
    "cos",
    "exp",
    "log",
    "log1p",
    "mean",
    "relu",
    "sigmoid",
    "sin",
    "softplus",
    "sqrt",
    "square",
    "sum",
    "tanh",
)
TWO = ("maximum", "minimum")
DEEPEST = 100

POINTS = ((0.5, 0.25), (0.37, 0.11), (-1.3, 1.0), (2.0, 0.0))
"""Predictions and targets at which a formula is tried; it may be undefined at some of them."""
UNREAL = "must have a real, finite value: it must not divide by zero or overflow"


def check_formula(text: str) -> None:
    """Read the formula and try it once on plain numbers, without torch.

    Raises:
        ValueError: it is no formula, does not use the prediction, or cannot be computed.
    """
    import numpy as np

    expression = _read(text, {name: _trial(name) for name in ONE + TWO})
    if "prediction" not in {
        node.id for node in ast.walk(ast.parse(text.strip())) if isinstance(node, ast.Name)
    }:
        raise ValueError("must use prediction: a loss that ignores it teaches nothing")
    try:
        with np.errstate(
            all="ignore"
        ):  # NumPy's numbers give inf and nan, as tensors do; only constants raise
            values = [expression(prediction=np.float64(p), target=np.float64(t)) for p, t in POINTS]
    except ZeroDivisionError as error:
        raise ValueError("must not divide by zero") from error
    except (OverflowError, TypeError) as error:  # TypeError: a constant became complex, as (-1) ** 0.5 does
        raise ValueError(UNREAL) from error
    if not np.isrealobj(np.array(values)) or not np.isfinite(values).any():
        raise ValueError(UNREAL)


def on_tensors(text: str) -> Callable[[Tensor, Tensor], Tensor]:
    """The formula as a function of two tensors of one shape."""
    import torch
    from torch.nn.functional import softplus

    def lifted(function: Callable[..., Tensor]) -> Callable[..., Tensor]:
        return lambda *values: function(*(torch.as_tensor(value) for value in values))

    functions = {name: lifted(softplus if name == "softplus" else getattr(torch, name)) for name in ONE + TWO}
    expression = _read(text, functions)
    return lambda prediction, target: expression(prediction=prediction, target=target)


def _read(text: str, functions: Mapping[str, Callable[..., Any]]) -> Expression:
    # refuses, in the person's own words, what the next lines would choke on
    Expression(text, NAMES, functions, smooth=True)
    tree = ast.parse(text.strip())
    if _depth(tree) > DEEPEST:
        raise ValueError(f"must not have more than {DEEPEST} operations within one another")
    try:
        return Expression(
            ast.unparse(_Floats().visit(ast.parse(text.strip(), mode="eval"))), NAMES, functions
        )
    except OverflowError as error:
        raise ValueError(UNREAL) from error


def _depth(tree: ast.AST) -> int:
    """How many constructs lie within one another; counted without recursion, which deep ones would exhaust."""
    depth, level = 0, [tree]
    while level := [child for node in level for child in ast.iter_child_nodes(node)]:
        depth += 1
    return depth


class _Floats(ast.NodeTransformer):
    """Whole numbers as floating-point ones, which may be large: a tensor takes no whole number beyond 2 ** 63."""

    def visit_Constant(self, node: ast.Constant) -> ast.Constant:
        """The constant as a float."""
        return ast.Constant(float(node.value)) if isinstance(node.value, int) else node


def _trial(name: str) -> Callable[..., Any]:
    """A stand-in on plain numbers, which needs no torch and counts its arguments."""
    wanted = 1 if name in ONE else 2

    def stand_in(*values: Any) -> Any:
        if len(values) != wanted:
            raise ValueError(f"must give {name} {wanted} value{'s' if wanted > 1 else ''}, not {len(values)}")
        return sum(values) + 0.3

    return stand_in
