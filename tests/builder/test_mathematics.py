"""What layers compute and cost, held against formulas and torch code written by hand."""

from typing import Any

import pytest
import torch
from torch import nn

import builder
from builder.around import around
from builder.graph import Graph, Node
from builder.shapes import infer
from tests.graphs import chain, data, outputs

COSTS = [
    ("Linear", {"units": 64}, (8,), 8 * 64),
    ("Linear", {"units": 3, "bias": False}, (5, 8), 5 * 8 * 3),
    ("Conv1d", {"filters": 4, "kernel": 3}, (3, 16), 14 * 3 * 3 * 4),
    ("Conv2d", {"filters": 6, "kernel": 5}, (1, 32, 32), 28 * 28 * 5 * 5 * 1 * 6),
    ("Conv2d", {"filters": 8, "kernel": 3, "stride": 2, "padding": 1}, (3, 16, 16), 8 * 8 * 9 * 3 * 8),
    ("Conv2d", {"filters": 8, "kernel": 3, "groups": 4, "padding": "same"}, (4, 6, 6), 36 * 9 * 1 * 8),
    ("Conv2d", {"filters": 8, "kernel": 3, "dilation": 2}, (4, 9, 9), 25 * 9 * 4 * 8),
    ("Conv3d", {"filters": 4, "kernel": 3}, (2, 6, 8, 8), 4 * 6 * 6 * 27 * 2 * 4),
    ("ConvTranspose1d", {"filters": 5, "kernel": 4, "stride": 2}, (3, 7), 7 * 4 * 3 * 5),
    ("ConvTranspose2d", {"filters": 5, "kernel": 2, "stride": 2}, (3, 4, 4), 16 * 4 * 3 * 5),
    ("RNN", {"units": 6}, (5, 8), 5 * 6 * (8 + 6)),
    ("GRU", {"units": 6, "layers": 2}, (5, 8), 5 * 3 * (6 * (8 + 6) + 6 * (6 + 6))),
    ("LSTM", {"units": 6}, (5, 8), 5 * 4 * 6 * (8 + 6)),
    ("LSTM", {"units": 6, "layers": 2, "bidirectional": True}, (5, 8), 5 * 2 * 4 * 6 * ((8 + 6) + (12 + 6))),
    ("MultiheadAttention", {"heads": 2}, (5, 8), 4 * 5 * 8 * 8 + 2 * 5 * 5 * 8),
    ("ReLU", {}, (8,), 0),
    ("BatchNorm2d", {}, (3, 8, 8), 0),
    ("MaxPool2d", {}, (3, 8, 8), 0),
]
PARAMETERS = [
    ("Linear", {"units": 5}, (8,), 8 * 5 + 5),
    ("Conv2d", {"filters": 6, "kernel": 5}, (3, 9, 9), 6 * 3 * 25 + 6),
    ("ConvTranspose2d", {"filters": 6, "kernel": 2, "groups": 2}, (4, 5, 5), 4 * 3 * 4 + 6),
    ("BatchNorm2d", {}, (7, 4, 4), 14),
    ("LayerNorm", {"dimensions": 2}, (5, 8), 80),
    ("PReLU", {}, (8,), 1),
    ("MultiheadAttention", {"heads": 2}, (5, 8), 4 * 8 * 8 + 4 * 8),
    ("RNN", {"units": 64}, (10, 8), 4_736),
    ("GRU", {"units": 64}, (10, 8), 14_208),
    ("LSTM", {"units": 64}, (10, 8), 18_944),
]


@pytest.mark.parametrize(("kind", "config", "shape", "expected"), COSTS)
def test_multiply_adds_by_closed_form(
    kind: str, config: dict[str, Any], shape: tuple[int, ...], expected: int
) -> None:
    """For one example."""
    assert builder.summary(chain((kind, config), shape=shape)).multiply_adds == expected


@pytest.mark.parametrize(("kind", "config", "shape", "expected"), PARAMETERS)
def test_parameters_by_closed_form(
    kind: str, config: dict[str, Any], shape: tuple[int, ...], expected: int
) -> None:
    """As counted by hand; torch's recurrent layers have two biases."""
    assert builder.summary(chain((kind, config), shape=shape)).parameters == expected


def test_matrix_products_are_counted() -> None:
    """Rows × inner × columns."""
    assert builder.summary(around("MatMul")).multiply_adds == 3 * 4 * 5


