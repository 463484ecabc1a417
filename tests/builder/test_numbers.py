"""What a layer says that it takes it can compute: whole numbers, and true and false, where it takes any."""

from collections.abc import Iterator
from typing import Any, Literal, get_args, get_origin

import pytest

import builder
from builder.around import around
from builder.check import errors
from builder.graph import Graph, Node
from builder.layers import LAYERS
from builder.shapes import infer
from tests.graphs import data, outputs

ANY = [name for name, kind in LAYERS.items() if kind.example and "any" in (kind.takes, *kind.apart.values())]


def choices(kind: str) -> Iterator[dict[str, Any]]:
    """The demo, and each word that a field may hold."""
    yield {}
    for name, info in LAYERS[kind].model_fields.items():
        if get_origin(info.annotation) is Literal:
            yield from ({name: word} for word in get_args(info.annotation))


def given(graph: Graph, kind: str, dtype: str) -> Graph:
    """The graph, given numbers of this dtype wherever the layer takes any."""
    ports = {source: port for port, source in graph["layer"].inputs.items()}
    nodes: list[Node] = []
    for node in graph.nodes:
        if node.kind == "Input" and LAYERS[kind].taken(ports[node.id]) == "any":
            outside = node.model_copy(update={"id": f"{node.id}_outside"})
            nodes += [
                outside,
                Node(id=node.id, kind="Cast", config={"dtype": dtype}, inputs={"input": outside.id}),
            ]
        else:
            nodes.append(node)
    return graph.with_nodes(tuple(nodes))


@pytest.mark.parametrize("dtype", ["float32", "int64", "bool"])
@pytest.mark.parametrize("kind", ANY)
def test_what_takes_numbers_of_any_kind_computes_with_them(kind: str, dtype: str) -> None:
    """And gives the dtypes that were inferred on the meta device, where torch computes nothing."""
    for config in choices(kind):
        graph = given(around(kind, **config), kind, dtype)
        if errors(builder.check(graph)):
            continue
        answers = outputs(builder.compile(graph), data(graph, 3))
        inferred = [spec.dtype for spec in infer(graph).outputs.values() if spec]
        assert [str(answer.dtype).removeprefix("torch.") for answer in answers] == inferred


def test_a_border_mirrors_no_booleans() -> None:
    """torch does so on the meta device alone."""
    graph = around("Pad", mode="reflect")
    nodes = (graph["input1"], Node(id="sign", kind="Compare", inputs={"a": "input1"}))
    layer = graph["layer"].model_copy(update={"inputs": {"input": "sign"}})
    (problem,) = errors(builder.check(graph.with_nodes((*nodes, layer, graph["read_output"]))))
    assert (
        "input must be real or whole numbers (float32 or int64). Got true or false (bool)." in problem.message
    )
