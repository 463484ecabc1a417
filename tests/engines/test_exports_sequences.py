"""What masks, shifts and packs sequences leaves in all formats that can hold it, and is told by name where none can."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from builder.around import around
from builder.errors import BadGraph
from builder.graph import Graph, Node
from builder.project import Project
from engines.exports import Bundle, Export, Onnx, Pt2, Python
from engines.exports.onnx import PROJECTED
from engines.exports.pt2 import UNTRACEABLE
from engines.trained import Trained
from tests.engines.test_exports import taken_away


def trained(*nodes: Node) -> Trained:
    return Trained.untrained(Project(name="sequences", graphs={"model": Graph(nodes=nodes)}, seed=3))


def translator() -> Trained:
    """Words in, a padding mask, an encoder and a decoder that is given the answer one step later."""
    return trained(
        Node(id="source", kind="Input", config={"shape": [6], "dtype": "int64"}),
        Node(id="target", kind="Input", config={"shape": [5], "dtype": "int64"}),
        Node(id="mask", kind="PaddingMask", inputs={"input": "source"}),
        Node(id="words", kind="Embedding", config={"entries": 20, "width": 8}, inputs={"input": "source"}),
        Node(id="placed", kind="SinusoidalPositions", inputs={"input": "words"}),
        Node(id="mixed", kind="MultiheadAttention", config={"causal": True, "heads": 2},
             inputs={"query": "placed", "mask": "mask"}),
        Node(id="encoder", kind="TransformerEncoderLayer", config={"heads": 2, "feedforward": 16},
             inputs={"input": "mixed", "mask": "mask"}),
        Node(id="shift", kind="ShiftRight", config={"start": 1}, inputs={"input": "target"}),
        Node(id="given", kind="Embedding", inputs={"input": "shift"}, shares="words"),
        Node(id="decoder", kind="TransformerDecoderLayer", config={"heads": 2, "feedforward": 16},
             inputs={"input": "given", "memory": "encoder", "memory_mask": "mask"}),
        Node(id="pool", kind="GraphPool", inputs={"input": "encoder", "mask": "mask"}),
        Node(id="y", kind="Output", inputs={"input": "decoder"}),
        Node(id="meaning", kind="Output", inputs={"input": "pool"}),
        Node(id="counts", kind="Output", inputs={"input": "mask"}),
    )  # fmt: skip


def packed(kind: str) -> Trained:
    return trained(
        Node(id="x", kind="Input", config={"shape": [5, 8]}),
        Node(id="n", kind="Input", config={"shape": [], "dtype": "int64"}),
        Node(id="reader", kind=kind, config={"units": 6}, inputs={"input": "x", "lengths": "n"}),
        Node(id="y", kind="Output", inputs={"input": "reader"}),
    )


@pytest.mark.parametrize("format", [Python(), Pt2(), Onnx()])
def test_a_translator_with_masks_leaves(format: Export, tmp_path: Path) -> None:
    """A truth value is among its outputs, too."""
    assert format.write(translator(), tmp_path).largest_difference < 1e-5


@pytest.mark.parametrize("kind", ["RNN", "GRU", "LSTM"])
@pytest.mark.parametrize("format", [Pt2(), Onnx()])
def test_what_packs_is_told_by_name(kind: str, format: Export, tmp_path: Path) -> None:
    with pytest.raises(BadGraph) as refused:
        format.write(packed(kind), tmp_path)
    problem = refused.value.problems[0]
    assert (problem.node, problem.value) == ("reader", kind)
    assert "packs sequences by their lengths" in problem.message and "bundle" in problem.fix
    assert not list(tmp_path.iterdir()), "nothing is left behind"


@pytest.mark.parametrize("format", [Python(), Bundle()])
def test_what_packs_leaves_with_its_source(format: Export, tmp_path: Path) -> None:
    assert format.write(packed("LSTM"), tmp_path).largest_difference == 0


def test_a_projected_lstm_leaves_but_for_onnx(tmp_path: Path) -> None:
    graph = around("LSTM", units=6, projection=3)
    one = Trained.untrained(Project(name="projected", graphs={"model": graph}))
    assert Pt2().write(one, tmp_path / "a.pt2").largest_difference < 1e-6
    with pytest.raises(BadGraph) as refused:
        Onnx().write(one, tmp_path / "a.onnx")
    assert str(refused.value.problems[0]).startswith(
        "LSTM 'layer': ONNX's LSTM does not project its hidden state."
    )


def test_the_readme_names_what_cannot_leave() -> None:
    import engines.exports

    text = (Path(engines.exports.__file__).parent / "README.md").read_text()
    assert all(reason in text for reason, _ in (PROJECTED, *UNTRACEABLE.values()))


def test_a_script_of_several_inputs_says_what_it_wants(tmp_path: Path) -> None:
    """A file with a list of examples for each, as many for all."""
    folder = taken_away(translator(), tmp_path)

    def said(*arguments: str) -> str:
        command = [sys.executable, "model.py", *arguments]
        answer = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        assert answer.returncode == 1
        return answer.stderr

    assert said().startswith("Usage: python model.py FILE.json") and "source, target" in said()
    (folder / "odd.json").write_text(json.dumps({"source": [[1] * 6], "target": [[1] * 5] * 2}))
    assert "Each of source, target must have as many examples as the others." in said("odd.json")
