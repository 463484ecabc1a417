"""Blocks: graphs used as layers, with arguments, repeats and nesting, and what is refused of them."""

import time
from typing import Any

import pytest
import torch

import builder
from builder.graph import Graph, Node
from tests.graphs import outputs


def dense(*sizes: int | str, shape: int = 8, **arguments: Any) -> Graph:
    """A block of Linear layers of these sizes between Input `a` and Output `b`."""
    nodes = [Node(id="a", kind="Input", config={"shape": [shape]})]
    for number, units in enumerate(sizes, 1):
        config = {"units": units}
        nodes.append(Node(id=f"linear{number}", kind="Linear", config=config, inputs={"input": nodes[-1].id}))
    return Graph(
        nodes=(*nodes, Node(id="b", kind="Output", inputs={"input": nodes[-1].id})), arguments=arguments
    )


def using(config: dict[str, Any], shape: int = 8, **blocks: Graph) -> Graph:
    """A graph with one node `stack` that uses a block."""
    nodes = (
        Node(id="x", kind="Input", config={"shape": [shape]}),
        Node(id="stack", kind="Block", config=config, inputs={"a": "x"}),
        Node(id="y", kind="Output", inputs={"input": "stack"}),
    )
    return Graph(nodes=nodes, blocks=blocks)


def nested(levels: int, repeat: int, kind: str = "ReLU") -> Graph:
    """Blocks within blocks, each repeated."""
    inner = Graph(nodes=(
        Node(id="a", kind="Input", config={"shape": [8]}), Node(id="act", kind=kind, inputs={"input": "a"}),
        Node(id="b", kind="Output", inputs={"input": "act"}),
    ))  # fmt: skip
    blocks = {"level0": inner}
    for level in range(1, levels):
        config = {"block": f"level{level - 1}", "repeat": repeat}
        blocks[f"level{level}"] = Graph(nodes=(
            Node(id="a", kind="Input", config={"shape": [8]}),
            Node(id="inner", kind="Block", config=config, inputs={"a": "a"}),
            Node(id="b", kind="Output", inputs={"input": "inner"}),
        ))  # fmt: skip
    return using({"block": f"level{levels - 1}", "repeat": repeat}, **blocks)


def problem(graph: Graph) -> str:
    """The first problem in words."""
    return str(builder.check(graph)[0])


def test_arguments_are_formulas() -> None:
    """Defaults of the block, values of its use, arithmetic in its fields."""
    block = dense("2 * width + 1", "width", width=4)
    assert builder.summary(using({"block": "wide"}, wide=block)).parameters == 8 * 9 + 9 + 9 * 4 + 4
    graph = using({"block": "wide", "arguments": {"width": 6}}, wide=block)
    assert builder.summary(graph).parameters == 8 * 13 + 13 + 13 * 6 + 6
    assert builder.compile(graph)(torch.randn(3, 8)).shape == (3, 6)


def test_repeats_have_weights_of_their_own() -> None:
    """A loop in the source; shapes may change from one to the next."""
    graph = using({"block": "same", "repeat": 3}, shape=5, same=dense(8))
    module = builder.compile(graph)
    assert [tuple(weight.shape) for weight in module.parameters()] == [
        (8, 5),
        (8,),
        (8, 8),
        (8,),
        (8, 8),
        (8,),
    ]
    x = torch.randn(2, 5)
    by_hand = x
    for part in module.stack:
        by_hand = part(by_hand)
    assert torch.equal(module(x), by_hand)


def test_a_block_of_two_inputs_passes_the_second_on() -> None:
    """The first goes through the repeats, the others are given to each, as a decoder's memory is."""
    block = Graph(nodes=(
        Node(id="a", kind="Input", config={"shape": [8]}), Node(id="memory", kind="Input", config={"shape": [8]}),
        Node(id="mix", kind="Add", inputs={"input1": "a", "input2": "memory"}),
        Node(id="dense", kind="Linear", config={"units": 8}, inputs={"input": "mix"}),
        Node(id="b", kind="Output", inputs={"input": "dense"}),
    ))  # fmt: skip
    stack = Node(
        id="stack", kind="Block", config={"block": "mixing", "repeat": 2}, inputs={"a": "x", "memory": "m"}
    )
    graph = Graph(nodes=(
        Node(id="x", kind="Input", config={"shape": [8]}), Node(id="m", kind="Input", config={"shape": [8]}), stack,
        Node(id="y", kind="Output", inputs={"input": "stack"}),
    ), blocks={"mixing": block})  # fmt: skip
    assert builder.check(graph) == []
    module = builder.compile(graph)
    x, m = torch.randn(2, 8), torch.randn(2, 8)
    first, second = module.stack
    assert torch.equal(module(x, m), second.dense(first.dense(x + m) + m))
    once = Graph(nodes=tuple(node.model_copy(update={"config": {"block": "mixing"}}) if node is stack else node
                             for node in graph.nodes), blocks=graph.blocks)  # fmt: skip
    assert builder.compile(once)(x, m).shape == (2, 8)


