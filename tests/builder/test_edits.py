"""Edits change a graph and nothing else; one history undoes and redoes them all."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

import builder
from builder.edits import (
    AddNode,
    Connect,
    Disconnect,
    Edit,
    History,
    Move,
    RemoveNodes,
    Rename,
    Reorder,
    SetConfig,
    SetKind,
    Several,
    Share,
)
from builder.graph import Graph, Node
from builder.layers import LAYERS
from builder.shapes import infer
from tests.graphs import around, chain, data, outputs

START = chain(("Linear", {"units": 8}), ("ReLU", {}), ("Linear", {"units": 4}))


def test_add_and_remove() -> None:
    """Removing takes away what leads to the node, and weights that others used."""
    extra = Node(id="twin", kind="Linear", inputs={"input": "linear1"}, shares="linear1")
    graph = AddNode(node=extra).apply(START)
    assert graph["twin"] == extra
    with pytest.raises(builder.BadValue, match="'twin': id must be free"):
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
    with pytest.raises(builder.BadValue, match="id must be free. Got 'relu1'"):
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
    assert history.graph is START and not history.can_undo


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
    assert history.graph == first


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


IDS = st.sampled_from(["input1", "linear1", "relu1", "linear2", "output1", "a", "b", "c"])
FREE = st.sampled_from(["a", "b", "c", "d"])
KIND = st.sampled_from(sorted(LAYERS))
VALUES = st.one_of(
    st.integers(-2, 70), st.booleans(), st.floats(-1, 2), st.sampled_from(["same", "width", None, [3, -1]])
)
FIELD = st.sampled_from(
    ["units", "bias", "kernel", "padding", "shape", "dtype", "dim", "heads", "groups", "rate", "block"]
)
SOURCES = st.builds(
    lambda id, port: f"{id}{port}", IDS, st.sampled_from(["", "", "", ".output", ".hidden", ".x"])
)
PORT = st.sampled_from(["input", "input1", "input2", "query", "a", "hidden"])
NODES = st.builds(Node, id=FREE, kind=KIND, config=st.dictionaries(FIELD, VALUES, max_size=2),
                  inputs=st.dictionaries(PORT, SOURCES, max_size=2), shares=st.one_of(st.just(""), IDS))  # fmt: skip
SINGLE = st.one_of(
    st.builds(AddNode, node=NODES),
    st.builds(RemoveNodes, ids=st.tuples(IDS)),
    st.builds(Connect, source=SOURCES, node=IDS, port=PORT),
    st.builds(Disconnect, node=IDS, port=PORT),
    st.builds(
        SetConfig,
        node=IDS,
        config=st.dictionaries(FIELD, VALUES, max_size=2),
        gesture=st.sampled_from(["", "drag"]),
    ),
    st.builds(SetKind, node=IDS, kind=KIND),
    st.builds(
        Move, positions=st.dictionaries(IDS, st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=2)
    ),
    st.builds(Rename, node=IDS, to=FREE),
    st.builds(Reorder, node=IDS, place=st.integers(0, 9)),
    st.builds(Share, node=IDS, owner=st.one_of(st.just(""), IDS)),
)
EDITS = st.lists(
    st.one_of(SINGLE, st.builds(Several, edits=st.lists(SINGLE, max_size=3).map(tuple))), max_size=12
)


@settings(max_examples=150, deadline=None)
@given(EDITS)
def test_undoing_everything_gives_the_start_and_redoing_the_end(edits: list[Any]) -> None:
    """Whatever was done, in whatever order, refused or not."""
    history = History(START)
    for edit in edits:
        try:
            history.do(edit)
        except builder.BadValue:
            continue
    end = history.graph
    while history.can_undo:
        history.undo()
    assert history.graph == START
    while history.can_redo:
        history.redo()
    assert history.graph == end
    assert Graph.model_validate_json(end.model_dump_json()) == end


@settings(max_examples=150, deadline=None)
@given(EDITS)
def test_whatever_was_edited_is_checked_and_what_passes_the_check_runs(edits: list[Any]) -> None:
    """check never raises; without errors the source is written, compiles and computes what was inferred."""
    graph = START
    for edit in edits:
        try:
            graph = edit.apply(graph)
        except builder.BadValue:
            continue
    problems = builder.check(graph)
    builder.summary(graph)
    for problem in problems:
        for mend in problem.edits:
            mend.apply(graph)
    if any(problem.severity == "error" for problem in problems):
        with pytest.raises(builder.BadGraph):
            builder.source(graph)
        return
    module = builder.compile(graph)
    answers = outputs(module, data(graph))
    assert [tuple(answer.shape) for answer in answers] == [
        spec and spec.shape for spec in infer(graph).outputs.values()
    ]


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
