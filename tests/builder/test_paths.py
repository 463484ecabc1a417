"""Which nodes give channels first, and what the Outputs read."""

import builder
from builder.graph import Graph, Node
from builder.paths import channels_first, results, wiring


def graph(*nodes: Node) -> Graph:
    return Graph(nodes=nodes)


def test_layers_say_where_their_channels_are_and_others_leave_them_there() -> None:
    told = graph(
        Node(id="x", kind="Input", config={"shape": [3, 48]}),
        Node(id="conv1", kind="Conv1d", config={"filters": 8}, inputs={"input": "x"}),
        Node(id="relu1", kind="ReLU", inputs={"input": "conv1"}),
        Node(id="add1", kind="Add", inputs={"input1": "relu1", "input2": "conv1"}),
        Node(id="turned", kind="Permute", config={"dims": [2, 1]}, inputs={"input": "add1"}),
        Node(id="lstm1", kind="LSTM", config={"units": 5}, inputs={"input": "turned"}),
        Node(id="tanh1", kind="Tanh", inputs={"input": "lstm1"}),
        Node(id="out", kind="Output", inputs={"input": "tanh1"}),
    )
    assert channels_first(told) == {"conv1", "relu1", "add1"}
    assert not channels_first(builder.template("digits-transformer").graph)
    assert not channels_first(builder.template("digits-lstm").graph)


def test_outputs_tell_what_they_read() -> None:
    told = graph(
        Node(id="x", kind="Input", config={"shape": [6, 4]}),
        Node(id="lstm1", kind="LSTM", config={"units": 5}, inputs={"input": "x"}),
        Node(id="out", kind="Output", inputs={"input": "lstm1.hidden"}),
        Node(id="all", kind="Output", inputs={"input": "lstm1"}),
    )
    assert results(told) == ["lstm1__hidden", "lstm1"] and wiring(told)["lstm1"] == ("x",)
    resnet = builder.template("digits-resnet").graph
    assert results(resnet)[0] in wiring(resnet)
