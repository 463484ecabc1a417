"""The list of runs: searched, filtered, ordered, labelled; runs deleted and restored."""

import re
import time
from xml.etree import ElementTree

import pytest
from streamlit.testing.v1 import AppTest

import builder
from engines.runs.label import label
from engines.runs.run import Run
from engines.runs.status import Status
from engines.runs.summary import Summary
from engines.workspace import Workspace
from pages.parts.runs.wanted import Wanted, address, named
from pages.views.thumbnail import thumbnail
from tests.pages.putting import put_run
from tests.pages.seen import Open, button, saved, words

HOSTILE = "<img src=x onerror=\"document.title='ran'\"> **b** [x](javascript:alert(1)) $x$ :red[x]"


def names(test: AppTest) -> list[str]:
    """The names in the list, in order."""
    links = [one for one in test.get("page_link") if " · " in one.proto.label]
    return [re.sub(r"\\(.)", r"\1", one.proto.label) for one in links]


def rows(test: AppTest) -> str:
    """The HTML of all rows."""
    return "\n".join(one.proto.body for one in test.get("html") if "strata-" in one.proto.body)


def search(test: AppTest, text: str) -> AppTest:
    return test.text_input(key="search runs").set_value(text).run()


# -- pure ------------------------------------------------------------------------------------------------------


def of(id: str, **more: object) -> Summary:
    return Summary(id, **more)  # type: ignore[arg-type]


EVERY = [
    of("000004-d", name="Delta", elapsed=1.0, measured={"validation": {"rmse": 0.2}}),
    of("000003-c", name="alpha", tags=("good", "cnn"), of="p", measured={"validation": {"accuracy": 0.7}}),
    of("000002-b", name="Beta", note="Lower\nrate", state="failed", measured={"validation": {"rmse": 0.1}}),
    of("000001-a", name="Gamma", tags=("good",), elapsed=9.0, measured={"validation": {"accuracy": 0.9}}),
]


@pytest.mark.parametrize(
    ("wanted", "ids"),
    [
        (Wanted(), "4321"),
        (Wanted(("good",)), "31"),
        (Wanted(("lower", "rate")), "2"),
        (Wanted(("run", "3")), "3"),
        (Wanted(("lr=0.1",)), "1"),
        (Wanted(("lr=0.1", "good")), "1"),
        (Wanted(("nothing",)), ""),
        (Wanted(of="p"), "3"),
        (Wanted(states=("failed",)), "2"),
        (Wanted(tags=("good", "cnn")), "3"),
        (Wanted(order="old"), "1234"),
        (Wanted(order="name"), "3241"),
        (Wanted(order="time"), "1432"),
        (Wanted(order="validation"), "1324"),
        (Wanted(order="test"), "4321"),
    ],
)
def test_what_is_wanted_is_found_in_its_order(wanted: Wanted, ids: str) -> None:
    settings = {"000001-a": "optimiser=sgd lr=0.1"}
    found = wanted.among(EVERY, lambda one: settings.get(one.id, ""))
    assert "".join(one.id[5] for one in found) == ids


def test_settings_are_read_only_where_nothing_else_says_it() -> None:
    asked: list[str] = []
    Wanted(("good",)).among(EVERY[1:2], lambda one: asked.append(one.id) or "")
    assert not asked


def test_an_address_names_runs_once_and_not_too_many() -> None:
    assert named(address(["a", "b"]), 6) == ["a", "b"]
    assert named("a,,b,a,c", 2) == ["a", "b"] and named("", 6) == []


def test_a_thumbnail_goes_from_the_greatest_to_the_least() -> None:
    line = ElementTree.fromstring(thumbnail((2.0, 1.0, 0.0)))[0].attrib["points"]
    (x1, y1), (_, y2), (x3, y3) = (map(float, point.split(",")) for point in line.split())
    assert x1 < x3 and y1 < y2 < y3 and y2 == (y1 + y3) / 2
    for values in ((), (1.0,), (1.0, 1.0)):
        assert ElementTree.fromstring(thumbnail(values)).attrib["width"] == "104"


