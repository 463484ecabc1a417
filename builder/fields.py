"""A node's kind and config read as a layer with validated fields, and the ports that the node then has."""

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from pydantic import ValidationError

from builder.errors import Problem, field_problems
from builder.expression import Expression
from builder.graph import Graph, Node
from builder.layer import Layer
from builder.layers import LAYERS
from builder.layers.io import Block

Key = tuple[str, str]
"""A kind and its config as JSON."""
Arguments = tuple[tuple[str, float], ...]
"""The arguments of a block with their values."""


LARGEST = 1e100
"""What a formula may give at most."""


class Ports(NamedTuple):
    """The names of a node's ports."""

    required: tuple[str, ...]
    optional: tuple[str, ...]
    outputs: tuple[str, ...]


@lru_cache(32_768)
def layer_of(key: Key, arguments: Arguments = ()) -> tuple[Layer | None, tuple[Problem, ...]]:
    """The layer that a node's kind and config describe, or the problems of its fields."""
    name, config = key
    kind = LAYERS.get(name)
    if kind is None:
        message = f"{name!r} is no kind of layer."
        return None, (Problem(message, rule="must be a kind of layer", value=name, fix=_nearest(name)),)
    fields = {field: _evaluated(value, arguments) for field, value in json.loads(config).items()}
    try:
        return kind.model_validate(fields), ()
    except ValidationError as error:
        return None, tuple(field_problems(error, kind.__name__, kind))


def ports(layer: Layer, node: Node, blocks: Mapping[str, Graph]) -> Ports:
    """The ports of a node: required inputs, optional inputs, outputs."""
    if isinstance(layer, Block):
        inner = blocks.get(layer.block, Graph())
        return Ports(inner.ids("Input"), (), inner.ids("Output"))
    if layer.many:
        used = (port for port in layer.port_names(node.inputs) if port in node.inputs)
        first = (f"{layer.many}{number}" for number in (1, 2))
        return Ports(tuple(dict.fromkeys((*first, *used))), (), layer.outputs)
    return Ports(layer.inputs, layer.optional, layer.outputs)


def _evaluated(value: Any, arguments: Arguments) -> Any:
    """A field of a block's node, where text is a formula of the block's arguments."""
    if not arguments:
        return value
    if isinstance(value, list):
        return [_evaluated(one, arguments) for one in value]
    if isinstance(value, dict):
        return {name: _evaluated(one, arguments) for name, one in value.items()}
    if not isinstance(value, str):
        return value
    try:
        number = Expression(value, {name for name, _ in arguments})(**dict(arguments))
        if not abs(number) < LARGEST:
            return value
    except (ValueError, ArithmeticError, TypeError, RecursionError):
        return value
    return int(number) if isinstance(number, float) and number.is_integer() else number


def _nearest(kind: str) -> str:
    from difflib import get_close_matches

    near = get_close_matches(kind, LAYERS, 1, 0.5)
    return f"Did you mean {near[0]}?" if near else "The reference lists all kinds."
