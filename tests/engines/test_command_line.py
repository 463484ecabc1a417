"""`python -m engines`, as a person types it."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from builder import Project, save, template
from engines.__main__ import main
from engines.runs import Run


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A project file that trains in no time."""
    project = template("xor-mlp")
    save(project.with_fields(engine={**project.engine, "epochs": 2}), tmp_path / "xor.json")
    return tmp_path / "xor.json"


def test_train_a_file_then_resume(file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", str(file), "--out", str(tmp_path / "run"), "--device", "cpu"]) == 0
    told = capsys.readouterr()
    assert "test: loss" in told.out and f"Finished. The run is in {tmp_path / 'run'}" in told.out
    assert "Epoch 2 of 2: 100%" in told.err
    assert main(["resume", str(tmp_path / "run")]) == 0, "a finished run is left as it is"
    assert Run(tmp_path / "run").curves().rewinds == 0


def test_train_a_template_with_fields_of_ones_own(tmp_path: Path) -> None:
    assert main(["train", "xor-mlp", "--out", str(tmp_path / "run"), "--epochs", "1", "--seed", "7"]) == 0
    run = Run(tmp_path / "run")
    assert run.project.seed == 7 and run.status().epochs == 1


@pytest.mark.parametrize(
    "arguments, words",
    [
        (["train", "no-such", "--out", "run"], "no template"),
        (["train", "xor-mlp", "--out", "run", "--epochs", "0"], "epochs must be in [1, 1000000]. Got 0"),
        (["train", "xor-mlp", "--out", "run", "--device", "cuda:77"], "no device 'cuda:77'"),
        (["train", "xor-mlp", "--out", "run", "--threads", "100000"], "threads must be in [0, "),
        (["train", "xor-mlp", "--out", "run", "--threads", "-3"], "Got -3. 0 picks the fastest"),
        (["train", "empty.json", "--out", "run"], "The graph must have an Input node"),
        (["train", "xor-mlp", "--out", "file"], "No run can be made in the folder 'file': File exists"),
        (["train", "xor-mlp", "--out", "file/x"], "'file/x': Not a directory. Choose another folder."),
        (["resume", "nothing"], "There is no run in 'nothing'"),
        (["export", "nothing", "--to", "onnx"], "There is no run in 'nothing'"),
    ],
)
def test_errors_teach(
    arguments: list[str], words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("file").touch()
    save(Project(engine={"kind": "Supervised"}), "empty.json")
    assert main(arguments) == 1
    assert words in capsys.readouterr().err
    assert not Path("run").exists(), "what is refused must not be in the way of the next attempt"


def test_export(file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["train", str(file), "--out", str(tmp_path / "run")])
    assert (
        main(
            ["export", str(tmp_path / "run"), "--to", "safetensors", "--out", str(tmp_path / "w.safetensors")]
        )
        == 0
    )
    assert (tmp_path / "w.safetensors").exists() and "w.safetensors" in capsys.readouterr().out


def test_networks_leave_untrained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    """A template, or a graph of a project file; the file says what its weights are."""
    monkeypatch.chdir(tmp_path)
    assert main(["export", "xor-mlp", "--to", "safetensors"]) == 0
    said = capsys.readouterr().out
    assert "nothing was trained" in said and len([*tmp_path.glob("*.safetensors")]) == 1
    save(template("dcgan"), "gan.json")
    assert main(["export", "gan.json", "--to", "python", "--role", "discriminator", "--out", "d.zip"]) == 0
    assert main(["export", "gan.json", "--to", "python", "--role", "critic"]) == 1
    assert "no graph 'critic'. Its graphs: generator, discriminator" in capsys.readouterr().err


def test_a_project_without_an_engine_trains(tmp_path: Path) -> None:
    """What a person has not set takes its default."""
    project = template("digits-mlp")
    save(Project(graphs=project.graphs, engine={"kind": "Supervised", "epochs": 1}), tmp_path / "plain.json")
    assert main(["train", str(tmp_path / "plain.json"), "--out", str(tmp_path / "run")]) == 0


def test_what_the_system_refuses_is_told_in_words(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("engines.export", full)
    assert main(["export", str(tmp_path), "--to", "onnx"]) == 1
    assert capsys.readouterr().err == "\nThe disk is full. Make room, then try again.\n"


@pytest.mark.parametrize(
    "arguments, interrupted, words",
    [
        (["train", "xor-mlp", "--out", "new"], "engines.train", "before there was a run"),
        (["train", "xor-mlp", "--out", "new"], "engines.exports.names", "before there was a run"),
        (["resume", "old"], "engines.resume", "go on with: python -m engines resume old"),
        (["export", "old", "--to", "onnx"], "engines.export", "export it again"),
    ],
)
def test_ctrl_c_says_what_is_left(
    arguments: list[str],
    interrupted: str,
    words: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: Any,
) -> None:
    def interrupt(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.chdir(tmp_path)
    Run.create("old", template("xor-mlp"))
    monkeypatch.setattr(interrupted, interrupt)
    assert main(arguments) == 130
    assert words in capsys.readouterr().err


def test_the_command_line_imports_in_words(tmp_path: Path) -> None:
    """Ctrl-C while torch and the like are imported finds words, for the module itself imports next to nothing."""
    code = "import sys, engines.__main__; print({'torch', 'pydantic', 'tqdm', 'builder'} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "set()\n"
