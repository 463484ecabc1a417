"""Blocks seen from within, and what `in` means there."""

import time
from typing import Any

import pytest
import torch

import builder
from builder.edits import Connect, InBlock, RemoveNodes, SetConfig, Unpack
from builder.graph import Graph, Node
from builder.inside import block_at, inside, problems_inside
from builder.shapes import infer
from tests.graphs import node, scaled


def test_in_is_the_size_of_what_arrives() -> None:
    """In the arguments of each repeat, and inside; one class, whose argument has another number each time."""
    graph = scaled(4, "2*in")
    assert builder.check(graph) == []
    source = builder.source(graph)
    assert source.count("class ") == 2 and "width: int" in source
    module = builder.compile(graph)
    assert module(torch.randn(2, 4)).shape == (2, 64)
    assert infer(graph).outputs["y"].shape == (2, 64)  # type: ignore[union-attr]
    assert builder.summary(graph).parameters == sum(p.numel() for p in module.parameters())
    within = scaled(3, 0, units="in + 2")
    assert infer(within).outputs["y"].shape == (2, 10)  # type: ignore[union-attr]
    same_shapes = [tuple(p.shape) for p in builder.compile(Unpack(node="stack").apply(within)).parameters()]
    assert same_shapes == [tuple(p.shape) for p in builder.compile(within).parameters()]
    flat = Unpack(node="stack").apply(graph)
    assert [one.config["units"] for one in flat.nodes if one.kind == "Linear"] == [8, 16, 32, 64]
    assert flat.blocks == {}


def test_what_is_wrong_with_an_argument() -> None:
    """The name of the argument and why."""

    def said(value: Any) -> str:
        return str(builder.check(scaled(1, value))[0])

    assert (
        "Block 'stack': arguments: width must use only the names in: there is no 'depth' here. Got 'depth'."
        in said("depth")
    )
    assert "arguments: width must have a finite value. Got 'in / 0'." in said("in / 0")
    assert "arguments: width must be a formula such as 2 * in + 1" in said("2 *")
    assert "units must be in [1, 10000000]. Got -4" in said("-in")


def test_a_block_seen_from_within() -> None:
    """What reaches its first repeat, and its arguments; each use by itself."""
    graph = builder.template("resnet-18").graph
    for use, width, size in (("basic1", 64, 56), ("down1", 128, 56), ("basic4", 512, 7)):
        inference = inside(graph, [use])
        assert dict(inference.arguments)["width"] == width
        assert inference.feeds["x"].shape[2:] == (size, size)
        assert (
            inference.parameters * (2 if use == "basic1" else 1)
            == infer(graph).places[use].outcome.parameters
        )  # type: ignore[union-attr]
        assert problems_inside(graph, [use]) == [] and inside(graph, [use]) is inference
    assert inside(graph, []) is infer(graph)
    name, block = block_at(graph, ["down2"])
    assert name == "down" and block.nodes == graph.blocks["down"].nodes and block.blocks == graph.blocks
    assert block_at(graph, []) == ("", graph)


@pytest.mark.parametrize("path", [["nobody"], ["x"], ["stack", "dense"], ["stack"] * 40])
def test_paths_that_lead_nowhere(path: list[str]) -> None:
    """Said with the path."""
    for look in (block_at, inside, problems_inside):
        with pytest.raises(builder.BadValue, match="There is no block at"):
            look(scaled(1, 2), path)


def test_all_problems_inside_with_fixes() -> None:
    """Not only the first; a fix is an edit of the block's graph."""
    inner = Graph(nodes=(
        node("a", "Input", shape=[4]), node("conv", "Conv2d", "a", filters=3), node("norm", "BatchNorm2d", "a"),
        node("deep", "Linear", "a", units=0), node("b", "Output", "norm"),
    ))  # fmt: skip
    graph = scaled(2, 1)
    graph = graph.model_copy(update={"blocks": {"wide": inner}})
    graph = SetConfig(node="stack", config={"arguments": {}}).apply(graph)
    found = problems_inside(graph, ["stack"])
    assert [problem.node for problem in found if problem.severity == "error"] == ["conv", "norm", "deep"]
    (norm,) = (problem for problem in found if problem.node == "norm")
    mended = InBlock(block="wide", inner=norm.edits[0]).apply(graph)
    assert "norm" not in {
        problem.node for problem in problems_inside(mended, ["stack"]) if problem.severity == "error"
    }
    top = [problem for problem in builder.check(graph) if problem.severity == "error"]
    assert len(top) == 1 and "inside 'wide'" in top[0].message


