"""Slow motion on the page: the numbers that it writes are those of the textbook, and the player obeys."""

import math
from typing import Any

import pytest
from playwright.sync_api import Page, expect

import builder
import engines
from builder import Graph, Node, Project
from builder.files import save
from engines.data import Data, prepare
from engines.runs.run import Run
from tests.pages.seen import Open, field, trained
from tests.server import Server


def two_two_one() -> Project:
    """A 2-2-1 network with sigmoids inside, on two moons."""
    chain = (("hidden", "Linear", {"units": 2}), ("squash", "Sigmoid", {}), ("last", "Linear", {"units": 1}))
    nodes, last = [Node(id="x", kind="Input", config={"shape": [2]})], "x"
    for id, kind, config in chain:
        nodes.append(Node(id=id, kind=kind, config=config, inputs={"input": last}))
        last = id
    nodes.append(Node(id="out", kind="Output", inputs={"input": last}))
    engine = {"kind": "Supervised", "epochs": 2, "loss": {"kind": "BinaryCrossEntropy"}}
    data = {"source": {"kind": "Moons", "samples": 60}}
    return Project(name="2-2-1", graphs={"model": Graph(nodes=tuple(nodes))}, data=data, engine=engine)


@pytest.fixture
def run(workspace: object) -> Run:
    """A finished run of it."""
    return trained(two_two_one())


def by_hand(run: Run) -> dict[str, float]:
    """Every number of the first validation example, from the weights alone."""
    weights = {name: one.double().tolist() for name, one in run.weights().items()}
    part = prepare(Data.parse(run.project.data)).validation
    x, t = part.inputs[0].double().tolist(), int(part.targets[0])
    rows = zip(weights["hidden.weight"], weights["hidden.bias"], strict=True)
    z = [sum(w * one for w, one in zip(row, x, strict=True)) + b for row, b in rows]
    h = [1 / (1 + math.exp(-one)) for one in z]
    s = sum(w * one for w, one in zip(weights["last.weight"][0], h, strict=True)) + weights["last.bias"][0]
    d_s = 1 / (1 + math.exp(-s)) - t  # binary cross-entropy on a score
    d_h = [d_s * w for w in weights["last.weight"][0]]
    d_z = [d * one * (1 - one) for d, one in zip(d_h, h, strict=True)]
    loss = math.log(1 + math.exp(-s if t else s))
    return {"z0": z[0], "z1": z[1], "h0": h[0], "s": s, "d_s": d_s, "d_h0": d_h[0], "d_z0": d_z[0], "d_z1": d_z[1],
            "loss": loss, "x0": x[0], "w00": weights["hidden.weight"][0][0]}  # fmt: skip


def at(test: Any, run: Run, frame: int, path: str = "", unit: int | None = None) -> Any:
    """The page at a frame, looking at a unit."""
    test.session_state[f"inspect {run.id} frame"] = frame
    test.session_state[f"inspect {run.id} ticked"] = False
    test = test.run()
    if unit is not None:
        field(test.number_input, "Unit, 0 to 1").set_value(unit).run()
    assert not test.exception
    return test


def written(test: Any) -> str:
    return "\n".join(str(one.value).replace("\\", "").replace("*", "") for one in test.markdown)


def test_the_page_writes_what_is_computed_by_hand(open_page: Open, run: Run) -> None:
    hand = by_hand(run)
    test = open_page("inspect", project="mine", look="motion")
    forward = at(test, run, 1, "hidden", 0)
    assert f"= {hand['z0']:.6f}" in written(forward)
    rows = forward.dataframe[0].value
    assert {f"{hand['x0']:.6f}"} <= {*rows["value"]} and {f"{hand['w00']:.6f}"} <= {*rows["weight"]}
    assert f"= {hand['h0']:.6f}" in written(at(test, run, 2, "squash", 0))
    assert f"= {hand['s']:.6f}" in written(at(test, run, 3))
    loss = at(test, run, 4)
    assert field(loss.metric, "Loss L").value == f"{hand['loss']:.6f}"
    told = loss.dataframe[0].value
    assert [*told["wanted"]].count("←") == 1 and "L = −log p" in "".join(
        str(one.value) for one in loss.caption
    )
    assert f"∂L/∂last[0] = {hand['d_s']:.6f}" in written(at(test, run, 5))
    back = at(test, run, 6, "squash", 0)
    assert f"∂L/∂squash[0] = {hand['d_h0']:.6f}" in written(back)
    assert f"= {hand['d_z0']:.6f}" in written(back), "the chain rule"
    first = at(test, run, 7, "hidden", 0)
    weights = first.dataframe[1].value.set_index("parameter")
    assert weights.loc["hidden.weight[0, 0]", "∂L/∂it in all"] == f"{hand['d_z0'] * hand['x0']:.6f}"


def test_it_steps_scrubs_and_plays_in_a_browser(page: Page, server: Server, settle: Any) -> None:
    what = builder.template("iris-mlp").with_fields(
        engine={**builder.template("iris-mlp").engine, "epochs": 2}
    )
    save(what, server.home / "projects" / "slow-motion.json")
    run = Run.create(server.home / "runs" / "000901-iris", what, of="slow-motion")
    engines.resume(run.folder)
    page.goto(f"{server.url}/inspect?project=slow-motion&look=motion")
    now = page.locator(".strata-film .now")
    expect(now).to_have_text("features", timeout=60_000)
    page.get_by_role("button", name="chevron_right").last.click()
    expect(now).to_have_text("linear1")
    page.get_by_role("slider", name="Frame").focus()
    page.keyboard.press("ArrowRight")
    expect(now).to_have_text("relu1")
    page.get_by_role("button", name="Play", exact=True).click()
    expect(now).to_have_text("loss", timeout=20_000)
    page.get_by_role("button", name="Pause", exact=True).click()
    expect(page.get_by_role("button", name="Play", exact=True)).to_be_visible()
    page.reload()
    expect(now).to_have_text("loss", timeout=60_000)
    page.get_by_role("button", name="last_page").last.click()
    expect(now).to_have_text("features")
    expect(page.locator(".strata-film")).to_contain_text("The gradient comes back")
