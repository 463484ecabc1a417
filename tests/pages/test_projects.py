"""Projects as a whole: listed, found, renamed, duplicated, deleted and brought back."""

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from streamlit.testing.v1 import AppTest

import builder
from builder.edits import InRole, SetConfig
from builder.errors import BadFile
from engines.runs.run import Run
from engines.runs.status import Status
from engines.workspace import Workspace
from pages.parts.documents.document import Step, document
from tests.pages.seen import Open, button, project_of, saved, words
from tests.server import Server

HOSTILE = "<b>x</b> **[y](http://example.com)** $a$ :red[z] ![i](http://example.com/i.png)"


def put(count: int) -> None:
    """Projects p000, p001 …, each older than the one before."""
    for number in range(count):
        saved(builder.template("spiral-mlp").with_fields(name=f"Project {number}"), f"p{number:03d}")
        os.utime(Workspace().projects / f"p{number:03d}.json", (1e9 - number,) * 2)


def listed(test: AppTest) -> list[str]:
    """The names in the list."""
    pages = "Start Runs Playground Reference Build Data Train Inspect Landscape Export Details".split()
    links = [one.proto.label for one in test.get("page_link")]
    return [re.sub(r"\\(.)", r"\1", label) for label in links if label and label not in pages]


def trained(id: str, state: str) -> Run:
    """A run of a project, in a state."""
    home = Workspace()
    run = Run.create(home.runs / "000001-x", project_of(id), of=id)
    run.report(Status(state=state))
    return run


def names() -> set[str]:
    """The names of all projects on the disk."""
    return {one.name for one in Workspace().list_projects()}


def test_the_first_visitor_sees_no_empty_list(open_page: Open) -> None:
    test = open_page("start")
    assert not test.exception and "Your projects" not in words(test)


def test_the_last_changed_come_first_and_a_search_finds_the_others(open_page: Open) -> None:
    put(12)
    test = open_page("start")
    assert not test.exception
    assert listed(test) == [f"Project {number}" for number in range(8)]
    button(test, "Show all 12").click().run()
    assert len(listed(test)) == 12
    test.text_input(key="search projects").set_value("11 PROJECT").run()
    assert listed(test) == ["Project 11"]
    test.text_input(key="search projects").set_value("<nothing>").run()
    assert not listed(test) and "No project has <nothing> in its name" in words(test)


def test_three_hundred_are_listed_fifty_at_a_time(open_page: Open) -> None:
    put(300)
    test = open_page("start")
    assert len(listed(test)) == 8
    button(test, "Show 50 more of 300").click().run()
    button(test, "Show 50 more of 300").click().run()
    assert len(listed(test)) == 108 and not test.exception
    button(test, "Show fewer").click().run()
    assert len(listed(test)) == 8
    test.text_input(key="search projects").set_value("project").run()
    assert len(listed(test)) == 50


def test_a_project_is_renamed_in_place(open_page: Open) -> None:
    """Its address stays; the name is text, whatever is in it."""
    saved(builder.template("digits-mlp"))
    test = open_page("start")
    test.button(key="Rename mine").click().run()
    test.text_input(key="new name mine").set_value(HOSTILE)
    test.button(key="save name mine").click().run()
    assert project_of().name == HOSTILE
    assert listed(test) == [HOSTILE] and not test.exception
    test.button(key="Rename mine").click().run()
    test.text_input(key="new name mine").set_value("   ")
    test.button(key="save name mine").click().run()
    assert project_of().name == HOSTILE and "must have a name" in words(test)
    test.button(key="keep name mine").click().run()
    assert "must have a name" not in words(test)
    test.button(key="Rename mine").click().run()
    test.text_input(key="new name mine").set_value("Another")
    test.button(key="keep name mine").click().run()
    assert project_of().name == HOSTILE and listed(test) == [HOSTILE]


def test_copies_are_named_and_numbered(open_page: Open) -> None:
    saved(builder.template("digits-mlp").with_fields(name="Digits"))
    test = open_page("start")
    for _ in range(2):
        test.button(key="Duplicate mine").click().run()
    assert names() == {"Digits", "Digits (copy)", "Digits (copy 2)"} and not test.exception


