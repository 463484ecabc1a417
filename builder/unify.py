"""Uses of a block that differ in numbers only share one class, whose arguments are those numbers."""

import inspect
from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from typing import Any

from builder.expression import IN
from builder.layer import Call, resolved
from builder.shapes import Inference

Slot = tuple[str, int]
"""A node, and which of its calls (a repeated block has several)."""


@dataclass(frozen=True)
class Uses:
    """A block as it is used with some shapes and arguments: its constructor calls by node and its statements."""

    inference: Inference
    calls: list[tuple[str, list[Call]]]
    forward: list[str]

    def skeleton(self) -> Hashable:
        """What must be equal for two uses to share a class: everything but the values in the calls."""
        calls = tuple(
            (
                node,
                tuple(
                    (call.target, len(call.arguments), tuple(name for name, _ in call.options))
                    for call in calls
                ),
            )
            for node, calls in self.calls
        )
        return calls, tuple(self.forward)

    def values(self) -> dict[tuple[Slot, str], Any]:
        """Every value of every call, by node, call and parameter."""
        return {
            ((node, number), name): value
            for node, calls in self.calls
            for number, call in enumerate(calls)
            for name, value in named(call)
        }


@dataclass(frozen=True)
class Alike:
    """Uses that share a class."""

    uses: list[Uses]
    arguments: dict[str, type]
    """The class's arguments with their types."""
    values: list[dict[str, Any]]
    """What each use gives for them."""
    lifted: dict[Slot, dict[str, str]]
    """Which parameters of which calls take which argument."""


def unified(uses: list[Uses]) -> Iterator[Alike]:
    """The uses in groups of those that can share a class, in the order of their first."""
    groups: dict[Hashable, list[Uses]] = {}
    for use in uses:
        groups.setdefault(use.skeleton(), []).append(use)
    for group in groups.values():
        yield _alike(group)


def _alike(uses: list[Uses]) -> Alike:
    rows = [use.values() for use in uses]
    given = [{name: value for name, value in use.inference.arguments if name != IN} for use in uses]
    columns = {key: tuple(row[key] for row in rows) for key in rows[0]}
    names: dict[tuple[Any, ...], str] = {}
    lifted: dict[Slot, dict[str, str]] = {}
    for (slot, parameter), column in columns.items():
        if len(set(column)) > 1:
            if column not in names:
                names[column] = _name(column, slot, parameter, given, set(names.values()))
            lifted.setdefault(slot, {})[parameter] = names[column]
    arguments = {name: type(column[0]) for column, name in names.items()}
    values = [{name: column[number] for column, name in names.items()} for number in range(len(uses))]
    return Alike(uses, arguments, values, lifted)


def _name(
    column: tuple[Any, ...], slot: Slot, parameter: str, given: list[dict[str, Any]], taken: set[str]
) -> str:
    """The block's own argument of these values if there is one; else the parameter, made unique by its node."""
    for argument in given[0]:
        if tuple(values[argument] for values in given) == column and argument not in taken:
            return argument
    return parameter if parameter not in taken | set(given[0]) else f"{slot[0]}_{parameter}"


def named(call: Call) -> list[tuple[str, Any]]:
    """The values of a call by the names of the parameters; a class of the source itself is called by names alone."""
    positional: list[str] = []
    if call.arguments:
        signature = inspect.signature(resolved(call.target).__init__)
        positional = list(signature.parameters)[1 : len(call.arguments) + 1]
    return [*zip(positional, call.arguments, strict=True), *call.options]
