"""The reference of every kind of layer, derived from its class: nothing in it is written a second time."""

import ast
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from builder.around import around
from builder.graph import Graph
from builder.layer import NUMBERS, Layer, axes_in_words
from builder.layers import LAYERS
from builder.registry import label
from builder.shapes import infer
from builder.source import CLASS, source
from builder.templates import about
from builder.templates.sketch import TEMPLATES

TYPES = {
    "integer": "whole number",
    "number": "number",
    "boolean": "yes or no",
    "string": "text",
    "null": "nothing",
}
EDGES = ("Input", "Output", "Block")
"""Kinds that lie in no template as a layer that it was built of."""


@dataclass(frozen=True)
class FieldEntry:
    """A field of a layer, in words."""

    name: str
    type: str
    range: str
    default: str
    description: str


@dataclass(frozen=True)
class Port:
    """A port of a layer: its name, the numbers that it takes, and whether it may stay free."""

    name: str
    takes: str
    optional: bool = False


@dataclass(frozen=True)
class Entry:
    """What is known of a kind without trying it."""

    kind: str
    category: str
    icon: str
    help: str
    formula: str
    paper: str
    expects: str
    other_names: tuple[str, ...]
    inputs: tuple[Port, ...]
    outputs: tuple[str, ...]
    fields: tuple[FieldEntry, ...]


@dataclass(frozen=True)
class Example:
    """What a kind does with the shapes of its example: tried, not told."""

    takes: tuple[str, ...]
    gives: tuple[str, ...]
    parameters: int
    multiply_adds: int
    source: str
    """The statements that it becomes."""


@cache
def entry(kind: str) -> Entry:
    """The entry of a kind.

    Raises:
        LookupError: there is no such kind.
    """
    layer = LAYERS[kind]
    ports = [(name, False) for name in layer.inputs] + [(name, True) for name in layer.optional]
    if layer.many:
        ports = [(f"{layer.many}1", False), (f"{layer.many}2", False), (f"{layer.many}3 …", True)]
    return Entry(
        kind,
        layer.category,
        layer.icon,
        layer.help(),
        layer.formula,
        layer.reference,
        axes_in_words(layer.axes),
        tuple(dict.fromkeys(layer.other_names())),
        tuple(Port(name, NUMBERS[layer.taken(name)], optional) for name, optional in ports),
        () if kind == "Output" else layer.outputs,
        tuple(_fields(layer)),
    )


@cache
def example(kind: str) -> Example:
    """What a kind makes of its example shapes, with the fields of its demo."""
    graph = around(kind)
    place = infer(graph).places["layer"]
    assert place.outcome is not None
    return Example(
        tuple(str(spec) for spec in place.inputs.values()),
        tuple(str(spec) for spec in place.outcome.outputs.values()),
        place.outcome.parameters,
        place.outcome.multiply_adds,
        "" if kind in EDGES else "\n".join(_statements(source(graph))),
    )


@cache
def kinds_in(name: str) -> Mapping[str, int]:
    """The kinds of layers of which a ready network is made; how often each is there, with all repeats of blocks."""
    counts: Counter[str] = Counter()
    for graph in about(name).project().graphs.values():
        counts += _layers_in(graph, graph.blocks, {})
    return dict(counts.most_common())


def _layers_in(graph: Graph, blocks: Mapping[str, Graph], known: dict[str, Counter[str]]) -> Counter[str]:
    """The layers of a graph by kind; those of its blocks are counted once, and taken as often as they are used."""
    counts: Counter[str] = Counter()
    for node in graph.nodes:
        if node.kind != "Block":
            counts[node.kind] += node.kind not in EDGES
            continue
        name = node.config["block"]
        if name not in known:
            known[name] = _layers_in(blocks[name], blocks, known)
        for kind, count in known[name].items():
            counts[kind] += count * int(node.config.get("repeat", 1))
    return +counts


@cache
def networks_with(kind: str) -> tuple[str, ...]:
    """The ready networks in which a kind stands."""
    return tuple(name for name in TEMPLATES if kind in kinds_in(name))


def _fields(layer: type[Layer]) -> Iterator[FieldEntry]:
    schema = layer.model_json_schema()
    for name, info in layer.model_fields.items():
        types, ranges = _told(schema["properties"][name], schema.get("$defs", {}))
        default = info.get_default(call_default_factory=True)
        yield FieldEntry(name, types, ranges, _written(default), label(name, info)[1])


def _told(schema: Mapping[str, Any], named: Mapping[str, Any]) -> tuple[str, str]:
    """The type and the range that a JSON schema tells, in words."""
    if "$ref" in schema:
        return _told(named[schema["$ref"].rpartition("/")[2]], named)
    if arms := schema.get("anyOf", schema.get("oneOf")):
        told = [_told(arm, named) for arm in arms]
        types, ranges = zip(*told, strict=True)
        return " or ".join(dict.fromkeys(types)), ", ".join(dict.fromkeys(filter(None, ranges)))
    if words := schema.get("enum", [schema["const"]] if "const" in schema else []):
        return ", ".join(f'"{word}"' for word in words), ""
    if schema["type"] == "array":
        items = schema.get("items") or schema.get("prefixItems", [{"type": "integer"}])[0]
        one, bounds = _told(items, named)
        return f"list of {one}s", bounds
    if schema["type"] == "object":
        return "names with values", ""
    return TYPES[schema["type"]], _range(schema)


def _range(schema: Mapping[str, Any]) -> str:
    low, high = schema.get("minimum"), schema.get("maximum")
    above, below = schema.get("exclusiveMinimum"), schema.get("exclusiveMaximum")
    first = _number(low) if low is not None else f"above {_number(above)}" if above is not None else ""
    last = _number(high) if high is not None else f"below {_number(below)}" if below is not None else ""
    return (
        f"{first} to {last}" if first and last else f"at least {first}" if low is not None else first or last
    )


def _number(value: float) -> str:
    return f"{value:,}" if isinstance(value, int) else f"{value:g}"


def _written(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None or value in ("", {}, (), []):
        return "nothing"
    if isinstance(value, tuple | list):
        return ", ".join(map(str, value))
    return _number(value) if isinstance(value, int | float) else str(value)


def _statements(text: str) -> Iterator[str]:
    """The statements of the class `Model` that make and use the node `layer`."""
    model = next(one for one in ast.parse(text).body if isinstance(one, ast.ClassDef) and one.name == CLASS)
    for method in model.body:
        for one in method.body if isinstance(method, ast.FunctionDef) else []:
            made = "self.layer" in ast.unparse(one)
            given = isinstance(one, ast.Assign) and any(
                isinstance(name, ast.Name) and name.id.split("__")[0] == "layer"
                for name in ast.walk(one.targets[0])
            )
            if (made or given) and not isinstance(one, ast.Return):
                yield "\n".join(line[8:] for line in text.splitlines()[one.lineno - 1 : one.end_lineno])
