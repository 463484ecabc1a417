"""Inspect where a network is out of the ordinary: read in part, shared, wide; and what it says of such."""

from typing import Any

import numpy as np
import pytest

import builder
from builder.graph import Graph, Node
from pages.parts.inspecting.frames import _page
from tests.pages.seen import Open, trained, words

DIGITS = builder.template("digits-lstm")


def learned(*nodes: Node) -> None:
    """A run of a network for digits, of one epoch: `shaped` gives eight steps of eight numbers."""
    first = (
        Node(id="image", kind="Input", config={"shape": [1, 8, 8]}),
        Node(id="shaped", kind="Reshape", config={"shape": [8, 8]}, inputs={"input": "image"}),
    )
    last = (
        Node(id="scores", kind="Linear", config={"units": 10}, inputs={"input": "last"}),
        Node(id="output", kind="Output", inputs={"input": "scores"}),
    )
    graph = Graph(nodes=(*first, *nodes, *last))
    trained(DIGITS.with_fields(graphs={"model": graph}, engine={**DIGITS.engine, "epochs": 1}))


def told(test: Any) -> str:
    assert not test.exception and not test.error
    return words(test).replace("\\", "")


def test_a_layer_of_which_the_last_state_alone_is_read(open_page: Open, workspace: Any) -> None:
    lstm = Node(id="lstm1", kind="LSTM", config={"units": 6}, inputs={"input": "shaped"})
    learned(lstm, Node(id="last", kind="Flatten", inputs={"input": "lstm1.hidden"}))
    nodes = open_page("inspect", project="mine", look="nodes", node="lstm1", aspect="gradients")
    assert "its hidden, which alone is read" in told(nodes)
    back = open_page("inspect", project="mine", look="motion", frame="8")
    assert "reads its `hidden` alone" in told(back) and "does not depend" not in told(back)
    assert "The network gives" in told(open_page("inspect", project="mine", look="motion", frame="5"))


def test_a_layer_that_two_nodes_use(open_page: Open, workspace: Any) -> None:
    learned(
        Node(id="a", kind="Linear", config={"units": 8}, inputs={"input": "shaped"}),
        Node(id="b", kind="Linear", config={"units": 8}, inputs={"input": "a"}, shares="a"),
        Node(id="last", kind="Flatten", inputs={"input": "b"}),
    )
    assert "uses the layer of `a`" in told(open_page("inspect", project="mine", node="b", aspect="weights"))


def test_a_wide_node_is_counted_over_all_examples(open_page: Open, workspace: Any) -> None:
    conv = {"filters": 80, "padding": "same"}
    learned(
        Node(id="conv1", kind="Conv2d", config=conv, inputs={"input": "image"}),
        Node(id="last", kind="Flatten", inputs={"input": "conv1"}),
    )
    said = told(open_page("inspect", project="mine", node="last", aspect="units"))
    assert "of the first 4,096 of 5,120 units" in said and "over 203 examples" in said


def test_of_many_maps_those_around_the_unit_are_drawn() -> None:
    maps = np.zeros((130, 2, 3))
    maps[101, 1, 2] = 7
    some, unit, which = _page(maps, int(maps.argmax()))
    assert some.shape == (64, 2, 3) and some.ravel()[unit] == 7 and which == "; maps 64 to 127 of 130"
    assert _page(maps[:64], 3) == (pytest.approx(maps[:64]), 3, "")
    assert _page(maps, 779)[0].shape == (2, 2, 3)


@pytest.mark.parametrize("towards", ["0", "1"])
def test_a_targeted_attack_says_whether_it_succeeds(towards: str, open_page: Open, workspace: Any) -> None:
    trained(
        builder.template("digits-mlp").with_fields(
            engine={**builder.template("digits-mlp").engine, "epochs": 2}
        )
    )
    test = open_page("inspect", project="mine", look="attack", towards=towards, epsilon="0.3")
    assert "The attack succeeds" in told(test) or f"It was to look like {towards}" in told(test)
