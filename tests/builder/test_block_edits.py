"""Nodes become a block and a block becomes nodes, and the network computes what it did."""

from typing import Any

import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import builder
from builder.around import around
from builder.edits import AddNode, InBlock, MakeBlock, RemoveNodes, SetConfig, Unpack
from builder.graph import Graph, Node
from builder.shapes import infer
from tests.graphs import chain, data, node, outputs, scaled

START = chain(("Linear", {"units": 8}), ("ReLU", {}), ("Linear", {"units": 8}), ("Tanh", {}))


def refused(edit: Any, graph: Graph) -> str:
    """Why an edit is refused."""
    with pytest.raises(builder.BadValue) as caught:
        edit.apply(graph)
    return str(caught.value)


def same(ours: Graph, theirs: Graph, *uses: str) -> None:
    """Both are right; with the same weights, told by name but for the ids of uses of blocks, they answer the same."""
    assert builder.check(ours) == builder.check(theirs)

    def named(module: Any) -> dict[str, str]:
        return {
            ".".join(part for part in name.split(".") if part not in uses): name
            for name in module.state_dict()
        }

    one, other = builder.compile(ours), builder.compile(theirs)
    names, weights = named(one), one.state_dict()
    other.load_state_dict({name: weights[names[short]] for short, name in named(other).items()})
    given = data(ours)
    for a, b in zip(outputs(one.eval(), given), outputs(other.eval(), given), strict=True):
        assert torch.equal(a, b)
    assert builder.summary(ours).parameters == builder.summary(theirs).parameters


def test_a_chain_becomes_a_block_and_comes_back() -> None:
    """One node in the place of three; its block stands alone, with the shape that reached it."""
    made = MakeBlock(ids=("relu1", "linear2", "linear1"), name="mixing").apply(START)
    assert [one.id for one in made.nodes] == ["input1", "mixing1", "tanh1", "output1"]
    assert made["mixing1"].inputs == {"input1": "input1"} and made["tanh1"].inputs == {"input": "mixing1"}
    block = made.blocks["mixing"]
    assert block["input1"].config == {"shape": [8]} and builder.check(block) == []
    same(START, made, "mixing1")
    assert Unpack(node="mixing1").apply(made) == START
    around = MakeBlock(ids=("mixing1", "tanh1"), name="outer").apply(made)
    same(START, around, "mixing1", "outer1")


def test_every_kind_of_layer_can_be_in_a_block() -> None:
    """Several inputs, outputs by port, indices."""
    for kind in (
        "LSTM",
        "MultiheadAttention",
        "Embedding",
        "Add",
        "GRU",
        "Bilinear",
        "Concatenate",
        "Conv2d",
    ):
        if kind in builder.layers.LAYERS:  # type: ignore[attr-defined]
            graph = around(kind)
            made = MakeBlock(ids=("layer",), name="boxed").apply(graph)
            same(graph, made, "boxed1")
            back = Unpack(node="boxed1").apply(made)
            same(graph, back)
            assert builder.source(back) == builder.source(graph)


def test_a_block_of_several_inputs_and_outputs() -> None:
    """Named after what they read and what is read; the first output is the block itself."""
    graph = Graph(nodes=(
        node("x", "Input", shape=[5, 8]), Node(id="lstm", kind="LSTM", config={"units": 8}, inputs={"input": "x"}),
        node("a", "Linear", "lstm.output", units=8), node("b", "Add", "a", "lstm"), node("c", "Tanh", "a"),
        node("d", "Add", "c", "lstm.hidden", "b"), node("y", "Output", "d"),
    ))  # fmt: skip
    ids = ("a", "b", "c")
    made = MakeBlock(ids=ids, name="mid").apply(graph)
    block = made.blocks["mid"]
    assert block.ids("Input") == ("lstm",) and block.ids("Output") == ("b_out", "c_out")
    assert made["d"].inputs == {"input1": "mid1.c_out", "input2": "lstm.hidden", "input3": "mid1"}
    assert [problem.message for problem in builder.check(made)] == [p.message for p in builder.check(graph)]
    ported = MakeBlock(ids=("d",), name="end").apply(graph)
    assert ported["end1"].inputs == {"c": "c", "lstm_hidden": "lstm.hidden", "b": "b"}
    assert Unpack(node="end1").apply(ported) == graph


def test_a_mask_enters_a_block_as_whole_numbers() -> None:
    """An Input has no true and false; masks may be 0 and 1, so the block is right by itself, too."""
    graph = Graph(nodes=(
        node("t", "Input", shape=[5], dtype="int64"), node("e", "Embedding", "t", entries=20, width=8),
        node("p", "PaddingMask", "t"),
        Node(id="a", kind="MultiheadAttention", config={"heads": 2}, inputs={"query": "e", "mask": "p"}),
        node("r", "ReLU", "a"), node("y", "Output", "r"),
    ))  # fmt: skip
    made = MakeBlock(ids=("a", "r"), name="attend").apply(graph)
    assert made.blocks["attend"]["p"].config == {"shape": [5], "dtype": "int64"}
    assert not [*builder.check(made)] and not [*builder.check(made.blocks["attend"])]


