"""Nodes taken out of a chain: what reads them goes on with what they read."""

from builder.edits import AddNode, Connect, RemoveNodes
from builder.graph import Node
from tests.graphs import chain

START = chain(("Linear", {"units": 8}), ("ReLU", {}), ("Linear", {"units": 4}))


def test_removing_can_bridge() -> None:
    """Readers go on with what a removed node with one input read, through several of them; a cycle leads nowhere."""
    bridged = RemoveNodes(ids=("relu1", "linear1"), bridge=True).apply(START)
    assert bridged["linear2"].inputs == {"input": "input1"}
    assert RemoveNodes(ids=("input1",), bridge=True).apply(START)["linear1"].inputs == {}
    join = Node(id="sum", kind="Add", inputs={"a": "linear1", "b": "relu1"})
    joined = Connect(source="sum", node="linear2", port="input").apply(AddNode(node=join).apply(START))
    assert RemoveNodes(ids=("sum",), bridge=True).apply(joined)["linear2"].inputs == {}
    assert RemoveNodes(ids=("relu1",), bridge=True).apply(joined)["sum"].inputs == {
        "a": "linear1",
        "b": "linear1",
    }
    around = Connect(source="relu1", node="linear1", port="input").apply(START)
    assert RemoveNodes(ids=("linear1", "relu1"), bridge=True).apply(around)["linear2"].inputs == {}
