"""Edits change a graph and nothing else; one history undoes and redoes them all."""

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

import builder
from builder.around import around
from builder.edits import (
    AddNode,
    Connect,
    Disconnect,
    Edit,
    History,
    InBlock,
    Move,
    Paste,
    RemoveNodes,
    Rename,
    Reorder,
    SetConfig,
    SetKind,
    Several,
    Share,
)
from builder.graph import MOST_NODES, Graph, Node
from tests.graphs import chain

START = chain(("Linear", {"units": 8}), ("ReLU", {}), ("Linear", {"units": 4}))


def test_add_and_remove() -> None:
    """Removing takes away what leads to the node, and weights that others used."""
    extra = Node(id="twin", kind="Linear", inputs={"input": "linear1"}, shares="linear1")
    graph = AddNode(node=extra).apply(START)
    assert graph["twin"] == extra
    with pytest.raises(builder.BadValue, match="There is a node 'twin' already"):
        AddNode(node=extra).apply(graph)
    graph = RemoveNodes(ids=("linear1", "relu1")).apply(graph)
    assert [node.id for node in graph.nodes] == ["input1", "linear2", "output1", "twin"]
    assert graph["twin"].inputs == {} and graph["twin"].shares == ""
    assert graph["linear2"].inputs == {}


def test_connect_and_disconnect() -> None:
    """A port has one source: the newest."""
    graph = Connect(source="input1", node="linear2", port="input").apply(START)
    assert graph["linear2"].inputs == {"input": "input1"}
    assert Disconnect(node="linear2", port="input").apply(graph)["linear2"].inputs == {}
    with pytest.raises(builder.BadValue, match="'nobody': must be a node"):
        Connect(source="nobody", node="linear2", port="input").apply(START)
    with pytest.raises(builder.BadValue, match="'nobody': must be a node"):
        Connect(source="input1", node="nobody", port="input").apply(START)


def test_set_config_and_kind() -> None:
    """Other fields stay; a new kind keeps those that it has."""
    graph = SetConfig(node="linear1", config={"bias": False}).apply(START)
    assert graph["linear1"].config == {"units": 8, "bias": False}
    graph = SetKind(node="linear1", kind="LSTM").apply(graph)
    assert graph["linear1"].config == {"units": 8, "bias": False}
    assert SetKind(node="linear1", kind="ReLU").apply(graph)["linear1"].config == {}
    with pytest.raises(builder.BadValue, match="kind must be a kind of layer. Got 'Dense'"):
        SetKind(node="linear1", kind="Dense").apply(START)


def test_move_rename_reorder_share() -> None:
    """Each is followed wherever the node is named."""
    assert Move(positions={"linear1": (3, 4), "gone": (0, 0)}).apply(START)["linear1"].position == (3, 4)
    shared = Several(edits=(
        AddNode(node=Node(id="twin", kind="Linear", inputs={"input": "linear1.output"})),
        Share(node="twin", owner="linear1"),
    )).apply(START)  # fmt: skip
    graph = Rename(node="linear1", to="dense").apply(shared)
    assert graph["twin"].inputs == {"input": "dense.output"} and graph["twin"].shares == "dense"
    assert graph["relu1"].inputs == {"input": "dense"}
    assert Share(node="twin").apply(graph)["twin"].shares == ""
    with pytest.raises(builder.BadValue, match="There is a node 'relu1' already"):
        Rename(node="dense", to="relu1").apply(graph)
    turned = Reorder(node="output1", place=0).apply(START)
    assert [node.id for node in turned.nodes][:2] == ["output1", "input1"]
    assert builder.source(turned) == builder.source(START)


def test_an_edit_changes_nothing_else() -> None:
    """The graph before stays as it was, and what is not touched is the same object."""
    before = START.model_dump_json()
    graph = SetConfig(node="linear1", config={"units": 3}).apply(START)
    assert START.model_dump_json() == before
    assert graph["linear2"] is START["linear2"]
    assert graph["linear1"].key != START["linear1"].key, "nothing is remembered from the old node"


def test_several_is_all_or_none() -> None:
    """One that is refused stops all."""
    history = History(START)
    wrong = Several(edits=(RemoveNodes(ids=("relu1",)), Rename(node="relu1", to="other")))
    with pytest.raises(builder.BadValue):
        history.do(wrong)
    assert history.now is START and not history.can_undo


def test_a_value_that_cannot_be_saved_is_refused_by_name() -> None:
    """Node, field and value; the graph stays as it is."""
    for value in (float("nan"), float("inf"), object(), "\ud800", {1, 2}):
        with pytest.raises(builder.BadValue) as caught:
            SetConfig(node="linear1", config={"bias": True, "units": value}).apply(START)
        (problem,) = caught.value.problems
        assert problem.message.startswith("Linear 'linear1': units must be ")
        assert (problem.node, problem.field) == ("linear1", "units")
        with pytest.raises(ValidationError, match="units must be"):
            Node(id="dense", kind="Linear", config={"units": value})


