"""The Inspect page: what it says where there is nothing, and that every section shows every kind of network."""

import pytest

import builder
from engines.runs.run import Run
from pages.parts.inspecting.section import Section, all_sections
from tests.pages.seen import Open, field, project_of, saved, trained, words
from tests.tiny import project


@pytest.fixture
def run(workspace: object) -> Run:
    """A finished run."""
    what = project(2, 20)
    return trained(what)


def test_an_untrained_network_is_sent_to_train(open_page: Open, workspace: object) -> None:
    saved(builder.template("xor-mlp"))
    assert "Nothing has been trained yet" in words(open_page("inspect", project="mine"))


@pytest.mark.parametrize("name", [*all_sections()])
def test_every_section_shows_a_trained_network(name: str, open_page: Open, run: Run) -> None:
    test = open_page("inspect", project="mine", look=name)
    assert not test.exception and not test.error
    assert all_sections()[name].help() in words(test)


def test_sections_are_in_order_and_explained() -> None:
    found = [*all_sections().values()]
    assert len({one.order for one in found}) == len(found) and all(one.help() and one.title for one in found)
    assert all(issubclass(one, Section) and one.icon != "widgets" for one in found)


def test_what_is_kept_is_told_and_can_be_chosen(open_page: Open, run: Run) -> None:
    test = open_page("inspect", project="mine")
    test.session_state["keeping"] = True
    test.run()
    assert "of the training" in words(test) and "counts for the project's next runs" in words(test)
    field(test.multiselect, "Readings").set_value(["weights"]).run()
    field(test.multiselect, "Nodes").set_value(["hidden"]).run()
    assert not test.exception and project_of().probes == {"probes": ["weights"], "nodes": ["hidden"]}
    field(test.number_input, "Share of the time, %").set_value(5.0).run()
    assert project_of().probes["share"] == 0.05 and project_of().probes["nodes"] == ["hidden"]


def test_the_address_says_what_is_looked_at(open_page: Open, run: Run) -> None:
    test = open_page(
        "inspect", project="mine", look="nonsense", node="none", part="none", example="99999999", at="4"
    )
    assert not test.exception and not test.error
    field(test.selectbox, "Node").set_value("scores").run()
    assert test.query_params["node"] == "scores" and not test.exception