def test_projects_of_one_name_are_told_apart(open_page: Open) -> None:
    for number, id in enumerate(("one", "two")):
        saved(builder.template("digits-mlp").with_fields(name="Same"), id)
        os.utime(Workspace().projects / f"{id}.json", (1e9 + number,) * 2)
    rows = [
        one.proto.body for one in open_page("start").get("html") if one.proto.body.startswith("<div class")
    ]
    assert len(set(rows)) == len(rows) == 2 and all("9 Sep" in row for row in rows)


def test_a_deletion_is_taken_back_until_something_else_is_done(open_page: Open) -> None:
    put(2)
    test = open_page("start")
    test.button(key="Delete p000").click().run()
    assert "Deleted **Project 0**" in words(test) and listed(test) == ["Project 1"]
    button(test, "Undo").click().run()
    assert listed(test) == ["Project 0", "Project 1"] and "Deleted" not in words(test)
    test.button(key="Delete p001").click().run()
    test.button(key="Duplicate p000").click().run()
    assert "Deleted **" not in words(test), "the last action is another"
    key = Workspace().list_deleted()[0].key
    test.button(key=f"restore {key}").click().run()
    assert names() == {"Project 0", "Project 0 (copy)", "Project 1"} and not test.exception


def test_the_last_project_can_be_deleted_and_comes_back_in_another_session(open_page: Open) -> None:
    put(1)
    open_page("start").button(key="Delete p000").click().run()
    test = open_page("start")
    assert "Your projects" in words(test) and not listed(test)
    button(test, "Restore").click().run()
    assert listed(test) == ["Project 0"] and not test.exception


def test_what_another_tab_deleted_is_deleted_once(open_page: Open) -> None:
    put(2)
    first, second = open_page("start"), open_page("start")
    first.button(key="Delete p000").click().run()
    second.button(key="Delete p000").click().run()
    assert not second.exception and "There is no" not in words(second)
    for test in (first, second):
        button(test, "Undo").click().run()
        assert not test.exception and listed(test) == ["Project 0", "Project 1"]
    first.button(key="Delete p000").click().run()
    second.button(key="Duplicate p000").click().run()
    assert "There is no project" in words(second) and not second.exception


@pytest.mark.parametrize(("state", "told"), [("running", "goes on"), ("paused", "stays paused")])
def test_a_run_outlives_its_project(
    open_page: Open, monkeypatch: pytest.MonkeyPatch, state: str, told: str
) -> None:
    sent: list[str] = []
    monkeypatch.setattr(Run, "send", lambda run, command: sent.append(command))
    trained(saved(builder.template("digits-mlp")), state)
    test = open_page("start")
    test.button(key="Delete mine").click().run()
    assert f"Its run {told}" in words(test) and not sent
    button(test, "Stop the run").click().run()
    assert sent == ["stop"] and not test.exception
    assert "Its run" not in words(test) and button(test, "Undo")


def test_a_run_that_is_over_is_not_mentioned(open_page: Open) -> None:
    trained(saved(builder.template("digits-mlp")), "finished")
    test = open_page("start")
    test.button(key="Delete mine").click().run()
    assert "Its run" not in words(test)


def test_a_damaged_file_can_be_put_away(open_page: Open) -> None:
    (Workspace().projects / "broken.json").write_text("{")
    test = open_page("start")
    assert listed(test) == ["broken"] and not [one for one in test.button if one.key == "Rename broken"]
    test.button(key="Delete broken").click().run()
    assert not listed(test) and not test.exception


@pytest.mark.parametrize("page", ["build", "data", "train", "inspect", "landscape", "export"])
def test_a_link_to_a_deleted_project_offers_to_restore_it(open_page: Open, page: str) -> None:
    home = Workspace()
    home.delete_project(saved(builder.template("digits-mlp").with_fields(name=HOSTILE)))
    test = open_page(page, project="mine")
    assert not test.exception and f"The project **{HOSTILE[:60]}" in words(test)
    button(test, "Restore it").click().run()
    assert not test.exception and project_of().name == HOSTILE
    assert "was deleted" not in words(test)