def test_what_cannot_become_a_block() -> None:
    """In words that say what to choose instead."""
    assert "None is chosen" in refused(MakeBlock(ids=(), name="a"), START)
    assert "'nobody': must be a node" in refused(MakeBlock(ids=("nobody",), name="a"), START)
    assert "Input 'input1' must stay outside" in refused(MakeBlock(ids=("input1", "relu1"), name="a"), START)
    assert "comes back by way of 'relu1'. Choose 'relu1' as well." in refused(
        MakeBlock(ids=("linear1", "linear2"), name="a"), START
    )
    made = MakeBlock(ids=("relu1",), name="a").apply(START)
    assert "There is a block 'a' already" in refused(MakeBlock(ids=("tanh1",), name="a"), made)
    shared = AddNode(node=Node(id="twin", kind="Linear", inputs={"input": "tanh1"}, shares="linear2")).apply(
        START
    )
    for id in ("twin", "linear2"):
        assert "'twin' shares the weights of 'linear2'" in refused(MakeBlock(ids=(id,), name="a"), shared)
    both = MakeBlock(ids=("twin", "linear2", "tanh1"), name="a").apply(shared)
    assert both.blocks["a"]["twin"].shares == "linear2"


def test_a_block_that_nobody_reads_has_an_output() -> None:
    """Its last node's."""
    loose = RemoveNodes(ids=("output1",)).apply(START)
    made = MakeBlock(ids=("linear2", "tanh1"), name="a").apply(loose)
    assert made.blocks["a"]["output1"].inputs == {"input": "tanh1"}


def test_positions_stay_near() -> None:
    """The block lies where its nodes lay; unpacked ones make room for themselves."""
    placed = Graph(nodes=tuple(
        one.model_copy(update={"position": (250.0 * number, 50.0)}) for number, one in enumerate(START.nodes)
    ))  # fmt: skip
    made = MakeBlock(ids=("linear1", "relu1"), name="a").apply(placed)
    assert made["a1"].position == (250, 50) and made.blocks["a"]["relu1"].position == (500, 50)
    assert made.blocks["a"]["input1"].position[0] < 250 and made.blocks["a"]["output1"].position[0] > 500  # type: ignore[index]
    assert Unpack(node="a1").apply(made) == placed
    twice = SetConfig(node="a1", config={"repeat": 2}).apply(made)
    spread = Unpack(node="a1").apply(twice)
    places = [one.position for one in spread.nodes]
    assert len({*places}) == len(spread.nodes)
    assert spread["relu2"].position[0] < spread["linear2"].position[0]  # type: ignore[index]


def test_resnet_18_unpacked_and_made_again() -> None:
    """Every block of the template, repeats unrolled; the same weights, the same answers."""
    graph = builder.template("resnet-18").graph
    flat = graph
    for one in graph.nodes:
        if one.kind == "Block":
            flat = Unpack(node=one.id).apply(flat)
    assert flat.blocks == {} and not any(one.kind == "Block" for one in flat.nodes)
    ids, again, uses = [one.id for one in flat.nodes], flat, []
    for first, last in (("conv2", "relu3"), ("conv6", "relu7"), ("conv16", "relu15")):
        chosen = ids[ids.index(first) : ids.index(last) + 1]
        again = MakeBlock(ids=tuple(chosen), name=f"from_{first}").apply(again)
        uses += [one.id for one in again.nodes if one.config.get("block") == f"from_{first}"]
    assert builder.summary(again).parameters == builder.summary(graph).parameters == 11_689_512
    same(flat, again, *uses)
    modules = [builder.compile(one).eval() for one in (graph, flat)]
    weights = [[*module.state_dict().values()] for module in modules]
    assert [w.shape for w in weights[0]] == [w.shape for w in weights[1]]
    x = torch.randn(1, 3, 224, 224)
    modules[1].load_state_dict(dict(zip(modules[1].state_dict(), weights[0], strict=True)))
    assert torch.equal(modules[0](x), modules[1](x))


def test_formulas_go_with_the_nodes_into_a_block_in_a_block() -> None:
    """Arguments that they use become the new block's, and `in` where it means the same."""
    graph = scaled(2, "in + 1", units="2 * width + in")
    made = InBlock(block="wide", inner=MakeBlock(ids=("dense",), name="deep")).apply(graph)
    assert made.blocks["wide"]["deep1"].config == {"block": "deep", "arguments": {"width": "width"}}
    assert made.blocks["deep"].arguments == {"width": 3} and not made.blocks["wide"].blocks
    same(graph, made, "deep1")
    back = InBlock(block="wide", inner=Unpack(node="deep1")).apply(made)
    assert back.blocks["wide"]["dense"].config == {"units": "2 * width + in"} and [*back.blocks] == ["wide"]
    behind = AddNode(node=node("more", "Linear", "dense", units="in")).apply(graph.blocks["wide"])
    assert "use `in`" in refused(MakeBlock(ids=("more",), name="deep"), behind)


