"""Nodes that are one layer: the same weights, and so the same settings."""

import builder
from builder.edits import SetConfig, Share
from builder.graph import Graph
from tests.builder.test_check import graph, node, one

WRONG = graph(
    node("dense", "Linear", "x", units=8),
    node("twin", "Linear", "dense", units=9).model_copy(update={"shares": "dense"}),
)


def test_who_shares_a_layer_has_its_settings() -> None:
    """What is stated otherwise would not be so; it is said, and mended both ways."""
    problem = one(WRONG)
    assert (problem.node, problem.field) == ("twin", "units")
    assert problem.message == "Linear 'twin': units must be 8, as in 'dense', whose weights it uses. Got 9."
    for edit, units in zip(problem.edits, (8, 9), strict=True):
        mended = edit.apply(WRONG)
        assert builder.check(mended) == [] and mended["twin"].config["units"] == units
        assert mended["dense"].config["units"] == 8


def test_what_is_not_stated_is_as_there() -> None:
    """The form and the canvas show it so, too."""
    bare = Graph(
        nodes=tuple(one.model_copy(update={"config": {}}) if one.id == "twin" else one for one in WRONG.nodes)
    )
    assert builder.check(bare) == []
    assert bare.settings(bare["twin"]) == {"units": 8}


def test_settings_of_one_layer_are_changed_together() -> None:
    """Wherever they are changed; and sharing takes them over."""
    nodes = (
        node("dense", "Linear", "x", units=4),
        node("twin", "Linear", "dense", units=9),
        node("other", "Linear", "twin"),
    )
    shared = Share(node="twin", owner="dense").apply(graph(*nodes))
    assert shared["twin"].config == {"units": 4}
    for changed in ("dense", "twin"):
        after = SetConfig(node=changed, config={"units": 7, "bias": False}).apply(shared)
        assert after["dense"].config == after["twin"].config == {"units": 7, "bias": False}
        assert after["other"].config == {}
    assert Share(node="twin").apply(shared)["twin"].config == {"units": 4}
