"""The controls of a run: what can be asked in which state, and what the page shows until the run has obeyed."""

import json
import time
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

import builder
from builder.project import Project
from engines.runs.run import Run
from engines.runs.status import Status
from engines.workspace import Workspace
from pages.parts import controls
from tests.pages.seen import Open, button, saved, words


@pytest.fixture(autouse=True)
def nobody_works(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """No worker starts; what was asked is noted, and written as it would be."""
    sent: list[str] = []

    def send(run: Run, command: str) -> None:
        sent.append(command)
        with (run.folder / "commands.jsonl").open("a") as file:
            file.write(json.dumps({"command": command}) + "\n")

    monkeypatch.setattr(Run, "start", lambda run: sent.append("start"))
    monkeypatch.setattr(Run, "send", send)
    return sent


def project(batch: int) -> Project:
    """A project with this batch size."""
    return builder.template("digits-mlp").with_fields(engine={"kind": "Supervised", "batch": batch})


@pytest.fixture
def run(workspace: object) -> Run:
    """A run with a batch of 33, of a project that has 77 by now."""
    one = Workspace().start(project(33), saved(project(77)))
    one.describe(created=time.time() - 60)
    one.report(Status(state="running", step=5, steps=10))
    return one


def asked_for(test: AppTest) -> str:
    """What the page says that it waits for."""
    data = [json.loads(one.proto.json) for one in test.get("bidi_component")]
    return next(one["doing"] for one in data if one.get("kind") == "progress")


def labels(test: AppTest) -> dict[str, bool]:
    """The buttons of a run, and whether they can be pressed."""
    keys = ("run ", "restart", "train")
    return {one.label: not one.disabled for one in test.button if (one.key or "").startswith(keys)}


@pytest.mark.parametrize(
    ("state", "shown"),
    [
        ("queued", {"Stop"}),
        ("starting", {"Pause", "Stop", "Restart"}),
        ("running", {"Pause", "Stop", "Restart"}),
        ("paused", {"Resume", "Step", "Epoch", "Stop", "Restart"}),
        ("stopped", {"Resume", "Restart", "Train again"}),
        ("interrupted", {"Resume", "Restart", "Train again"}),
        ("failed", {"Resume", "Restart", "Train again"}),
        ("finished", {"Restart", "Train again"}),
    ],
)
def test_each_state_offers_what_makes_sense(open_page: Open, run: Run, state: Any, shown: set[str]) -> None:
    run.report(Status(state=state))
    test = open_page("train", project="mine")
    assert not test.exception
    assert labels(test) == dict.fromkeys(shown, True)


def test_the_page_says_at_once_what_was_asked_for(open_page: Open, run: Run, nobody_works: list[str]) -> None:
    nobody_works.clear()
    test = open_page("train", project="mine")
    button(test, "Pause").click().run()
    assert nobody_works == ["pause"] and asked_for(test) == "Pausing …"
    assert labels(test) == {"Pause": False, "Stop": False, "Restart": False}, "one wish at a time"
    run.report(Status(state="paused", commands=(run.folder / "commands.jsonl").stat().st_size))
    test.run()
    assert asked_for(test) == "" and labels(test)["Step"]


def test_a_wish_that_is_not_obeyed_is_forgotten(
    open_page: Open, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    test = open_page("train", project="mine")
    button(test, "Pause").click().run()
    monkeypatch.setattr(controls, "PATIENCE", -1)
    assert labels(test.run())["Pause"]


def test_restart_stops_first_and_trains_the_same_again(
    open_page: Open, run: Run, nobody_works: list[str]
) -> None:
    """With the settings and the seed of the run, whatever the project says by now."""
    test = open_page("train", project="mine")
    button(test, "Restart").click().run()
    assert nobody_works[-1] == "stop" and asked_for(test) == "Stopping, to train again …"
    assert len(Workspace().list_runs("mine")) == 1
    run.report(Status(state="stopped"))
    test.run()
    newest, first = Workspace().list_runs("mine")
    assert (newest.project, newest.project.engine["batch"]) == (first.project, 33)
    assert test.query_params["run"] in (newest.id, [newest.id])
    newest.report(Status(state="finished"))
    newest.describe(created=time.time() - 60)
    button(test.run(), "Restart").click().run()
    assert len(Workspace().list_runs("mine")) == 3 and not test.exception


def test_the_second_half_of_a_double_click_restarts_nothing(
    open_page: Open, run: Run, nobody_works: list[str]
) -> None:
    """Where Train was, Restart stands a moment later."""
    run.describe(created=time.time())
    test = open_page("train", project="mine")
    button(test, "Restart").click().run()
    assert "stop" not in nobody_works and len(Workspace().list_runs("mine")) == 1


def test_stop_on_a_run_that_was_over_already(
    open_page: Open, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It ended between the drawing of the button and the click; then nothing is written."""
    test = open_page("train", project="mine")
    monkeypatch.setattr(Run, "send", lambda run, command: None)
    run.report(Status(state="finished"))
    button(test, "Stop").click().run()
    assert not test.exception and labels(test)["Train again"]


@pytest.mark.parametrize("label", ["Restart", "Stop", "Pause"])
def test_what_is_asked_of_a_run_that_was_deleted_in_another_tab_does_nothing(
    open_page: Open, run: Run, nobody_works: list[str], label: str
) -> None:
    test = open_page("train", project="mine", run=run.id)
    run.folder.rename(Workspace().deleted / f"{run.id}.1")
    nobody_works.clear()
    button(test, label).click().run()  # type: ignore[attr-defined]
    assert not test.exception and nobody_works == [] and not run.folder.exists()
    assert "There is no run" in words(test)
