"""Arithmetic that a person types: parsed against an allow-list, never eval'ed."""

import ast
import operator
import re
from collections.abc import Callable, Mapping
from typing import Any

from builder.errors import nearest

_BINARY: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
}
_UNARY: dict[type[ast.unaryop], Callable[[Any], Any]] = {ast.USub: operator.neg, ast.UAdd: operator.pos}
LONGEST = 500
LARGEST_POWER = 64
IN = "in"
"""A name that formulas may have although it is a word of Python's."""


class UnknownName(ValueError):
    """A formula uses a name that stands for nothing."""

    def __init__(self, name: str, known: set[str]) -> None:
        self.name, self.meant = name, nearest(name, sorted(known))
        self.said = f"there is no {name!r} here" + (f" (did you mean {self.meant!r}?)" if self.meant else "")
        super().__init__(f"must use only the names {', '.join(sorted(known))}: {self.said}")


class Expression:
    """A formula over named values: numbers, + - * / // % **, parentheses and the given functions.

    A smooth one refuses // and %, which have no slope to learn from.

    Raises:
        UnknownName: it uses a name that is not allowed.
        ValueError: the text is too long, is no expression, or uses a construct that is not allowed.
    """

    def __init__(
        self,
        text: str,
        names: set[str],
        functions: Mapping[str, Callable[..., Any]] | None = None,
        *,
        smooth: bool = False,
    ) -> None:
        self.text = text
        self._names, self._functions, self._smooth = names, dict(functions or {}), smooth
        if len(text) > LONGEST:
            raise ValueError(f"must have at most {LONGEST} characters")
        try:
            self._tree = _parsed(text, names)
            self._check(self._tree)
        except (SyntaxError, RecursionError, MemoryError) as error:
            shortest = min(names, key=lambda name: (len(name), name), default="3")
            raise ValueError(f"must be a formula such as 2 * {shortest} + 1") from error

    @property
    def uses(self) -> set[str]:
        """The names that stand in it."""
        return {node.id for node in ast.walk(self._tree) if isinstance(node, ast.Name)} & self._names

    def filled(self, values: Mapping[str, str | float]) -> str:
        """The formula with some of its names replaced by numbers or by other formulas of the same names."""
        parts = {name: _parsed(str(value), self._names) for name, value in values.items()}
        return ast.unparse(_Filled(parts).visit(_parsed(self.text, self._names)))

    def written(self, words: Mapping[str, str]) -> str:
        """The formula as Python source, with other expressions for its names and functions."""
        parts = {name: ast.parse(text, mode="eval").body for name, text in words.items()}
        return ast.unparse(_Filled(parts).visit(_parsed(self.text, self._names)))

    def __call__(self, **values: Any) -> Any:
        """The value of the formula for these values of its names."""
        return self._value(self._tree, values)

    def _check(self, tree: ast.expr) -> None:
        match tree:
            case ast.Constant(value=value) if type(value) in (int, float):
                parts: list[ast.expr] = []
            case ast.Name(id=name) if name in self._names:
                parts = []
            case ast.Name(id=name):
                raise UnknownName(name, self._names | set(self._functions))
            case ast.UnaryOp(op=op, operand=operand) if type(op) in _UNARY:
                parts = [operand]
            case ast.BinOp(left=left, op=ast.Pow(), right=right) if _power(right) is not None:
                if _degree(tree) > LARGEST_POWER:
                    raise ValueError(f"must not raise to more than the power {LARGEST_POWER}")
                parts = [left]
            case ast.BinOp(op=ast.FloorDiv() | ast.Mod()) if self._smooth:
                raise ValueError("must not contain // or %: they have no slope to learn from")
            case ast.BinOp(left=left, op=op, right=right) if type(op) in _BINARY and type(op) is not ast.Pow:
                parts = [left, right]
            case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]) if name in self._functions:
                parts = arguments
            case _:
                allowed = [
                    "numbers",
                    "+ - * /" if self._smooth else "+ - * / // %",
                    "** with a number",
                    "parentheses",
                    *sorted(self._functions),
                ]
                raise ValueError(f"must contain only {', '.join(allowed)}")
        for part in parts:
            self._check(part)

    def _value(self, tree: ast.expr, values: dict[str, Any]) -> Any:
        match tree:
            case ast.Constant(value=value):
                return value
            case ast.Name(id=name):
                return values[name]
            case ast.UnaryOp(op=op, operand=operand):
                return _UNARY[type(op)](self._value(operand, values))
            case ast.BinOp(left=left, op=operation, right=right):
                return _BINARY[type(operation)](self._value(left, values), self._value(right, values))
            case ast.Call(func=ast.Name(id=name), args=arguments):
                return self._functions[name](*(self._value(argument, values) for argument in arguments))
        raise AssertionError(f"unchecked construct {ast.dump(tree)}")


class _Filled(ast.NodeTransformer):
    """Names replaced by what they stand for."""

    def __init__(self, parts: Mapping[str, ast.expr]) -> None:
        self._parts = parts

    def visit_Name(self, node: ast.Name) -> ast.expr:
        """The part of this name."""
        return self._parts.get(node.id, node)


def _parsed(text: str, names: set[str]) -> ast.expr:
    """The tree of a formula. Where `in` is a name, a word that does not occur stands for it while Python reads it."""
    if IN not in names:
        return ast.parse(text.strip(), mode="eval").body
    word = "in_"
    while word in text or word in names:
        word += "_"
    tree = ast.parse(re.sub(r"\bin\b", word, text.strip()), mode="eval").body
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id == word:
            node.id = IN
    return tree


def _power(tree: ast.expr) -> float | None:
    """The number, with or without a sign, that stands as a power; None if it is anything else."""
    match tree:
        case ast.UnaryOp(op=ast.USub() | ast.UAdd() as sign, operand=operand):
            number = _power(operand)
            return number if number is None else _UNARY[type(sign)](number)
        case ast.Constant(value=number) if type(number) in (int, float):
            return number
    return None


def _degree(tree: ast.AST) -> float:
    """The largest product of powers that are raised to one another: (x ** 8) ** 4 has 32."""
    within = max((_degree(child) for child in ast.iter_child_nodes(tree)), default=1.0)
    match tree:
        case ast.BinOp(op=ast.Pow(), right=right):
            return within * max(abs(_power(right) or 0), 1.0)
    return within
