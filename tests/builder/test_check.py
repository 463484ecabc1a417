"""Every problem of a graph is found, worded, and mended where we know how."""

import resource
import time
from typing import Any

import pytest

import builder
from builder.edits import AddNode, Connect, SetConfig, Several
from builder.errors import Problem
from builder.graph import Graph, Node
from builder.shapes import infer
from tests.graphs import chain, long


def node(id: str, kind: str, *sources: str, **config: Any) -> Node:
    """A node whose sources lead to `input`, or to input1, input2 … where there are several."""
    ports = ["input"] if len(sources) == 1 else [f"input{number}" for number in range(1, len(sources) + 1)]
    return Node(id=id, kind=kind, config=config, inputs=dict(zip(ports, sources, strict=True)))


def graph(*nodes: Node, **blocks: Graph) -> Graph:
    """Nodes between an Input `x` of 8 features and an Output `y` that reads the last of them."""
    last = nodes[-1].id if nodes else "x"
    return Graph(nodes=(node("x", "Input", shape=[8]), *nodes, node("y", "Output", last)), blocks=blocks)


def one(wrong: Graph) -> Problem:
    """The only error of a graph."""
    (problem,) = [problem for problem in builder.check(wrong) if problem.severity == "error"]
    with pytest.raises(builder.BadGraph) as caught:
        builder.source(wrong)
    assert problem in caught.value.problems
    return problem


def test_a_right_graph_has_no_problems() -> None:
    """Also where an Input leads straight to the Output."""
    assert builder.check(graph(node("dense", "Linear", "x"))) == []
    assert builder.check(graph()) == []


def test_no_input_and_no_output() -> None:
    """An empty graph lacks both; the offered edits add them."""
    problems = builder.check(Graph())
    assert [problem.rule for problem in problems] == ["must have an Input", "must have an Output"]
    mended = Graph()
    for problem in problems:
        mended = problem.edits[0].apply(mended)
    assert [one.kind for one in mended.nodes] == ["Input", "Output"]


def test_37_a_cycle_is_named_and_cut() -> None:
    """The circle in its direction; the edit opens it; those behind it are not blamed."""
    wrong = graph(
        node("a", "Add", "x", "c"), node("b", "ReLU", "a"), node("c", "ReLU", "b"), node("d", "ReLU", "c")
    )
    problem = one(wrong)
    assert problem.message == "Add 'a': connections must not lead in a circle: a → b → c → a."
    assert problem.fix == "Disconnect 'a' from 'c'."
    assert "circle" not in str(builder.check(problem.edits[0].apply(wrong)))
    assert "dense → dense" in one(graph(node("dense", "Linear", "dense"))).message


def test_37_a_large_cycle_is_refused_at_once() -> None:
    """20,000 nodes in one circle, and 20,000 that each read themselves."""
    ring = tuple(node(f"n{i}", "ReLU", f"n{(i + 1) % 20_000}") for i in range(19_998))
    loops = tuple(node(f"n{i}", "ReLU", f"n{i}") for i in range(19_998))
    for nodes in (ring, loops):
        wrong = graph(*nodes)
        start = time.process_time()
        assert builder.check(wrong)
        assert time.process_time() - start < 2


def test_37_dangling_connections() -> None:
    """A source that does not exist, or whose output does not; each is named with the port."""
    problem = one(graph(node("dense", "Linear", "nowhere")))
    assert (
        problem.message == "Linear 'dense': port 'input' must lead from a node of this graph. Got 'nowhere'."
    )
    assert (problem.node, problem.field, problem.value) == ("dense", "input", "nowhere")
    problem = one(Graph(nodes=(
        node("x", "Input", shape=[5, 8]), node("rnn", "GRU", "x"), node("y", "Output", "rnn.cell")
    )))  # fmt: skip
    assert problem.message == (
        "Output 'y': port 'input' must lead from an output of 'rnn' (output, hidden). Got 'rnn.cell'."
    )
    assert "(it has none)" in one(graph(node("z", "Output", "x"), node("dense", "Linear", "z"))).message


def test_37_doubled_ids_and_ports() -> None:
    """A doubled id is told once and nothing else; a doubled port cannot be written down (see test_files)."""
    (problem,) = builder.check(graph(node("a", "ReLU", "x"), node("a", "Tanh", "x")))
    assert problem.message == "'a': id must be used once. Got 2 nodes of this name."


def test_missing_and_unknown_ports() -> None:
    """Both say which."""
    assert "port 'input' must be connected" in one(graph(node("dense", "Linear"))).message
    assert (
        "port 'input2' must be connected"
        in one(graph(Node(id="sum", kind="Add", inputs={"input1": "x"}))).message
    )
    strange = graph(Node(id="dense", kind="Linear", inputs={"input": "x", "extra": "x"}))
    problem = one(strange)
    assert problem.message == "Linear 'dense': there is no port 'extra'; its ports are input."
    assert builder.check(problem.edits[0].apply(strange)) == []