def test_where_nothing_reaches_a_block_its_own_shapes_are_shown() -> None:
    """And the defaults of its arguments; so too where the use is refused."""
    graph = scaled(1, 7)
    loose = RemoveNodes(ids=("x",)).apply(graph)
    wrong = SetConfig(node="stack", config={"arguments": {"depth": 1}}).apply(graph)
    for one in (loose, wrong, SetConfig(node="stack", config={"repeat": 0}).apply(graph)):
        inference = inside(one, ["stack"])
        assert inference.arguments == (("width", 3), ("in", 4)) and not inference.problems
        assert inference.outputs["b"].shape == (2, 3)  # type: ignore[union-attr]


def test_a_block_in_itself_can_be_opened_and_mended() -> None:
    """The circle is told inside, too."""
    graph = scaled(1, 7)
    use = Node(id="again", kind="Block", config={"block": "wide"}, inputs={"a": "dense"})
    around = InBlock(block="wide", inner=builder.edits.AddNode(node=use)).apply(graph)
    around = InBlock(block="wide", inner=Connect(source="again", node="b", port="input")).apply(around)
    found = [problem for problem in problems_inside(around, ["stack"]) if problem.severity == "error"]
    assert [problem.node for problem in found] == ["again"] and "must not contain itself" in found[0].message
    assert problems_inside(around, ["stack", "again", "again"])
    mended = InBlock(block="wide", inner=RemoveNodes(ids=("again",), bridge=True)).apply(around)
    assert builder.check(mended) == []


def test_names_do_not_mix() -> None:
    """A block and its argument of one name; an argument that a Block inside has too."""
    graph = scaled(1, "width + 1")
    assert "no 'width' here" in str(builder.check(graph)[0]), "at the top there are no arguments"
    inner = graph.blocks["wide"]
    use = Node(
        id="use",
        kind="Block",
        config={"block": "wide", "arguments": {"width": "2 * wide + in"}},
        inputs={"a": "a"},
    )
    outer = Graph(
        nodes=(node("a", "Input", shape=[4]), use, node("b", "Output", "use")), arguments={"wide": 5}
    )
    config = {"block": "outer", "arguments": {"wide": 10}}
    whole = Graph(nodes=(node("x", "Input", shape=[6]), Node(id="top", kind="Block", config=config, inputs={"a": "x"}),
                         node("y", "Output", "top")), blocks={"wide": inner, "outer": outer})  # fmt: skip
    assert builder.check(whole) == []
    assert builder.compile(whole)(torch.randn(2, 6)).shape == (2, 26)
    assert dict(inside(whole, ["top", "use"]).arguments) == {"width": 26, "in": 6}


def test_looking_inside_takes_no_time() -> None:
    """Of a block of a hundred nodes, after an edit."""
    nodes = [node("a", "Input", shape=[8])]
    for number in range(100):
        nodes.append(node(f"n{number}", "Linear", nodes[-1].id, units="in"))
    inner = Graph(nodes=(*nodes, node("b", "Output", nodes[-1].id)))
    graph = scaled(1, 1).model_copy(update={"blocks": {"wide": inner}})
    graph = SetConfig(node="stack", config={"arguments": {}}).apply(graph)
    problems_inside(graph, ["stack"])
    edited = InBlock(block="wide", inner=SetConfig(node="n50", config={"bias": False})).apply(graph)
    start = time.process_time()
    problems_inside(edited, ["stack"])
    assert time.process_time() - start < 0.1
