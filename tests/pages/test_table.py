"""The table editor: beside the canvas, and in its place where it was not built."""

import pytest

import builder
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