def test_from_the_header_of_a_project(open_page: Open) -> None:
    saved(builder.template("digits-mlp").with_fields(name="Digits"))
    button(open_page("data", project="mine"), "Duplicate").click().run()
    assert names() == {"Digits", "Digits (copy)"}
    test = open_page("data", project="mine")
    button(test, "Delete project").click().run()
    assert not test.exception and names() == {"Digits (copy)"}
    assert "Deleted **Digits**" in words(test) and button(test, "Undo")


def test_a_tab_that_still_shows_a_deleted_project_brings_no_file_back(open_page: Open) -> None:
    test = open_page("data", project=saved(builder.template("spiral-mlp")))
    Workspace().delete_project("mine")
    next(one for one in test.number_input if one.label == "Arms").set_value(4).run()
    assert not test.exception and not Workspace().list_projects()
    assert "was deleted" in words(test)


def test_what_is_in_memory_of_a_deleted_project_is_not_written(workspace: Path) -> None:
    """Neither by a page nor by the canvas; once it is restored, it goes on with its history."""
    one = document(saved(builder.template("digits-mlp")))
    one.edit(InRole(role="model", inner=SetConfig(node="linear1", config={"units": 44})), "a tab")
    key = Workspace().delete_project("mine")
    wishes: list[Callable[[], object]] = [
        lambda: one.change(lambda newest: newest.with_fields(name="Back"), "a tab"),
        lambda: one.undo("a tab", one.revision),
        lambda: one.take([Step(1, "undo")], "a tab", one.revision),
        lambda: document("mine"),
    ]
    for wish in wishes:
        with pytest.raises(BadFile):
            wish()
    assert not Workspace().list_projects()
    Workspace().restore_project(key)
    assert project_of().graph["linear1"].config["units"] == 44
    one.undo("a tab", one.revision)
    assert project_of().graph["linear1"].config["units"] != 44


def test_a_name_changed_in_the_list_reaches_an_open_tab(open_page: Open) -> None:
    test = open_page("data", project=saved(builder.template("spiral-mlp")))
    start = open_page("start")
    start.button(key="Rename mine").click().run()
    start.text_input(key="new name mine").set_value("Another")
    start.button(key="save name mine").click().run()
    next(one for one in test.number_input if one.label == "Arms").set_value(4).run()
    assert (project_of().name, project_of().data["source"]["arms"]) == ("Another", 4)
    assert project_of().revision == 2 and not test.exception


def test_in_a_browser_delete_undo_and_a_server_that_restarts(
    start_server: Callable[[], Server], page: Page, settle: Callable[..., None]
) -> None:
    server = start_server()
    home = Workspace(server.home)
    for id, name in (("one", HOSTILE), ("two", "Spirals")):
        builder.save(builder.template("spiral-mlp").with_fields(name=name), home.projects / f"{id}.json")
    page.goto(server.url)
    link = page.get_by_role("link", name="Spirals", exact=True)
    rename(page, "Spirals", "Moons")
    link = page.get_by_role("link", name="Moons", exact=True)
    expect(link).to_have_attribute("href", re.compile(r"build\?project=two$"))
    expect(page.get_by_role("link", name=HOSTILE, exact=True)).to_be_visible()
    choose(page, "Moons", "Delete")
    expect(link).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    expect(link).to_be_visible()
    choose(page, "Moons", "Delete")
    expect(link).to_have_count(0)
    server.kill()
    server.start()
    page.goto(f"{server.url}/build?project=two")
    page.get_by_role("button", name="Restore it").click()
    settle(page)
    expect(page).to_have_url(re.compile(r"build\?project=two"))
    assert not home.list_deleted() and home.list_projects()[-1].id in ("one", "two")
    page.faults.clear()  # type: ignore[attr-defined]


def choose(page: Page, name: str, item: str) -> None:
    """Choose from the menu of a project."""
    page.get_by_role("button", name=f"Menu of {name}", exact=True).click()
    page.get_by_test_id("stPopoverBody").get_by_role("button", name=item, exact=True).click()


def rename(page: Page, name: str, to: str) -> None:
    """Rename a project with the Enter key."""
    choose(page, name, "Rename")
    field = page.get_by_role("textbox", name="Name", exact=True)
    field.fill(to)
    field.press("Enter")
