"""Copies of nodes with the blocks that they use, and what is said of blocks where they are defined."""

from typing import Any

import pytest

import builder
from builder.edits import (
    Connect,
    InBlock,
    Paste,
    RemoveBlock,
    RemoveNodes,
    Rename,
    RenameBlock,
    SetArguments,
    SetConfig,
)
from builder.graph import Graph, Node
from tests.graphs import chain, node, scaled

START = chain(("Linear", {"units": 8}), ("ReLU", {}), ("Linear", {"units": 8}))


def refused(edit: Any, graph: Graph) -> str:
    """Why an edit is refused."""
    with pytest.raises(builder.BadValue) as caught:
        edit.apply(graph)
    return str(caught.value)


def test_definitions() -> None:
    """Arguments, names, removal; a block in use stays."""
    graph = scaled(1, 5)
    more = SetArguments(block="wide", arguments={"depth": 1}).apply(graph)
    assert more["stack"].config["arguments"] == {} and more.blocks["wide"].arguments == {"depth": 1}
    renamed = RenameBlock(block="wide", to="broad").apply(graph)
    assert renamed["stack"].config["block"] == "broad" and [*renamed.blocks] == ["broad"]
    assert builder.check(renamed) == []
    two = RenameBlock(block="wide", to="broad")
    assert "There is a block 'broad'" in refused(two, scaled(1, 5, broad=graph.blocks["wide"]))
    assert "is used by 'stack'" in refused(RemoveBlock(block="wide"), graph)
    assert RemoveBlock(block="wide").apply(RemoveNodes(ids=("stack",)).apply(graph)).blocks == {}
    assert "must be a block of this graph (wide)" in refused(RemoveBlock(block="nothing"), graph)
    within = InBlock(block="wide", inner=RenameBlock(block="wide", to="broad")).apply(graph)
    assert within == renamed


def test_uses_follow_the_ports_of_their_block() -> None:
    """An Input or Output that is renamed inside."""
    graph = scaled(1, 5)
    graph = InBlock(block="wide", inner=Rename(node="a", to="start")).apply(graph)
    assert graph["stack"].inputs == {"start": "x"} and builder.check(graph) == []
    named = Connect(source="stack.b", node="y", port="input").apply(graph)
    named = InBlock(block="wide", inner=Rename(node="b", to="end")).apply(named)
    assert named["y"].inputs == {"input": "stack.end"} and builder.check(named) == []


def test_pasting() -> None:
    """Free ids, connections among the copies only, the blocks that they use, a shift."""
    graph = scaled(2, 5)
    pasted = Paste(
        nodes=(graph["x"], graph["stack"].model_copy(update={"position": (1.0, 2.0)})), by=(10, 20)
    ).apply(graph)
    assert [one.id for one in pasted.nodes[3:]] == ["x1", "stack1"]
    assert pasted["stack1"].inputs == {"a": "x1"} and pasted["stack1"].position == (11, 22)
    assert Paste(nodes=(graph["stack"],)).apply(graph)["stack1"].inputs == {}
    elsewhere = Paste(nodes=graph.nodes, blocks=graph.blocks).apply(Graph())
    assert elsewhere == graph
    assert [*Paste(nodes=graph.nodes, blocks=graph.blocks).apply(graph).blocks] == ["wide"]
    other = InBlock(block="wide", inner=SetConfig(node="dense", config={"bias": False})).apply(graph)
    both = Paste(nodes=(other["stack"],), blocks=other.blocks).apply(graph)
    assert [*both.blocks] == ["wide", "wide1"] and both["stack1"].config["block"] == "wide1"
    shared = (
        Node(id="p", kind="Linear"),
        Node(id="q", kind="Linear", shares="p"),
        Node(id="r", kind="Linear", shares="z"),
    )
    copies = Paste(nodes=shared).apply(Paste(nodes=shared).apply(START))
    assert copies["q1"].shares == "p1" and copies["r"].shares == ""
    assert "different ids" in refused(Paste(nodes=(shared[0], shared[0])), START)


def test_pasted_blocks_that_use_others_follow_them() -> None:
    """A block that is the same in text means another where what it uses is another."""
    inner = scaled(1, 5).blocks["wide"]
    use = Node(id="u", kind="Block", config={"block": "wide"}, inputs={"a": "a"})
    outer = Graph(nodes=(node("a", "Input", shape=[4]), use, node("b", "Output", "u")))
    graph = scaled(1, 5, outer=outer, spare=inner)
    changed = inner.model_copy(update={"arguments": {"width": 9}})
    use = Node(id="use", kind="Block", config={"block": "outer"})
    pasted = Paste(nodes=(use,), blocks={"wide": changed, "outer": outer, "unused": inner}).apply(graph)
    assert [*pasted.blocks] == ["wide", "outer", "spare", "wide1", "outer1"]
    assert (
        pasted["use"].config["block"] == "outer1" and pasted.blocks["outer1"]["u"].config["block"] == "wide1"
    )
