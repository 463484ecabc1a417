"""The registry of layers tests itself: every kind builds, infers, runs, learns, round-trips and refuses bad values."""

import json
import math
import re
from collections.abc import Iterator
from typing import Any

import pytest
import torch

import builder
from builder.around import around
from builder.edits import SetConfig
from builder.fields import layer_of
from builder.graph import Graph, Node
from builder.layer import TAKES
from builder.layers import LAYERS
from builder.shapes import infer
from tests import graphs
from tests.graphs import KINDS, chain

FIELDS = [(kind, name) for kind in KINDS for name in LAYERS[kind].model_fields]


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_says_what_it_is(kind: str) -> None:
    """Its docstring is its help; the palette needs a category and an icon; the tests an example."""
    layer = LAYERS[kind]
    assert layer.__doc__ is not None
    assert re.match(r"[A-Z].+\.$", layer.help())
    assert layer.category[0].isupper()
    assert re.fullmatch(r"[a-z0-9_]+", layer.icon)
    assert all(shape[0] == 2 for shape in layer.example), "an example is a batch of 2"
    assert layer.example or kind == "Input"
    assert set(layer.demo) <= set(layer.model_fields)
    assert {layer.takes, *layer.apart.values()} <= {*TAKES}
    assert {*layer.apart} <= {*layer.inputs, *layer.optional}
    assert len({*layer.inputs, *layer.optional}) == len(layer.inputs) + len(layer.optional)


@pytest.mark.parametrize(("kind", "name"), FIELDS)
def test_a_field_has_help_and_a_valid_default(kind: str, name: str) -> None:
    """So a form can be made of it, and a node that sets nothing is valid."""
    info = LAYERS[kind].model_fields[name]
    assert info.description
    default = info.get_default(call_default_factory=True)
    layer = LAYERS[kind].model_validate({name: default})
    assert getattr(layer, name) == default
    assert json.loads(layer.model_dump_json())[name] == json.loads(json.dumps(default))


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_runs_as_it_was_inferred(kind: str) -> None:
    """Shapes and parameters from the meta device are those of a real forward pass; every weight gets a gradient."""
    torch.manual_seed(0)
    graph = around(kind)
    assert builder.check(graph) == []
    module = builder.compile(graph)
    inferred = [spec.shape for spec in infer(graph).outputs.values() if spec]
    answers = graphs.outputs(module, graphs.data(graph))
    assert [tuple(answer.shape) for answer in answers] == inferred
    more = graphs.outputs(module, graphs.data(graph, batch=5))
    assert [tuple(answer.shape) for answer in more] == [(5, *shape[1:]) for shape in inferred]
    weights = list(module.parameters())
    assert builder.summary(graph).parameters == sum(weight.numel() for weight in weights)
    assert builder.summary(graph).weight_bytes == sum(weight.nbytes for weight in weights)
    if weights:
        sum(answer.square().sum() for answer in answers).backward()  # type: ignore[union-attr]
        assert all(weight.grad is not None and weight.grad.isfinite().all() for weight in weights)


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_round_trips(kind: str) -> None:
    """As JSON it comes back equal, and gives the same source."""
    graph = around(kind)
    assert graphs.again(graph) == graph
    assert builder.source(graphs.again(graph)) == builder.source(graph)


@pytest.mark.parametrize(("kind", "name"), FIELDS)
def test_a_field_refuses_bad_values(kind: str, name: str) -> None:
    """Values just outside of its bounds, of the wrong type, NaN, infinite, enormous: the error names them."""
    schema = LAYERS[kind].model_json_schema()
    values = list(bad(schema["properties"][name], schema.get("$defs", {})))
    assert values, "a field that takes everything"
    for value in values:
        node = Node.model_construct(
            id="layer", kind=kind, config={name: value}, inputs={}, position=None, shares=""
        )
        place = infer(graphs.Graph.model_construct(nodes=(node,), blocks={}, arguments={})).places["layer"]
        assert place.problems, f"{value!r} was taken"
        for problem in place.problems:
            assert (problem.node, problem.field.partition(".")[0]) == ("layer", name)
            assert problem.message.startswith(f"{kind} 'layer': {name}")
            assert re.search(r" must .+\. Got .+\.$", problem.message)
            assert problem.rule and problem.rule in problem.message
            assert problem.fix


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_refuses_unknown_fields(kind: str) -> None:
    """A misspelt field is not ignored."""
    _, (problem,) = layer_of((kind, '{"untis": 3}'))
    assert "'untis' is not a field" in problem.message or "untis is not a field" in problem.message


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 1e100, 10**100, -1, "many", [], {}, None])
def test_39_hyper_parameters_that_are_no_numbers(value: Any) -> None:
    """Refused as they are set or at the node, with field and value, and never with a traceback."""
    graph = graphs.chain(("Linear", {}), ("Dropout", {}))
    for node, field in (("linear1", "units"), ("dropout1", "rate")):
        try:
            problems = builder.check(SetConfig(node=node, config={field: value}).apply(graph))
        except builder.BadValue as error:
            problems = error.problems
        assert [(problem.node, problem.field) for problem in problems] == [(node, field)]
        assert "Got" in problems[0].message


def test_the_message_of_the_style_guide() -> None:
    """Node, field, rule, value."""
    (problem,) = builder.check(graphs.chain(("Dropout", {"rate": 1.5})))
    assert problem.message == "Dropout 'dropout1': rate must be in [0, 1). Got 1.5."