def test_long_sequences_are_inferred_at_once() -> None:
    """Recurrent layers are tried on a few steps, and continued exactly."""
    for kind in ("RNN", "GRU", "LSTM"):
        graph = chain((kind, {"units": 6, "bidirectional": True, "layers": 2}), shape=(50_000, 8))
        outputs = infer(graph).places[graph.nodes[1].id].outcome
        assert outputs is not None
        assert {name: spec.shape for name, spec in outputs.outputs.items()} == {
            "output": (2, 50_000, 12), "hidden": (2, 4, 6), **({"cell": (2, 4, 6)} if kind == "LSTM" else {})
        }  # fmt: skip


def test_states_travel_from_one_lstm_to_another() -> None:
    """Encoder and decoder, as written by hand in torch."""
    nodes = (
        Node(id="source", kind="Input", config={"shape": [5, 8]}),
        Node(id="target", kind="Input", config={"shape": [3, 4]}),
        Node(id="encoder", kind="LSTM", config={"units": 6, "layers": 2}, inputs={"input": "source"}),
        Node(id="decoder", kind="LSTM", config={"units": 6, "layers": 2},
             inputs={"input": "target", "hidden": "encoder.hidden", "cell": "encoder.cell"}),
        Node(id="answer", kind="Output", inputs={"input": "decoder"}),
        Node(id="state", kind="Output", inputs={"input": "encoder.hidden"}),
    )  # fmt: skip
    module = builder.compile(Graph(nodes=nodes))
    source, target = torch.randn(2, 5, 8), torch.randn(2, 3, 4)
    answer, state = module(source, target)
    _, hidden = module.encoder(source)
    assert torch.equal(answer, module.decoder(target, hidden)[0])
    assert torch.equal(state, hidden[0].transpose(0, 1))
    assert state.shape == (2, 2, 6), "batch first, as everywhere"


def test_a_lone_cell_state_is_refused() -> None:
    """LSTM's states come together."""
    graph = around("LSTM")
    nodes = (*graph.nodes, Node(id="second", kind="LSTM", inputs={"input": "input1", "cell": "layer.cell"}),
             Node(id="last", kind="Output", inputs={"input": "second"}))  # fmt: skip
    (problem,) = builder.check(Graph(nodes=nodes))
    assert problem.message == "LSTM 'second': hidden and cell must be connected together. Got one of them."


def test_attention_gives_its_weights() -> None:
    """The mean over the heads; each row sums to one; asking for them does not change the output."""
    module = builder.compile(around("MultiheadAttention"))
    (x,) = data(around("MultiheadAttention"))
    answer, weights = outputs(module, (x,))
    expected, expected_weights = module.layer(x, x, x, need_weights=True)
    assert torch.equal(answer, expected)
    assert torch.equal(weights, expected_weights)
    assert torch.allclose(weights.sum(-1), torch.ones(2, 5))
    alone = builder.compile(around("MultiheadAttention", read=("output",)))
    alone.load_state_dict(module.state_dict())
    assert torch.allclose(alone(x), answer, atol=1e-6)


def test_causal_attention_does_not_see_the_future() -> None:
    """What a later step holds changes nothing earlier; without the mask it does."""
    for causal in (True, False):
        module = builder.compile(around("MultiheadAttention", read=("output",), causal=causal))
        x = torch.randn(2, 5, 8)
        changed = x.clone()
        changed[:, 3:] += 1
        assert torch.equal(module(x)[:, :3], module(changed)[:, :3]) is causal


def test_cross_attention_takes_keys_of_another_width() -> None:
    """Key and value may be longer and wider than the query."""
    nodes = (
        Node(id="query", kind="Input", config={"shape": [5, 8]}),
        Node(id="memory", kind="Input", config={"shape": [7, 12]}),
        Node(id="attend", kind="MultiheadAttention", config={"heads": 2},
             inputs={"query": "query", "key": "memory", "value": "memory"}),
        Node(id="answer", kind="Output", inputs={"input": "attend"}),
    )  # fmt: skip
    graph = Graph(nodes=nodes)
    assert builder.check(graph) == []
    assert builder.compile(graph)(torch.randn(2, 5, 8), torch.randn(2, 7, 12)).shape == (2, 5, 8)
    expected = nn.MultiheadAttention(8, 2, kdim=12, vdim=12, batch_first=True)
    assert builder.summary(graph).parameters == sum(weight.numel() for weight in expected.parameters())
    projections = 2 * 5 * 8 * 8 + 7 * 8 * (12 + 12)
    assert builder.summary(graph).multiply_adds == projections + 2 * 5 * 7 * 8


