"""A node's kind and config read as a layer with validated fields, and the ports that the node then has."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache, lru_cache
from typing import Any, NamedTuple

from pydantic import ValidationError

from builder.errors import EACH, WHOLE, Problem, field_problems, nearest, shown
from builder.expression import IN, Expression, UnknownName
from builder.graph import Graph, Node
from builder.layer import Layer, Spec
from builder.layers import LAYERS
from builder.layers.io import Block
from builder.meant import is_operator, meant_kind

Key = tuple[str, str]
"""A kind and its config as JSON."""
Arguments = tuple[tuple[str, float], ...]
"""The arguments of a block with their values."""
LARGEST = 1e100
"""What a formula may give at most."""
NUMBERS = (WHOLE, "must be a number")
"""The rules of fields in which text is a formula and nothing else."""


class Ports(NamedTuple):
    """The names of a node's ports."""

    required: tuple[str, ...]
    optional: tuple[str, ...]
    outputs: tuple[str, ...]


@cache
def texts(kind: str) -> frozenset[str]:
    """The fields of a kind whose text is no formula of the block around: plain text, and a Block's own arguments."""
    fields = LAYERS[kind].model_fields if kind in LAYERS else {}
    own = {"arguments"} if kind == "Block" else set()
    return frozenset(own | {name for name, info in fields.items() if info.annotation is str})


@lru_cache(32_768)
def layer_of(key: Key, arguments: Arguments = ()) -> tuple[Layer | None, tuple[Problem, ...]]:
    """The layer that a node's kind and config describe, or the problems of its fields."""
    name, config = key
    kind = LAYERS.get(name)
    if kind is None:
        return None, (_no_kind(name),)
    plain = texts(name)
    fields = {
        field: value if field in plain else evaluated(value, arguments)
        for field, value in json.loads(config).items()
    }
    try:
        return kind.model_validate(fields), ()
    except ValidationError as error:
        problems = field_problems(error, kind.__name__, kind)
        return None, tuple(_of_formula(one, name, arguments) if arguments else one for one in problems)


def ports(layer: Layer, node: Node, blocks: Mapping[str, Graph]) -> Ports:
    """The ports of a node: required inputs, optional inputs, outputs."""
    if isinstance(layer, Block):
        inner = blocks.get(layer.block, Graph())
        return Ports(inner.ids("Input"), (), inner.ids("Output"))
    if layer.many:
        used = (port for port in layer.port_names(node.inputs) if port in node.inputs)
        first = (f"{layer.many}{number}" for number in (1, 2))
        return Ports(tuple(dict.fromkeys((*first, *used))), (), layer.output_ports())
    return Ports(layer.inputs, layer.optional, layer.output_ports())


def output_ports(node: Node, blocks: Mapping[str, Graph], arguments: Arguments = ()) -> tuple[str, ...]:
    """The outputs of a node: its kind's where its fields are refused, none where it has no kind."""
    layer, _ = layer_of(node.key, arguments)
    if layer is not None:
        return ports(layer, node, blocks).outputs
    kind = LAYERS.get(node.kind)
    return kind.outputs if kind and node.kind != "Block" else ()


def evaluated(value: Any, arguments: Arguments) -> Any:
    """A field of a block's node, where text is a formula of the block's arguments."""
    if not arguments:
        return value
    if isinstance(value, list):
        return [evaluated(one, arguments) for one in value]
    if isinstance(value, dict):
        return {name: evaluated(one, arguments) for name, one in value.items()}
    return number(value, arguments) if isinstance(value, str) else value


def number(text: str, arguments: Arguments) -> Any:
    """What a formula gives, whole if it can be; the text itself if it is none, or has no finite value."""
    try:
        found = Expression(text, {name for name, _ in arguments})(**dict(arguments))
        if not abs(found) < LARGEST:
            return text
    except (ValueError, ArithmeticError, TypeError, RecursionError):
        return text
    return int(found) if isinstance(found, float) and found.is_integer() else found


def sized(arguments: Arguments, specs: Sequence[Spec]) -> Arguments:
    """Arguments and what `in` means among them: the size of dimension 1 of what first arrives, if it has one."""
    sizes = specs[0].shape[1:2] if specs else ()
    return (*(pair for pair in arguments if pair[0] != IN), *((IN, size) for size in sizes))


def given(
    values: Mapping[str, float | str], defaults: Mapping[str, float], around: Arguments, specs: Sequence[Spec]
) -> tuple[Arguments, str]:
    """The arguments with which a block is used where these specs arrive; or () and why its values are refused."""
    names, found = sized(around, specs), dict(defaults)
    for name, value in values.items():
        if name not in defaults:
            meant = nearest(name, defaults)
            asked = f" Did you mean {meant!r}?" if meant else ""
            return (), f"arguments must be among {', '.join(defaults) or 'none'}. Got {name!r}.{asked}"
        result = number(value, names) if isinstance(value, str) else value
        if isinstance(result, str):
            return (), f"arguments: {name} {_reason(result, names)}. Got {value!r}."
        found[name] = result
    return sized(tuple(found.items()), specs), ""


def _of_formula(problem: Problem, kind: str, names: Arguments) -> Problem:
    """A field's problem told as one of the formula in it, where it has one that gives no number."""
    text, rule = problem.value, problem.rule.removesuffix(f", {EACH}")
    if not isinstance(text, str) or not rule.startswith(NUMBERS):
        return problem
    reason = _reason(text, names)
    if rule not in NUMBERS:  # it takes certain words as well
        wrong = unknown_name(text, names)
        reason = f"{rule}: {wrong.said}" if wrong and wrong.meant else rule
    message = f"{kind}: {problem.field.partition('.')[0]} {reason}. Got {shown(text)}."
    return replace(problem, message=message, rule=reason)


def _reason(text: str, names: Arguments) -> str:
    """Why a formula gives no number."""
    try:
        Expression(text, {name for name, _ in names})
    except ValueError as error:
        return str(error)
    return "must have a finite value"


def unknown_name(text: str, names: Arguments) -> UnknownName | None:
    """The first name in a formula that stands for nothing."""
    try:
        Expression(text, {name for name, _ in names})
    except UnknownName as error:
        return error
    except ValueError:
        pass
    return None


def _no_kind(name: str) -> Problem:
    if is_operator(name):
        message = f"no layer computes the operator {name!r}."
        fix = "Put layers that compute the same in its place."
    else:
        message, near = f"{name!r} is no kind of layer.", meant_kind(name)
        fix = f"Did you mean {near}?" if near else "The reference lists all kinds."
    return Problem(message, rule="must be a kind of layer", value=name, fix=fix)