# -- the page --------------------------------------------------------------------------------------------------


def test_an_empty_page_trains_with_a_click(open_page: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Run, "start", lambda run: None)
    test = open_page("runs")
    assert "Nothing has been trained yet" in words(test) and not test.exception
    button(test, "Train a ready network").click().run()
    (run,) = Workspace().list_runs()
    assert test.query_params == {"project": run.about["of"], "run": run.id} and not test.exception


def test_a_row_tells_what_the_run_reached(open_page: Open) -> None:
    saved(builder.template("digits-mlp"))
    put_run(tags=("first", "mlp"), note="A note", parent="000007-x", branched=1200)
    put_run("Other", "failed", (), of="gone")
    test = open_page("runs")
    assert names(test) == ["Run 2 · Other", "Run 1 · Digits"] and not test.exception
    shown = rows(test)
    assert ">90.0 %</b><span>best accuracy" in shown and "in epoch 2; the last is 80.0 %" in shown
    assert ">80.0 %</b><span>on test" in shown and "from run 7 at step 1,200" in shown
    assert ">first</span>" in shown and ">A note</span>" in shown
    assert shown.count("its project was deleted") == 1 and "Nothing was measured on validation yet" in shown


def test_search_filter_and_order(open_page: Open) -> None:
    saved(builder.template("digits-mlp").with_fields(name="Digits"))
    saved(builder.template("digits-cnn").with_fields(name="Net"), "net")
    put_run(tags=("good",))
    put_run("Net", "stopped", (0.95,), of="net")
    put_run("Gone", of="gone")
    test = open_page("runs")
    assert names(test) == ["Run 3 · Gone", "Run 2 · Net", "Run 1 · Digits"]
    assert names(search(test, "GOOD digits")) == ["Run 1 · Digits"]
    assert names(search(test, "optimiser=adamw stopped")) == ["Run 2 · Net"]
    assert not names(search(test, HOSTILE)) and "No run is like that" in words(test) and not test.exception
    button(test, "Show all runs").click().run()
    assert len(names(test)) == 3
    test.selectbox(key="order of runs").select("validation").run()
    assert names(test)[0] == "Run 2 · Net"
    test.multiselect(key="states of runs").select("finished").run()
    test.multiselect(key="tags of runs").select("good").run()
    assert names(test) == ["Run 1 · Digits"] and not test.exception


def test_the_runs_of_the_open_project_come_with_a_way_to_all(open_page: Open) -> None:
    saved(builder.template("digits-mlp"))
    put_run()
    put_run("Other", of="gone")
    test = open_page("runs", project="mine")
    assert names(test) == ["Run 1 · Digits"]
    next(one for one in test.selectbox if one.label == "Project").select("").run()
    assert len(names(test)) == 2 and test.query_params == {"project": "mine", "of": "all"}
    next(one for one in test.selectbox if one.label == "Project").select("gone").run()
    assert names(test) == ["Run 2 · Other"] and test.query_params["project"] == "mine"
    assert len(names(open_page("runs", of="nowhere"))) == 2
    saved(builder.template("digits-cnn"), "fresh")
    test = open_page("runs", project="fresh")
    assert "This project has not been trained yet." in words(test) and not names(test)
    button(test, "Show all runs").click().run()
    assert len(names(test)) == 2 and not test.exception