def test_unpacking_in_a_block_keeps_what_its_uses_decide() -> None:
    """Formulas of its arguments stay formulas; `in` of what lies within cannot."""
    deep = scaled(1, 1).blocks["wide"]
    outer = Graph(nodes=(
        node("a", "Input", shape=[4]),
        Node(id="one", kind="Block", config={"block": "wide", "arguments": {"width": "size - 1"}}, inputs={"a": "a"}),
        Node(id="two", kind="Block", config={"block": "wide", "arguments": {"width": "2*in"}}, inputs={"a": "one"}),
        node("b", "Output", "two"),
    ), arguments={"size": 6})  # fmt: skip
    graph = scaled(1, 1)
    graph = graph.model_copy(update={"blocks": {"wide": deep, "outer": outer}})
    graph = SetConfig(node="stack", config={"block": "outer", "arguments": {"size": 9}}).apply(graph)
    assert builder.check(graph) == []
    one = InBlock(block="outer", inner=Unpack(node="one")).apply(graph)
    assert one.blocks["outer"]["dense"].config == {"units": "size - 1"}
    assert infer(one).outputs == infer(graph).outputs
    assert "depends on where it stands" in refused(InBlock(block="outer", inner=Unpack(node="two")), graph)
    whole = Unpack(node="stack").apply(graph)
    assert whole["two"].config["arguments"] == {"width": "2 * in"} and "outer" not in whole.blocks
    assert infer(whole).outputs == infer(graph).outputs
    assert [*Unpack(node="two").apply(Unpack(node="one").apply(whole)).blocks] == []


def test_what_cannot_be_unpacked() -> None:
    """No block, too many copies, a use that is wrong."""
    assert "uses no block" in refused(Unpack(node="x"), scaled(1, 1))
    assert "a number of times in [1, 50]. Got 51" in refused(Unpack(node="stack"), scaled(51, 1))
    assert "depth" in refused(Unpack(node="stack"), scaled(1, "depth"))
    loose = RemoveNodes(ids=("x",)).apply(scaled(2, 7))
    assert [one.config.get("units") for one in Unpack(node="stack").apply(loose).nodes] == [7, 7, None]
    assert "Connect it" in refused(Unpack(node="stack"), RemoveNodes(ids=("x",)).apply(scaled(2, "in")))


def test_formulas_that_cannot_be_written_out() -> None:
    """Wrong ones and endless ones are told before anything is changed."""
    graph = scaled(1, 5, units="width" + " + width" * 60)
    use = Node(
        id="use", kind="Block", config={"block": "wide", "arguments": {"width": "2 *"}}, inputs={"a": "a"}
    )
    outer = Graph(
        nodes=(node("a", "Input", shape=[4]), use, node("b", "Output", "use")), arguments={"size": 4}
    )
    graph = graph.model_copy(update={"blocks": {**graph.blocks, "outer": outer}})
    unpack = InBlock(block="outer", inner=Unpack(node="use"))
    assert "arguments: width must be a formula" in refused(unpack, graph)
    config = {"arguments": {"width": "size + size + size"}}
    graph = InBlock(block="outer", inner=SetConfig(node="use", config=config)).apply(graph)
    assert "would have more than 500 characters" in refused(unpack, graph)


@st.composite
def graphs(draw: Any) -> tuple[Graph, tuple[str, ...]]:
    """A network of layers that keep their size, and some of its nodes."""
    nodes = [node("x", "Input", shape=[4])]
    for number in range(draw(st.integers(2, 9))):
        kind = draw(st.sampled_from(["Linear", "Tanh", "Add"]))
        sources = [draw(st.sampled_from(nodes)).id for _ in range(2 if kind == "Add" else 1)]
        nodes.append(node(f"n{number}", kind, *sources, **({"units": 4} if kind == "Linear" else {})))
    ids = [one.id for one in nodes[1:]]
    chosen = draw(st.lists(st.sampled_from(ids), min_size=1, unique=True))
    read = {source for one in nodes for source in one.inputs.values()}
    ends = [node(f"y{number}", "Output", id) for number, id in enumerate(id for id in ids if id not in read)]
    return Graph(nodes=(*nodes, *ends)), tuple(chosen)


@settings(max_examples=60, deadline=None)
@given(graphs())
def test_whatever_becomes_a_block_computes_what_it_did(drawn: tuple[Graph, tuple[str, ...]]) -> None:
    """Bit for bit with the same weights; and unpacked it is the graph that it was."""
    graph, ids = drawn
    try:
        made = MakeBlock(ids=ids, name="chosen").apply(graph)
    except builder.BadValue as refusal:
        assume("comes back" not in str(refusal))
        raise
    same(graph, made, "chosen1")
    back = Unpack(node="chosen1").apply(made)
    assert {one.id: one for one in back.nodes} == graph.by_id and back.blocks == {}
