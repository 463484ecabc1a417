"""The command line of the builder: tables, problems and source without a browser, and errors without a traceback."""

import csv
import os
import subprocess
import sys
from pathlib import Path

import pytest

import builder
from builder.__main__ import main
from builder.amounts import batch_of, size
from builder.edits import SetConfig
from builder.reading.reading import UNTRAINED
from engines.supervised import Supervised
from tests.builder.reading.onnx_files import convolutional
from tests.graphs import chain

LENET = """\
node      layer      output             parameters  multiply–adds  activations  receptive field
───────────────────────────────────────────────────────────────────────────────────────────────
image     Input      B × 1 × 32 × 32             –              –       4.1 kB            1 × 1
c1        Conv2d     B × 6 × 28 × 28           156        117,600      18.8 kB            5 × 5
tanh1     Tanh       B × 6 × 28 × 28             –              –      18.8 kB            5 × 5
s2        AvgPool2d  B × 6 × 14 × 14             –              –       4.7 kB            6 × 6
c3        Conv2d     B × 16 × 10 × 10        2,416        240,000       6.4 kB          14 × 14
tanh2     Tanh       B × 16 × 10 × 10            –              –       6.4 kB          14 × 14
s4        AvgPool2d  B × 16 × 5 × 5              –              –       1.6 kB          16 × 16
c5        Conv2d     B × 120 × 1 × 1        48,120         48,000        480 B          32 × 32
tanh3     Tanh       B × 120 × 1 × 1             –              –        480 B          32 × 32
flatten1  Flatten    B × 120                     –              –        480 B                –
f6        Linear     B × 84                 10,164         10,080        336 B                –
tanh4     Tanh       B × 84                      –              –        336 B                –
digits    Linear     B × 10                    850            840         40 B                –
output1   Output     B × 10                      –              –            –                –
───────────────────────────────────────────────────────────────────────────────────────────────
total     5 deep     247 kB of weights      61,706        416,520        63 kB
5.73 MB to train it with Adam in batches of 64:
weights, gradients, Adam's two moments, and the activations that are kept
"""


@pytest.fixture
def broken(tmp_path: Path) -> str:
    """A file whose network has an error and a warning."""
    graph = chain(("Linear", {"units": 4}), ("Dropout", {}))
    graph = SetConfig(node="dropout1", config={"rate": 1.5}).apply(graph)
    path = tmp_path / "broken.json"
    builder.save(builder.Project(graphs={"model": graph}), path)
    return str(path)


def test_summary_is_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    """Columns aligned, thousands separated, totals below."""
    assert main(["summary", "lenet-5"]) == 0
    shown = capsys.readouterr()
    assert shown.out == LENET
    assert shown.err == ""


def test_summary_of_a_broken_network(broken: str, capsys: pytest.CaptureFixture[str]) -> None:
    """What is known is shown, what is not is a question mark; the problem follows."""
    assert main(["summary", broken]) == 1
    shown = capsys.readouterr()
    assert "linear1" in shown.out and "36" in shown.out
    assert [line.split()[2:] for line in shown.out.splitlines() if line.startswith("dropout1")] == [["?"] * 5]
    assert shown.err == "error: Dropout 'dropout1': rate must be in [0, 1). Got 1.5. The default is 0.5.\n"


