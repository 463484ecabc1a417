"""Time travel and settings that change while a run trains, on the pages."""

from typing import Any

import pytest

from builder.project import Project
from engines.runs.disk import read_lines
from engines.runs.moment import moment
from engines.runs.run import Run
from engines.runs.status import Status
from engines.workspace import Workspace
from tests.pages.seen import Open, button, field, saved, trained, words
from tests.tiny import project


@pytest.fixture
def run(workspace: object, monkeypatch: pytest.MonkeyPatch) -> Run:
    """A finished run with a snapshot of each step; nothing that a page starts is really started."""
    monkeypatch.setattr("engines.runs.driver.TICK", 0.0)
    monkeypatch.setattr("engines.runs.snapshots.EVERY", 0.0)
    monkeypatch.setattr("engines.runs.snapshots.SHARE", 1e9)
    what = project(3, 20)
    run = trained(what)
    monkeypatch.setattr(Run, "start", lambda run: None)
    return run


def slid(test: Any, to: str) -> Any:
    """The page once the slider stands there."""
    return field(test.select_slider, "Step").set_value(to).run()


def test_a_moment_tells_what_was_so_then(run: Run) -> None:
    curves = run.curves()
    first, last = moment(run, 4), moment(run, run.status().step)
    assert first.epoch == 1 and last.epoch == 3
    assert first.validation == curves.measured("validation")[0]["values"]
    assert last.validation == curves.measured("validation")[-1]["values"]
    assert first.loss == pytest.approx(sum(curves.steps["loss"][:4]) / 4)
    assert all(row["step"] <= 4 for row in first.probes) and moment(run, 0).loss is None


def test_the_slider_goes_back_and_to_now(open_page: Open, run: Run) -> None:
    test = open_page("train", project="mine")
    assert "Train from here" not in [one.label for one in test.button]
    test = slid(test, "4")
    assert test.query_params["at"] == "4" and not test.exception
    assert field(test.metric, "Epochs complete").value == "1"
    button(test, "Back to now").click().run()  # type: ignore[attr-defined]
    assert "at" not in test.query_params


def test_a_branch_is_made_with_other_settings(open_page: Open, run: Run) -> None:
    test = slid(open_page("train", project="mine"), "4")
    test.session_state[f"branch form {run.id}"] = True
    test.run()
    place = next(
        one for one in test.number_input if one.key and one.key.startswith("branch") and one.label == "Batch"
    )
    place.set_value(10).run()
    button(test, "Train from here").click().run()  # type: ignore[attr-defined]
    assert not test.exception
    made = Workspace().run(test.query_params["run"])
    assert made.about["parent"] == run.id and made.about["branched"] == 4
    assert made.project.engine["batch"] == 10 and run.project.engine["batch"] == 20
    assert len(made.curves()) == 4 and made.snapshots.numbers() == []
    assert "Run 2, from run 1 at step 4 ·" in words(test)


def test_the_address_of_a_run_is_enough(open_page: Open, run: Run) -> None:
    test = open_page("train", run=run.id)
    assert not test.exception and test.query_params["project"] == "mine" and field(test.select_slider, "Step")


def test_a_deleted_run_is_offered_where_its_address_leads(open_page: Open, run: Run) -> None:
    Workspace().delete_run(run.id)
    test = open_page("train", project="mine", run=run.id)
    assert "**Run 1** was deleted" in words(test) and not test.exception
    button(test, "Restore it").click().run()  # type: ignore[attr-defined]
    assert run.exists() and field(test.select_slider, "Step")


@pytest.mark.parametrize("at", ["9999", "x", "-1", "٣"])
def test_an_address_that_names_no_moment_shows_now(open_page: Open, run: Run, at: str) -> None:
    for page in ("train", "export"):
        test = open_page(page, project="mine", at=at)
        assert not test.exception and "as it was after" not in words(test)


def test_export_takes_the_network_as_it_was(open_page: Open, run: Run) -> None:
    test = open_page("export", project="mine", at="4")
    assert not test.exception
    assert "as it was after step 4" in words(test).replace("*", "")
    assert "These are the weights after step 4 of" in words(test)


def active(what: Project, state: str) -> Run:
    run = Run.create(Workspace().runs / "000001-moons", saved_as(what), of="mine")
    run.report(Status(state=state, step=7, steps=99))  # type: ignore[arg-type]
    return run


def saved_as(what: Project) -> Project:
    saved(what)
    return what


@pytest.mark.parametrize("state", ["running", "paused"])
def test_settings_are_changed_while_it_trains(
    open_page: Open, workspace: object, state: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Run, "start", lambda run: None)
    run = active(project(3, 20), state)
    test = open_page("train", project="mine")
    test.session_state["adjust"] = True
    test.run()
    fields = {one.label: one for one in test.number_input if one.key and one.key.startswith("retune")}
    assert [*fields] == ["Batch", "Epochs", "Clip", "Learning rate", "Weight decay", "Dropout"]
    fields["Learning rate"].set_value(0.25).run()
    rows = read_lines(run.folder / "commands.jsonl")[0]
    assert [(row["command"], row["values"]) for row in rows] == [("set", {"optimiser.lr": 0.25})]
    shown = next(
        one for one in test.number_input if one.key.startswith("retune") and one.label == "Learning rate"
    )
    assert shown.value == 0.25, "what was asked for is shown before the worker has obeyed"


def test_a_run_that_is_over_cannot_be_changed(open_page: Open, run: Run) -> None:
    test = open_page("train", project="mine")
    assert "adjust" not in test.session_state, "there is no button"
