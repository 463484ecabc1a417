"""A whole graph around one node of each kind: what the reference shows and the tests build and run."""

from typing import Any

from builder.fields import output_ports
from builder.graph import Graph, Node
from builder.layers import LAYERS


def around(kind: str, read: tuple[str, ...] | None = None, **config: Any) -> Graph:
    """A whole graph around one node `layer` of a kind, with an Input for each of its example shapes.

    There is an Output for each output port, or only those in `read`. Fields that are not given are those of the kind's
    demo, then its defaults.
    """
    layer = LAYERS[kind]
    if kind == "Input":
        return Graph(nodes=(Node(id="layer", kind=kind, config=config), an_output("output1", "layer")))
    if kind == "Output":
        return Graph(
            nodes=(an_input("input1", (2, 8)), Node(id="layer", kind=kind, inputs={"input": "input1"}))
        )
    if kind == "Block":
        return _around_block(**config)
    if layer.borrows:
        return _around_borrower(kind, {**layer.demo, **config})
    ports = [f"{layer.many}{n}" for n in range(1, 9)] if layer.many else layer.inputs + layer.optional
    sources = [
        an_input(f"input{number}", shape, "int64" if layer.taken(port) in ("int", "mask") else "float32")
        for number, (shape, port) in enumerate(zip(layer.example, ports, strict=False), 1)
    ]
    connected = {port: node.id for port, node in zip(ports, sources, strict=False)}
    node = Node(id="layer", kind=kind, config={**layer.demo, **config}, inputs=connected)
    leaving = output_ports(node, {})
    outputs = [an_output(f"read_{port}", f"layer.{port}") for port in leaving if read is None or port in read]
    return Graph(nodes=(*sources, node, *outputs))


def _around_borrower(kind: str, config: dict[str, Any]) -> Graph:
    """A kind without weights of its own, beside a node of the first kind whose weights it can use."""
    lender = LAYERS[LAYERS[kind].borrows[0]]
    dtype = "int64" if lender.takes == "int" else "float32"
    nodes = (
        an_input("input1", LAYERS[kind].example[0]),
        an_input("input2", lender.example[0], dtype),
        Node(id="owner", kind=lender.__name__, config=lender.demo, inputs={lender.inputs[0]: "input2"}),
        Node(id="layer", kind=kind, config=config, inputs={LAYERS[kind].inputs[0]: "input1"}, shares="owner"),
        an_output("output1", "layer"),
        an_output("output2", "owner"),
    )
    return Graph(nodes=nodes)


def _around_block(**config: Any) -> Graph:
    """A block with an argument and a skip connection, used twice in a row."""
    inner = Graph(
        nodes=(
            an_input("x", (1, 8)),
            Node(id="linear1", kind="Linear", config={"units": "2 * width"}, inputs={"input": "x"}),
            Node(id="relu1", kind="ReLU", inputs={"input": "linear1"}),
            Node(id="linear2", kind="Linear", config={"units": "width"}, inputs={"input": "relu1"}),
            Node(id="add1", kind="Add", inputs={"input1": "linear2", "input2": "x"}),
            an_output("y", "add1"),
        ),
        arguments={"width": 4},
    )
    given = {"block": "skip", "repeat": 2, "arguments": {"width": 8}, **config}
    nodes = (
        an_input("input1", (1, 8)),
        Node(id="layer", kind="Block", config=given, inputs={"x": "input1"}),
        an_output("output1", "layer"),
    )
    return Graph(nodes=nodes, blocks={"skip": inner})


def an_input(id: str, shape: tuple[int, ...], dtype: str = "float32") -> Node:
    """An Input for examples of a shape that begins with the batch."""
    config: dict[str, Any] = {"shape": list(shape[1:])} | ({"dtype": dtype} if dtype != "float32" else {})
    return Node(id=id, kind="Input", config=config)


def an_output(id: str, source: str) -> Node:
    """An Output that reads a node."""
    return Node(id=id, kind="Output", inputs={"input": source})
