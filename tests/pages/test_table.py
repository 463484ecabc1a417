"""The table editor: beside the canvas, and in its place where it was not built."""

from typing import Any

import pytest

import builder
from tests.graphs import chain
from tests.pages.seen import Open, button, field, keyed, project_of, saved, words
from tests.pages.test_properties import nested


@pytest.fixture(autouse=True)
def unbuilt(monkeypatch: pytest.MonkeyPatch) -> None:
    """The canvas could not be built."""
    monkeypatch.setattr("pages.parts.canvas.built", lambda: False)


def test_without_a_canvas_the_table_serves(open_page: Open) -> None:
    """The command that builds it is named; meanwhile nodes are chosen, set, moved, added and undone."""
    test = open_page("build", project=saved(builder.template("digits-mlp")))
    assert "canvas is not built" in words(test) and "pip install" in test.code[0].value
    field(test.selectbox, "Chosen node").select("linear1").run()
    field(test.number_input, "Units").set_value(48).run()
    assert project_of().graph["linear1"].config["units"] == 48
    keyed(test, " down").click().run()
    assert [node.id for node in project_of().graph.nodes].index("linear1") > 1
    test.selectbox(key="add category").select("Regularisation").run()
    button(test, "Add after linear1").click().run()
    assert field(test.selectbox, "Chosen node").value == "dropout1"
    for _ in range(3):
        button(test, "Undo").click().run()
    assert project_of().graph == builder.template("digits-mlp").graph and not test.exception


def test_blocks_are_opened_and_left(open_page: Open) -> None:
    test = open_page("build", project=saved(nested()))
    field(test.selectbox, "Chosen node").select("two").run()
    button(test, "Open").click().run()
    assert "stem" in words(test)
    field(test.selectbox, "Chosen node").select("linear").run()
    field(test.text_input, "Units").set_value("width + 1").run()
    assert project_of().graph.blocks["stem"]["linear"].config["units"] == "width + 1"
    button(test, "Leave the block").click().run()
    assert "two" in field(test.selectbox, "Chosen node").options[2] and not test.exception


def costs(test: Any) -> Any:
    """The table once it shows the costs."""
    place = next(one for one in test.get("button_group") if one.proto.label == "What the table shows")
    place.set_value(["Costs"] if isinstance(place.value, list) else "Costs").run()
    return test.dataframe[0].value


def test_the_table_tells_what_each_node_costs(open_page: Open) -> None:
    """All figures of the summary as numbers, so that they sort; shares add up; together in a line."""
    test = open_page("build", project=saved(builder.template("lenet-5")))
    table = costs(test)
    rows = builder.summary(builder.template("lenet-5").graph).rows
    assert [*table["Node"]] == [row.node for row in rows]
    assert table["Parameters"].sum() == 61_706 and table["Multiply–adds"].sum() == 416_520
    assert table["Parameters %"].sum() == pytest.approx(1) and table[
        "Multiply–adds %"
    ].sum() == pytest.approx(1)
    assert [*table["Receptive field"].dropna()] == [1, 5, 5, 6, 14, 14, 16, 32, 32]
    (memory,) = [name for name in table if name.startswith("Training")]
    assert memory == "Training kB"
    assert table[memory].dropna().tolist() == [
        row.training_bytes(64) / 1e3 for row in rows if row.training_bytes(64)
    ]
    assert "Together 61,706 parameters" in words(test) and not test.exception


def test_a_block_is_a_row_that_one_can_look_into(open_page: Open) -> None:
    test = open_page("build", project=saved(builder.template("resnet-18")))
    assert "basic1" in [*costs(test)["Node"]]
    field(test.selectbox, "Chosen node").select("basic1").run()
    button(test, "Look inside basic1").click().run()
    table = test.dataframe[0].value
    assert table["Node"].iloc[0] == "x" and [*table["Receptive field"]][:2] == [11, 19]
    assert "One repeat of the block basic" in words(test) and not test.exception
    button(test, "Leave the block").click().run()
    assert "basic1" in [*test.dataframe[0].value["Node"]]


def test_costs_of_a_network_with_errors_and_of_uneven_windows(open_page: Open) -> None:
    """What is not known is a dash; where sides differ the field is told side by side."""
    graph = chain(("Conv2d", {"kernel": [1, 7]}), ("Dropout", {"rate": 2}), ("ReLU", {}), shape=(1, 16, 16))
    table = costs(open_page("build", project=saved(builder.Project(graphs={"model": graph}))))
    assert [*table["Shape"]] == ["B × 1 × 16 × 16", "B × 32 × 16 × 10", "?", "?", "?"]
    assert [*table["Receptive field"]][:2] == ["1 × 1", "1 × 7"]
