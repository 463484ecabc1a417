"""The page Landscape: its choices, what it says, that it refines, follows a training, and leaves as files."""

import json
from base64 import b64decode
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page, expect

import builder
import engines
from builder.files import save
from engines.runs.run import Run
from engines.runs.status import Status
from engines.workspace import Workspace
from pages.parts.surveying.following import Trail
from tests.landing import many_moments
from tests.pages.seen import Open, button, field, saved, trained, words
from tests.server import Server
from tests.tiny import project, until


@pytest.fixture
def run(workspace: object) -> Run:
    """A finished run of which some moments were kept."""
    with many_moments():
        return trained(project(6, 10))


def settled(test: Any) -> Any:
    """The page once nothing is computed any more."""
    until(lambda: drawn(test.run()) and not any(one.label == "Stop" for one in test.button))
    assert not test.exception and not test.error
    return test


def drawn(test: Any) -> dict[str, Any] | None:
    """What the figure of the page was given; None if it has none."""
    told = [json.loads(one.proto.json) for one in test.get("bidi_component") if "figure" in one.proto.json]
    return json.loads(told[0]["figure"]) if told else None


def named(figure: dict[str, Any]) -> list[str]:
    return [one["name"] for one in figure["data"]]


def test_a_training_is_shown_on_the_plane_of_its_own_path(open_page: Open, run: Run) -> None:
    test = settled(open_page("landscape", project="mine"))
    assert named(drawn(test)) == ["loss", "path", "where it was kept", "this network"]
    facts = {"Loss here", "In the plane", "Bends downwards", "Of the path", "Computed in"}
    assert {one.label for one in test.metric} == facts
    assert "true loss" in words(test) and "random walk" in words(test)


def test_every_step_of_a_training_is_shown(open_page: Open, run: Run) -> None:
    test = settled(open_page("landscape", project="mine", view="contours"))
    assert len(path(drawn(test))) == len(run.snapshots.numbers()) + 1
    field(test.toggle, "Every step").set_value(True)
    until(lambda: len(path(drawn(test.run()))) == run.status().step - run.snapshots.numbers()[0] + 1)
    assert not test.error and "not to the last bit" not in words(test)


def path(figure: Any) -> np.ndarray:
    """How far along the first axis each corner of the path is."""
    told = next(one for one in figure["data"] if one["name"] == "path")["x"]
    return np.frombuffer(b64decode(told["bdata"]), told["dtype"])


def test_all_choices_stand_in_the_address(open_page: Open, run: Run) -> None:
    query = {
        "axes": "Random",
        "seed": "3",
        "view": "contours",
        "part": "validation",
        "side": "13",
        "log": "1",
    }
    test = settled(open_page("landscape", project="mine", **query))
    figure = drawn(test)
    assert figure["data"][0]["type"] == "contour" and named(figure) == ["loss", "this network"]
    assert any("validation examples" in one["text"] for one in figure["layout"]["annotations"])
    assert field(test.number_input, "Seed").value == 3 and field(test.toggle, "Log scale").value
    field(test.number_input, "Seed").set_value(4)
    test = settled(test.run())
    assert test.query_params["seed"] == "4"
    wrong = {"seed": "-7", "reach": "wide", "view": "inside", "part": "all", "side": "9999", "axes": "No"}
    settled(open_page("landscape", project="mine", **wrong))


def test_lines_between_networks(open_page: Open, run: Run) -> None:
    test = open_page("landscape", project="mine", run=run.id, axes="Between")
    assert "Choose one other network" in words(test) and drawn(test) is None
    other = Run.create(Workspace().runs / "000002-mine", run.project.with_fields(seed=1), of="mine")
    engines.resume(other.folder)
    picked = field(test.run().multiselect, "Other networks")
    assert "run 2, Moons" in picked.options
    picked.set_value(["@0"])
    test = settled(test.run())
    assert test.query_params["others"] == "@0" and drawn(test)["data"][0]["type"] == "scatter"
    field(test.multiselect, "Other networks").set_value(["@0", other.id])
    figure = drawn(settled(test.run()))
    assert named(figure) == ["loss", "other networks", "this network"]
    settled(open_page("landscape", project="mine", run=run.id, axes="Between", others=f"{other.id},gone"))


def test_a_network_of_before(open_page: Open, run: Run) -> None:
    step = run.snapshots.numbers()[3]
    test = settled(open_page("landscape", project="mine", at=str(step)))
    assert f"step {step}" in words(test)
    marks = next(one for one in drawn(test)["data"] if one["name"] == "where it was kept")
    assert [one.split("<br>")[0] for one in marks["text"]] == [
        f"step {one}" for one in run.snapshots.numbers()[:4]
    ]