def test_undo_and_redo() -> None:
    """Back and forth; something new forgets what was undone; what changes nothing leaves no trace."""
    history = History(START)
    first = history.do(SetConfig(node="linear1", config={"units": 5}))
    second = history.do(Move(positions={"linear1": (1, 1)}))
    assert history.undo() == first and history.undo() is START and history.undo() is START
    assert not history.can_undo and history.can_redo
    assert history.redo() == first and history.redo() == second and history.redo() == second
    history.undo()
    history.do(SetConfig(node="linear1", config={"units": 6}))
    assert not history.can_redo
    history.do(SetConfig(node="linear1", config={"units": 6}))
    history.undo()
    assert history.now == first


def test_a_gesture_is_undone_at_once() -> None:
    """A slider's fifty values are one step back; the next gesture is another."""
    history = History(START)
    for units in range(10, 60):
        history.do(SetConfig(node="linear1", config={"units": units}, gesture="drag1"))
    for units in range(60, 70):
        history.do(SetConfig(node="linear1", config={"units": units}, gesture="drag2"))
    history.do(SetConfig(node="linear1", config={"units": 1}))
    history.do(SetConfig(node="linear1", config={"units": 2}))
    found = []
    while history.can_undo:
        found.append(history.undo()["linear1"].config["units"])
    assert found == [1, 69, 59, 8]
    assert history.redo()["linear1"].config["units"] == 59


def test_a_gesture_that_was_undone_does_not_go_on() -> None:
    """After undo and redo, an edit of the same gesture is a step of its own."""
    history = History(START)
    history.do(SetConfig(node="linear1", config={"units": 10}, gesture="drag"))
    history.undo()
    history.redo()
    history.do(SetConfig(node="linear1", config={"units": 11}, gesture="drag"))
    assert history.undo()["linear1"].config["units"] == 10


def test_the_history_is_bounded() -> None:
    """The last thousand edits."""
    history = History(START)
    for units in range(1, 1102):
        history.do(SetConfig(node="linear1", config={"units": units}))
    steps = 0
    while history.can_undo:
        history.undo()
        steps += 1
    assert steps == History.LONGEST


def test_edits_travel_as_json() -> None:
    """The canvas sends them; unknown ones and unknown fields are refused."""
    adapter: TypeAdapter[Any] = TypeAdapter(Edit)
    for edit in (
        AddNode(node=START.nodes[1]), RemoveNodes(ids=("a",)), Connect(source="a", node="b", port="input"),
        Disconnect(node="b", port="input"), SetConfig(node="b", config={"units": 3}), SetKind(node="b", kind="ReLU"),
        Move(positions={"b": (1.0, 2.0)}), Rename(node="b", to="c"), Reorder(node="b", place=0),
        Share(node="b", owner="c"), Several(edits=(Disconnect(node="b", port="input"),), gesture="drag"),
    ):  # fmt: skip
        assert adapter.validate_json(edit.model_dump_json()) == edit
    for text in ('{"edit": "format"}', '{"edit": "move", "positions": {"a": [NaN, 1]}}',
                 '{"edit": "disconnect", "node": "a", "port": "b", "more": 1}'):  # fmt: skip
        with pytest.raises(ValidationError):
            adapter.validate_json(text)


def test_a_copy_of_a_node_remembers_nothing() -> None:
    """pydantic's own copy takes cached values along."""
    node, graph = START["linear1"], around("Linear")
    assert node.key == node.model_copy().key
    assert node.model_copy(update={"config": {"units": 99}}).key != node.key
    assert graph.digest != graph.model_copy(update={"nodes": graph.nodes[:1]}).digest


def test_a_gesture_does_not_join_one_that_lies_before_an_undo() -> None:
    history = History(builder.template("xor-mlp").graph)

    def units(value: int, gesture: str = "") -> None:
        history.do(SetConfig(node="linear1", config={"units": value}, gesture=gesture))

    units(5, "drag")
    units(6, "drag")
    units(7)
    history.undo()
    units(9, "drag")
    assert history.undo()["linear1"].config["units"] == 6


def test_graphs_do_not_outgrow_their_files() -> None:
    """Nodes, lists in fields and names of ports that could not be read again are refused."""
    full = Graph.model_construct(nodes=(START.nodes[0],) * MOST_NODES, blocks={}, arguments={})
    for edit in (AddNode(node=Node(id="one", kind="ReLU")), Paste(nodes=(Node(id="one", kind="ReLU"),))):
        with pytest.raises(builder.BadValue, match=r"at most 20,000 nodes. Got 20,001"):
            edit.apply(full)  # type: ignore[attr-defined]
    deep: Any = []
    for _ in range(50):
        deep = [deep]
    with pytest.raises(builder.BadValue, match="units must not nest more than 8 deep"):
        SetConfig(node="linear1", config={"units": deep}).apply(START)
    with pytest.raises(ValidationError):
        Connect(source="input1", node="linear1", port="x" * 1000)
    with pytest.raises(ValidationError):
        Paste(nodes=(Node(id="one", kind="ReLU"),) * 2001)


def test_an_edit_in_a_block_is_undone_with_its_gesture() -> None:
    """As one that is made at the top."""
    history = History(around("Block"))
    for units in (3, 4, 5):
        inner = SetConfig(node="linear1", config={"units": units}, gesture="drag")
        history.do(InBlock(block="skip", inner=inner))
    assert history.now.blocks["skip"]["linear1"].config["units"] == 5
    assert history.undo() == around("Block") and not history.can_undo