def test_a_block_of_two_outputs_has_two_ports() -> None:
    """Named as its Output nodes."""
    block = Graph(nodes=(
        Node(id="a", kind="Input", config={"shape": [8]}),
        Node(id="left", kind="Output", inputs={"input": "a"}),
        Node(id="act", kind="Tanh", inputs={"input": "a"}),
        Node(id="right", kind="Output", inputs={"input": "act"}),
    ))  # fmt: skip
    nodes = (
        Node(id="x", kind="Input", config={"shape": [8]}),
        Node(id="fork", kind="Block", config={"block": "fork"}, inputs={"a": "x"}),
        Node(id="y", kind="Output", inputs={"input": "fork.right"}),
        Node(id="z", kind="Output", inputs={"input": "fork.left"}),
    )
    graph = Graph(nodes=nodes, blocks={"fork": block})
    assert builder.check(graph) == []
    x = torch.randn(2, 8)
    right, left = outputs(builder.compile(graph), (x,))
    assert torch.equal(left, x) and torch.equal(right, x.tanh())
    twice = nodes[1].model_copy(update={"config": {"block": "fork", "repeat": 2}})
    wrong = Graph(nodes=(nodes[0], twice, *nodes[2:]), blocks={"fork": block})
    assert "repeat must be 1 for a block with several outputs. Got 2." in problem(wrong)


def test_what_is_wrong_with_a_use() -> None:
    """Its name, its arguments, its ports."""
    assert problem(using({"block": "wde"}, wide=dense(8))) == (
        "Block 'stack': block must name a block of this graph (wide). Got 'wde'. Set block of 'stack' to wide."
    )
    assert "arguments must be among none. Got 'depth'." in problem(
        using({"block": "wide", "arguments": {"depth": 3}}, wide=dense(8))
    )
    assert "arguments" in problem(
        using({"block": "wide", "arguments": {"width": "?"}}, wide=dense("width", width=3))
    )
    inside = using({"block": "wide", "arguments": {"width": 0}}, wide=dense("width", width=3))
    assert "inside 'wide': Linear 'linear1': units must be in [1, 10000000]. Got 0." in problem(inside)
    for formula in (
        "width // 0",
        "depth",
        "__import__('os')",
        "width ** 65",
        "(-width) ** 0.5 // 1",
        "1e999",
    ):
        assert "Linear 'linear1': units must" in problem(
            using({"block": "wide"}, wide=dense(formula, width=3))
        )


def test_what_is_wrong_inside_a_block_is_told_with_its_name() -> None:
    """Also of a block that nothing uses."""
    wrong = Graph(nodes=dense(8).nodes[:-1])
    assert problem(using({"block": "good"}, good=dense(8), spare=wrong)) == (
        "Block 'spare': The graph must have an Output node, which says what the network answers. Got none. "
        "In block 'spare': add an Output behind 'linear1'."
    )
    kept = dense(8).model_copy(update={"blocks": {"inner": dense(8)}})
    assert "blocks belong to the outermost graph. Got inner." in problem(
        using({"block": "outer"}, outer=kept)
    )


def test_a_block_cannot_contain_itself() -> None:
    """Directly or by way of another."""

    def around(block: str) -> Graph:
        inner = Node(id="inner", kind="Block", config={"block": block}, inputs={"a": "a"})
        return Graph(nodes=(
            Node(id="a", kind="Input", config={"shape": [8]}), inner,
            Node(id="b", kind="Output", inputs={"input": "inner"}),
        ))  # fmt: skip

    assert "must not contain itself" in problem(using({"block": "loop"}, loop=around("loop")))
    assert "must not contain itself" in problem(using({"block": "one"}, one=around("two"), two=around("one")))


@pytest.mark.parametrize(("levels", "repeat", "words"), [
    (4, 1000, "must not bring the network to more than 20,000 layers"),
    (16, 1000, "must not bring the network to more than 20,000 layers"),
    (40, 1, "nested more than 16 deep"),
])  # fmt: skip
def test_blocks_that_multiply_are_refused_at_once(levels: int, repeat: int, words: str) -> None:
    """A thousand times a thousand times a thousand layers, in a file of a few hundred bytes."""
    graph = nested(levels, repeat)
    builder.check(nested(2, 2))
    start = time.process_time()
    assert words in problem(graph)
    assert time.process_time() - start < 1


def test_blocks_that_branch_are_refused_at_once() -> None:
    """Each uses the one below twice with other arguments, so that nothing is remembered."""
    blocks = {"level0": dense("n", n=1)}
    for level in range(1, 16):
        below = f"level{level - 1}"
        blocks[f"level{level}"] = Graph(nodes=(
            Node(id="a", kind="Input", config={"shape": [8]}),
            Node(id="l", kind="Block", config={"block": below, "arguments": {"n": "2 * n"}}, inputs={"a": "a"}),
            Node(id="r", kind="Block", config={"block": below, "arguments": {"n": "2 * n + 1"}}, inputs={"a": "l"}),
            Node(id="b", kind="Output", inputs={"input": "r"}),
        ), arguments={"n": 1})  # fmt: skip
    start = time.process_time()
    assert problem(using({"block": "level15"}, **blocks))
    assert time.process_time() - start < 5


def test_nested_blocks_work() -> None:
    """Three levels, twice each."""
    graph = nested(3, 2, "Tanh")
    assert builder.check(graph) == []
    x = torch.randn(2, 8)
    expected = x
    for _ in range(8):
        expected = expected.tanh()
    assert torch.equal(builder.compile(graph)(x), expected)