def test_where_nothing_was_trained_or_learned(open_page: Open) -> None:
    test = open_page("landscape", project=saved(builder.template("digits-mlp")))
    assert "Nothing has been trained yet" in words(test) and button(test, "Go to Train")


def test_a_run_that_has_just_begun_is_waited_for(open_page: Open) -> None:
    what = project(1)
    saved(what)
    begun = Run.create(Workspace().runs / "000001-mine", what, of="mine")
    test = open_page("landscape", project="mine")
    assert "not saved any weights yet" in words(test) and "Nothing has been trained" not in words(test)
    engines.resume(begun.folder)
    settled(test)


def test_a_training_moves_over_the_landscape_of_its_past(
    open_page: Open, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    run.report(Status(state="running", step=run.status().step, steps=10**6))
    monkeypatch.setattr(Run, "alive", lambda self: True)
    test = open_page("landscape", project="mine")
    until(lambda: drawn(test.run()) and "now" in named(drawn(test)))
    assert "moves over the landscape" in words(test) and button(test, "Refresh")
    test = open_page("landscape", project="mine", axes="Random")
    until(lambda: drawn(test.run()))
    assert "now" not in named(drawn(test)) and "not drawn" in words(test)


def test_a_trail_grows_by_what_is_new() -> None:
    known = Trail(10)
    told = {
        "steps": np.array([12, 14, 15]),
        "at": np.array([[1.0, 1], [2, 2], [3, 3]]),
        "off": np.array([0, 0.1, 0.2]),
    }
    for _ in range(2):  # told again, nothing is drawn twice
        known.take(told)
        assert known.before.tolist() == [[1, 1], [2, 2]] and known.now.tolist() == [[3, 3]]
        assert known.after == 14 and known.off == 0.2
    known.take({"steps": np.array([16, 17]), "at": np.array([[4.0, 4], [5, 5]]), "off": np.array([0.3, 0.4])})
    assert known.before.tolist() == [[1, 1], [2, 2], [4, 4]] and known.now.tolist() == [[5, 5]]


@pytest.mark.browser
def test_a_landscape_in_the_browser(page: Page, server: Server, tmp_path: Path) -> None:
    """It comes by itself; what was turned stays turned; it leaves in four ways."""
    (server.home / "projects").mkdir(parents=True, exist_ok=True)
    what = builder.template("spiral-mlp").with_fields(name="Hills")
    save(what, server.home / "projects/hills.json")
    made = Run.create(server.home / "runs/000777-hills", what, of="hills")
    engines.resume(made.folder)
    page.goto(f"{server.url}/landscape?project=hills")
    chart = page.locator(".strata-plot .chart")
    expect(chart.locator("canvas").first).to_be_visible(timeout=60_000)
    expect(page.get_by_text("Computed in")).to_be_visible(timeout=60_000)
    assert "Loss landscape over first component" in (chart.get_attribute("aria-label") or "")
    eye = "() => document.querySelector('.strata-plot .chart')._fullLayout.scene.camera.eye.x"
    page.evaluate(
        "() => Plotly.relayout(document.querySelector('.strata-plot .chart'), {'scene.camera.eye.x': 0.123})"
    )
    page.evaluate(
        "() => Plotly.relayout(document.querySelector('.strata-plot .chart'), "
        "{'scene.camera': {eye: {x: 0.123, y: 2, z: 1}}})"
    )
    page.get_by_text("Log scale").click()
    page.wait_for_function(
        "() => document.querySelector('.strata-plot .chart')._fullLayout.scene.zaxis.title.text.includes('log')"
    )
    assert page.evaluate(eye) == pytest.approx(0.123), "the camera stays"
    for kind, begins in (("PNG", b"\x89PNG"), ("SVG", b"<svg"), ("HTML", b"<!doctype html>")):
        with page.expect_download() as told:
            page.locator(".strata-plot .files").get_by_text(kind, exact=True).click()
        file = tmp_path / told.value.suggested_filename
        told.value.save_as(file)
        assert file.read_bytes().startswith(begins) and file.suffix == f".{kind.lower()}"
    with page.expect_download() as told:
        page.get_by_role("button", name="Numbers (npz)").click()
    told.value.save_as(tmp_path / "numbers.npz")
    with np.load(tmp_path / "numbers.npz") as numbers:
        assert numbers["values"].shape == (25, 25)
    alone = page.context.new_page()
    alone.goto(f"file://{tmp_path / '000777-hills-landscape.html'}")
    alone.wait_for_selector("#figure .main-svg", timeout=30_000)
    assert alone.evaluate("() => document.querySelector('#figure').data.length") >= 3
