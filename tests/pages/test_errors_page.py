"""Errors on their page: a cell opens its examples, choices stand in the URL, and odd data are answered too."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page

import builder
import engines
from builder.project import Project
from engines.answers import answers
from engines.runs.run import Run
from engines.trained import Trained
from engines.workspace import Workspace
from tests.pages.seen import Open, field, trained, words
from tests.server import Server
from tests.tiny import project

SECTION = "pages.parts.inspecting.sections.errors"


def short(name: str, **data: Any) -> Project:
    what = builder.template(name)
    return what.with_fields(engine={**what.engine, "epochs": 1}, data={**what.data, **data})


def shown(test: Any) -> Any:
    assert not test.exception and not test.error
    return test


def test_a_cell_opens_exactly_its_examples(
    open_page: Open, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = trained(project(1, 60))
    told = answers(Trained.of(run), "train")
    true, found = divmod(int(np.argmax(told.confusion())), 2)
    monkeypatch.setattr(f"{SECTION}.chosen", lambda *data, **more: [[true, found]])
    test = shown(open_page("inspect", project="mine", look="errors", part="train"))
    wanted = {*np.flatnonzero((told.truth == true) & (told.decisions == found)).tolist()}
    assert f"{told.names[true]} taken for {told.names[found]}: {len(wanted)}" in words(test)
    table = next(one.value for one in test.dataframe if "#" in one.value)
    assert {*(table["#"] - 1)} <= wanted and len(table) == min(len(wanted), 24)
    sure = [float(one.rstrip("%")) for one in table["→ sure"]]
    assert sure == sorted(sure, reverse=True)


def test_ways_stand_in_the_url(open_page: Open, workspace: Path) -> None:
    trained(project(1, 20))
    test = shown(open_page("inspect", project="mine", look="errors", errors="calibration"))
    assert "Expected calibration error" in words(test)
    for way in ("confusion", "examples", "groups", "curves"):
        test.query_params["errors"] = way
        shown(test.run())
    assert len(test.get("plotly_chart")) == 2, "thresholds and curves"


def test_a_threshold_moves_the_counts(open_page: Open, workspace: Path) -> None:
    trained(project(1, 20))
    test = shown(open_page("inspect", project="mine", look="errors", errors="curves", part="train"))
    field(test.slider, "Tell it from this probability on").set_value(0.0).run()
    assert (
        field(shown(test).metric, "Recall").value == "100.0 %"
        and field(test.metric, "True negatives").value == "0"
    )
    field(test.slider, "Tell it from this probability on").set_value(1.0).run()
    assert (
        field(shown(test).metric, "True positives").value == "0"
        and field(test.metric, "Precision").value == "–"
    )


@pytest.mark.parametrize("name", ["digits-cnn", "diabetes-mlp", "lstm-forecaster"])
def test_pictures_values_and_series_are_shown(name: str, open_page: Open, workspace: Path) -> None:
    trained(short(name))
    for way in ("residuals", "examples", "groups", "confusion"):
        shown(open_page("inspect", project="mine", look="errors", errors=way, part="test"))


def test_a_hundred_classes_some_of_which_never_occur(
    open_page: Open, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trained(project(1, 20))
    draw, names = (
        np.random.default_rng(0),
        tuple(f"a rather long name of class {number}" for number in range(100)),
    )
    from engines.answers import Answers

    scores = draw.dirichlet(np.ones(100), 40)
    scores[3] = np.nan
    made = Answers("classification", names, scores, draw.integers(0, 5, 40))
    monkeypatch.setattr(f"{SECTION}.answered", lambda subject, part: made)
    monkeypatch.setattr(f"{SECTION}.show_examples", lambda *given: None)
    for way in ("confusion", "examples", "groups", "curves", "calibration"):
        test = shown(open_page("inspect", project="mine", look="errors", errors=way, part="train"))
        assert "1 of 40 answers are no numbers" in words(test)
        if way == "groups":
            assert "None of this part: a rather long name of c…" in words(test)


def test_several_labels(open_page: Open, workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trained(project(1, 20))
    from engines.answers import Answers

    scores = np.random.default_rng(0).uniform(size=(30, 3))
    made = Answers("multi-label", ("red", "round", "<b>"), scores, (scores > 0.4).astype(float))
    monkeypatch.setattr(f"{SECTION}.answered", lambda subject, part: made)
    monkeypatch.setattr(f"{SECTION}.show_examples", lambda *given: None)
    for way in ("examples", "groups", "curves", "calibration"):
        shown(open_page("inspect", project="mine", look="errors", errors=way, part="train"))


def test_a_click_on_a_cell_shows_its_examples(page: Page, server: Server, settle: Any) -> None:
    home = Workspace(server.home)
    what = short("iris-mlp")
    builder.save(what, home.projects / "clicked.json")
    run = Run.create(home.runs / "000901-clicked", what, of="clicked")
    engines.resume(run.folder)
    told = answers(Trained.of(run), "train")
    counts = told.confusion()
    page.goto(f"{server.url}/inspect?project=clicked&run={run.id}&look=errors&part=train")
    settle(page)
    marks = page.locator(".js-plotly-plot .scatterlayer .points path.point")
    for true, found in [(2, 2), (0, 0), *map(tuple, np.argwhere(counts)[:2].tolist())]:
        marks.nth(3 * true + found).wait_for(state="attached")
        box = marks.nth(3 * true + found).bounding_box()
        assert box
        middle = box["x"] + box["width"] / 2 + 9, box["y"] + box["height"] / 2 + 9
        page.mouse.move(*middle)
        page.mouse.click(*middle)
        heading = f"{told.names[true]} taken for {told.names[found]}: {counts[true, found]}"
        # not what hovers above the cell, which is there in any case
        page.get_by_test_id("stMarkdownContainer").get_by_text(heading, exact=True).wait_for(timeout=10_000)
        settle(page)
