"""Journeys through the app in a real browser, from the start page to the file that a network leaves as."""

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from builder.files import save
from builder.graph import Graph, Node
from builder.project import Project
from tests.pages.drawing import Board
from tests.server import Server

SOON, LONG = 30_000, 120_000
POINTS = "() => +(document.querySelector('.live-chart')?.dataset.points ?? 0)"


def points(page: Page) -> int:
    """How many points of the loss the chart shows."""
    return int(page.evaluate(POINTS))


def grown(page: Page, beyond: int) -> None:
    """Wait until the chart shows more points than that."""
    page.wait_for_function(f"least => ({POINTS})() > least", arg=beyond, timeout=LONG)


def step_of(page: Page, word: str) -> int:
    """The step that the progress line tells, once it begins with a word."""
    line = page.get_by_text(re.compile(rf"^{word} · .*step [\d,]+"))
    line.first.wait_for(timeout=LONG)
    return int(re.search(r"step ([\d,]+)", line.first.inner_text())[1].replace(",", ""))


def press(page: Page, name: str) -> None:
    """Press the page's own button of this name, whatever shortcut it shows."""
    named = re.compile(rf"^{re.escape(name)}( Shortcut .+)?$")
    page.get_by_test_id("stMain").get_by_role("button", name=named).click()


def choose(page: Page, label: str, option: str) -> None:
    """Choose an option of a select box by typing it, as a person without a mouse does."""
    box = page.get_by_role("combobox", name=label)
    box.click()
    box.fill(option)
    page.get_by_role("option", name=option, exact=True).click()


def test_from_the_start_page_to_a_file(
    app_url: str, page: Page, settle: Callable[..., None], tmp_path: Path
) -> None:
    page.goto(app_url)
    settle(page)
    page.locator(".st-key-train-digits-cnn button").click()
    page.wait_for_url(re.compile(r"/train\?project=digits-cnn-\w+&run=\d+-digits-cnn"))
    grown(page, 0)
    grown(page, points(page))
    press(page, "Pause")
    paused = step_of(page, "Paused")
    press(page, "Step")
    expect(page.get_by_text(re.compile(rf"^Paused · .*step {paused + 1:,} of"))).to_be_visible(timeout=SOON)
    page.reload()
    assert step_of(page, "Paused") == paused + 1, "a refresh comes back to the same place"
    grown(page, paused // 2)
    press(page, "Resume")
    step_of(page, "Finished")
    page.get_by_role("link", name="Export").click()
    settle(page)
    exported(page, "onnx", tmp_path / "network.onnx")
    page.get_by_role("tab", name="Predict").click()
    page.locator(".stMarkdownBadge", has_text=re.compile("right|wrong: it is")).wait_for()
    page.get_by_role("radio", name="Draw").click()
    drawn_by_keys(page)


def exported(page: Page, to: str, path: Path) -> None:
    """Export, download, and run the file in onnxruntime with two sizes of batch."""
    import onnxruntime

    page.locator(f".st-key-export-{to} button").click()
    page.get_by_text(re.compile("Checked: ")).first.wait_for(timeout=LONG)
    with page.expect_download() as download:
        page.locator(f".st-key-download-{to} button").click()
    download.value.save_as(path)
    session = onnxruntime.InferenceSession(path.read_bytes(), providers=["CPUExecutionProvider"])
    for size in (1, 3):
        outputs = session.run(None, {session.get_inputs()[0].name: np.zeros((size, 1, 8, 8), np.float32)})
        assert outputs[0].shape == (size, 10)


def drawn_by_keys(page: Page) -> None:
    """Draw a stroke with the keyboard alone; an answer appears."""
    pad = page.locator(".pixel-pad")
    pad.focus()
    for key in [*["ArrowRight"] * 4, *["Space", "ArrowDown"] * 7]:
        pad.press(key)
    # Each stroke redraws the chart; while that is under way, the one before it may still be on the page.
    charts = page.get_by_test_id("stPlotlyChart")
    charts.first.wait_for(timeout=SOON)
    expect(charts).to_have_count(1, timeout=SOON)


def test_a_table_with_gaps_and_categories(
    app_url: str, server: Server, page: Page, settle: Callable[..., None], tmp_path: Path
) -> None:
    """From an empty project and a CSV file of one's own to predictions, with nothing but the browser."""
    draw = np.random.default_rng(0)
    lines = ["height,colour,weight,kind"]
    for _ in range(160):
        kind = draw.integers(2)
        height = f"{draw.normal(10 + 4 * kind):.2f}" if draw.random() > 0.1 else ""
        colour = draw.choice(["red", "blue", ""], p=[0.7, 0.2, 0.1] if kind else [0.1, 0.7, 0.2])
        lines.append(f"{height},{colour},{draw.normal():.2f},{'big' if kind else 'small'}")
    table = tmp_path / "my plants.csv"
    table.write_text("\n".join(lines))
    page.goto(app_url)
    settle(page)
    press(page, "New project")
    page.wait_for_url("**/build?project=*")
    settle(page)
    press(page, "Begin with a small network")
    Board(page).node("linear1").wait_for()
    page.get_by_role("link", name="Data").click()
    settle(page)
    choose(page, "Source", "CSV file")
    settle(page)
    page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(table)
    page.get_by_text("160 rows, 4 columns are stored").wait_for()
    settle(page)
    page.get_by_role("button", name=re.compile("^build Make it 5|^Make it 5")).click()
    settle(page)
    page.get_by_role("button", name=re.compile("2 outputs")).click()
    settle(page)
    page.get_by_role("link", name="Train").click()
    settle(page)
    page.locator(".st-key-train button").first.click()
    step_of(page, "Finished")
    page.get_by_role("link", name="Export").click()
    settle(page)
    page.get_by_role("tab", name="Predict").click()
    page.get_by_role("radio", name="Type a row").click()
    choose(page, "colour", "blue")
    page.get_by_text("small", exact=True).first.wait_for()
    page.get_by_role("radio", name="Upload a table").click()
    page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(table)
    page.get_by_role("button", name="Download 160 predictions").wait_for()


@pytest.mark.parametrize("path", ["build", "data", "train", "export?project=none"])
def test_any_address_as_the_very_first_request(
    start_server: Callable[[], Server], page: Page, path: str
) -> None:
    server = start_server()
    page.goto(f"{server.url}/{path}")
    page.get_by_role("link", name="Export").wait_for()
    page.get_by_role("heading").first.wait_for()
    assert page.get_by_test_id("stException").count() == 0


def test_names_run_nothing(server: Server, page: Page, settle: Callable[..., None]) -> None:
    """What people type is shown as it stands on every page: no link, no picture from elsewhere, no script."""
    name = "<img src=x onerror=alert(1)> ![x](http://example.com/a.png) [x](javascript:alert(1)) **b** $x$ :red[r]"
    nodes = (
        Node(id="a", kind="<script>alert(1)</script>", inputs={"<b>": "![x](http://example.com/b.png)"}),
    )
    save(
        Project(name=name, notes=name, graphs={"model": Graph(nodes=nodes)}),
        server.home / "projects" / "hostile.json",
    )
    page.on("dialog", lambda dialog: pytest.fail(dialog.message))
    for path in ("build", "data", "train", "export", ""):
        page.goto(f"{server.url}/{path}?project=hostile" if path else server.url)
        settle(page)
        assert page.locator("img[src='x'], a[href^='javascript']").count() == 0
        assert page.get_by_text("<img src=x").first.is_visible()
