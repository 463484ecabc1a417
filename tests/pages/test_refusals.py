"""Why what was typed is refused stands where it was typed, until the next try."""

import json
from pathlib import Path
from typing import Any

import pytest
from onnx import helper
from streamlit.testing.v1 import AppTest

import builder
from builder.graph import Graph, Node
from builder.project import Project
from tests.builder.reading.onnx_files import convolutional, file
from tests.builder.reading.test_hostile import DISGUISED
from tests.pages.seen import Open, button, choose, field, project_of, saved, words


@pytest.fixture(autouse=True)
def canvas(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that was built, and tells what the test says."""
    monkeypatch.setattr("pages.parts.canvas.canvas", lambda data, **rest: None)
    monkeypatch.setattr("pages.parts.canvas.built", lambda: True)


def name_of_node(test: AppTest) -> Any:
    """The field with the name of the node; the one before it holds the name of the project."""
    return [one for one in test.text_input if one.label == "Name"][-1]


def shown(error: Any) -> str:
    """What an error says, without the marks of Markdown."""
    return str(error.value).replace("\\", "")


def used() -> Graph:
    """One node that uses the block `stem` with its argument `width`."""
    stem = Graph(nodes=(Node(id="a", kind="Input"), Node(id="b", kind="Output")), arguments={"width": 4})
    return Graph(nodes=(Node(id="one", kind="Block", config={"block": "stem"}),), blocks={"stem": stem})


def test_why_a_name_is_refused_stands_at_its_field(open_page: Open) -> None:
    """Until the next try, whatever is done meanwhile."""
    test = choose(open_page("build", project=saved(builder.template("digits-mlp"))), "linear1")
    for wished, why in (
        ("relu1", "There is a node 'relu1' already. Choose another name."),
        ("class", "A name must not be 'class', which Python or PyTorch uses itself."),
    ):
        name_of_node(test).set_value(wished).run()
        field(test.number_input, "Units").set_value(7 + len(wished)).run()
        beside = next(one for one in test.expander if one.label == "Name and kind")
        assert [shown(one) for one in beside.error] == [why] == [shown(one) for one in test.error]
        assert name_of_node(test).value == wished  # to be mended
    name_of_node(test).set_value("first").run()
    assert "first" in project_of().graph and not test.error and not test.exception


def test_names_of_blocks_and_roles_are_refused_at_their_fields(open_page: Open) -> None:
    test = choose(open_page("build", project=saved(Project(graphs={"model": used()}))), path=("one",))
    field(test.text_input, "Name of the block").set_value("3d").run()
    field(test.text_input, "New argument").set_value("width").run()
    assert [shown(one) for one in test.error] == [
        "There is an argument 'width' already. Choose another name."
    ]
    graphs = {"generator": used(), "critic": Graph()}
    test = open_page("build", project=saved(Project(graphs=graphs), "two"))
    field(test.text_input, "Role of network critic").set_value("generator").run()
    networks = next(one for one in test.expander if one.label == "Networks")
    assert "There is a network 'generator' already" in shown(networks.error[0])
    assert [*project_of("two").graphs] == ["generator", "critic"] and not test.exception


def test_why_no_block_is_made_stands_at_its_name(open_page: Open) -> None:
    test = choose(open_page("build", project=saved(builder.template("digits-mlp"))), "linear1", "relu1")
    field(test.text_input, "Block of these nodes").set_value("Big").run()
    button(test, "Make block").click().run()
    assert "Got 'Big'" in words(test)
    field(test.text_input, "Block of these nodes").set_value("big").run()
    button(test, "Make block").click().run()
    assert "big" in project_of().graph.blocks and not test.error and not test.exception


@pytest.mark.parametrize("page", ("build", "data", "train", "inspect", "landscape", "export"))
def test_a_project_is_not_left_without_a_name(open_page: Open, page: str) -> None:
    """The reason stands at the field, until a name is given."""
    test = open_page(page, project=saved(builder.template("digits-mlp")))
    name = field(test.text_input, "Name")
    name.set_value("   ").run()
    assert "must have a name" in words(test) and field(test.text_input, "Name").value == project_of().name
    field(test.text_input, "Name").set_value(" Mine ").run()
    assert project_of().name == "Mine" and not test.error and not test.exception


def test_why_a_file_is_no_project_stands_in_the_popover(open_page: Open) -> None:
    """Below where it was put, not on the page that the popover covers; and it goes when it is taken away."""
    test = open_page("start")
    test.file_uploader[0].set_value(("notes.json", b"[1, 2", "application/json")).run()
    popover = next(one for one in test.get("popover") if one.proto.popover.label == "Open project file")
    (error,) = test.error
    assert error in [*popover.error] and "no project file" in error.value
    test.file_uploader[0].set_value(None).run()
    assert not test.error and not test.exception


def test_a_field_that_is_refused_is_told_once(open_page: Open) -> None:
    """With what else it may hold; and what has no effect is not offered."""
    test = choose(open_page("build", project=saved(builder.template("digits-cnn"))), "conv1")
    field(test.text_input, "Kernel").set_value("abc").run()
    assert words(test).count("such as 1, 7. Got 'abc'") == 1 and not test.exception
    field(test.text_input, "Kernel").set_value("1, 3").run()
    assert project_of().graph["conv1"].config["kernel"] == [1, 3]
    assert "Initial spread" not in [one.label for one in test.number_input]
    field(test.selectbox, "Initial weights").set_value("normal").run()
    assert field(test.number_input, "Initial spread").value == 0.02 and not test.exception


def made(workspace: Path) -> builder.Project:
    """The project that was made."""
    (file,) = workspace.glob("projects/*.json")
    return builder.load(file)


def test_a_network_of_another_make_is_opened(open_page: Open, workspace: Path) -> None:
    """An ONNX model becomes a project with its report as notes; a disguised pickle is refused where it was put."""
    test = open_page("start")
    test.file_uploader[0].set_value(("net.onnx", convolutional(), "application/octet-stream")).run()
    project = made(workspace)
    assert project.name == "net" and "Largest difference" in project.notes
    assert any("Largest difference" in one.value for one in test.toast) and not test.exception
    test = open_page("start")
    test.file_uploader[0].set_value(("net.onnx", b"\x80\x04K\x01.", "application/octet-stream")).run()
    assert "pickle" in test.error[0].value and not test.exception


def test_a_keras_model_is_opened(open_page: Open, workspace: Path) -> None:
    """Told by what it says of itself."""
    layers = [{"class_name": "InputLayer", "config": {"batch_input_shape": [None, 4]}},
              {"class_name": "Dense", "config": {"units": 2}}]  # fmt: skip
    text = json.dumps({"class_name": "Sequential", "config": {"layers": layers}})
    test = open_page("start")
    test.file_uploader[0].set_value(("model.json", text.encode(), "application/json")).run()
    assert [node.kind for node in made(workspace).graph.nodes] == ["Input", "Linear", "Output"]
    assert not test.error and not test.exception


def test_what_was_not_understood_can_be_read_again(open_page: Open, workspace: Path) -> None:
    """The reasons come up once in short, stay beside the canvas, and stand at the node itself."""
    nodes = [helper.make_node("Wavelet", ["x"], ["y"], domain="my.own", name="wave")]
    model = file(nodes, ("batch", 4), out=("batch", 4))
    model.opset_import.append(helper.make_opsetid("my.own", 1))
    test = open_page("start")
    test.file_uploader[0].set_value(("net.onnx", model.SerializeToString(), "application/octet-stream")).run()
    line = next(
        line for line in made(workspace).notes.splitlines() if line.startswith("Unknown operator my.own")
    )
    assert "Unknown operator my" in test.toast[0].value and len(test.toast[0].value.splitlines()) <= 4
    (kept,) = [one for one in test.expander if one.label == "Notes"]
    assert line in [shown(one) for one in kept.caption] and not test.exception
    (id,) = [node.id for node in made(workspace).graph.nodes if node.kind == "my.own.Wavelet"]
    test = choose(test, id, id=test.query_params["project"])
    assert line in [shown(one) for one in test.caption]


@pytest.mark.parametrize("name", ["pt", "torchscript", "pt2", "keras", "h5", "safetensors"])
def test_a_file_that_is_not_opened_is_told_with_the_safe_way(
    open_page: Open, name: str, tmp_path: Path
) -> None:
    """The browser lets any be chosen; what the command line says stands at the file."""
    test = open_page("start")
    test.file_uploader[0].set_value(
        (f"net.{name}", DISGUISED[name][0](tmp_path / "ran"), "application/octet-stream")
    ).run()
    assert not test.file_uploader[0].proto.type
    assert "so it is not opened" in test.error[0].value and not test.exception