def test_many_inputs() -> None:
    """Add takes any number, from two on, without gaps."""
    inputs = {f"input{number}": "x" for number in range(1, 7)}
    assert builder.check(graph(Node(id="sum", kind="Add", inputs=inputs))) == []
    gap = graph(Node(id="sum", kind="Add", inputs={"input1": "x", "input7": "x"}))
    assert "port 'input2' must be connected" in one(gap).message
    problems = builder.check(
        graph(Node(id="sum", kind="Add", inputs={"input1": "x", "input2": "x", "input": "x"}))
    )
    assert "no port 'input'" in problems[0].message


def test_problems_behind_a_problem_are_not_told() -> None:
    """One cause, one message."""
    wrong = graph(node("a", "Linear", "x", units=0), node("b", "Linear", "a"), node("c", "LSTM", "b"))
    assert one(wrong).node == "a"


MISFITS = [
    (("Conv2d", {}), (9,)),
    (("Conv2d", {}), (28, 28)),
    (("Conv1d", {}), (16,)),
    (("LSTM", {}), (8,)),
    (("LSTM", {}), (3, 8, 8)),
    (("MaxPool2d", {"kernel": 9}), (3, 8, 8)),
    (("Conv2d", {"kernel": 9}), (3, 8, 8)),
    (("Conv2d", {"groups": 3}), (4, 8, 8)),
    (("Conv2d", {"padding": "same", "stride": 2}), (4, 8, 8)),
    (("MultiheadAttention", {"heads": 3}), (5, 8)),
    (("MultiheadAttention", {"heads": 2}), (1, 8, 8)),
    (("BatchNorm1d", {}), (3, 8, 8)),
    (("BatchNorm2d", {}), (8,)),
    (("Dropout2d", {}), (3, 8)),
    (("Embedding", {}), (8,)),
    (("Reshape", {"shape": [3, 3]}), (8,)),
    (("Permute", {"order": [1]}), (5, 8)),
    (("Select", {"dim": 3}), (5, 8)),
    (("LayerNorm", {"dimensions": 4}), (5, 8)),
    (("Softmax", {"dim": 4}), (5, 8)),
    (("GroupNorm", {"groups": 5}), (8, 4, 4)),
    (("LSTM", {"dropout": 0.5}), (5, 8)),
    (("AvgPool1d", {}), (8, 8, 8)),
    (("ConvTranspose2d", {"stride": 1, "output_padding": 1}), (3, 4, 4)),
]


@pytest.mark.parametrize(("layer", "shape"), MISFITS)
def test_a_misfit_is_mended_by_each_offered_fix(
    layer: tuple[str, dict[str, Any]], shape: tuple[int, ...]
) -> None:
    """The fix is offered in words, and each edit by itself makes the whole graph right."""
    wrong = chain(layer, shape=shape)
    problem = one(wrong)
    assert "Got" in problem.message and problem.fix
    assert problem.edits
    for edit in problem.edits:
        assert builder.check(edit.apply(wrong)) == []


def test_branches_that_do_not_agree_are_mended() -> None:
    """A learned projection on one of them, as ResNets have it."""
    image = Node(id="x", kind="Input", config={"shape": [8, 16, 16]})
    narrow = node("conv", "Conv2d", "x", filters=16, stride=2, padding=1)
    wrong = Graph(nodes=(image, narrow, node("sum", "Add", "conv", "x"), node("y", "Output", "sum")))
    problem = one(wrong)
    assert (
        problem.message
        == "Add 'sum': all inputs must have the same shape. Got B × 16 × 8 × 8 and B × 8 × 16 × 16."
    )
    assert builder.check(problem.edits[0].apply(wrong)) == []


def test_indices_where_numbers_belong_and_the_other_way_round() -> None:
    """int64 into Linear: an Embedding helps; float32 into Embedding: the Input's type."""
    words = chain(("Linear", {}), shape=(5,), dtype="int64")
    assert one(words).fix == "Insert Embedding before 'linear1'."
    assert builder.check(one(words).edits[0].apply(words)) == []
    numbers = chain(("Embedding", {}), shape=(5,))
    assert one(numbers).edits[0] == SetConfig(node="input1", config={"dtype": "int64"})