def test_a_node_used_twice_shares_its_weights() -> None:
    """One module, called twice; its gradient is the sum; its weights count once, its work twice."""
    nodes = (
        Node(id="left", kind="Input", config={"shape": [8]}),
        Node(id="right", kind="Input", config={"shape": [8]}),
        Node(id="tower", kind="Linear", config={"units": 4}, inputs={"input": "left"}),
        Node(id="twin", kind="Linear", config={"units": 4}, inputs={"input": "right"}, shares="tower"),
        Node(id="sum", kind="Add", inputs={"input1": "tower", "input2": "twin"}),
        Node(id="answer", kind="Output", inputs={"input": "sum"}),
    )
    graph = Graph(nodes=nodes)
    module = builder.compile(graph)
    left, right = torch.randn(3, 8), torch.randn(3, 8)
    answer = module(left, right)
    assert torch.equal(answer, module.tower(left) + module.tower(right))
    assert list(module.state_dict()) == ["tower.weight", "tower.bias"]
    answer.sum().backward()
    assert torch.allclose(module.tower.weight.grad, (left + right).sum(0).expand(4, 8), atol=1e-5)
    summary = builder.summary(graph)
    assert (summary.parameters, summary.multiply_adds) == (8 * 4 + 4, 2 * 8 * 4)


def test_pieces_of_tensors() -> None:
    """Select, Slice, Permute, Reshape and Concatenate are torch's indexing."""
    x = torch.arange(2 * 5 * 8.0).reshape(2, 5, 8)
    cases = [
        ("Select", {"dim": 1, "index": -1}, x[:, -1]),
        ("Select", {"dim": 2, "index": 3}, x[:, :, 3]),
        ("Slice", {"dim": 1, "start": 1, "stop": 4}, x[:, 1:4]),
        ("Slice", {"dim": 2, "start": -4, "step": 2}, x[:, :, -4::2]),
        ("Permute", {"order": [2, 1]}, x.permute(0, 2, 1)),
        ("Reshape", {"shape": [4, -1]}, x.reshape(2, 4, 10)),
        ("Flatten", {}, x.flatten(1)),
    ]
    for kind, config, expected in cases:
        assert torch.equal(builder.compile(chain((kind, config), shape=(5, 8)))(x), expected)


@pytest.mark.parametrize(
    ("kind", "config", "rule"),
    [
        ("Reshape", {"shape": [0, 4]}, "positive sides"),
        ("Reshape", {"shape": [-1, -1]}, "at most one"),
        ("Reshape", {"shape": [3, 3]}, "must hold the input's 40 values"),
        ("Permute", {"order": [1, 1]}, "must name each of the dimensions"),
        ("Permute", {"order": [1]}, "must name all 2 dimensions"),
        ("Select", {"dim": 1, "index": 5}, "index must be in [-5, 4]"),
        ("Select", {"dim": 3}, "dim must be at most 2"),
        ("Slice", {"dim": 1, "start": 5}, "must leave something"),
        ("Concatenate", {"dim": 1}, "'input2' must be connected"),
        ("LayerNorm", {"dimensions": 3}, "dimensions must be at most 2"),
        ("MultiheadAttention", {"heads": 3}, "heads must divide the features (8). Got 3."),
        ("LSTM", {"dropout": 0.5}, "layers must be at least 2"),
        ("Softmax", {"dim": 0}, "dim must be -1 or in [1, 2]"),
        ("Conv1d", {"groups": 2}, "groups must divide"),
        ("Conv1d", {"kernel": 9}, "kernel must fit"),
        ("AvgPool1d", {"kernel": 9}, "kernel must fit"),
        ("MaxPool1d", {"kernel": 2, "padding": 2}, "padding must be at most half"),
        ("ConvTranspose1d", {"output_padding": 2, "stride": 2}, "output_padding must be less"),
        ("Conv1d", {"padding": "same", "stride": 2}, 'padding "same" needs stride 1'),
    ],
)
def test_rules_between_fields_and_inputs(kind: str, config: dict[str, Any], rule: str) -> None:
    """In words of the layer, not of PyTorch."""
    problems = [str(problem) for problem in builder.check(chain((kind, config), shape=(5, 8)))]
    assert rule in problems[0]
