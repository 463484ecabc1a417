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
from builder.edits.copies import Free
from builder.graph import Graph, Node, named
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


@pytest.mark.parametrize(
    ("taken", "wished", "given"),
    [
        ("f1 f6", "f6", "f7"),
        ("conv1 conv2", "conv1", "conv3"),
        ("conv1 conv9", "conv1", "conv2"),
        ("x", "x", "x1"),
        ("x", "y9", "y9"),
        ("a007", "a007", "a8"),
        ("a12345678", "a12345678", "a12345679"),
        ("bfloat15", "bfloat15", "bfloat17"),  # the one between is PyTorch's
    ],
)
def test_a_copy_takes_the_next_number_after_its_own(taken: str, wished: str, given: str) -> None:
    free = Free(taken.split())
    assert free(wished) == given
    assert free(given) != given, "it is taken from now on"


def test_long_names_have_copies_too() -> None:
    """The stem is cut, so that every number fits behind it."""
    free = Free(["a" * 64, "b" * 60 + "9999"])
    assert [named(free(one)) for one in ("a" * 64, "b" * 60 + "9999")] == ["a" * 56 + "1", "b" * 56 + "10000"]


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
