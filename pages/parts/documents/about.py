"""About a node: what the canvas shows of it beside its name. Python alone, no Streamlit."""

import json
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any, Literal, get_args, get_origin

from pydantic.fields import FieldInfo

from builder.errors import Problem
from builder.fields import output_ports
from builder.graph import Graph, Node
from builder.layer import Layer, Spec, written
from builder.layers import LAYERS
from builder.registry import label
from builder.shapes import Place
from builder.trial import size
from pages.parts.documents.fixing import fixes
from pages.parts.forms.fields import bounds, default, is_number, literals, takes_sides
from pages.parts.forms.fields import written as as_text

LEADING, MOST_FIELDS = 2, 4
SMALL = 1e-3
"""A number whose default is as small as this guards against division by zero; it is no choice of a design."""
Outputs = Mapping[str, Mapping[str, Spec]]
"""What leaves each node, by port."""


def about(
    node: Node, place: Place | None, graph: Graph, outputs: Outputs, problems: list[Problem]
) -> dict[str, Any]:
    """What a node is, gives and costs; None where that is not known."""
    kind = LAYERS.get(node.kind)
    block = graph.blocks.get(_block(node)) if node.kind == "Block" else None
    outcome = place.outcome if place else None
    first = next(iter(outcome.outputs.values()), None) if outcome else None
    return {
        "title": kind.title if kind else node.kind,
        "category": kind.category if kind else "",
        "shape": _shape(first),
        "dtype": first.dtype if first else None,
        "parameters": outcome.parameters if outcome else None,
        "multiply_adds": outcome.multiply_adds if outcome else None,
        "bytes": outcome.activation_bytes if outcome else None,
        "inputs": _inputs(node, kind, block, outputs),
        "outputs": _outputs(node, graph, outputs.get(node.id, {})),
        "fields": _fields(*node.key, tuple(block.arguments.items()) if block else ()),
        "problems": [told(problem) for problem in problems],
        "block": _block(node),
        "repeat": _repeat(node),
    }


def told(problem: Problem) -> dict[str, Any]:
    """A problem in words, with the edits that mend it."""
    offered = fixes(problem)
    return {
        "message": problem.message if offered else str(problem),
        "severity": problem.severity,
        "field": problem.field,
        "fixes": [{"words": words, "edit": edit.model_dump(mode="json")} for words, edit in offered],
    }


def flows(places: Iterable[Place]) -> dict[str, Mapping[str, Spec]]:
    """What leaves each node."""
    return {place.node.id: place.outcome.outputs for place in places if place.outcome}


def _block(node: Node) -> str:
    name = node.config.get("block", "") if node.kind == "Block" else ""
    return name if isinstance(name, str) else ""


def _repeat(node: Node) -> int:
    repeat = node.config.get("repeat", 1) if node.kind == "Block" else 1
    return repeat if isinstance(repeat, int) else 1


def _shape(spec: Spec | None) -> str | None:
    return _written(spec.shape) if spec else None


_written = lru_cache(4096)(written)


def _inputs(
    node: Node, kind: type[Layer] | None, block: Graph | None, outputs: Outputs
) -> list[dict[str, Any]]:
    """Each input port, also those that the kind does not have but a connection names."""
    required, names = _ports(node, kind, block)
    found = []
    for name in (*names, *(port for port in node.inputs if port not in names)):
        source, _, port = node.inputs.get(name, "").partition(".")
        leaving = outputs.get(source, {})
        spec = leaving.get(port) if port else next(iter(leaving.values()), None)
        found.append(
            {
                "name": name,
                "required": name in required,
                "takes": kind.taken(name) if kind else "any",
                "shape": _shape(spec),
                "dtype": spec.dtype if spec else None,
            }
        )
    return found


def _ports(
    node: Node, kind: type[Layer] | None, block: Graph | None
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The input ports that must be connected, and all."""
    if block is not None:
        return block.ids("Input"), block.ids("Input")
    if kind is None or node.kind == "Block":
        return (), ()
    names = kind.port_names(node.inputs)
    return (names[:2] if kind.many else kind.inputs), names


def _outputs(node: Node, graph: Graph, leaving: Mapping[str, Spec]) -> list[dict[str, Any]]:
    if node.kind == "Output":
        return []
    names = output_ports(node, graph.blocks, tuple(graph.arguments.items()))
    return [
        {
            "name": name,
            "shape": _shape(spec := leaving.get(name)),
            "dtype": spec.dtype if spec else None,
            "bytes": size([spec]) if spec else None,
        }
        for name in names
    ]


@lru_cache(8192)
def _fields(name: str, config: str, arguments: tuple[tuple[str, float], ...]) -> tuple[dict[str, Any], ...]:
    """The fields that are shown on the node: those that lead, then those that were changed."""
    kind, values = LAYERS.get(name), json.loads(config)
    if kind is None:
        return ()
    if name == "Block":
        return _of_block(kind, values, arguments)
    every = kind.model_fields
    leading = []
    for field, info in every.items():
        if len(leading) == LEADING or not _leads(info):
            break
        leading.append(field)
    changed = [
        field
        for field, info in every.items()
        if field in values and field not in leading and values[field] != default(info)
    ]
    shown = [*leading, *changed][:MOST_FIELDS]
    return tuple(_field(field, every[field], values.get(field, default(every[field]))) for field in shown)


def _leads(info: FieldInfo) -> bool:
    value = default(info)
    return info.annotation is not bool and not (isinstance(value, float) and 0 < value < SMALL)


def _of_block(
    kind: type[Layer], values: Mapping[str, Any], arguments: tuple[tuple[str, float], ...]
) -> tuple[dict[str, Any], ...]:
    """How often it is repeated, and its arguments, each under the name `arguments.NAME`."""
    given = values.get("arguments", {})
    given = given if isinstance(given, dict) else {}
    repeat = _field("repeat", kind.model_fields["repeat"], values.get("repeat", 1))
    more = [
        {
            "name": f"arguments.{name}",
            "label": name,
            "value": (value := given.get(name, usual)),
            "kind": "float" if is_number(value) else "text",
            "min": None,
            "max": None,
        }
        for name, usual in arguments
    ]
    return (repeat, *more)[:MOST_FIELDS]


def _field(name: str, info: FieldInfo, value: Any) -> dict[str, Any]:
    sort = _sort(info.annotation, value)
    low, high = bounds(info) if sort in ("int", "float", "sizes") else (None, None)
    found = {
        "name": name,
        "label": label(name, info)[0],
        "value": as_text(value) if sort == "text" else value,
        "kind": sort,
        "min": low,
        "max": high,
    }
    if sort == "int" and takes_sides(info.annotation):
        found["sides"] = True  # "1, 7" may be typed for it
    return {**found, "options": [*get_args(info.annotation)]} if sort == "choice" else found


def _sort(annotation: Any, value: Any) -> str:
    """How a value is changed on the node; what is no plain number, choice or switch is typed as text."""
    if annotation is bool and isinstance(value, bool):
        return "bool"
    if get_origin(annotation) is Literal and value in get_args(annotation):
        return "choice"
    if annotation in (int, float) and is_number(value):
        return annotation.__name__
    sides = takes_sides(annotation) and not literals(annotation)
    if sides and type(value) is int:
        return "int"
    if (
        (sides or get_origin(annotation) is tuple)
        and isinstance(value, list)
        and value
        and all(type(one) is int for one in value)
    ):
        return "sizes"
    return "text"
