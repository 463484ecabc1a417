"""The Runs page in a browser: search, tag, delete, undo; nothing that people type is run."""

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

import builder
from builder.edits import RemoveNodes, SetConfig
from engines.runs.label import label
from engines.runs.run import Run
from engines.workspace import Workspace
from tests.pages.drawing import DEEP
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


def test_in_a_browser_two_runs_side_by_side_and_their_networks_on_the_canvas(
    start_server: Callable[[], Server], page: Page, settle: Callable[..., None]
) -> None:
    server = start_server()
    put_on(server)
    wider = SetConfig(node="linear1", config={"units": 128}).apply(builder.template("digits-mlp").graph)
    wider = RemoveNodes(ids=("relu2",)).apply(wider)
    project = builder.template("digits-mlp").with_graph(wider)
    put_run(HOSTILE[:90], home=Workspace(server.home), project=project)
    page.add_init_script(DEEP)
    page.goto(f"{server.url}/runs")
    for name in ("Run 2 ·", "Run 4 ·"):
        page.get_by_role("checkbox", name=f"Compare {name}").check(force=True)
        settle(page)
    page.get_by_test_id("stMain").get_by_role("button", name="Compare 2").click()
    expect(page).to_have_url(re.compile(r"compare=000002-digits(,|%2C)000004"))
    page.reload()
    expect(page.locator(".js-plotly-plot")).to_have_count(3, timeout=30_000)
    expect(page.locator(".strata-table .best").first).to_be_visible()
    linear, gone = (page.locator(f"[data-node='{id}']") for id in ("linear1", "relu2"))
    expect(linear).to_have_attribute("data-mark", "changed")
    expect(linear).to_have_attribute("aria-label", re.compile("Units from 64 to 128"))
    expect(gone).to_have_attribute("data-mark", "removed")
    before = linear.bounding_box()
    stage = page.locator(".differing .board-stage")
    stage.press("+")
    page.wait_for_function("was => deep('[data-node=linear1]').getBoundingClientRect().width > was * 1.05",
                           arg=before["width"] if before else 0)  # fmt: skip
    linear.hover()
    page.mouse.down()
    page.mouse.move(700, 500)
    page.mouse.up()
    stage.press("Delete")
    expect(page.locator("[data-node]")).to_have_count(8)
    page.get_by_role("button", name="All runs").click()
    expect(page.get_by_label("Search")).to_be_visible()
    assert page.title() == "Strata"
