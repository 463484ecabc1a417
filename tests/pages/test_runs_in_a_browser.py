"""The Runs page in a browser: search, tag, delete, undo; nothing that people type is run."""

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

import builder
from engines.runs.label import label
from engines.runs.run import Run
from engines.workspace import Workspace
from tests.pages.putting import put_run
from tests.server import Server

HOSTILE = "<img src=x onerror=\"document.title='ran'\"> **b** [x](javascript:alert(1)) $x$ :red[x]"


def put_on(server: Server) -> list[Run]:
    """Three runs in the home of a server: names, tags and notes that would run if they were taken for code."""
    home = Workspace(server.home)
    builder.save(builder.template("digits-mlp"), home.projects / "mine.json")
    return [
        put_run(HOSTILE[:110], of="mine", home=home, tags=("<b>x</b>",), note=HOSTILE),
        put_run("Digits", of="mine", home=home, accuracies=(0.4, 0.6)),
        put_run("Spirals", "stopped", of="gone", home=home, tags=("sweep",)),
    ]


def test_in_a_browser_search_tag_delete_and_undo(
    start_server: Callable[[], Server], page: Page, settle: Callable[..., None]
) -> None:
    server = start_server()
    first, *_ = put_on(server)
    page.goto(f"{server.url}/runs")
    settle(page)
    links = page.get_by_test_id("stMain").get_by_test_id("stPageLink")
    expect(links).to_have_count(3)
    expect(page.locator(".strata-run .tag", has_text="<b>x</b>")).to_have_count(1)
    page.get_by_label("Search").fill("sweep lr=0.001")
    page.get_by_label("Search").press("Enter")
    expect(links).to_have_count(1)
    page.get_by_label("Search").fill("")
    page.get_by_label("Search").press("Enter")
    expect(links).to_have_count(3)
    page.get_by_role("button", name="Menu of Run 2").click()
    tags = page.get_by_test_id("stPopoverBody").get_by_role("combobox")
    tags.fill("<i>new</i>")
    tags.press("Enter")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".strata-run .tag", has_text="<i>new</i>")).to_have_count(1)
    page.get_by_role("button", name="Menu of Run 1").click()
    page.get_by_role("button", name="Delete run").click()
    expect(links).to_have_count(2)
    page.get_by_role("button", name="Undo").click()
    expect(links).to_have_count(3)
    assert label(first.folder).note == HOSTILE and page.title() == "Strata"
    links.filter(has_text="Run 2").click()
    expect(page).to_have_url(re.compile(r"train\?project=mine&run=000002-digits"))
