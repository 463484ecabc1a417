"""Fields and ports of a node as a graph has them."""

from typing import Any

from builder.graph import plain
from builder.layer import Layer


def plain_fields(fields: dict[str, Any]) -> dict[str, Any]:
    """The fields as JSON; ValueError if one is infinite, or nothing that JSON has."""
    return {name: plain(name, value) for name, value in fields.items()}


def told_fields(layer: type[Layer] | None, config: dict[str, Any]) -> dict[str, Any]:
    """The fields that differ from the layer's defaults, as JSON has them."""
    listed = {name: [*value] if isinstance(value, tuple | list) else value for name, value in config.items()}
    if layer is None:
        return listed
    usual = {name: info.get_default() for name, info in layer.model_fields.items()}
    return {
        name: value
        for name, value in listed.items()
        if name not in usual or usual[name] != (tuple(value) if isinstance(value, list) else value)
    }


def ports_of(layer: type[Layer] | None, count: int) -> list[str]:
    """The names of the first ports of a layer; of one that is not known, input or input1, input2 …."""
    stem = layer.many if layer else "input" if count != 1 else ""
    if stem:
        return [f"{stem}{number}" for number in range(1, count + 1)]
    known = [*layer.inputs, *layer.optional] if layer else ["input"]
    return [*known, *(f"input{number}" for number in range(len(known) + 1, count + 1))][:count]
