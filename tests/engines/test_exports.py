"""A trained network leaves as files that work without Strata, and is told how well they agree."""

import ast
import csv
import json
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pandas as pd
import pytest
import torch
from safetensors import safe_open

import engines
from builder import compile, template
from builder.errors import BadFile, StrataError
from builder.graph import Graph, Node
from builder.project import Project
from engines.__main__ import main
from engines.data.dataset import Examples
from engines.data.preprocessing import Preprocessing
from engines.data.table.columns import Column
from engines.exports import Export, Onnx, Pt2, Python, Safetensors, by_name, names
from engines.exports.checks import difference
from engines.exports.python import model_file, sources
from engines.exports.safetensors import weights
from engines.exports.script import loaded
from engines.predict import predict
from engines.runs.run import Run
from engines.trained import Trained
from tests.graphs import chain

NASTY = 'quo"te\'s """ \\ \n# new line {x} \u2028 ${y} *bold*'


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The digits network after two epochs."""
    project = template("digits-mlp")
    project = project.with_fields(engine={**project.engine, "epochs": 2})
    return engines.train(project, tmp_path_factory.mktemp("runs") / "digits", threads=1)


def alone(*arguments: str | Path, cwd: Path) -> str:
    """What a process says that has torch but not Strata."""
    command = [sys.executable, "-E", "-W", "ignore", *map(str, arguments)]
    answer = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stderr
    return answer.stdout


@pytest.mark.parametrize("to", names())
def test_every_format_is_checked_as_it_is_made(to: str, run: Run, tmp_path: Path) -> None:
    report = engines.export(run.folder, to, tmp_path / f"file{by_name(to).suffix}")
    assert report.path == tmp_path / f"file{by_name(to).suffix}"
    assert report.bytes == report.path.stat().st_size > 0
    assert report.largest_difference < (1e-5 if to == "onnx" else 1e-30)
    assert str(report.path) in str(report) and "fresh process" in str(report)
    assert [path.name for path in tmp_path.iterdir()] == [report.path.name], "nothing else is left behind"
    assert (
        b"/site-packages/" not in (content := report.path.read_bytes())
        and str(run.folder).encode() not in content
    )


def test_the_command_line_writes_into_the_run(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", str(run.folder), "--to", "safetensors"]) == 0
    assert "exports/digits-mlp.safetensors" in capsys.readouterr().out
    assert (run.folder / "exports" / "digits-mlp.safetensors").is_file()


def test_what_cannot_be_exported_is_said(tmp_path: Path, run: Run) -> None:
    with pytest.raises(StrataError, match="no format 'keras'. Formats: .*onnx"):
        engines.export(run.folder, "keras")
    with pytest.raises(BadFile, match="no weights"):
        engines.export(Run.create(tmp_path / "new", template("xor-mlp")).folder, "onnx")


def test_safetensors_say_what_they_belong_to(run: Run, tmp_path: Path) -> None:
    report = Safetensors().write(Trained.of(run), tmp_path)
    assert report.path.name == "digits-mlp.safetensors"
    with safe_open(report.path, "pt") as file:
        assert file.metadata() == {
            "format": "pt", "name": "Digits MLP", "graph": run.project.graph.digest, "strata": "0.1.0",
        }  # fmt: skip
        assert set(file.keys()) == set(run.weights())


def test_onnx_is_one_file_of_any_batch_named_after_the_nodes(tmp_path: Path) -> None:
    """Also where ids are those that the exporter uses for its own values, and inputs are indices."""
    nodes = (
        Node(id="val_1", kind="Input", config={"shape": [5], "dtype": "int64"}),
        Node(id="relu", kind="Input", config={"shape": [8]}),
        Node(id="embedding", kind="Embedding", config={"entries": 3, "width": 8}, inputs={"input": "val_1"}),
        Node(id="input", kind="Select", config={"dim": 1, "index": 0}, inputs={"input": "embedding"}),
        Node(id="add", kind="Add", inputs={"input1": "input", "input2": "relu"}),
        Node(id="linear", kind="Output", inputs={"input": "add"}),
        Node(id="add_1", kind="Output", inputs={"input": "relu"}),
    )
    trained = Trained.untrained(Project(name=NASTY, graphs={"model": Graph(nodes=nodes)}))
    report = Onnx(opset=18).write(trained, tmp_path / "net.onnx")
    model = onnx.load(report.path)
    onnx.checker.check_model(model, full_check=True)
    assert [one.version for one in model.opset_import if one.domain == ""] == [18]
    session = onnxruntime.InferenceSession(report.path.read_bytes())
    assert [(one.name, one.shape, one.type) for one in session.get_inputs()] == [
        ("val_1", ["batch", 5], "tensor(int64)"),
        ("relu", ["batch", 8], "tensor(float)"),
    ]
    assert [(one.name, one.shape) for one in session.get_outputs()] == [
        ("linear", ["batch", 8]),
        ("add_1", ["batch", 8]),
    ]
    about = json.loads(next(one.value for one in model.metadata_props if one.key == "strata"))
    assert about["name"] == NASTY and about["inputs"]["val_1"] == ["int64", 5]


def test_a_torch_program_says_what_it_is(run: Run, tmp_path: Path) -> None:
    report = Pt2().write(Trained.of(run), tmp_path)
    extra = {"strata.json": ""}
    program = torch.export.load(report.path, extra_files=extra)
    assert program.example_inputs is None
    told = json.loads(extra["strata.json"])
    assert Preprocessing.model_validate(told["preprocessing"]).classes == tuple("0123456789")


def test_an_export_that_gives_other_numbers_is_thrown_away(run: Run, tmp_path: Path) -> None:
    class _Wrong(Safetensors):
        @classmethod
        def name(cls) -> str:
            return "safetensors"

        def make(self, trained: Trained, path: Path) -> tuple[str, ...]:
            other = Trained.untrained(trained.project)
            return super().make(other, path)

    with pytest.raises(StrataError, match="differ from the network's by .* thrown away"):
        _Wrong().write(Trained.of(run), tmp_path)
    assert not list(tmp_path.iterdir())
    assert "_Wrong" not in Export.registry


def test_a_file_that_cannot_be_read_back_is_thrown_away(run: Run, tmp_path: Path) -> None:
    class _Broken(Safetensors):
        @classmethod
        def name(cls) -> str:
            return "safetensors"

        def make(self, trained: Trained, path: Path) -> tuple[str, ...]:
            path.write_bytes(b"nothing")
            return ()

    with pytest.raises(StrataError, match="a fresh process cannot use it: .*Error"):
        _Broken().write(Trained.of(run), tmp_path)
    assert not list(tmp_path.iterdir())


def test_differences_are_counted_with_suspicion() -> None:
    one = np.array([1.0, np.nan, np.inf], np.float32)
    assert difference(one, one.copy()) == 0
    assert difference(one, np.array([1.5, np.nan, np.inf], np.float32)) == 0.5
    assert difference(one, np.array([1.0, 0.0, np.inf], np.float32)) == np.inf
    assert difference(one, one.astype(np.float64)) == np.inf
    assert difference(one, one[:2]) == np.inf


def test_python_predicts_alone_as_the_app_does(run: Run, tmp_path: Path) -> None:
    """From the command line, in a folder of its own; a second export replaces the first."""
    folder = tmp_path / "digits"
    for _ in range(2):
        report = Python().write(Trained.of(run), folder)
    assert report.path == folder and sorted(path.name for path in folder.iterdir()) == [
        "README.md", "model.py", "weights.safetensors",
    ]  # fmt: skip
    rows = Trained.of(run).rows(3)
    (folder / "rows.json").write_text(json.dumps(rows))
    told = [json.loads(line) for line in alone("model.py", "rows.json", cwd=folder).splitlines()]
    ours = predict(run, rows)
    assert [one["class"] for one in told] == [one.labels[0] for one in ours]
    assert [list(one["probabilities"].items()) for one in told] == [list(one.chances) for one in ours]
    assert len(alone("model.py", cwd=folder).splitlines()) == 1, "without a file it predicts its example"


def taken_away(trained: Trained, folder: Path) -> Path:
    """The files of the Python export, unchecked."""
    for name, content in {**sources(trained), "weights.safetensors": weights(trained)}.items():
        (folder / name).write_bytes(content)
    return folder


def table(task: str) -> tuple[Trained, pd.DataFrame]:
    """An untrained network on a table whose names and categories are as nasty as they can be."""
    frame = pd.DataFrame({NASTY: [1.0, 2.5, np.nan, 4.0], "kind\r\n'": [NASTY, "b", NASTY, "b"]})
    schema = (Column(name=NASTY, type="number"), Column(name="kind\r\n'", type="category"))
    targets: Any = {
        "classification": np.array([0, 1, 0, 1]),
        "multi-label": np.array([[0, 1], [1, 0], [1, 1], [0, 0]], np.float32),
        "regression": np.array([[10.0], [20.0], [30.0], [40.0]]),
    }[task]
    classes = () if task == "regression" else (NASTY, "other")
    examples = Examples(frame, targets, task, classes, tuple(frame), (NASTY,), schema)  # type: ignore[arg-type]
    fitted = Preprocessing.fit(examples, np.arange(4), "standard")
    graph = chain(("Linear", {"units": fitted.outputs}), shape=fitted.input_shape)
    plain = Trained.untrained(Project(name=NASTY, graphs={"model": graph}, notes=NASTY))
    return Trained(plain.project, plain.module, preprocessing=fitted), frame


@pytest.mark.parametrize("task", ["classification", "multi-label", "regression"])
def test_names_with_quotes_and_newlines_are_escaped(task: str, tmp_path: Path) -> None:
    """Robustness 55: they reach the Python file as literals alone; it predicts from a CSV with the same names."""
    trained, frame = table(task)
    tree = ast.parse(model_file(trained))
    assert next(node.value.value for node in tree.body if _assigns(node, "NAME")) == NASTY  # type: ignore[attr-defined]
    folder = taken_away(trained, tmp_path)
    with (folder / "rows.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, delimiter=";")
        writer.writerows([frame.columns, *frame.astype(object).where(frame.notna(), "").to_numpy().tolist()])
    told = [json.loads(line) for line in alone("model.py", "rows.csv", cwd=folder).splitlines()]
    ours = predict(trained, frame.to_dict("records"))
    if task == "regression":
        assert [list(one.items()) for one in told] == [
            [(NASTY, pytest.approx(two.values[0][1]))] for two in ours
        ]
    else:
        assert [one["probabilities"] for one in told] == [dict(two.chances) for two in ours]
        assert [one["labels"] if "labels" in one else [one["class"]] for one in told] == [
            list(two.labels) for two in ours
        ]


def _assigns(node: ast.stmt, name: str) -> bool:
    return (
        isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id == name
    )


def test_python_without_data_takes_tensors(tmp_path: Path) -> None:
    trained = Trained.untrained(Project(graphs={"model": chain(("Linear", {"units": 2}), shape=(3,))}))
    folder = taken_away(trained, tmp_path)
    (folder / "inputs.json").write_text(json.dumps({"input1": [[1, 2, 3], [4, 5, 6]]}))
    told = json.loads(alone("model.py", "inputs.json", cwd=folder))
    expected = trained.answers((torch.tensor([[1.0, 2, 3], [4, 5, 6]]),))[0]
    assert told == {"output1": expected.tolist()}


HARMS: list[Callable[[bytes], bytes]] = [
    lambda content: content[:10] + bytes([content[10] ^ 64]) + content[11:],
    lambda content: content[:-5],
    lambda content: b"",
    lambda content: b"\xff" * 64,
    lambda content: content.replace(b"[2,3]", b"[3,2]"),
    lambda content: content.replace(b'"F32"', b'"I32"'),
    lambda content: content.replace(b'"F32"', b'"X32"'),
]


@pytest.mark.parametrize("harm", HARMS)
def test_the_reader_in_the_file_refuses_damaged_weights(
    harm: Callable[[bytes], bytes], tmp_path: Path
) -> None:
    """The functions that the file carries, called here as they stand."""
    trained = Trained.untrained(Project(graphs={"model": chain(("Linear", {"units": 2}), shape=(3,))}))
    good = weights(trained)
    (tmp_path / "weights").write_bytes(harm(good))
    assert harm(good) != good
    with pytest.raises((ValueError, KeyError, RuntimeError)):
        loaded(compile(trained.graph), tmp_path / "weights")


def test_the_same_run_gives_the_same_zip(run: Run, tmp_path: Path) -> None:
    for number in (1, 2):
        Python().make(Trained.of(run), tmp_path / f"{number}.zip")
    with zipfile.ZipFile(tmp_path / "1.zip") as one, zipfile.ZipFile(tmp_path / "2.zip") as two:
        assert one.read("model.py") == two.read("model.py")
        assert [entry.date_time for entry in one.infolist()] == [entry.date_time for entry in two.infolist()]


def test_an_unfinished_run_leaves_with_a_note(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    from dataclasses import replace

    status = replace(run.status(), state="stopped", epoch=1, epochs=2)
    monkeypatch.setattr(run, "status", lambda: status)
    assert "stopped, not finished" in Trained.of(run).notes[0]


@pytest.mark.parametrize("to", ["onnx", "pt2", "safetensors"])
def test_a_file_of_the_network_alone_says_what_it_must_be_given(run: Run, tmp_path: Path, to: str) -> None:
    notes = " ".join(by_name(to).make(Trained.of(run), tmp_path / "file"))
    assert "pixels from 0 to 1, channel 1 standardised (mean 0.3056, deviation 0.3761)" in notes
    assert "scores (logits) for 0, 1, 2" in notes