def test_a_fix_in_a_long_chain_is_found_quickly() -> None:
    """Fixes are tried at the node, not on the whole graph, and for the first problems only."""
    chained = long(5_000)
    bad = Several(edits=(
        AddNode(node=node("conv", "Conv2d", "n2501")), Connect(source="conv", node="n2502", port="input")
    )).apply(chained)  # fmt: skip
    start = time.process_time()
    problem = one(bad)
    assert problem.edits
    assert time.process_time() - start < 3
    wide = Graph(nodes=(
        node("x", "Input", shape=[8]), *(node(f"c{i}", "Conv2d", "x") for i in range(500)), node("y", "Output", "x")
    ))  # fmt: skip
    start = time.process_time()
    assert len([one for one in builder.check(wide) if one.severity == "error"]) == 500
    assert time.process_time() - start < 3


def test_38_a_layer_of_a_trillion_weights_is_refused_before_anything_is_allocated() -> None:
    """Sized on the meta device: told in figures, in no time, in no memory."""
    infer(chain(("Linear", {})))  # torch is loaded
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.process_time()
    problem = one(chain(("Linear", {"units": 1_000_000}), shape=(1_000_000,)))
    assert problem.message == (
        "Linear 'linear1': must have at most 10,000,000,000 parameters. "
        "Got 1,000,001,000,000, which need 4 TB."
    )
    for layer, shape in [
        (("Embedding", {"entries": 100_000_000, "width": 65_536}), (5,)),
        (("GRU", {"units": 65_536, "layers": 64}), (5, 8)),
        (("Conv3d", {"filters": 65_536, "kernel": 101}), (64, 200, 200, 200)),
    ]:
        dtype = "int64" if layer[0] == "Embedding" else "float32"
        assert "must have at most" in one(chain(layer, shape=shape, dtype=dtype)).message
    assert time.process_time() - start < 3
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000, "kB"


def test_38_many_large_layers_and_repeated_blocks_are_added_up() -> None:
    """Each would do by itself."""
    large = ("Linear", {"units": 60_000})
    problem = one(chain(large, large, large, large, large, shape=(60_000,)))
    assert problem.message.startswith(
        "The graph must have at most 10,000,000,000 parameters. Got 18,000,300,000"
    )
    block = Graph(
        nodes=(node("a", "Input", shape=[8]), node("b", "Linear", "a", units=8), node("c", "Output", "b"))
    )
    block = Graph(nodes=(
        node("a", "Input", shape=[8]), node("b", "Linear", "a", units=60_000), node("d", "Linear", "b", units=60_000),
        node("c", "Output", "d")
    ))  # fmt: skip
    wrong = graph(
        Node(id="big", kind="Block", config={"block": "wide", "repeat": 9}, inputs={"a": "x"}), wide=block
    )
    assert one(wrong).message.startswith("Block 'big': must have at most 10,000,000,000 parameters.")


def test_outputs_that_would_fill_the_memory_are_refused() -> None:
    """Though they have no weights."""
    assert "must give at most" in one(chain(("Upsample", {"factor": 64}), shape=(64, 1_000, 1_000))).message


def test_sharing() -> None:
    """Weights are owned by one node of the same kind."""
    dense = node("dense", "Linear", "x")

    def sharing(owner: str, kind: str = "Linear", **config: Any) -> Graph:
        twin = Node(id="twin", kind=kind, inputs={"input": "dense"}, shares=owner, config=config)
        return graph(dense, node("tanh", "Tanh", "dense"), node("third", "Linear", "twin"), twin)

    assert "must name a node that has weights of its own. Got 'nobody'." in one(sharing("nobody")).message
    assert "must name a node that has weights of its own. Got 'twin'." in str(builder.check(sharing("twin")))
    assert (
        one(sharing("tanh")).message
        == "Linear 'twin': shares must name a node of kind Linear. Got 'tanh', which is Tanh."
    )
    misfit = one(sharing("dense"))
    assert misfit.node == "twin" and "64" in misfit.message


def test_warnings_do_not_stop_anybody() -> None:
    """What no Output reads is pointed out, last."""
    loose = graph(node("loose", "Linear", "x"), node("dense", "Linear", "x"))
    problems = builder.check(loose)
    assert [(problem.severity, problem.node) for problem in problems] == [("warning", "loose")]
    assert problems[0].message == "Linear 'loose': leads to no Output, so it never learns."
    assert builder.source(loose)
    unused = Graph(nodes=(*graph().nodes, node("spare", "Input", shape=[3])))
    assert [str(problem) for problem in builder.check(unused)] == [
        "Input 'spare': nothing reads it. Connect it, or remove it."
    ]


def test_the_check_of_large_graphs_is_quick() -> None:
    """Usable at the sizes of SPEED.md; a bound against quadratic code, not a benchmark."""
    large = long(10_000)
    builder.check(long(100))
    start = time.process_time()
    assert builder.check(large) == []
    assert time.process_time() - start < 3
