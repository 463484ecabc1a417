"""The doctor on the Train page: nothing but a line where all is well, else a card with a click to try what helps."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from engines.doctor import Cure
from engines.runs.run import Run
from engines.runs.status import Status
from engines.workspace import Workspace
from pages.parts import doctor, findings
from pages.parts.stream import Position, source
from tests.pages.seen import Open, project_of, saved, words
from tests.tiny import project


def put_run(*rows: dict[str, Any], status: Status, engine: dict[str, Any]) -> Run:
    """A run of the project `mine` that has told these events."""
    what = project(3, 20, layer="ReLU", **engine)
    saved(what)
    run = Run.create(Workspace().runs / "000001-moons", what, of="mine")
    (run.folder / "events.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    run.report(status)
    return run


def lost(monkeypatch: pytest.MonkeyPatch) -> Run:
    """A run whose loss is no number any more; nothing that a page starts is really started."""
    monkeypatch.setattr(Run, "start", lambda run: None)
    monkeypatch.setattr(doctor.warm, "is_set", lambda: True)
    row = {"type": "steps", "first": 1, "values": {"loss": [0.7, 5.0, 900.0, None, None]}, "elapsed": 0.1}
    ended = Status(state="stopped", step=5, steps=300, epochs=3)
    return put_run(row, status=ended, engine={"optimiser": {"kind": "SGD", "lr": 50.0}})


def test_a_finding_is_told_with_its_numbers_and_why(
    open_page: Open, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost(monkeypatch)
    test = open_page("train", project="mine")
    assert not test.exception
    said = words(test)
    assert "The loss is not a number" in said and "step 4" in said and "900" in said
    assert "On the loss curve" in said and "overshoots" in said
    assert {"First step without a number", "Loss before it", "Learning rate"} <= {
        one.label for one in test.metric
    }
    assert "nothing wrong" not in said


def test_one_click_tries_a_cure_beside_the_run(
    open_page: Open, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = lost(monkeypatch)
    test = open_page("train", project="mine")
    cure = next(
        one for one in test.button if one.label.replace("\\", "").startswith("Lower the learning rate")
    )
    cure.click().run()
    assert not test.exception
    made = Workspace().run(test.query_params["run"])
    assert made.id != run.id and made.about["parent"] == run.id
    assert made.project.engine["optimiser"]["lr"] == 0.01
    assert {**made.project.engine, "optimiser": 0} == {**run.project.engine, "optimiser": 0}
    assert run.project.engine["optimiser"]["lr"] == project_of().engine["optimiser"]["lr"] == 50.0


def test_a_node_at_fault_is_one_click_away(
    open_page: Open, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor.warm, "is_set", lambda: True)
    layers = {
        "hidden": {"gradient": 0.0, "weight": 9.0, "update": 0.0},
        "middle": {"dead": 1.0, "mean": 0.0, "std": 0.0},
        "scores": {"gradient": 0.4, "weight": 1.0, "update": 0.01},
    }
    rows = [
        {"type": "steps", "first": 1, "values": {"loss": [0.7] * 300}, "elapsed": 1.0},
        *({"type": "probed", "step": step, "layers": layers} for step in (1, 100, 200, 300)),
    ]
    put_run(*rows, status=Status(state="finished", step=300, steps=300, epochs=3, epoch=3), engine={})
    test = open_page("train", project="mine")
    assert "Dead units" in words(test) and "100 %" in words(test)
    show = next(one for one in test.button if one.label == "Show middle")
    show.click().run()
    assert not test.exception
    assert test.session_state["canvas mine"]["view"]["nodes"] == ["middle"]
    assert "LeakyReLU" in " ".join(one.label for one in open_page("train", project="mine").button)


def test_all_is_well_in_a_line(open_page: Open, workspace: Path) -> None:
    rows = [
        {"type": "steps", "first": 1, "values": {"loss": [0.7 / n for n in range(1, 301)]}, "elapsed": 1.0},
        {"type": "probed", "step": 9, "layers": {"hidden": {"gradient": 0.2, "weight": 1.0, "update": 0.01}}},
    ]
    put_run(*rows, status=Status(state="finished", step=300, steps=300, epochs=3, epoch=3), engine={})
    test = open_page("train", project="mine")
    said = words(test)
    assert "The doctor sees nothing wrong: the loss fell from 0.7 to" in said
    assert not [one for one in test.button if one.key and one.key.startswith("doctor")]


def test_it_looks_again_only_when_there_is_more(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[int] = []
    row = {"type": "steps", "first": 1, "values": {"loss": [0.7] * 9}, "elapsed": 0.1}
    now = Status(state="running", step=9, steps=300, epochs=3)
    run = put_run(row, status=now, engine={})
    monkeypatch.setattr(findings, "examine", lambda *given: looks.append(1) or [])
    for _ in range(50):  # a class watches
        findings.look(run, run.curves())
    assert len(looks) == 1
    run.report(replace(now, step=20))
    findings.look(run, run.curves())
    assert len(looks) == 1, "in a hurry"
    run.report(replace(now, step=20, state="paused"))
    findings.look(run, run.curves())
    assert len(looks) == 2


def test_advice_never_ends_a_page(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = put_run(status=Status(), engine={})

    def broken(*given: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(findings, "examine", broken)
    assert findings.look(run, run.curves()) == ([], [])


def test_the_stream_tells_what_was_found(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """So that the page runs again when that changes, and only then."""
    run = lost(monkeypatch)
    assert source(run).look()
    assert json.loads(source(run).since(Position()).text)["status"]["findings"] == "NotFinite:"
    assert not source(run).look()


def test_a_branch_begins_before_it_went_wrong(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = put_run(status=Status(), engine={})
    monkeypatch.setattr(type(run.snapshots), "numbers", lambda kept: [0, 40, 80, 120])
    begins = [doctor.start_of(run, Cure("x", run.project, before)) for before in (None, 30, 80, 99, 500)]
    assert begins == [None, None, 80, 80, 120]
