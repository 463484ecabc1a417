"""Formulas: read against an allow-list, tried on plain numbers, then run on tensors; those of a loss among them."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from builder.expression import Expression

if TYPE_CHECKING:
    import torch
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
    expression = read(text, NAMES, stand_ins(ONE + TWO))
    if "prediction" not in expression.uses:
        raise ValueError("must use prediction: a loss that ignores it teaches nothing")
    try_out(expression, [{"prediction": p, "target": t} for p, t in POINTS])


def try_out(expression: Expression, points: Iterable[Mapping[str, float]]) -> None:
    """Compute a formula that was read with stand-ins on plain numbers, without torch.

    Raises:
        ValueError: it has a real, finite value at none of the points, or divides by a constant zero.
    """
    import numpy as np

    try:
        with np.errstate(
            all="ignore"
        ):  # NumPy's numbers give inf and nan, as tensors do; only constants raise
            values = [
                expression(**{name: np.float64(value) for name, value in point.items()}) for point in points
            ]
    except ZeroDivisionError as error:
        raise ValueError("must not divide by zero") from error
    except (OverflowError, TypeError) as error:  # TypeError: a constant became complex, as (-1) ** 0.5 does
        raise ValueError(UNREAL) from error
    if not np.isrealobj(np.array(values)) or not np.isfinite(values).any():
        raise ValueError(UNREAL)


def on_tensors(text: str) -> Callable[[Tensor, Tensor], Tensor]:
    """The formula as a function of two tensors of one shape."""
    expression = read(text, NAMES, tensor_functions(ONE + TWO))
    return lambda prediction, target: expression(prediction=prediction, target=target)


def tensor_functions(
    names: Iterable[str], dtype: torch.dtype | None = None
) -> dict[str, Callable[..., Tensor]]:
    """torch's functions of these names, which take numbers as well; numbers become tensors of this type."""
    import torch
    from torch.nn.functional import softplus

    def lifted(function: Callable[..., Tensor]) -> Callable[..., Tensor]:
        def apply(*values: Any) -> Tensor:
            given = [
                one if isinstance(one, torch.Tensor) else torch.tensor(one, dtype=dtype) for one in values
            ]
            return function(*given)

        return apply

    return {name: lifted(softplus if name == "softplus" else getattr(torch, name)) for name in names}


def read(text: str, names: set[str], functions: Mapping[str, Callable[..., Any]]) -> Expression:
    """A smooth formula whose whole numbers are read as floating-point ones.

    Raises:
        ValueError: it is no formula of these names and functions, or too deep.
    """
    # refuses, in the person's own words, what the next lines would choke on
    Expression(text, names, functions, smooth=True)
    tree = ast.parse(text.strip())
    if _depth(tree) > DEEPEST:
        raise ValueError(f"must not have more than {DEEPEST} operations within one another")
    try:
        return Expression(
            ast.unparse(_Floats().visit(ast.parse(text.strip(), mode="eval"))), names, functions
        )
    except OverflowError as error:
        raise ValueError(UNREAL) from error


def stand_ins(names: Iterable[str]) -> dict[str, Callable[..., Any]]:
    """For functions of these names: ones that need no torch, take plain numbers and count their arguments."""
    return {name: _trial(name) for name in names}


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
    wanted = 2 if name in TWO else 1

    def stand_in(*values: Any) -> Any:
        if len(values) != wanted:
            raise ValueError(f"must give {name} {wanted} value{'s' if wanted > 1 else ''}, not {len(values)}")
        return sum(values) + 0.3

    return stand_in
