"""Ready networks leave as code and as ONNX, and come back as graphs that compute the same."""

from typing import Any

import pytest
import torch

import builder
from builder.around import around
from builder.errors import BadFile
from builder.graph import Graph
from builder.layers import LAYERS
from builder.reading.rules import RULES
from builder.reading.rules.activation import VALUEWISE
from builder.reading.rules.modules import CALLS
from engines.exports.pt2 import quiet
from tests.graphs import data
from tests.references.matching import randomised

SMALL = (
    "lenet-5", "tiny-vgg", "digits-mlp", "digits-cnn", "digits-resnet", "digits-transformer", "digits-lstm",
        "digits-gru",
    "denoising-autoencoder", "vae", "dcgan", "dqn", "moons-mlp", "iris-mlp", "small-gpt", "small-vit",
)  # fmt: skip


BEYOND = {
    "ALiBi", "ChebConv", "Constant", "EdgeConv", "GATConv", "GCNConv", "GINConv",
    "MaxUnpool1d", "MaxUnpool2d", "MaxUnpool3d", "MinibatchDiscrimination", "MinibatchStdDev", "Neighbours",
    "Parameter", "RBM", "RelativeBias", "RoutedCapsules", "SAGEConv",
    "VectorQuantizer",
}  # fmt: skip
"""Layers whose code no rule understands: they work along the batch, scatter, or depend on no input."""


def drawn(name: str) -> tuple[Graph, Any, tuple[torch.Tensor, ...]]:
    """A ready network: its graph, a module with weights that all matter, and an example."""
    graph = builder.template(name).graph
    return graph, randomised(builder.compile(graph)), data(graph)


def program(module: Any, example: tuple[torch.Tensor, ...]) -> Any:
    """The module as a program of torch.export with a free batch."""
    batch = tuple({0: torch.export.Dim("batch")} for _ in example)
    with quiet():
        return torch.export.export(module, example, dynamic_shapes=batch)


def weights(state: dict[str, torch.Tensor]) -> int:
    """How many numbers are learned."""
    return sum(
        one.numel() for name, one in state.items() if "running" not in name and "num_batches" not in name
    )


@pytest.mark.parametrize("name", SMALL)
def test_code_comes_back(name: str) -> None:
    """By torch.fx: equal answers, equally many weights, and no more nodes than it had."""
    graph, module, example = drawn(name)
    reading = builder.read(module, example)
    assert not reading.unknown and not reading.reason, reading.report()
    assert reading.difference is not None and reading.difference < 1e-5
    assert weights(reading.state) == sum(one.numel() for one in module.parameters())
    assert len(reading.graph.nodes) <= len(graph.nodes) + 2


@pytest.mark.parametrize("name", SMALL)
def test_a_program_comes_back(name: str) -> None:
    """By torch.export."""
    _, module, example = drawn(name)
    reading = builder.read(program(module, example))
    assert not reading.unknown and not reading.reason, reading.report()
    assert reading.difference is not None and reading.difference < 1e-5
    assert weights(reading.state) == sum(one.numel() for one in module.parameters())


@pytest.mark.slow
@pytest.mark.parametrize("name", SMALL)
def test_onnx_comes_back(name: str) -> None:
    """As torch exports it, compared with onnxruntime."""
    graph, module, example = drawn(name)
    exported = program(module, example)
    with quiet():
        made: Any = torch.onnx.export(exported, (), dynamo=True, verbose=False, opset_version=20)
    reading = builder.read(made.model_proto.SerializeToString())
    assert not reading.unknown and not reading.reason, reading.report()
    assert reading.difference is not None and reading.difference < 1e-5
    assert len(reading.graph.nodes) <= len(graph.nodes) + 4


@pytest.mark.parametrize("kind", sorted(LAYERS.keys() - {"Input", "Output", "Block"} - BEYOND))
def test_a_layer_comes_back(kind: str) -> None:
    """Every kind on its own, written out as code."""
    graph = around(kind)
    reading = builder.read(builder.compile(graph), data(graph))
    assert not reading.unknown and not reading.reason, reading.report()
    assert reading.difference is not None and reading.difference < 1e-5, reading.report()


@pytest.mark.parametrize("kind", sorted(BEYOND))
def test_what_has_no_rule_is_told(kind: str) -> None:
    """In the report, or because nothing would be left of it: never in silence, and never with an error of ours."""
    graph = around(kind)
    try:
        reading = builder.read(builder.compile(graph), data(graph))
    except BadFile as error:
        assert "Nothing that comes out depends on what goes in." in str(error)
    else:
        assert reading.difference is None and "The graph has problems" in reading.reason


def test_a_block_comes_back_as_a_block() -> None:
    """With its repeats."""
    graph, module, example = drawn("digits-transformer")
    read = builder.read(module, example).graph
    repeats = [
        [node.config.get("repeat") for node in one.nodes if node.kind == "Block"] for one in (graph, read)
    ]
    assert repeats[0] == repeats[1] == [2]


def test_what_is_read_can_be_read_again() -> None:
    """The graph of a graph is the same, but for where its names come from."""
    _, module, example = drawn("digits-resnet")
    once = builder.read(module, example)
    compiled = builder.compile(once.graph)
    compiled.load_state_dict(once.state)
    twice = builder.read(compiled, example)
    assert [node.kind for node in once.graph.nodes] == [node.kind for node in twice.graph.nodes]
    assert twice.difference == 0


def test_rules_draw_layers_that_exist() -> None:
    """Functions that modules call have rules; activations are layers, with fields of these names."""
    assert {call.split()[0] for call in CALLS.values()} <= RULES.keys()
    for layer in VALUEWISE.values():
        kind, *fields = layer.split()
        assert {*fields} <= builder.layers.LAYERS[kind].model_fields.keys(), kind
