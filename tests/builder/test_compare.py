"""The difference between two graphs, against what edits are known to do."""

import random

import pytest

import builder
from builder.compare import INSIDE, Cable, Change, Difference, blocks_that_differ, difference
from builder.edits import (
    AddNode,
    Connect,
    Disconnect,
    Edit,
    InBlock,
    MakeBlock,
    Move,
    RemoveNodes,
    Rename,
    SetConfig,
    SetKind,
    Share,
)
from builder.graph import Graph, Node

MLP = builder.template("digits-mlp").graph


def told(before: Graph, *edits: Edit) -> Difference:
    after = before
    for edit in edits:
        after = edit.apply(after)  # type: ignore[attr-defined]
    return difference(before, after)


def marks(found: Difference) -> dict[str, str]:
    return {one.node.id: one.mark for one in found.nodes if one.mark != "same"}


def test_a_graph_does_not_differ_from_itself_nor_by_places_and_written_defaults() -> None:
    for name in builder.templates():
        graph = builder.template(name).graph
        found = difference(graph, graph)
        assert found.empty and found.count("same") == len(graph.nodes)
        assert not blocks_that_differ(graph, graph)
    assert told(MLP, Move(positions={"linear1": (5.0, 5.0)})).empty
    dropout = AddNode(node=Node(id="drop", kind="Dropout")).apply(MLP)
    usual = Node(id="drop", kind="Dropout").key and builder.layers.LAYERS["Dropout"]().model_dump()
    assert told(dropout, SetConfig(node="drop", config=usual)).empty


def test_a_setting_that_changed_is_told_with_both_values() -> None:
    found = told(MLP, SetConfig(node="linear1", config={"units": 7}))
    (one,) = (one for one in found.nodes if one.mark == "changed")
    assert one.changes == (Change("units", MLP["linear1"].config["units"], 7),)
    assert marks(found) == {"linear1": "changed"} and {cable.mark for cable in found.cables} == {"same"}


def test_another_kind_and_shared_weights_are_changes() -> None:
    found = told(MLP, SetKind(node="relu1", kind="LeakyReLU"))
    (one,) = (one for one in found.nodes if one.changes)
    assert one.changes[0] == Change("kind", "ReLU", "LeakyReLU")
    assert all(change.before is None for change in one.changes[1:]), "a ReLU has no such field"
    nodes = (
        Node(id="x", kind="Input", config={"shape": [4]}),
        Node(id="a", kind="Linear", config={"units": 4}, inputs={"input": "x"}),
        Node(id="b", kind="Linear", config={"units": 4}, inputs={"input": "a"}),
    )
    found = told(Graph(nodes=nodes), Share(node="b", owner="a"))
    assert next(one.changes for one in found.nodes if one.changes) == (Change("shares", "", "a"),)


def test_nodes_and_connections_that_only_one_has() -> None:
    found = told(MLP, RemoveNodes(ids=("relu1",)), Connect(source="linear1", node="linear2", port="input"))
    assert marks(found) == {"relu1": "removed"}
    changed = [cable for cable in found.cables if cable.mark != "same"]
    assert {(cable.source, cable.node, cable.mark) for cable in changed} == {
        ("linear1", "relu1", "removed"),
        ("relu1", "linear2", "removed"),
        ("linear1", "linear2", "added"),
    }
    ids = [one.node.id for one in found.nodes]
    assert ids.index("relu1") == ids.index("linear1") + 1, "where it was"
    back = difference(RemoveNodes(ids=("relu1",)).apply(MLP), MLP)
    assert marks(back) == {"relu1": "added"}


def test_a_connection_that_was_cut() -> None:
    found = told(MLP, Disconnect(node="linear2", port="input"))
    assert [cable for cable in found.cables if cable.mark != "same"] == [
        Cable(MLP["linear2"].inputs["input"], "linear2", "input", "removed")
    ]
    assert not marks(found) and not found.empty


def test_a_renamed_node_is_one_removed_and_one_added() -> None:
    assert marks(told(MLP, Rename(node="linear1", to="first"))) == {"linear1": "removed", "first": "added"}


def test_what_changed_in_a_block_is_told_at_the_nodes_that_use_it() -> None:
    made = MakeBlock(ids=("linear1", "relu1"), name="stage").apply(MLP)
    (user,) = (node.id for node in made.nodes if node.kind == "Block")
    inner = InBlock(block="stage", inner=SetConfig(node="linear1", config={"units": 7}))
    found = difference(made, inner.apply(made))
    assert marks(found) == {user: "changed"} and blocks_that_differ(made, inner.apply(made)) == ["stage"]
    assert next(one.changes for one in found.nodes if one.changes) == (Change(INSIDE, "stage", "stage"),)
    around = MakeBlock(ids=(user,), name="outer").apply(made)
    (outer,) = (node.id for node in around.nodes if node.kind == "Block")
    assert marks(difference(around, inner.apply(around))) == {outer: "changed"}, "however deep it lies"


@pytest.mark.parametrize("seed", range(20))
def test_one_way_is_the_other_way_reversed(seed: int) -> None:
    """Whatever differs: added and removed change places, and so do the values of a change."""
    names, draw = [*builder.templates()], random.Random(seed)
    one, other = (builder.template(draw.choice(names)).graph for _ in range(2))
    there, back = difference(one, other), difference(other, one)
    turned = {"added": "removed", "removed": "added", "changed": "changed"}
    assert {id: turned[mark] for id, mark in marks(there).items()} == marks(back)
    assert {(cable.source, cable.node, cable.port) for cable in there.cables if cable.mark == "added"} == {
        (cable.source, cable.node, cable.port) for cable in back.cables if cable.mark == "removed"
    }
    assert there.empty == back.empty == (one.digest == other.digest)
    assert {node.id for node in one.nodes} | {node.id for node in other.nodes} == {
        c.node.id for c in there.nodes
    }


def test_graphs_that_fit_no_kind_are_compared_all_the_same() -> None:
    odd = Graph(nodes=(Node(id="a", kind="Teleport", config={"to": [1, 2]}, inputs={"x": "nowhere.at"}),))
    found = difference(odd, Graph(nodes=(Node(id="a", kind="Teleport", config={"to": [1, 3]}),)))
    assert next(one.changes for one in found.nodes) == (Change("to", [1, 2], [1, 3]),)
    assert found.cables == (Cable("nowhere.at", "a", "x", "removed"),)
    block = Node(id="b", kind="Block", config={"block": "gone"})
    assert difference(Graph(nodes=(block,)), Graph(nodes=(block,))).empty
    assert difference(Graph(), Graph()).empty
