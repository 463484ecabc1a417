"""What the canvas shows of a run: planted values, the strongest connection, and nothing that is wrong."""

import base64
import io
import json
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

import builder
import engines
from builder.edits import InRole, SetConfig
from builder.files import save
from builder.project import Project
from engines.runs.run import Run
from engines.workspace import Workspace
from pages.parts.documents.document import document
from pages.parts.documents.glowing import glowing
from pages.views import glow
from tests.pages.drawing import Board
from tests.pages.seen import saved, trained
from tests.server import Server


def opened(png: bytes) -> np.ndarray:
    assert len(png) < 4096
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB")).astype(int)


def test_a_planted_value_is_drawn_where_it_was_planted() -> None:
    maps = np.zeros((4, 6, 6))
    maps[3, 0, 5] = 2  # the map below on the right, its upper right corner
    sheet = opened(glow.values(maps))
    orange = np.argwhere(sheet[..., 0] - sheet[..., 2] > 100)
    assert sheet.shape == (56, 56, 3) and orange.min(0)[0] >= 28 and orange.min(0)[1] >= 50
    assert opened(glow.values(np.arange(10.0))).shape[1] == 56
    assert opened(glow.values(np.random.rand(512, 14, 14))).shape == (56, 56, 3)


def test_a_distribution_stands_where_its_counts_are() -> None:
    told = np.zeros(66)
    told[0], told[1], told[2 + 40] = -1, 1, 9
    blue = np.argwhere(opened(glow.histogram(told))[..., 2] - opened(glow.histogram(told))[..., 0] > 50)
    assert 0.5 < blue[:, 1].mean() / 56 < 0.75
    assert opened(glow.histogram(np.zeros(66))).max() <= 255


@pytest.fixture
def run(workspace: Path) -> Run:
    """A finished run of a residual network."""
    what = builder.template("digits-resnet")
    what = what.with_fields(engine={**what.engine, "epochs": 1})
    return trained(what)


def test_nodes_of_a_network_and_of_a_block(run: Run) -> None:
    told = glowing(document("mine"), "model", (), "values", "weights")
    assert {"image", "conv1", "relu1", "residual1", "linear1"} <= told["nodes"].keys()
    assert told["run"] == "run 1" and told["step"] == run.status().step and not told["live"]
    assert max(one["share"] for one in told["edges"].values()) <= 1 and "relu1" not in told["edges"]
    inside = glowing(document("mine"), "model", ("residual1",), "histogram", "gradients")
    assert {"conv1", "add1"} <= inside["nodes"].keys() and inside["repeat"] and "conv1" in inside["edges"]
    data = base64.b64decode(told["nodes"]["conv1"]["image"].partition(",")[2])
    assert opened(data).shape[2] == 3


def test_a_node_that_was_changed_since_shows_nothing(run: Run) -> None:
    change = SetConfig(node="conv1", config={"filters": 8})
    document("mine").edit(InRole(role="model", inner=change), "tab")
    told = glowing(document("mine"), "model", (), "values", "weights")
    assert "conv1" not in told["nodes"] and "conv1" not in told["edges"] and "linear1" in told["nodes"]
    assert glowing(document("mine"), "model", (), "nonsense", "nonsense")["nodes"] == {}


def test_without_a_run_it_says_what_to_do(workspace: Path) -> None:
    saved(builder.template("xor-mlp"))
    assert "Train this network" in glowing(document("mine"), "model", (), "values", "")["note"]


def test_of_several_networks_each_shows_its_own(workspace: Path) -> None:
    """They may have nodes of the same names; arrays are kept of the first alone."""
    graph = builder.template("xor-mlp").graphs["model"]
    what = Project(name="Two", graphs={"one": graph, "two": graph})
    saved(what)
    run = Run.create(Workspace().runs / "000001-two", what, of="mine")
    run.arrays.keep(1, {"activations/example/linear1": np.ones(8, np.float16)}, 0.0, 1.0)
    layers = {"one/linear1": 1.0, "one/linear2": 100.0, "two/linear1": 100.0, "two/linear2": 1.0}
    row = {"type": "probed", "step": 1, "layers": {name: {"weight": norm} for name, norm in layers.items()}}
    (run.folder / "events.jsonl").write_text(json.dumps(row) + "\n")
    one, two = (glowing(document("mine"), role, (), "values", "weights") for role in ("one", "two"))
    assert [*one["nodes"]] == ["linear1"] and not two["nodes"]
    assert one["edges"]["linear2"]["share"] == 1 == two["edges"]["linear1"]["share"]
    assert one["edges"]["linear1"]["share"] < 0.1 and two["edges"]["linear2"]["share"] < 0.1


def planted(server: Server, id: str) -> Run:
    """A run in the home of a server, of which one layer is said to have by far the largest weights."""
    what = builder.template("digits-cnn").with_fields(
        engine={**builder.template("digits-cnn").engine, "epochs": 1}
    )
    save(what, server.home / "projects" / f"{id}.json")
    run = Run.create(server.home / "runs" / f"000{id[-3:]}-{id}", what, of=id)
    engines.resume(run.folder)
    lines = (run.folder / "events.jsonl").read_text().splitlines()
    rows = [json.loads(line) for line in lines]
    for row in rows:
        if row["type"] == "probed":
            row["layers"]["linear1"]["weight"] = 1e5
    (run.folder / "events.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return run


def test_the_route_answers_shortly_when_nothing_is_new(server: Server) -> None:
    planted(server, "glow-931")
    address = f"{server.url}/api/projects/glow-931/glow?role=model&show=values&edges=weights"
    with urllib.request.urlopen(address) as answer:
        told, tag = json.load(answer), answer.headers["etag"]
    assert told["edges"]["linear1"]["share"] == 1 and told["edges"]["conv1"]["share"] < 0.1
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(urllib.request.Request(address, headers={"if-none-match": tag}))
    assert caught.value.code == 304
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(f"{server.url}/api/projects/nobody/glow")
    assert caught.value.code == 404


def test_thumbnails_and_the_widest_connection_in_a_browser(page: Page, server: Server) -> None:
    planted(server, "glow-932")
    page.goto(f"{server.url}/build?project=glow-932")
    board = Board(page).ready()
    expect(page.locator(".layer-glow")).to_have_count(0)
    page.get_by_label("What the run shows").click()
    page.get_by_role("menuitemradio", name="Values").click()
    page.get_by_role("menuitemradio", name="Weights").click()
    page.keyboard.press("Escape")
    expect(board.node("conv1").locator(".layer-glow")).to_be_visible(timeout=15_000)
    assert "conv1: mean" in str(board.node("conv1").locator(".layer-glow").get_attribute("alt"))
    expect(page.locator(".glow-legend")).to_contain_text("step")
    widths: dict[str, Any] = page.locator(".cable").evaluate_all(
        """(all) => Object.fromEntries(all.map((one) => [
            one.querySelector('title')?.textContent.split(':')[0] ?? '',
            parseFloat(getComputedStyle(one.querySelector('path')).strokeWidth),
        ]))"""
    )
    assert widths["linear1"] == max(widths.values()) > 2 * widths["conv2"]
    page.reload()
    Board(page).ready()
    expect(page.locator(".layer-glow").first).to_be_visible(timeout=15_000)  # this browser remembers
    page.locator(".board-stage").focus()
    for key in "vvw":  # distribution, nothing; gradients
        page.keyboard.press(key)
    expect(page.locator(".layer-glow")).to_have_count(0)
    page.evaluate("localStorage.removeItem('strata.glow')")
