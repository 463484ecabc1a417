"""What the canvas shows of a run, in a real browser: chosen by keyboard, changing while it trains, and remembered."""

import json
import re

import numpy as np
from playwright.sync_api import Page, expect

from builder.files import load
from engines.runs.run import Run
from tests.pages.drawing import Board
from tests.pages.storing import keep, path_of
from tests.server import Server
from tests.tiny import project

HIDDEN = "activations/example/hidden"


def told(run: Run, step: int, hidden: float, scores: float) -> None:
    """What probes would have told at a step: norms of weights, and what `hidden` gave."""
    layers = {"hidden": {"weight": hidden}, "scores": {"weight": scores}}
    with (run.folder / "events.jsonl").open("a") as file:
        file.write(json.dumps({"type": "probed", "step": step, "layers": layers}) + "\n")
    values = np.linspace(-1, step, 16, dtype=np.float16)
    run.arrays.keep(step, {HIDDEN: values}, 0.0, 1.0)


def test_pictures_and_strengths_follow_a_run(server: Server, page: Page) -> None:
    """Nothing until it is asked for; a planted weight makes its connection the widest; a reload keeps the choice."""
    graph = project().graphs["model"]
    id = keep(server, *graph.nodes)
    run = Run.create(server.home / "runs" / f"000001-{id}"[:60], load(path_of(server, id)), of=id)
    told(run, 1, 4.0, 1.0)
    page.goto(f"{server.url}/build?project={id}")
    board = Board(page).ready(60)
    picture = board.node("hidden").locator("img")
    expect(picture).to_have_count(0)
    board.node("point").click(position={"x": 100, "y": 8})
    page.keyboard.press("r")
    page.keyboard.press("Shift+R")
    expect(picture).to_have_attribute("alt", re.compile("^What hidden gives: from -1 to 1"))
    widths = page.locator(".cable.strong")
    expect(widths).to_have_count(2)
    assert sorted(float(one.get_attribute("data-width") or 0) for one in widths.all()) == [2.25, 6]
    first = picture.get_attribute("src")
    told(run, 2, 1.0, 100.0)
    expect(picture).to_have_attribute("alt", re.compile("from -1 to 2"), timeout=15_000)
    assert picture.get_attribute("src") != first
    expect(page.locator("[role=note]")).to_contain_text("at step 2")
    widest = page.locator("[data-id='scores.input'] .cable")
    expect(widest).to_have_attribute("data-width", "6")
    page.reload()
    board.ready(60)
    expect(picture).to_have_count(1)
    expect(board.node("point").locator("img")).to_have_count(0)
