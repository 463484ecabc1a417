"""The difference of two networks: what the canvas is told, the table beside it, and both in the page."""

import pytest

import builder
from builder.compare import INSIDE, Change, difference
from builder.edits import AddNode, Connect, InBlock, MakeBlock, RemoveNodes, SetConfig, SetKind
from builder.graph import Graph, Node
from pages.parts.documents.differing import union, words
from pages.parts.runs.networks import table
from tests.pages.putting import put_run
from tests.pages.seen import Open
from tests.pages.seen import words as shown

MLP = builder.template("digits-mlp").graph
WIDER = SetConfig(node="linear1", config={"units": 128})


def edited() -> Graph:
    """A wider layer, dropout behind the first activation, and the second activation gone."""
    graph = RemoveNodes(ids=("relu2",)).apply(WIDER.apply(MLP))
    drop = Node(id="dropout1", kind="Dropout", inputs={"input": "relu1"})
    graph = AddNode(node=drop).apply(graph)
    return Connect(source="dropout1", node="linear2", port="input").apply(graph)


def test_the_canvas_is_told_every_node_and_connection_of_both() -> None:
    after = edited()
    told = union(difference(MLP, after), MLP, after, shapes=True)
    marks = {node["id"]: node["mark"] for node in told["nodes"]}
    assert {id for id, mark in marks.items() if mark == "same"} == {"image", "flatten1", "relu1", "linear2",
                                                                   "linear3", "output1"}  # fmt: skip
    assert (marks["linear1"], marks["dropout1"], marks["relu2"]) == ("changed", "added", "removed")
    linear = next(node for node in told["nodes"] if node["id"] == "linear1")
    assert linear["changes"] == [("Units", "64", "128")] and linear["about"]["shape"] == "B × 128"
    assert len(linear["about"]["fields"]) == 1, "as many rows as the node is high"
    assert next(node for node in told["nodes"] if node["id"] == "relu2")["about"]["shape"] == "B × 32"
    edges = {(edge["source"], edge["node"]): edge["mark"] for edge in told["edges"]}
    assert edges["relu1", "linear2"] == "removed" and edges["dropout1", "linear2"] == "added"
    assert edges["image", "flatten1"] == "same" and len({edge["id"] for edge in told["edges"]}) == len(
        told["edges"]
    )


@pytest.mark.parametrize("name", builder.templates())
def test_every_connection_finds_its_ports(name: str) -> None:
    """Of all pairs with the smallest network; without shapes as well."""
    one, other = builder.template(name).graph, MLP
    for before, after in ((one, other), (other, one)):
        told = union(difference(before, after), before, after, shapes=False)
        ports = {
            node["id"]: [{port["name"] for port in node["about"][side]} for side in ("inputs", "outputs")]
            for node in told["nodes"]
        }
        for edge in told["edges"]:
            assert edge["port"] in ports[edge["node"]][0]
            assert not edge["output"] or edge["output"] in ports[edge["source"]][1]


def test_changes_in_words() -> None:
    assert words(Change("units", 64, 128), "Linear") == ("Units", "64", "128")
    assert words(Change("kind", "ReLU", "Tanh"), "Tanh") == ("Kind", "ReLU", "Tanh")
    assert words(Change("shares", "", "a"), "Linear") == ("Weights of", "its own", "a")
    assert words(Change(INSIDE, "stage", "stage"), "Block") == ("Inside", "", "stage was changed")
    assert words(Change("slope", None, 0.01), "Teleport") == ("slope", "none", "0.01")
    assert len(words(Change("to", "x" * 99, [1] * 99), "Teleport")[2]) == 40


def test_the_table_tells_what_the_canvas_draws_as_text() -> None:
    after = edited()
    html = table(difference(MLP, after), "run 1", "<b>run 2</b>")
    assert "<td>≠ changed</td><td>Units: 64 → 128</td>" in html and "only in &lt;b&gt;run 2" in html
    assert html.count("<tr>") == 1 + 3 + 5


def test_the_networks_of_two_runs_on_the_page(open_page: Open) -> None:
    mlp = builder.template("digits-mlp")
    one, same = put_run(project=mlp), put_run(project=mlp)
    other = put_run(project=mlp.with_graph(SetKind(node="relu1", kind="Tanh").apply(edited())))
    test = open_page("runs", compare=f"{one.id},{same.id}")
    assert "The networks of run 1 and run 2 are the same" in shown(test) and not test.exception
    test = open_page("runs", compare=f"{one.id},{same.id},{other.id}")
    test.selectbox(key="second network").select(2).run()
    html = "\n".join(element.proto.body for element in test.get("html"))
    assert "Kind: ReLU → Tanh" in html and "+ only in run 3" in html and not test.exception
    test.selectbox(key="second network").select(0).run()
    assert "Choose two different runs" in shown(test)


def test_what_differs_inside_a_block_is_one_choice_away(open_page: Open) -> None:
    mlp = builder.template("digits-mlp")
    made = MakeBlock(ids=("linear1", "relu1"), name="stage").apply(mlp.graph)
    one = put_run(project=mlp.with_graph(made))
    other = put_run(project=mlp.with_graph(InBlock(block="stage", inner=WIDER).apply(made)))
    test = open_page("runs", compare=f"{one.id},{other.id}")
    html = "\n".join(element.proto.body for element in test.get("html"))
    assert "Inside: stage was changed" in html and "Units: 64 → 128" not in html
    test.selectbox(key="block of networks").select("stage").run()
    html = "\n".join(element.proto.body for element in test.get("html"))
    assert "Units: 64 → 128" in html and not test.exception
