"""Names that are misspelt in blocks: which there are, the nearest one, and the edit that writes it."""

import builder
from builder.edits import Edit, InBlock, SetConfig
from builder.errors import Problem
from builder.graph import Graph, Node
from builder.inside import problems_inside
from tests.graphs import node, scaled


def used(inner: Node, shape: tuple[int, ...] = (8,)) -> Graph:
    """A graph that uses a block of one node."""
    block = Graph(nodes=(node("a", "Input", shape=[*shape]), inner, node("b", "Output", inner.id)))
    use = Node(id="s", kind="Block", config={"block": "one"}, inputs={"a": "x"})
    return Graph(
        nodes=(node("x", "Input", shape=[*shape]), use, node("y", "Output", "s")), blocks={"one": block}
    )


def one(graph: Graph) -> Problem:
    """The only error of a graph."""
    (problem,) = [problem for problem in builder.check(graph) if problem.severity == "error"]
    return problem


def mends(graph: Graph, edit: Edit) -> bool:
    """Whether nothing is wrong after an edit."""
    return builder.check(edit.apply(graph)) == []


def test_misspelt_names() -> None:
    """Which there are, and the nearest; in formulas, of arguments, of blocks; one click mends them."""
    inner = one(scaled(1, 4, units="2 * widht"))
    assert inner.message == (
        "Block 'stack': inside 'wide': Linear 'dense': units must use only the names in, width: there is no "
        "'widht' here (did you mean 'width'?). Got '2 * widht'. The default is 64."
    )
    assert inner.fix == "In block 'wide': set units of 'dense' to 2 * width."
    argument = one(scaled(1, "inn + 1"))
    assert argument.fix == "Set arguments of 'stack' to width = in + 1."
    assert (argument.node, argument.field, argument.rule) == ("stack", "arguments", "block")
    for graph in (
        scaled(1, 4, units="2 * widht"),
        scaled(1, "inn + 1"),
        SetConfig(node="stack", config={"arguments": {"widht": 4}}).apply(scaled(1, 4)),
        SetConfig(node="stack", config={"block": "wid"}).apply(scaled(1, 4)),
    ):
        assert mends(graph, *one(graph).edits)
    (seen,) = problems_inside(scaled(1, 4, units="widht + inn"), ("stack",))
    assert (seen.node, seen.field, seen.value) == ("dense", "units", "widht + inn")
    assert seen.rule.startswith("must use only the names in, width: there is no 'widht' here")
    assert seen.edits == (SetConfig(node="dense", config={"units": "width + in"}),)
    far = one(scaled(1, "height"))
    assert far.edits == () and "there is no 'height' here." in far.message
    listed = used(node("re", "Reshape", "a", shape=["inn // 2", 2]))
    assert "shape must use only the names in" in one(listed).message
    assert one(listed).fix == "In block 'one': set shape of 're' to [in // 2, 2]."
    assert mends(listed, *one(listed).edits)


def test_words_that_a_field_takes_stay_its_rule() -> None:
    """A misspelt formula is told beside them; a misspelt word is no formula."""
    graph = used(node("conv", "Conv2d", "a", padding="inn // 2"), shape=(3, 8, 8))
    said = (
        "padding must be an integer or 'same': there is no 'inn' here (did you mean 'in'?). Got 'inn // 2'."
    )
    assert said in one(graph).message
    assert mends(graph, *one(graph).edits)
    word = InBlock(block="one", inner=SetConfig(node="conv", config={"padding": "sam"})).apply(graph)
    assert "padding must be an integer or 'same'. Got 'sam'." in one(word).message


def unknown(id: str, kind: str) -> str:
    """What is said of a node of a kind that there is not."""
    return str(
        one(Graph(nodes=(node("x", "Input", shape=[8]), node(id, kind, "x"), node("y", "Output", id))))
    )


def test_an_unknown_kind() -> None:
    """With the one that goes by this name elsewhere, or else is spelt so; operators of files are not guessed."""
    for wrong, right in (
        ("Linaer", "Linear"), ("Dense", "Linear"), ("Expand", "Repeat"), ("Tile", "Repeat"), ("relu", "ReLU"),
        ("Multi-Head Attention", "MultiheadAttention"), ("conv2d", "Conv2d"),
    ):  # fmt: skip
        assert unknown("dense", wrong) == f"'dense': '{wrong}' is no kind of layer. Did you mean {right}?"
    assert unknown("a", "Hardmax").endswith("The reference lists all kinds.")
    assert unknown("a", "onnx.Gather") == (
        "'a': no layer computes the operator 'onnx.Gather'. Put layers that compute the same in its place."
    )
