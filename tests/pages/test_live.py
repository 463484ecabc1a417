"""The live views in a real browser: nothing flickers, nothing is lost, and Streamlit draws nothing anew."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from tests.pages.telling import Pretender
from tests.pages.test_journey import press
from tests.server import Server

LONG = 60_000
X = "() => document.querySelector('.live-chart')?.data?.[0].x ?? []"
SEEN = """() => { const chart = document.querySelector('.live-chart'); return {
    mark: chart.mark, range: chart._fullLayout.xaxis.range.map((one) => Math.round(one)),
    shown: chart._fullData.map((trace) => trace.visible), colour: chart._fullLayout.font.color } }"""
BUSY = """() => { const app = document.querySelector('[data-testid=stApp]'); window.reruns = 0;
    new MutationObserver(() => { window.reruns += app.dataset.testScriptState === 'running' }).observe(
        app, { attributes: true, attributeFilter: ['data-test-script-state'] }) }"""


@pytest.fixture
def worker(server: Server, request: pytest.FixtureRequest) -> Iterator[Pretender]:
    """A run that goes on when the test says so."""
    id = re.sub(r"[^a-z0-9]+", "-", request.node.name.removeprefix("test_").lower())[:38].strip("-")
    with Pretender(server.home, id) as one:
        yield one


@pytest.fixture
def watch(server: Server, page: Page, settle: Callable[..., None]) -> Callable[[Pretender], None]:
    """Open the page of a run, and wait until its curve is there."""

    def opened(worker: Pretender) -> None:
        page.set_default_timeout(LONG)
        page.goto(f"{server.url}/{worker.address}")
        settle(page)
        whole(page, worker)

    return opened


def whole(page: Page, worker: Pretender) -> None:
    """Wait until the curve shows each step of the run, once, in order."""
    count = worker.status.step
    page.wait_for_function(f"count => ({X})().at(-1) === count", arg=count, timeout=LONG)
    assert page.evaluate(X) == [*range(1, count + 1)]


def ticks(page: Page, worker: Pretender, count: int) -> None:
    """Train until the curve has grown so many times."""
    for _ in range(count):
        worker.train()
        whole(page, worker)


def zoomed(page: Page) -> dict[str, Any]:
    """Zoom into the chart with the mouse, hide the validation curve, and put a mark on the element."""
    page.evaluate("() => { document.querySelector('.live-chart').mark = 'the same' }")
    page.locator(".live-chart").first.locator(".legendtoggle").last.click()
    page.wait_for_function(f"() => ({SEEN})().shown.includes('legendonly')")
    place = page.locator(".live-chart .nsewdrag").first.bounding_box()
    assert place
    page.mouse.move(place["x"] + 0.3 * place["width"], place["y"] + 40)
    page.mouse.down()
    page.mouse.move(place["x"] + 0.6 * place["width"], place["y"] + place["height"] - 30, steps=5)
    page.mouse.up()
    page.wait_for_function(f"() => ({SEEN})().range[0] > 10")
    return page.evaluate(SEEN)


def test_zoom_and_legend_survive_ticks_reruns_and_the_theme(
    watch: Callable[..., None], worker: Pretender, page: Page, settle: Callable[..., None]
) -> None:
    worker.train(150)
    watch(worker)
    seen = zoomed(page)
    page.evaluate(BUSY)
    ticks(page, worker, 20)
    assert page.evaluate(SEEN) == seen, "after 20 ticks"
    assert page.evaluate("reruns") == 0, "a run that trains makes Streamlit draw nothing"
    worker.report(state="paused")
    page.get_by_role("button", name="Resume").wait_for()
    page.wait_for_function("reruns > 0", timeout=LONG)
    settle(page)
    assert page.evaluate(SEEN) == seen, "after a rerun"
    page.emulate_media(color_scheme="dark")
    page.wait_for_function(f"old => ({SEEN})().colour !== old", arg=seen["colour"], timeout=LONG)
    worker.report(state="running")
    ticks(page, worker, 1)
    assert {**page.evaluate(SEEN), "colour": seen["colour"]} == seen, "in the other theme"


def test_a_reload_in_mid_run_shows_everything_again(
    watch: Callable[..., None], worker: Pretender, page: Page
) -> None:
    worker.train(100)
    watch(worker)
    ticks(page, worker, 2)
    page.get_by_role("button", name="By time").click()
    page.wait_for_function(
        "() => document.querySelector('.live-chart').layout.xaxis.title.text.includes('second')"
    )
    page.get_by_role("button", name="By epoch").click()
    page.wait_for_function(f"() => ({X})().at(-1) === 1.2")
    page.reload()
    expect(page.get_by_role("button", name="By epoch")).to_have_attribute(
        "aria-pressed", "true", timeout=LONG
    )
    page.get_by_role("button", name="By step").click()
    whole(page, worker)


def test_4_s_offline_and_back(watch: Callable[..., None], worker: Pretender, page: Page) -> None:
    """No point is lost, and none doubled; meanwhile the page says so, and does not look as if it trained."""
    worker.train(50)
    watch(worker)
    page.context.set_offline(True)
    for _ in range(8):
        worker.train()
        page.wait_for_timeout(500)
    expect(page.get_by_text("No connection, trying again; the run goes on")).to_be_visible(timeout=LONG)
    page.context.set_offline(False)
    whole(page, worker)
    expect(page.get_by_text(f"step {worker.status.step} of 4,000")).to_be_visible(timeout=LONG)
    ticks(page, worker, 2)
    page.faults.clear()  # type: ignore[attr-defined]


@pytest.mark.parametrize("how", ["held back", "cut"])
def test_a_proxy_in_the_way_of_streams(
    watch: Callable[..., None], worker: Pretender, page: Page, how: str
) -> None:
    """The page asks for the news instead; when streams come through again, it goes back to them."""

    def meddle(route: Route) -> None:
        if how == "cut":
            route.abort()

    page.route("**/api/stream?**", meddle)
    worker.train(50)
    watch(worker)
    assert page.evaluate("strataFeed.mode") == "polling"
    ticks(page, worker, 3)
    page.unroute("**/api/stream?**")
    page.wait_for_function("() => strataFeed.mode === 'stream'", timeout=2 * LONG)
    ticks(page, worker, 3)


def test_a_button_answers_before_the_run_obeys(
    watch: Callable[..., None], worker: Pretender, page: Page, settle: Callable[..., None]
) -> None:
    worker.train(20)
    watch(worker)
    press(page, "Pause")
    page.get_by_text("Pausing …").wait_for()
    expect(page.get_by_role("button", name="Pause")).to_be_disabled(timeout=LONG)
    assert worker.asked() == ["pause"]
    worker.obey("paused")
    expect(page.get_by_text(re.compile(r"^Paused · Epoch 1 of 40 · step 20 of"))).to_be_visible(timeout=LONG)
    expect(page.get_by_role("button", name="Resume")).to_be_enabled(timeout=LONG)
    settle(page)
    page.keyboard.press("s")
    page.get_by_text("Training one batch …").wait_for()
    assert worker.asked() == ["pause", "step"]
    worker.train(1)
    worker.obey("paused")  # it was paused before and is again: that it has obeyed is told all the same
    expect(page.get_by_role("button", name="Resume")).to_be_enabled(timeout=LONG)
    expect(page.get_by_text(re.compile("^Paused .* step 21 of"))).to_be_visible(timeout=LONG)


def test_layers_are_told_in_words(watch: Callable[..., None], worker: Pretender, page: Page) -> None:
    worker.layers = {
        "linear1": {"gradient": 0.5, "update": 1e-3},
        "relu1": {"dead": 0.75},
        "linear2": {"gradient": 0.4, "update": 1e-6},
    }
    for _ in range(6):
        worker.train()
    watch(worker)
    table = page.get_by_role("region", name="Layer health").get_by_role("row")
    expect(table.nth(1)).to_contain_text("linear1Linear")
    expect(table.nth(1)).to_contain_text("learning")
    expect(table.nth(2)).to_contain_text("75 % of the units are dead: they give 0 for every example")
    expect(table.nth(3)).to_contain_text("hardly moves: its updates are a millionth of its weights")
    worker.layers = {f"conv{number}": {"gradient": 0.5, "update": 1e-3} for number in range(60)}
    ticks(page, worker, 2)
    expect(table.nth(61 - 1)).to_contain_text("conv59")
    kinds = "() => [...document.querySelectorAll('.live-chart.other')].map((one) => one.data?.[0]?.type)"
    page.get_by_text("Gradient norm by layer").last.scroll_into_view_if_needed()
    page.wait_for_function(f"() => ({kinds})().filter((one) => one === 'heatmap').length === 2", timeout=LONG)


def test_a_failed_run_leads_to_the_node(
    watch: Callable[..., None], worker: Pretender, page: Page, settle: Callable[..., None]
) -> None:
    worker.train(20)
    watch(worker)
    worker.report(state="failed", message="Layer 'relu1' failed: RuntimeError: no.", node="relu1")
    page.get_by_role("button", name="Show relu1 on Build").click()
    page.wait_for_url("**/build?project=*")
    expect(page.locator(".st-key-board_side")).to_contain_text("relu1", timeout=LONG)
    worker.report(node="", message="")


def test_a_branch_shows_its_parent_beside_it(
    watch: Callable[..., None], worker: Pretender, server: Server, page: Page
) -> None:
    """Both come through one stream."""
    streams: list[str] = []
    page.on("request", lambda request: streams.append(request.url) if "/api/stream" in request.url else None)
    with Pretender(server.home, "the-parent") as parent:
        parent.train(200)
        worker.run.describe(parent=parent.run.id, branched=100)
        worker.train(100)
        watch(worker)
        names = "() => document.querySelector('.live-chart').data.map((trace) => trace.name)"
        page.wait_for_function(f"() => ({names})().includes('run 900, train')", timeout=LONG)
        parent.train(10)
        last = "() => document.querySelector('.live-chart').data.find((one) => one.name === 'run 900, train').x.at(-1)"
        page.wait_for_function(f"() => ({last})() === 210", timeout=LONG)
        assert streams[-1].count("900-") == 2
        uids = page.evaluate("() => document.querySelector('.live-chart').data.map((trace) => trace.uid)")
        assert all(re.fullmatch(r"[a-z][\w-]*", one) for one in uids), "Plotly makes a selector of each"
        worker.run.describe(parent="")
        worker.report(state="paused")
        page.wait_for_function(f"() => !({names})().includes('run 900, train')", timeout=LONG)