def bad(schema: dict[str, Any], named: dict[str, Any]) -> Iterator[Any]:
    """Values that a JSON schema forbids: beside its bounds, of other types, not finite."""
    candidates = [
        math.nan,
        math.inf,
        -math.inf,
        10**100,
        -(10**100),
        1e100,
        "no such value",
        [],
        {},
        ["?"],
        {"a": "?"},
    ]
    candidates += [[one] for one in (math.nan, 10**100, -(10**100), 0.5, 0, -1, "?")]
    for arm in arms(schema):
        step = 1 if arm.get("type") == "integer" else 1e-6
        candidates += [arm[key] - step for key in ("minimum",) if key in arm]
        candidates += [arm[key] + step for key in ("maximum",) if key in arm]
        candidates += [arm[key] for key in ("exclusiveMinimum", "exclusiveMaximum") if key in arm]
        candidates += [0.5] if arm.get("type") == "integer" else []
        candidates += ["x" * (arm["maxLength"] + 1)] if "maxLength" in arm else []
        candidates += [[1] * (arm["maxItems"] + 1)] if "maxItems" in arm else []
    return (value for value in candidates if not fits(value, schema, named))


def arms(schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The alternatives of a schema, those of its alternatives too."""
    found = schema.get("anyOf", []) + schema.get("oneOf", [])
    yield schema
    for one in found:
        yield from arms(one)


def fits(value: Any, schema: dict[str, Any], named: dict[str, Any]) -> bool:
    """Whether a value satisfies as much of JSON schema as layers use."""
    if "$ref" in schema:
        return fits(value, named[schema["$ref"].rpartition("/")[2]], named)
    if found := schema.get("anyOf", []) + schema.get("oneOf", []):
        return any(fits(value, arm, named) for arm in found)
    if "enum" in schema or "const" in schema:
        return value in schema.get("enum", [schema.get("const")])
    match schema["type"], value:
        case ("integer", int()) | ("number", int() | float()):
            low, high = schema.get("minimum", -math.inf), schema.get("maximum", math.inf)
            above = value > schema.get("exclusiveMinimum", -math.inf)
            return low <= value <= high and above and value < schema.get("exclusiveMaximum", math.inf)
        case "integer", float():
            return value.is_integer() and fits(int(value), schema, named)
        case "string", str():
            return len(value) <= schema.get("maxLength", math.inf)
        case "array", list():
            fitting = all(fits(one, schema["items"], named) for one in value)
            return fitting and schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", math.inf)
        case "object", dict():
            return all(fits(one, schema["additionalProperties"], named) for one in value.values())
    return bool(schema["type"] == "null" and value is None)


@pytest.mark.parametrize(
    ("kind", "field", "value"),
    [("Linear", "units", True), ("Linear", "units", "5"), ("Linear", "bias", "no"), ("Linear", "bias", 1)],
)
def test_39_a_value_of_another_type_is_refused(kind: str, field: str, value: object) -> None:
    problem = builder.check(around(kind, **{field: value}))[0]
    assert problem.field == field and problem.message.endswith(f"Got {value!r}.")


def test_what_is_too_large_is_not_reshaped() -> None:
    (problem,) = builder.check(chain(("Linear", {"units": 10**6}), shape=(10**6,)))
    assert "at most 10,000,000,000 parameters" in problem.message and not problem.edits


def test_most_kinds_are_known_by_other_names() -> None:
    """Those that a person may know; each once, the kind's own before its family's."""
    assert [kind for kind in KINDS if not LAYERS[kind].other_names()] == []
    for kind in KINDS:
        names = LAYERS[kind].other_names()
        assert len(names) == len({name.lower() for name in names}), kind
        assert kind.lower() not in [name.lower() for name in names], kind
    assert LAYERS["Conv3d"].other_names()[:2] == ["video", "volume"]
    assert "CNN" in LAYERS["Conv3d"].other_names()


@pytest.mark.parametrize(
    ("kind", "config", "message"),
    [
        ("Input", {"shape": ["abc"]}, "shape: each entry must be an integer, as in 1, 8, 8. Got 'abc'."),
        ("Input", {"shape": "abc"}, "shape must be a list. Got 'abc'."),
        ("Input", {"shape": [3, 0]}, "shape: each entry must be in [1, 1000000]. Got 0."),
        ("Input", {"shape": [1] * 7}, "shape must have at most 6 entries. Got (1, 1, 1, 1, 1, 1, 1)."),
        ("Reshape", {"shape": []}, "shape must have at least 1 entry. Got ()."),
        (
            "Conv2d",
            {"kernel": "abc"},
            "kernel must be an integer, or a list with one for each dimension, such as 1, 7. Got 'abc'.",
        ),
        ("Reshape", {"shape": ["wide"]}, "shape: each entry must be an integer. Got 'wide'."),
    ],
)
def test_lists_are_refused_as_people_speak_of_them(kind: str, config: dict[str, Any], message: str) -> None:
    """Without the place of an entry, counted from zero; it stands in the problem's field."""
    wrong = [
        one for one in builder.check(Graph(nodes=(Node(id="a", kind=kind, config=config),))) if one.field
    ]
    assert [one.message for one in wrong] == [f"{kind} 'a': {message}"]
    assert wrong[0].field.split(".")[0] in ("shape", "kernel")


def test_a_field_that_counts_only_beside_another_is_idle_without_it() -> None:
    """How far weights spread is of no matter unless they are normal."""
    assert LAYERS["Linear"].idle({}) == LAYERS["Linear"].idle({"initial": "zeros"}) == ("initial_std",)
    assert LAYERS["Linear"].idle({"initial": "truncated normal"}) == () == LAYERS["ReLU"].idle({})
    for kind, layer in LAYERS.items():
        for field, (name, values) in layer.governed.items():
            assert field in layer.model_fields and layer(**{**layer.demo, name: values[0]}), kind