def test_summary_as_csv_is_safe_to_open(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """For programs: plain numbers, nothing where nothing is known, and no cell that a spreadsheet would run."""
    assert main(["summary", "lenet-5", "--to", "csv", "--batch", "2"]) == 0
    rows = list(csv.DictReader(capsys.readouterr().out.splitlines()))
    assert rows[-1]["node"] == "total" and rows[-1]["parameters"] == "61706"
    assert rows[1] == {
        "node": "c1", "layer": "Conv2d", "output": "B × 6 × 28 × 28", "parameters": "156", "multiply-adds": "117600",
        "activation bytes": "18816", "training bytes": "2496", "receptive field": "5 × 5",
    }  # fmt: skip
    evil = builder.Graph(nodes=(builder.Node(id="a", kind="=HYPERLINK(1)"),))
    builder.save(builder.Project(graphs={"model": evil}), tmp_path / "evil.json")
    assert (
        main(["summary", str(tmp_path / "evil.json"), "--to", "csv", "-o", str(tmp_path / "costs.csv")]) == 1
    )
    assert (tmp_path / "costs.csv").read_text().splitlines()[1] == "a,'=HYPERLINK(1),,,,,,"


@pytest.mark.parametrize("name", ["lenet-5", "resnet-18", "gpt2-small", "transformer-translation"])
def test_the_columns_of_the_csv_sum_up(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """To the last line: shared weights count once, and the gradients that pass have a line of their own."""
    assert main(["summary", name, "--to", "csv"]) == 0
    *rows, total = csv.DictReader(capsys.readouterr().out.splitlines())
    summary = builder.summary(builder.template(name).graph)
    for column in ("parameters", "multiply-adds", "activation bytes", "training bytes"):
        assert sum(int(row[column] or 0) for row in rows) == int(total[column]), column
    batch = batch_of(builder.template(name))
    assert int(total["training bytes"]) == summary.training_bytes(batch) and total["node"] == "total"
    assert int(total["parameters"]) == summary.parameters


def test_other_graphs_are_named(capsys: pytest.CaptureFixture[str]) -> None:
    """A project of two shows one, and says how the other is shown."""
    assert main(["summary", "dcgan"]) == 0
    assert "This is the generator; --role shows the other graphs: discriminator." in capsys.readouterr().err
    assert main(["summary", "dcgan", "--role", "discriminator"]) == 0
    assert capsys.readouterr().err == ""


def test_memory_is_written_as_on_the_pages() -> None:
    """A million bytes are a megabyte, and three digits never become a power of ten."""
    written = [size(one) for one in (None, 0, 999, 999.6, 102_228_128, 999_600_000, 4e12, 5e15)]
    assert written == ["–", "0 B", "999 B", "1 kB", "102 MB", "1 GB", "4 TB", "5,000 TB"]
    given = [batch_of(builder.Project(engine={"batch": one})) for one in (8, 0, True, "many")]
    assert given == [8, 64, 64, 64] and Supervised().batch == batch_of(builder.Project())


def test_summary_of_a_block(capsys: pytest.CaptureFixture[str]) -> None:
    """What one repeat costs, with what reaches it; a way that leads nowhere is told."""
    assert main(["summary", "resnet-18", "--inside", "down1"]) == 0
    shown = capsys.readouterr().out
    assert "73,728" in shown and "67 × 67" in shown
    assert main(["summary", "resnet-18", "--inside", "conv1"]) == 1
    assert "'conv1' is no node that uses one" in capsys.readouterr().err


def test_check(broken: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """0 and a word where all is well, 1 and the problems where it is not; warnings alone are well."""
    assert main(["check", "digits-mlp"]) == 0
    assert capsys.readouterr().out == "No errors: it compiles.\n"
    assert main(["check", broken]) == 1
    shown = capsys.readouterr()
    assert "rate must be in [0, 1). Got 1.5." in shown.err and shown.out == ""
    loose = tmp_path / "loose.json"
    project = builder.template("digits-mlp")
    spare = builder.edits.AddNode(node=builder.Node(id="spare", kind="Input")).apply(project.graph)
    builder.save(project.with_graph(spare), loose)
    assert main(["check", str(loose)]) == 0
    assert capsys.readouterr().err.startswith("warning: Input 'spare': nothing reads it.")


def test_source(tmp_path: Path, broken: str, capsys: pytest.CaptureFixture[str]) -> None:
    """On the screen, or in a file; nothing is written of a network with errors."""
    assert main(["source", "digits-cnn"]) == 0
    shown = capsys.readouterr().out
    assert shown == builder.source(builder.template("digits-cnn").graph)
    path = tmp_path / "new" / "network.py"
    assert main(["source", "digits-cnn", "-o", str(path)]) == 0
    assert path.read_text(encoding="utf-8") == shown
    assert main(["source", broken, "-o", str(tmp_path / "none.py")]) == 1
    assert not (tmp_path / "none.py").exists()
    assert "Dropout 'dropout1'" in capsys.readouterr().err


def test_templates(capsys: pytest.CaptureFixture[str]) -> None:
    """One a line, the name first."""
    assert main(["templates"]) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == builder.templates()


def test_roles(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Any graph of a project; the usual one by default."""
    path = tmp_path / "two.json"
    critic = builder.template("xor-mlp").graph
    builder.save(builder.template("digits-mlp").with_graph(critic, "critic"), path)
    assert main(["source", str(path), "--role", "critic"]) == 0
    assert capsys.readouterr().out == builder.source(critic)
    assert main(["source", str(path), "--role", "actor"]) == 1
    assert "no graph 'actor'; it has model, critic." in capsys.readouterr().err


def test_what_cannot_be_read_or_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One sentence, no traceback."""
    (tmp_path / "text.json").write_text("hello")
    (tmp_path / "file").write_text("")
    for arguments, words in (
        (["summary", "lenet5"], "There is no file and no template 'lenet5'. Templates: lenet-5,"),
        (["summary", str(tmp_path / "none.json")], "none.json cannot be read"),
        (["check", str(tmp_path / "text.json")], "it is not JSON"),
        (["check", str(tmp_path)], "cannot be read"),
        (["source", "digits-mlp", "-o", str(tmp_path / "file" / "x.py")], "cannot be written"),
    ):
        assert main(arguments) == 1
        shown = capsys.readouterr()
        assert words in shown.err and shown.err.count("\n") == 1


def test_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An ONNX model becomes a project and weights; what is refused leaves nothing behind."""
    from safetensors.torch import load_file

    (tmp_path / "net.onnx").write_bytes(convolutional())
    project, weights = tmp_path / "out" / "net.json", tmp_path / "out" / "net.safetensors"
    assert main(["read", str(tmp_path / "net.onnx"), "-o", str(project), "--weights", str(weights)]) == 0
    shown = capsys.readouterr()
    assert shown.out.startswith("Largest difference from the original: ") and shown.err == ""
    read = builder.load(project)
    assert read.name == "net" and read.notes == f"{shown.out.strip()}\n{UNTRAINED}"
    builder.compile(read.graph).load_state_dict(load_file(weights))
    (tmp_path / "net.pt").write_bytes(b"\x80\x02.")
    assert main(["read", str(tmp_path / "net.pt"), "-o", str(tmp_path / "none.json")]) == 1
    assert "can run code" in capsys.readouterr().err and not (tmp_path / "none.json").exists()
    assert main(["read", str(tmp_path / "missing")]) == 1
    assert "missing cannot be read" in capsys.readouterr().err


def test_as_a_process() -> None:
    """It ends with the right code, whoever reads its output, in whatever encoding."""
    command = [sys.executable, "-m", "builder", "summary", "digits-mlp"]
    root = Path(__file__).resolve().parents[2]
    plain = os.environ | {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    answer = subprocess.run(command, cwd=root, env=plain, capture_output=True, text=True, check=False)
    assert (answer.returncode, answer.stderr) == (0, "")
    assert "6,570" in answer.stdout
    usage = subprocess.run(
        [*command[:3], "frobnicate"], cwd=root, capture_output=True, text=True, check=False
    )
    assert usage.returncode == 2 and "Traceback" not in usage.stderr
