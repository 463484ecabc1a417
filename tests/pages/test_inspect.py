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


def test_the_moment_is_told_also_the_very_first_and_one_that_was_not_kept(open_page: Open, run: Run) -> None:
    steps = run.status().step
    assert f"step {steps} of {steps}" in words(open_page("inspect", project="mine"))
    assert f"step 0 of {steps}" in words(open_page("inspect", project="mine", at="0"))
    assert "was not kept" in words(open_page("inspect", project="mine", at="999999"))


def test_what_was_computed_is_never_that_of_older_weights(
    open_page: Open, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker saves newer weights right after the old ones were loaded."""
    from pages.parts import loaded

    test = open_page("inspect", project="mine", look="errors")
    before = field(test.metric, "Loss").value
    [old] = run.checkpoints.numbers()[-1:]
    tree, load = run.checkpoints.read(old), loaded._loaded

    def saving(*asked: object) -> object:
        known = load(*asked)
        if run.checkpoints.numbers()[-1] == old:
            for one in tree["context"]["models"]["model"].values():
                one.zero_()
            run.checkpoints.save(tree)
        return known

    monkeypatch.setattr(loaded, "_loaded", saving)
    test.run()
    test.run()
    assert field(test.metric, "Loss").value != before


@pytest.mark.parametrize("name", ["digits-cnn", "digits-lstm"])
def test_descriptions_of_pictures_are_plain_text(name: str, open_page: Open, workspace: object) -> None:
    what = builder.template(name)
    trained(what.with_fields(engine={**what.engine, "epochs": 1}))
    for look in all_sections():
        test = open_page("inspect", project="mine", look=look)
        told = [one.proto.imgs[0].alt for one in test.get("imgs") if one.proto.imgs[0].alt]
        assert not [one for one in told if "\\" in one], look