def test_tags_and_notes_are_edited_in_place_and_refused_with_the_reason(open_page: Open) -> None:
    run = put_run(tags=("old",))
    test = open_page("runs")
    test.session_state[f"menu {run.id}"] = True
    test.run()
    test.multiselect(key=f"tags {run.id}").set_value(["old", HOSTILE])
    test.button(key=f"save label {run.id}").click().run()
    assert "A tag has at most 40 characters" in words(test) and label(run.folder).tags == ("old",)
    test.session_state[f"menu {run.id}"] = True
    test.run()
    test.multiselect(key=f"tags {run.id}").set_value(["old", "<b>x</b>"])
    test.text_area(key=f"note {run.id}").set_value(HOSTILE)
    test.button(key=f"save label {run.id}").click().run()
    assert (label(run.folder).tags, label(run.folder).note) == (("old", "<b>x</b>"), HOSTILE)
    assert "&lt;b&gt;x" in rows(test) and "<img src=x" not in rows(test) and not test.exception


def test_two_to_six_are_chosen_for_a_comparison(open_page: Open) -> None:
    runs = [put_run() for _ in range(7)]
    test = open_page("runs")
    assert test.button(key="compare").disabled
    for run in runs[:6]:
        test.checkbox(key=f"choose {run.id}").check().run()
    test.checkbox(key=f"choose {runs[6].id}").check().run()
    assert "At most 6 runs" in words(test) and not test.checkbox(key=f"choose {runs[6].id}").value
    search(test, "nothing")
    assert test.button(key="compare").label == "Compare 6", "what is not seen stays chosen"
    search(test, "")
    test.button(key="untick").click().run()
    assert not any(one.value for one in test.checkbox) and not test.exception


def test_five_hundred_are_shown_some_at_a_time(open_page: Open) -> None:
    first, home = put_run(), Workspace()
    for number in range(2, 501):
        folder = home.runs / f"{number:06d}-x"
        folder.mkdir()
        for name in ("run.json", "status.json", "events.jsonl", "project.json"):
            (folder / name).write_bytes((first.folder / name).read_bytes())
    test = open_page("runs")
    assert len(names(test)) == 20 and "500 runs" in rows(test)
    began = time.perf_counter()
    button(test, "Show 50 more").click().run()
    assert len(names(test)) == 70 and time.perf_counter() - began < 6, "runs that are not shown cost little"


def test_a_deleted_run_comes_back(open_page: Open) -> None:
    run = put_run(HOSTILE[:100])
    test = open_page("runs")
    test.session_state[f"menu {run.id}"] = True
    test.run().button(key=f"delete {run.id}").click().run()
    assert "Deleted **run 1 · <img" in words(test) and "Nothing has been trained yet" in words(test)
    button(test, "Undo").click().run()
    assert len(names(test)) == 1 and "Deleted **" not in words(test)
    Workspace().delete_run(run.id)
    other = open_page("runs")
    button(other, "Restore").click().run()
    assert len(names(other)) == 1 and not other.exception and not test.exception


def test_a_run_at_work_is_stopped_first(open_page: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    run = put_run("Digits", "running")
    monkeypatch.setattr(Run, "send", lambda run, command: run.report(Status(state="stopped")))
    test = open_page("runs")
    test.session_state[f"menu {run.id}"] = True
    test.run().button(key=f"delete {run.id}").click().run()
    assert "Run 1 is running, so it cannot be deleted. Stop it first." in words(test)
    assert Workspace().list_runs()
    button(test, "Stop and delete it").click().run()
    assert not Workspace().list_runs() and button(test, "Undo") and not test.exception


def test_what_another_tab_deleted_is_told(open_page: Open) -> None:
    run = put_run()
    test = open_page("runs")
    test.session_state[f"menu {run.id}"] = True
    test.run()
    Workspace().delete_run(run.id)
    test.button(key=f"save label {run.id}").click().run()
    assert not test.exception and "Nothing has been trained yet" in words(test)


def test_a_damaged_run_stays_in_the_list(open_page: Open) -> None:
    folder = Workspace().runs / "000003-x"
    folder.mkdir()
    for name in ("run.json", "status.json", "events.jsonl", "project.json"):
        (folder / name).write_text("{[")
    test = open_page("runs")
    assert not test.exception and "Run 3" in words(test)
