"""Small graphs for tests: one around each kind of layer, and long chains."""

import json
from typing import TYPE_CHECKING, Any

from builder.fields import output_ports
from builder.graph import Graph, Node
from builder.layers import LAYERS

if TYPE_CHECKING:
    import torch

KINDS = sorted(LAYERS)


def around(kind: str, read: tuple[str, ...] | None = None, **config: Any) -> Graph:
    """A whole graph around one node `layer` of a kind: an Input for each of its example shapes, an Output for each
    output port (or only those in `read`). Fields that are not given are those of the kind's demo, then its defaults."""
    layer = LAYERS[kind]
    if kind == "Input":
        return Graph(nodes=(Node(id="layer", kind=kind, config=config), _output("output1", "layer")))
    if kind == "Output":
        return Graph(
            nodes=(_input("input1", (2, 8)), Node(id="layer", kind=kind, inputs={"input": "input1"}))
        )
    if kind == "Block":
        return _around_block(**config)
    if layer.borrows:
        return _around_borrower(kind, {**layer.demo, **config})
    ports = [f"{layer.many}{n}" for n in range(1, 9)] if layer.many else layer.inputs + layer.optional
    sources = [
        _input(f"input{number}", shape, "int64" if layer.taken(port) in ("int", "mask") else "float32")
        for number, (shape, port) in enumerate(zip(layer.example, ports, strict=False), 1)
    ]
    connected = {port: node.id for port, node in zip(ports, sources, strict=False)}
    node = Node(id="layer", kind=kind, config={**layer.demo, **config}, inputs=connected)
    leaving = output_ports(node, {})
    outputs = [_output(f"read_{port}", f"layer.{port}") for port in leaving if read is None or port in read]
    return Graph(nodes=(*sources, node, *outputs))


def chain(
    *layers: tuple[str, dict[str, Any]], shape: tuple[int, ...] = (8,), dtype: str = "float32"
) -> Graph:
    """Layers one behind the other, between an Input and an Output; their ids are those that `fresh` chooses."""
    nodes = [_input("input1", (1, *shape), dtype)]
    for kind, config in layers:
        id = Graph(nodes=tuple(nodes)).fresh(kind)
        port = (*LAYERS[kind].inputs, "input1")[0] if kind in LAYERS else "input"
        nodes.append(Node(id=id, kind=kind, config=config, inputs={port: nodes[-1].id}))
    return Graph(nodes=(*nodes, _output("output1", nodes[-1].id)))


def long(length: int, width: int = 16) -> Graph:
    """A chain of so many nodes: Linear, ReLU, Linear, ReLU …"""
    nodes = [_input("input1", (1, width))]
    for number in range(1, length - 1):
        kind, config = ("Linear", {"units": width}) if number % 2 else ("ReLU", {})
        nodes.append(Node(id=f"n{number}", kind=kind, config=config, inputs={"input": nodes[-1].id}))
    return Graph(nodes=(*nodes, _output("output1", nodes[-1].id)))


def node(
    id: str, kind: str, *sources: str, position: tuple[float, float] | None = None, **config: Any
) -> Node:
    """A node whose ports are those of its kind in order."""
    ports = [f"input{n}" for n in range(1, 9)] if kind in ("Add", "Concatenate") else ["input"]
    return Node(
        id=id, kind=kind, config=config, inputs=dict(zip(ports, sources, strict=False)), position=position
    )


def scaled(repeat: int, width: int | float | str, units: str = "width", **blocks: Graph) -> Graph:
    """A block of one Linear layer used some times with a width."""
    inner = Graph(nodes=(
        node("a", "Input", shape=[4]), node("dense", "Linear", "a", units=units), node("b", "Output", "dense"),
    ), arguments={"width": 3})  # fmt: skip
    config = {"block": "wide", "repeat": repeat, "arguments": {"width": width}}
    nodes = (node("x", "Input", shape=[4]), Node(id="stack", kind="Block", config=config, inputs={"a": "x"}),
             node("y", "Output", "stack"))  # fmt: skip
    return Graph(nodes=nodes, blocks={"wide": inner, **blocks})


def data(graph: Graph, batch: int = 2, seed: int = 0) -> "tuple[torch.Tensor, ...]":
    """Random inputs for a graph, one for each Input node in order; indices are 0 or 1."""
    import torch

    generator = torch.Generator().manual_seed(seed)
    made = []
    for node in graph.nodes:
        if node.kind == "Input":
            entry = LAYERS["Input"].model_validate(node.config)
            shape = (batch, *entry.shape)  # type: ignore[attr-defined]
            whole = entry.dtype == "int64"  # type: ignore[attr-defined]
            made.append(
                torch.randint(0, 2, shape, generator=generator)
                if whole
                else torch.randn(shape, generator=generator)
            )
    return tuple(made)


def outputs(module: Any, given: "tuple[torch.Tensor, ...]") -> "tuple[torch.Tensor, ...]":
    """What a module answers, as a tuple also where it is one tensor."""
    answer = module(*given)
    return answer if isinstance(answer, tuple) else (answer,)


def again(graph: Graph) -> Graph:
    """The graph, written as JSON and read."""
    return Graph.model_validate(json.loads(graph.model_dump_json()))


def _input(id: str, shape: tuple[int, ...], dtype: str = "float32") -> Node:
    config: dict[str, Any] = {"shape": list(shape[1:])} | ({"dtype": dtype} if dtype != "float32" else {})
    return Node(id=id, kind="Input", config=config)


def _output(id: str, source: str) -> Node:
    return Node(id=id, kind="Output", inputs={"input": source})


def _around_borrower(kind: str, config: dict[str, Any]) -> Graph:
    """A kind without weights of its own, beside a node of the first kind whose weights it can use."""
    lender = LAYERS[LAYERS[kind].borrows[0]]
    dtype = "int64" if lender.takes == "int" else "float32"
    nodes = (
        _input("input1", LAYERS[kind].example[0]),
        _input("input2", lender.example[0], dtype),
        Node(id="owner", kind=lender.__name__, config=lender.demo, inputs={lender.inputs[0]: "input2"}),
        Node(id="layer", kind=kind, config=config, inputs={LAYERS[kind].inputs[0]: "input1"}, shares="owner"),
        _output("output1", "layer"),
        _output("output2", "owner"),
    )
    return Graph(nodes=nodes)


def _around_block(**config: Any) -> Graph:
    """A block with an argument and a skip connection, used twice in a row."""
    inner = Graph(
        nodes=(
            _input("x", (1, 8)),
            Node(id="linear1", kind="Linear", config={"units": "2 * width"}, inputs={"input": "x"}),
            Node(id="relu1", kind="ReLU", inputs={"input": "linear1"}),
            Node(id="linear2", kind="Linear", config={"units": "width"}, inputs={"input": "relu1"}),
            Node(id="add1", kind="Add", inputs={"input1": "linear2", "input2": "x"}),
            _output("y", "add1"),
        ),
        arguments={"width": 4},
    )
    given = {"block": "skip", "repeat": 2, "arguments": {"width": 8}, **config}
    nodes = (
        _input("input1", (1, 8)),
        Node(id="layer", kind="Block", config=given, inputs={"x": "input1"}),
        _output("output1", "layer"),
    )
    return Graph(nodes=nodes, blocks={"skip": inner})
