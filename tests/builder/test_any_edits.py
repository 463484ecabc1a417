"""Whatever is done, in whatever order: it is undone and redone, saved and read, checked and compiled."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

import builder
from builder.around import around
from builder.edits import (
    AddNode,
    Connect,
    Disconnect,
    Edit,
    History,
    InBlock,
    MakeBlock,
    Move,
    Paste,
    RemoveBlock,
    RemoveNodes,
    Rename,
    RenameBlock,
    Reorder,
    SetArguments,
    SetConfig,
    SetKind,
    Several,
    Share,
    Unpack,
)  # fmt: skip
from builder.graph import Graph, Node
from builder.inside import problems_inside
from builder.layers import LAYERS
from builder.shapes import infer
from tests.graphs import chain, data, outputs

SKIP = around("Block").blocks["skip"]
OTHER = {"skip": SKIP.model_copy(update={"arguments": {"width": 8}})}
_plain = chain(("Linear", {"units": 8}), ("ReLU", {}), ("Linear", {"units": 4}))
_use = Node(
    id="skip1", kind="Block", config={"block": "skip", "arguments": {"width": 8}}, inputs={"x": "linear1"}
)
START = Graph(nodes=(
    *_plain.nodes[:2], _use, _plain["relu1"].model_copy(update={"inputs": {"input": "skip1"}}), *_plain.nodes[3:],
), blocks={"skip": SKIP})  # fmt: skip
ADAPTER: TypeAdapter[Any] = TypeAdapter(Edit)
IDS = st.sampled_from(["input1", "linear1", "skip1", "relu1", "linear2", "output1", "x", "y", "a", "b", "c"])
FREE = st.sampled_from(["a", "b", "c", "d"])
BLOCK = st.sampled_from(["skip", "skip", "a", "b"])
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
CHOSEN = st.one_of(
    st.lists(IDS, max_size=4).map(tuple),
    st.sampled_from([("linear1",), ("skip1", "relu1"), ("linear1", "relu1")]),
)
OF_BLOCKS = st.one_of(
    st.builds(MakeBlock, ids=CHOSEN, name=BLOCK),
    st.builds(Unpack, node=st.sampled_from(["skip1", "a1", "b1"])),
    st.builds(Paste, nodes=st.lists(NODES, max_size=2, unique_by=lambda node: node.id).map(tuple)),
    st.builds(Paste, nodes=st.just(START.nodes[1:4]), blocks=st.sampled_from([{}, START.blocks, OTHER])),
    st.builds(SetArguments, block=BLOCK, arguments=st.dictionaries(FREE, st.integers(1, 9), max_size=2)),
    st.builds(RenameBlock, block=BLOCK, to=BLOCK),
    st.builds(RemoveBlock, block=BLOCK),
    st.builds(
        SetConfig,
        node=st.just("skip1"),
        config=st.fixed_dictionaries(
            {},
            optional={
                "repeat": st.integers(0, 3),
                "arguments": st.sampled_from([{}, {"width": "in"}, {"width": 4}]),
            },
        ),
    ),
)
WHOLE = st.one_of(SINGLE, OF_BLOCKS)
EDITS = st.lists(
    st.one_of(
        WHOLE,
        st.builds(InBlock, block=BLOCK, inner=WHOLE),
        st.builds(Several, edits=st.lists(WHOLE, max_size=3).map(tuple)),
        st.builds(
            InBlock, block=BLOCK, inner=st.builds(Several, edits=st.lists(WHOLE, max_size=3).map(tuple))
        ),
    ),
    max_size=12,
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
    end = history.now
    while history.can_undo:
        history.undo()
    assert history.now == START
    while history.can_redo:
        history.redo()
    assert history.now == end
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
    for node in graph.nodes:
        if node.kind == "Block" and node.config.get("block") in graph.blocks:
            for problem in problems_inside(graph, [node.id]):
                for mend in problem.edits:
                    InBlock(block=node.config["block"], inner=mend).apply(graph)
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


@settings(max_examples=50, deadline=None)
@given(EDITS)
def test_every_edit_travels_as_json(edits: list[Any]) -> None:
    """As the canvas sends it."""
    for edit in edits:
        assert ADAPTER.validate_json(edit.model_dump_json()) == edit
