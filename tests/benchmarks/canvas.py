"""What a person feels on the canvas: from an edge's drop to its shape, frames a second, opening a network."""

import json
import statistics
import tempfile
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
from playwright.sync_api import Page, sync_playwright

import builder
from builder.graph import Graph, Node
from builder.project import Project
from engines.runs.run import Run
from tests import browser as chromium
from tests.benchmarks.protocol import Result
from tests.pages.drawing import DEEP, Board, middle
from tests.server import Server

DROPS = 15
COLUMNS = 12
WATCH = """
window.appears = (selector, text) => {
  window.appeared = new Promise((done) => {
    addEventListener('pointerup', () => {
      const start = performance.now()
      const look = () => {
        const found = deep(selector)
        if (found && found.textContent.includes(text)) requestAnimationFrame(() => done(performance.now() - start))
        else requestAnimationFrame(look)
      }
      look()
    }, { once: true, capture: true })
  })
}
window.frames = (seconds) => new Promise((done) => {
  const times = []
  const tick = (now) => { times.push(now); now - times[0] < seconds * 1000 ? requestAnimationFrame(tick) : done(times) }
  requestAnimationFrame(tick)
})
"""
OPENED = """
() => new Promise((done) => {
  const start = performance.now()
  const link = [...document.querySelectorAll('[data-testid=stSidebar] a')].find((one) => one.href.includes('/build'))
  link.click()
  const look = () => {
    const host = deep('[data-ready="1"]')
    if (host && deep('[data-node]')) requestAnimationFrame(() => done(performance.now() - start))
    else requestAnimationFrame(look)
  }
  look()
})
"""


def chain(count: int) -> Graph:
    """So many nodes in a row, the second not connected: all shapes hang on the one missing edge."""
    nodes = [Node(id="input1", kind="Input", config={"shape": [16]}, position=(0, 0))]
    nodes.append(Node(id="first", kind="Linear", config={"units": 32}, position=(320, 0)))
    for number in range(2, count):
        place = ((number % COLUMNS) * 260.0, 200.0 + number // COLUMNS * 170)
        config = {"units": 32} if number % 2 else {}
        kind = "Linear" if number % 2 else "ReLU"
        nodes.append(
            Node(id=f"n{number}", kind=kind, config=config, inputs={"input": nodes[-1].id}, position=place)
        )
    return Graph(nodes=tuple(nodes))


def run() -> Iterator[Result]:
    """Every row about the canvas."""
    path = chromium.find()
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        server = Server(Path(folder) / "strata").start()
        try:
            with chromium.launched(playwright, path) as browser:
                page = browser.new_page(viewport={"width": 1440, "height": 900})
                page.add_init_script(DEEP + WATCH)
                yield from rows(page, server)
        finally:
            server.close()


def rows(page: Page, server: Server) -> Iterator[Result]:
    """Warm up, then measure."""
    opened(page, server, Project(name="warm", graphs={"model": chain(10)}))
    page.wait_for_timeout(8000)  # torch is loaded behind the first page
    for count, goal in ((20, "≤80"), (200, "≤150"), (300, "–")):
        times = drops(page, server, count)
        yield _median(f"edge drop → shape label, {count} nodes", times, goal)
    for name, moving in (("pan", pan), ("drag", drag)):
        for count, goal in ((100, "≥50"), (300, "–")):
            opened(page, server, Project(name=f"frames{count}", graphs={"model": chain(count)}))
            yield Result(f"{name}, {count} nodes", moving(page), goal, "frames/s")
    opened(page, server, seen(server))
    page.evaluate("localStorage.setItem('strata.glow', JSON.stringify({show: 'values', edges: 'weights'}))")
    for name, moving in (("pan", pan), ("drag", drag)):
        opened(page, server, builder.load(server.home / "projects" / "seen300.json"))
        page.locator(".layer-glow").first.wait_for()
        yield Result(f"{name}, 300 nodes with pictures", moving(page), "≥50", "frames/s")
    page.evaluate("localStorage.clear()")
    opened(page, server, builder.template("resnet-18"))
    times = []
    for _ in range(7):
        page.get_by_test_id("stSidebar").get_by_role("link", name="Data").click()
        chromium.settle(page)
        times.append(page.evaluate(OPENED))
    yield _median("open ResNet-18 from another page", times, "≤1000")


def seen(server: Server) -> Project:
    """A project of 300 nodes with a run that kept what each of them gave."""
    project = Project(name="seen300", graphs={"model": chain(300)})
    run = Run.create(server.home / "runs" / "000001-seen", project, of="seen300")
    draw = np.random.default_rng(0)
    ids = [node.id for node in project.graphs["model"].nodes]
    run.arrays.keep(1, {f"activations/example/{id}": draw.normal(size=(16, 24, 24)) for id in ids}, 0.0, 1.0)
    layers = {id: {"weight": draw.random()} for id in ids}
    (run.folder / "events.jsonl").write_text(
        json.dumps({"type": "probed", "step": 1, "layers": layers}) + "\n"
    )
    return project


def opened(page: Page, server: Server, project: Project) -> Board:
    """The canvas with a project."""
    id = "".join(letter for letter in project.name.lower() if letter.isalnum())
    builder.save(project, server.home / "projects" / f"{id}.json")
    page.goto(f"{server.url}/build?project={id}")
    board = Board(page).ready()
    chromium.settle(page)
    return board


def drops(page: Page, server: Server, count: int) -> list[float]:
    """Milliseconds from the release of the mouse to the label on the screen, again and again."""
    board = opened(page, server, Project(name=f"chain{count}", graphs={"model": chain(count)}))
    times = []
    for _ in range(DROPS):
        page.evaluate("appears(\"[data-edge='n2.input']\", 'B × 32')")  # only the server can know
        board.connect("input1", "first")
        times.append(page.evaluate("appeared"))
        page.wait_for_timeout(400)
        page.keyboard.press("Control+z")
        board.label("first").wait_for(state="detached")
        page.wait_for_timeout(400)
    return times


def pan(page: Page) -> float:
    """Frames a second while the canvas is dragged about."""
    host = page.locator(".react-flow__pane").bounding_box()
    assert host
    return _frames(page, host["x"] + host["width"] / 2, host["y"] + 14)


def drag(page: Page) -> float:
    """Frames a second while a node is dragged about."""
    x, y = middle(page.locator("[data-node='first'] [data-grip]"))
    return _frames(page, x, y)


def _frames(page: Page, x: float, y: float) -> float:
    page.mouse.move(x, y)
    page.mouse.down()
    page.evaluate("() => { window.counted = frames(3) }")
    for number in range(120):
        page.mouse.move(x + 60 * ((number // 20) % 2) + number % 20, y + number % 30)
    times = page.evaluate("counted")
    page.mouse.up()
    return 1000 / statistics.median(b - a for a, b in pairwise(times))


def _median(name: str, times: list[float], goal: str) -> Result:
    low, middle, high = statistics.quantiles(times, n=4)
    return Result(f"{name} (first {times[0]:.0f})", middle, goal, "ms", (low, high))
