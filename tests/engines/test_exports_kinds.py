"""Every kind of layer and every template leaves as Python, torch.export and ONNX, and gives the same numbers there."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch.export import ExportedProgram

from builder import template, templates
from builder.around import around
from builder.errors import BadGraph
from builder.graph import Graph
from builder.layers import LAYERS
from builder.project import Project
from builder.reference import kinds_in
from engines.exports import Export, Onnx, Pt2, onnx, pt2
from engines.exports.onnx import LACKING
from engines.exports.pt2 import traced
from engines.exports.python import sources
from engines.exports.safetensors import weights
from engines.trained import Trained
from tests.graphs import KINDS, LARGE, outputs, together

SMALL = {
    f"{name}-{role}": graph
    for name in templates()
    if name not in LARGE
    for role, graph in template(name).graphs.items()
}
VARIANTS: list[tuple[str, dict[str, Any]]] = [
    ("AdaptiveAvgPool1d", {"size": 5}), ("AdaptiveAvgPool2d", {"size": 5}), ("AdaptiveMaxPool2d", {"size": 6}),
    ("Conv1d", {"kernel": 4, "padding": "same", "dilation": 2}), ("Conv2d", {"filters": 6, "groups": 3, "stride": 2}),
    ("ConvTranspose2d", {"kernel": 3, "padding": 1, "output_padding": 1}), ("Upsample", {"mode": "linear"}),
    ("LSTM", {"bidirectional": True, "layers": 2}), ("GRU", {"bidirectional": True}), ("RNN", {"nonlinearity": "relu"}),
    ("Conv1d", {"padding": "causal", "stride": 2, "padding_mode": "replicate"}), ("MaxPool2d", {"indices": True}),
    ("Conv2d", {"kernel": [1, 7], "padding": [0, 3], "stride": [2, 1], "padding_mode": "reflect"}),
    ("Conv2d", {"reparametrise": "weight norm"}), ("Linear", {"reparametrise": "spectral norm"}),
    ("ConvTranspose2d", {"kernel": [3, 2], "dilation": 2, "output_padding": [1, 0], "reparametrise": "spectral norm"}),
    ("MaskedConv2d", {"type": "A", "colours": 3, "filters": 6}), ("AvgPool2d", {"ceil_mode": True, "kernel": [3, 2]}),
    ("Upsample", {"mode": "bicubic"}), ("Upsample", {"size": [7, 9], "mode": "linear", "align_corners": True}),
    ("Reduce", {"how": "std", "dims": [1, 2], "keepdim": True}), ("Reduce", {"how": "logsumexp"}),
    ("Split", {"sizes": [1, 2, 3]}), ("Pad", {"mode": "reflect"}), ("Pad", {"amounts": [-1, 2, 0, -2], "value": 3.0}),
    ("Constant", {"values": [1.0, 2.5], "shape": [2]}), ("Parameter", {"shape": [2, 3], "trained": False}),
    ("Roll", {"shifts": [1, -2], "dims": [1, 2]}), ("Gather", {"dim": 2}), ("TopK", {"k": 3, "dim": 1}),
    ("Formula", {"expression": "(x + 2) ** 2 * softplus(x) / 9 - maximum(x, sin(x))"}), ("Compare", {"how": "=="}),
    ("RadialBasis", {"function": "inverse multiquadric"}), ("EmbeddingBag", {"mode": "max"}),
    ("LayerScale", {"dim": 1}), ("Step", {"straight_through": True}),
    ("Unfold", {"kernel": 3, "stride": 1, "padding": 1}),
    ("MultiheadAttention", {"causal": True, "heads": 2}), ("Slice", {"start": -4, "stop": -1, "step": 2}),
    ("TransformerEncoderLayer", {"norm_first": True, "activation": "gelu", "causal": True}),
    ("RotaryPositions", {"heads": 2, "pairs": "neighbours", "features": 2}), ("RelativeBias", {"columns": 5}),
    ("GCNConv", {"add_self_loops": False}), ("GATConv", {"concat": False, "heads": 2}), ("SAGEConv", {"aggr": "max"}),
    ("SAGEConv", {"normalize": True}), ("GINConv", {"train_eps": True}), ("ChebConv", {"K": 3}),
    ("GraphPool", {"how": "max"}), ("RBM", {"sees": "real"}), ("Hopfield", {"iterations": 3}),
]  # fmt: skip
BEYOND_ONNX: list[tuple[str, dict[str, Any]]] = [
    ("AdaptiveMaxPool1d", {"size": 5}), ("AdaptiveMaxPool2d", {"size": 5}), ("AdaptiveMaxPool3d", {"size": 5}),
    ("AdaptiveAvgPool3d", {"size": [4, 3, 3]}),
]  # fmt: skip
"""What torch.export holds and ONNX does not; engines/exports/README.md says why."""

PARTS = 4
"""Everything at once takes longer than a test may."""

CHILD = """
import importlib.util, sys
from pathlib import Path
import numpy as np, torch
torch.set_num_threads(1)
wrong = []
for folder in sorted(Path(sys.argv[1]).iterdir()):
    spec = importlib.util.spec_from_file_location("model", folder / "model.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    arrays = np.load(folder / "case.npz", allow_pickle=False)
    count = sum(name.startswith("input") for name in arrays.files)
    inputs = [torch.from_numpy(arrays[f"input{n}"]) for n in range(count)]
    def tensors(value):
        return value if isinstance(value, tuple) else (value,)
    found = {}
    network = module.load()
    with torch.no_grad():
        found |= {f"answer{n}": value for n, value in enumerate(tensors(network(*inputs)))}
    inputs = [value.requires_grad_() if value.is_floating_point() else value for value in inputs]
    torch.manual_seed(1)
    answers = tensors(network.train()(*inputs))
    total = sum((value.float() ** 2).sum() for value in answers)
    if total.requires_grad:
        total.backward()
    leaves = [*inputs, *network.parameters()]
    found |= {f"trained{n}": value.detach() for n, value in enumerate(answers)}
    found |= {f"gradient{n}": leaf.grad for n, leaf in enumerate(leaves) if leaf.grad is not None}
    if sorted(found) != sorted(name for name in arrays.files if not name.startswith("input")):
        wrong.append(f"{folder.name}: other tensors")
    known = {name: torch.from_numpy(arrays[name]) for name in found}
    def same(one, other):  # a logarithm of what is negative is no number on either side
        return one.shape == other.shape and bool(((one == other) | ((one != one) & (other != other))).all())
    wrong += [f"{folder.name}: {name}" for name, value in found.items() if not same(value, known[name])]
assert not {"builder", "engines"} & set(sys.modules)
print("wrong:", wrong)
"""


def named(name: str, graph: Graph) -> Trained:
    return Trained.untrained(Project(name=name, graphs={"model": graph}, seed=3))


def leave(trained: Trained, folder: Path) -> None:
    """What a person takes away, and what our own module answers, in both modes, with all gradients."""
    folder.mkdir()
    for name, content in {**sources(trained), "weights.safetensors": weights(trained)}.items():
        (folder / name).write_bytes(content)
    inputs = trained.random(2)
    arrays = {f"input{n}": value.numpy().copy() for n, value in enumerate(inputs)}
    arrays |= {f"answer{n}": value.numpy() for n, value in enumerate(trained.answers(inputs))}
    given = tuple(value.requires_grad_() if value.is_floating_point() else value for value in inputs)
    torch.manual_seed(1)
    answers = outputs(trained.module.train(), given)
    total = sum(((value.float() ** 2).sum() for value in answers), torch.zeros(()))
    if total.requires_grad:  # a step or a place has no slope
        total.backward()
    leaves = [*given, *trained.module.parameters()]
    arrays |= {f"trained{n}": value.detach().numpy() for n, value in enumerate(answers)}
    arrays |= {f"gradient{n}": leaf.grad.numpy() for n, leaf in enumerate(leaves) if leaf.grad is not None}
    np.savez(folder / "case.npz", **arrays)  # type: ignore[arg-type]


def differences(folder: Path) -> str:
    """What a process that has torch but not Strata computes otherwise."""
    command = [sys.executable, "-E", "-P", "-W", "ignore", "-c", CHILD, str(folder)]
    answer = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stderr
    return answer.stdout.split("wrong:")[1].strip()


@pytest.fixture(autouse=True)
def _one_thread() -> Any:
    """Other numbers of threads give other last bits."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def test_every_kind_and_template_gives_the_same_bits_from_its_exported_file(tmp_path: Path) -> None:
    """Outputs and gradients, in evaluation and in training, with the same weights."""
    for kind in KINDS:
        leave(named(kind, around(kind)), tmp_path / kind)
    for number, (kind, config) in enumerate(VARIANTS + BEYOND_ONNX):
        leave(named(kind, around(kind, **config)), tmp_path / f"{kind}-{number}")
    for name, graph in SMALL.items():
        leave(named(name, graph), tmp_path / name)
    assert differences(tmp_path) == "[]"


@pytest.mark.slow
@pytest.mark.parametrize("name", LARGE)
def test_large_templates_too(name: str, tmp_path: Path) -> None:
    leave(Trained.untrained(template(name)), tmp_path / name)
    assert differences(tmp_path) == "[]"


def everything() -> dict[str, Graph]:
    graphs = {kind.lower(): around(kind) for kind in KINDS}
    graphs |= {f"{kind.lower()}v{n}": around(kind, **config) for n, (kind, config) in enumerate(VARIANTS)}
    return graphs | {name.replace("-", "_"): graph for name, graph in SMALL.items()}


@pytest.fixture(scope="module", params=range(PARTS))
def many_traced(request: pytest.FixtureRequest) -> tuple[Trained, ExportedProgram]:
    """A part of everything. Tracing takes long, so it is done once for both formats."""
    chosen = [*everything().items()][request.param :: PARTS]
    trained = named("everything", together(dict(chosen)))
    return trained, traced(trained)


@pytest.mark.parametrize(("format", "most"), [(Pt2(), 1e-6), (Onnx(), 1e-5)])
def test_every_kind_and_template_leaves_as_torch_program_and_onnx(
    format: Export,
    most: float,
    many_traced: tuple[Trained, ExportedProgram],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """In both, torch's attention without gradients and another runtime add in another order: last digits differ."""
    trained, program = many_traced
    for module in (pt2, onnx):
        monkeypatch.setattr(module, "traced", lambda _: program)
    assert format.write(trained, tmp_path).largest_difference < most


@pytest.mark.parametrize("name", ["digits-resnet", "digits-lstm"])
def test_torch_programs_have_the_same_bits(name: str) -> None:
    """Where both are run in one way: torch computes recurrent layers otherwise while it tracks gradients."""
    trained = Trained.untrained(template(name))
    program = traced(trained).module()
    for batch in (1, 5):
        inputs = trained.random(batch)
        with torch.no_grad():
            assert torch.equal(program(*inputs), trained.answers(inputs)[0])


@pytest.mark.slow
@pytest.mark.parametrize("name", LARGE)
def test_large_templates_leave_as_onnx_and_torch_program(name: str, tmp_path: Path) -> None:
    """To the bit as a torch program, but for attention, which torch computes otherwise without gradients."""
    trained = Trained.untrained(template(name))
    attends = any(LAYERS[kind].category == "Attention" for kind in kinds_in(name))
    assert Pt2().write(trained, tmp_path).largest_difference <= (1e-5 if attends else 0)
    assert Onnx().write(trained, tmp_path).largest_difference < 1e-4


@pytest.mark.parametrize(("kind", "config"), BEYOND_ONNX)
def test_what_onnx_cannot_hold_is_named_with_the_reason(
    kind: str, config: dict[str, Any], tmp_path: Path
) -> None:
    with pytest.raises(BadGraph) as refused:
        Onnx().write(named(kind, around(kind, **config)), tmp_path)
    problem = refused.value.problems[0]
    assert (problem.node, problem.value) == ("layer", kind)
    assert "ONNX knows no windows of different sizes" in problem.message
    assert "divides" in problem.fix
    assert not list(tmp_path.iterdir()), "nothing is left behind"


def test_the_readme_names_what_onnx_cannot_hold() -> None:
    import engines.exports

    text = (Path(engines.exports.__file__).parent / "README.md").read_text()
    assert all(reason in text for reason, _ in LACKING.values())
    assert all(kind in text for kind, _ in BEYOND_ONNX)
