"""The Inspect page: what it says where there is nothing, and that every section shows every kind of network."""

import pytest

import builder
import engines
from engines.runs.run import Run
from engines.workspace import Workspace
from pages.parts.inspecting.section import Section, all_sections
from tests.pages.seen import Open, saved, words
from tests.tiny import project


@pytest.fixture
def run(workspace: object) -> Run:
    """A finished run."""
    what = project(2, 20)
    saved(what)
    run = Run.create(Workspace().runs / "000001-moons", what, of="mine")
    engines.resume(run.folder)
    return run


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
