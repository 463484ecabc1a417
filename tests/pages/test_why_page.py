"""Why on its page: what is asked stands in the URL, and what is drawn is what the method finds."""

import base64
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page, expect

import builder
import engines
from builder.graph import Graph, Node
from builder.project import Project
from engines.attribution import Question, all_methods
from engines.data import Dataset, Examples
from engines.data.table.uploads import store_csv
from engines.runs.run import Run
from engines.trained import Trained
from engines.workspace import Workspace
from pages.parts.inspecting import explaining
from tests.pages.seen import Open, field, trained, words
from tests.server import Server
from tests.tiny import project


def short(name: str) -> Project:
    what = builder.template(name)
    return what.with_fields(engine={**what.engine, "epochs": 1})


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is computed beside the server, however slow this machine is just now."""
    monkeypatch.setattr(explaining, "QUICK", 1e9)


def shown(test: Any) -> Any:
    assert not test.exception and not test.error
    return test


def bars(test: Any) -> dict[str, float]:
    """What each column counts, by its label, from the chart that is drawn first."""
    told = json.loads(test.get("plotly_chart")[0].proto.spec)["data"][0]
    kind = {"f4": np.float32, "f8": np.float64}[told["x"]["dtype"]]
    values = np.frombuffer(base64.b64decode(told["x"]["bdata"]), kind).tolist()
    return dict(zip(told["y"], values, strict=True))


def test_the_bars_are_what_the_method_finds(open_page: Open, workspace: Path) -> None:
    run = trained(project(2, 20))
    test = shown(open_page("inspect", project="mine", look="why", part="train", example="3", **{"for": "1"}))
    for name in ("Saliency", "IntegratedGradients", "Occlusion"):
        shown(field(test.selectbox, "Method").set_value(name).run())
        question = Question.about(Trained.of(run), "train", 2, 1)
        wanted = all_methods()[name]().relevance(question).tolist()
        found = {label.partition(" = ")[0]: value for label, value in bars(test).items()}
        assert [found["x"], found["y"]] == pytest.approx(wanted, rel=1e-5)
    assert test.query_params["method"] == "Occlusion" and "It answers" in words(test)
    assert "Zeiler and Fergus (2014)" in words(test)


def test_settings_stand_in_the_url_and_nonsense_is_passed_over(open_page: Open, workspace: Path) -> None:
    trained(project(1, 20))
    test = shown(open_page(
        "inspect", project="mine", look="why", method="IntegratedGradients", steps="7", baseline="zeros",
        **{"for": "truth"},
    ))  # fmt: skip
    assert field(test.number_input, "Steps").value == 7
    assert "for zeros" in words(test) and field(test.selectbox, "What speaks for").value == "truth"
    field(test.number_input, "Steps").set_value(400).run()
    assert shown(test).query_params["steps"] == "400" and "adds up to" in words(test)
    assert "More steps" not in words(test)
    for steps in ("-3", "1e9", "nan", "<b>"):
        test.query_params.update(steps=steps, method="nonsense", baseline="nonsense", **{"for": "99"})
        shown(test.run())
    assert field(test.selectbox, "Method").value == "Saliency"


@pytest.mark.parametrize("name", ["diabetes-mlp", "lstm-forecaster", "digits-cnn", "digits-transformer"])
def test_every_method_shows_every_kind_of_input(name: str, open_page: Open, workspace: Path) -> None:
    trained(short(name))
    test = shown(open_page("inspect", project="mine", look="why"))
    for method in field(test.selectbox, "Method").options:
        test.query_params["method"] = next(key for key, one in all_methods().items() if one.title == method)
        shown(test.run())
    test.session_state["methods"] = test.session_state["sanity"] = True
    shown(test.run())
    assert "rank correlation is" in words(test) and "each in its own full colours" in words(test)


def test_a_regression_is_told_in_its_own_units(open_page: Open, workspace: Path) -> None:
    run = trained(short("diabetes-mlp"))
    test = shown(open_page("inspect", project="mine", look="why", method="IntegratedGradients", steps="500"))
    told = Trained.of(run)
    assert told.splits is not None
    answer = float(told.splits.decode(told.answers((told.splits.validation.inputs[:1],))[0])[0, 0])
    mean = told.splits.train.inputs.mean(0, keepdim=True)
    nothing = float(told.splits.decode(told.answers((mean,))[0])[0, 0])
    assert f"The value is {answer:.4g}" in words(test)
    assert sum(bars(test).values()) == pytest.approx(answer - nothing, abs=0.5)


def test_why_the_one_class_rather_than_another(open_page: Open, workspace: Path) -> None:
    run = trained(short("iris-mlp"))
    test = shown(open_page("inspect", project="mine", look="why", method="Saliency", **{"for": "0"}))
    field(test.selectbox, "Rather than").set_value("2").run()
    assert shown(test).query_params["against"] == "2"
    wanted = all_methods()["Saliency"]().relevance(Question.about(Trained.of(run), "validation", 0, 0, 2))
    assert sorted(bars(test).values()) == pytest.approx(sorted(wanted.tolist()), rel=1e-5)


def shop() -> bytes:
    draw = np.random.default_rng(0)
    rows = ["age,city <b>,answer"]
    for _ in range(80):
        age, city = draw.integers(18, 80), draw.choice(["Bern", "Basel", "Chur"])
        rows.append(f"{age},{city},{'buys' if city == 'Chur' else 'leaves'}")
    return "\n".join([*rows, ",Chur,buys"]).encode()


def test_a_category_is_one_column(open_page: Open, workspace: Path) -> None:
    file = store_csv(shop(), "shop.csv", Workspace().uploads)
    what = project(20, 20)
    x = what.graphs["model"].nodes[0]
    nodes = (x.model_copy(update={"config": {"shape": [5]}}), *what.graphs["model"].nodes[1:])
    data = {"source": {"kind": "Csv", "file": file, "target": "answer"}}
    trained(what.with_fields(graphs={"model": Graph(nodes=nodes)}, data=data))
    test = shown(open_page("inspect", project="mine", look="why", part="train", method="Occlusion"))
    found = [*bars(test)]
    assert len(found) == 2 and found[-1].startswith("city &lt;b&gt; = "), "the city alone decides"


class _Words(Dataset):
    """Sentences of seven words of which the fourth decides."""

    category = "Test"

    def load(self) -> Examples:
        """Sixty of them."""
        draw = np.random.default_rng(0).integers(0, 9, (60, 7))
        return Examples(draw, (draw[:, 3] > 4).astype(np.int64), "classification", ("low", "high"))


def test_words_are_coloured(open_page: Open, workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(Dataset.registry, "_Words", _Words)
    nodes = (
        Node(id="x", kind="Input", config={"shape": [7], "dtype": "int64"}),
        Node(id="embed", kind="Embedding", config={"entries": 9, "width": 4}, inputs={"input": "x"}),
        Node(id="pick", kind="Select", config={"index": 3}, inputs={"input": "embed"}),
        Node(id="lin", kind="Linear", config={"units": 2}, inputs={"input": "pick"}),
        Node(id="out", kind="Output", inputs={"input": "lin"}),
    )
    what = project(1, 20).with_fields(
        graphs={"model": Graph(nodes=nodes)}, data={"source": {"kind": "_Words"}}
    )
    trained(what)
    test = shown(open_page("inspect", project="mine", look="why", method="IntegratedGradients"))
    (sheet,) = [one.proto.body for one in test.get("html") if "rgba" in one.proto.body]
    strength = [float(one.split(")")[0].rpartition(",")[2]) for one in sheet.split("rgba(")[1:]]
    assert len(strength) == 7 and strength[3] == 0.75 and sum(strength) == 0.75
    assert not any(one.label == "What stands for nothing" for one in test.selectbox)
    for method in ("Saliency", "Occlusion"):
        test.query_params["method"] = method
        shown(test.run())
    assert "changes numbers by a little" in words(open_page("inspect", project="mine", look="attack"))


def test_what_cannot_be_asked_says_why(open_page: Open, workspace: Path) -> None:
    trained(project(1, 20))
    test = shown(open_page("inspect", project="mine", look="why"))
    assert "Grad\\-CAM needs an image" in field(test.selectbox, "Method").help


def test_why_and_attack_in_a_browser(page: Page, server: Server, settle: Any) -> None:
    home, what = Workspace(server.home), short("digits-cnn")
    builder.save(what, home.projects / "asked.json")
    run = Run.create(home.runs / "000911-asked", what, of="asked")
    engines.resume(run.folder)
    page.goto(f"{server.url}/inspect?project=asked&run={run.id}&look=why")
    settle(page)
    page.get_by_role("img", name="What counts by Saliency").wait_for()
    box = page.get_by_role("combobox", name="Method")
    box.click()
    box.fill("Grad-CAM")
    page.get_by_role("option", name="Grad-CAM", exact=True).click()
    page.get_by_role("img", name="What counts by Grad-CAM").wait_for()
    expect(page).to_have_url(re.compile("method=GradCam"))
    page.reload()
    page.get_by_role("img", name="What counts by Grad-CAM").wait_for()
    page.get_by_text("Does this map tell what was learned?").click()
    page.get_by_text("With all layers shuffled").wait_for(timeout=120_000)
    page.get_by_role("radio", name="Attack").click()
    page.get_by_role("img", name="+ what the attack adds").wait_for()
    page.get_by_text("Of 203 examples of the part validation").wait_for(timeout=120_000)
    page.get_by_role("radio", name="PGD").click()
    page.get_by_role("slider", name="Steps").wait_for()
    assert page.get_by_test_id("stException").count() == 0
