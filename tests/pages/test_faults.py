"""Faults 3, 4, 25 and 27: the server is killed or stopped, the page is left, a button is pressed twice."""

import re
import time
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page

import builder
from engines.runs.run import Run
from tests.pages.drawing import Board
from tests.pages.test_journey import grown, points, press, step_of
from tests.server import Server

LONG_RUN = 3000
PATIENCE = 30.0


def project_in(server: Server, id: str = "mine") -> str:
    """A project that trains for minutes, in a server's home."""
    project = builder.template("digits-mlp")
    builder.save(
        project.with_fields(engine={**project.engine, "epochs": LONG_RUN}),
        server.home / "projects" / f"{id}.json",
    )
    return id


def runs_in(server: Server) -> list[Run]:
    """The runs in a server's home."""
    folder = server.home / "runs"
    return (
        [run for path in sorted(folder.glob("0*")) if (run := Run(path)).exists()] if folder.is_dir() else []
    )


def started(server: Server, page: Page) -> Run:
    """Train in the browser until the chart grows."""
    page.goto(f"{server.url}/train?project={project_in(server)}")
    page.locator(".st-key-train button").first.click()
    grown(page, 20)
    (run,) = runs_in(server)
    return run


def goes_on(run: Run) -> None:
    """Whether the run makes steps."""
    before, end = run.status().step, time.monotonic() + PATIENCE
    while run.status().step <= before:
        assert time.monotonic() < end, f"no step after {before}: {run.status()}"
        time.sleep(0.1)


def test_3_the_server_is_killed(start_server: Callable[[], Server], page: Page) -> None:
    """The run goes on; the same address shows the whole curve again."""
    server = start_server()
    run = started(server, page)
    address = page.url
    server.kill()
    goes_on(run)
    server.start()
    page.goto(address)
    seen = run.status().step
    page.wait_for_function(
        "seen => document.querySelector('.live-chart')?.data?.[0].x.at(-1) >= 0.9 * seen",
        arg=seen,
        timeout=60_000,
    )
    first = page.evaluate("() => document.querySelector('.live-chart').data[0].x[0]")
    assert first < max(seen / 10, 200), "the whole curve is shown, from its beginning on"
    press(page, "Stop")
    step_of(page, "Stopped")
    assert len(runs_in(server)) == 1
    page.faults.clear()  # type: ignore[attr-defined]


def test_4_the_server_is_asked_to_end(start_server: Callable[[], Server], page: Page) -> None:
    """It ends in less than 2 s though a page watches a run; the run goes on."""
    server = start_server()
    run = started(server, page)
    assert server.stop() < 2
    goes_on(run)
    run.send("stop")
    page.faults.clear()  # type: ignore[attr-defined]


def test_25_a_refresh_and_back(server: Server, page: Page, settle: Callable[..., None]) -> None:
    """Graph, data and run come back from the address; back and forward lead where a person expects."""
    page.goto(server.url)
    settle(page)
    page.locator(".st-key-open-spiral-mlp button").click()
    page.wait_for_url("**/build?project=*")
    settle(page)
    Board(page).ready().node("linear1").locator("[data-grip]").click()
    form = page.locator(".st-key-board_side")  # there are fields on the nodes of the canvas as well
    form.get_by_role("spinbutton", name="Units").fill("77")
    page.keyboard.press("Tab")
    settle(page)
    page.reload()
    settle(page)
    page.get_by_role("link", name="Data").click()
    settle(page)
    page.reload()
    page.get_by_text("300 examples").wait_for()
    page.go_back()
    page.wait_for_url("**/build?project=*")
    page.get_by_role("heading", name="Build").wait_for()
    id = re.search(r"project=([\w-]+)", page.url)[1]
    graph = builder.load(server.home / "projects" / f"{id}.json").graph
    assert 77 in [node.config.get("units") for node in graph.nodes]


def test_27_a_double_click_gives_one_run(
    start_server: Callable[[], Server], page: Page, tmp_path: Path
) -> None:
    """On the start page and on Train."""
    server = start_server()
    page.goto(server.url)
    page.locator(".st-key-train-digits-mlp button").dblclick()
    page.wait_for_url("**/train?project=*")
    grown(page, 5)
    assert len(runs_in(server)) == 1
    assert len([*(server.home / "projects").glob("*.json")]) == 1
    page.goto(f"{server.url}/train?project={project_in(server)}")
    page.locator(".st-key-train button").first.dblclick()
    grown(page, 20)
    assert len(runs_in(server)) == 2
    assert points(page) > 20
    press(page, "Stop")
    step_of(page, "Stopped")
