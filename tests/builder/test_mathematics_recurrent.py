"""Sequences of different lengths, projections and shifts, held against torch run on each sequence by itself."""

from typing import Any

import pytest
import torch
from torch import nn

import builder
from builder.graph import Graph, Node
from tests.graphs import chain

LENGTHS = torch.tensor([5, 2, 4])


def network(kind: str, ports: dict[str, str], read: tuple[str, ...], **config: Any) -> Graph:
    """A layer behind sequences, their lengths and states."""
    width = config.get("units", 6)
    shapes: dict[str, dict[str, Any]] = {
        "x": {"shape": [5, 8]},
        "n": {"shape": [], "dtype": "int64"},
        "h": {"shape": [1, config.get("projection") or width]},
        "c": {"shape": [1, width]},
    }
    entries = [Node(id=id, kind="Input", config=shapes[id]) for id in dict.fromkeys(ports.values())]
    layer = Node(id="layer", kind=kind, config=config, inputs=ports)
    exits = [Node(id=f"y_{port}", kind="Output", inputs={"input": f"layer.{port}"}) for port in read]
    return Graph(nodes=(*entries, layer, *exits))


@pytest.mark.parametrize("kind", ["RNN", "GRU", "LSTM"])
@pytest.mark.parametrize(
    "config", [{}, {"layers": 2}, {"bidirectional": True}, {"layers": 2, "bidirectional": True}]
)
def test_each_sequence_is_read_up_to_its_own_length(kind: str, config: dict[str, Any]) -> None:
    """As if it were alone and no longer; what comes behind its end is 0, and changes nothing."""
    ports = {"input": "x", "lengths": "n"}
    module = builder.compile(network(kind, ports, builder_outputs(kind), units=6, **config))
    x = torch.randn(3, 5, 8)
    output, *states = module(x, LENGTHS)
    plain = getattr(nn, kind)(
        8, 6, config.get("layers", 1), batch_first=True, bidirectional="bidirectional" in config
    )
    plain.load_state_dict(module.layer.state_dict())
    for number, length in enumerate(LENGTHS.tolist()):
        expected, state = plain(x[number : number + 1, :length])
        assert torch.allclose(output[number, :length], expected[0], atol=1e-6)
        assert not output[number, length:].any()
        for mine, theirs in zip(states, state if kind == "LSTM" else (state,), strict=True):
            assert torch.allclose(mine[number], theirs[:, 0], atol=1e-6)
    changed = x.clone()
    changed[1, 2:] += 9
    assert torch.equal(module(changed, LENGTHS)[0], output)
    output.square().sum().backward()
    assert all(weight.grad is not None and weight.grad.isfinite().all() for weight in module.parameters())


def builder_outputs(kind: str) -> tuple[str, ...]:
    return ("output", "hidden", "cell") if kind == "LSTM" else ("output", "hidden")


def test_states_and_lengths_come_together() -> None:
    """Without the state before the lengths, and with it."""
    x, h, c = torch.randn(3, 5, 8), torch.randn(3, 1, 6), torch.randn(3, 1, 6)
    ports = {"input": "x", "hidden": "h", "cell": "c", "lengths": "n"}
    module = builder.compile(network("LSTM", ports, ("output",), units=6))
    answer = module(x, h, c, LENGTHS)
    plain = nn.LSTM(8, 6, batch_first=True)
    plain.load_state_dict(module.layer.state_dict())
    for number, length in enumerate(LENGTHS.tolist()):
        state = (h[number][None], c[number][None])
        expected = plain(x[number : number + 1, :length], state)[0]
        assert torch.allclose(answer[number, :length], expected[0], atol=1e-6)


def test_a_sequence_of_no_steps_is_read_as_one_step() -> None:
    """torch refuses to pack nothing; what the data call empty must not end a training."""
    module = builder.compile(network("GRU", {"input": "x", "lengths": "n"}, ("output",), units=6))
    answer = module(torch.randn(3, 5, 8), torch.tensor([0, 1, 5]))
    assert answer[0, 0].any() and not answer[0, 1:].any()


@pytest.mark.parametrize("config", [{}, {"layers": 2, "bidirectional": True}])
def test_a_projected_lstm_costs_what_it_computes(config: dict[str, Any]) -> None:
    """Parameters as torch's; work by hand: gates from input and projection, and the projection itself."""
    graph = chain(("LSTM", {"units": 6, "projection": 3, **config}), shape=(5, 8))
    layers, ways = config.get("layers", 1), 2 if config else 1
    theirs = nn.LSTM(8, 6, layers, batch_first=True, bidirectional=bool(config), proj_size=3)
    summary = builder.summary(graph)
    assert summary.parameters == sum(weight.numel() for weight in theirs.parameters())
    widths = [8, *[3 * ways] * (layers - 1)]
    assert summary.multiply_adds == 5 * ways * sum(4 * 6 * (width + 3) + 6 * 3 for width in widths)
    ours = builder.compile(graph)
    theirs.load_state_dict(ours.lstm1.state_dict())
    x = torch.randn(2, 5, 8)
    assert torch.equal(ours(x), theirs(x)[0])


def test_projected_states_have_their_own_sizes() -> None:
    ports = {"input": "x", "hidden": "h", "cell": "c"}
    module = builder.compile(network("LSTM", ports, ("hidden", "cell"), units=6, projection=3))
    hidden, cell = module(torch.randn(3, 5, 8), torch.randn(3, 1, 3), torch.randn(3, 1, 6))
    assert hidden.shape == (3, 1, 3) and cell.shape == (3, 1, 6)
    (problem,) = builder.check(network("LSTM", ports, ("hidden",), units=4, projection=4))
    assert problem.message == "LSTM 'layer': projection must be less than units (4). Got 4."


@pytest.mark.parametrize("kind", ["RNN", "GRU", "LSTM"])
def test_cells_with_one_set_of_weights_are_the_layer_unrolled(kind: str) -> None:
    """The same states after each step, from the same weights; the first begins with zeros."""
    module = builder.compile(unrolled(f"{kind}Cell", 5))
    plain = getattr(nn, kind)(8, 6, batch_first=True)
    plain.load_state_dict({f"{name}_l0": one for name, one in module.cell0.state_dict().items()})
    x = torch.randn(3, 5, 8)
    assert torch.allclose(torch.stack(module(x), 1), plain(x)[0], atol=1e-6)
    assert sum(one.numel() for one in module.parameters()) == sum(one.numel() for one in plain.parameters())


def unrolled(kind: str, count: int) -> Graph:
    """As many cells as steps, each given the states of the one before."""
    nodes = [Node(id="x", kind="Input", config={"shape": [count, 8]})]
    for step in range(count):
        states = ("hidden", "cell") if kind == "LSTMCell" else ("hidden",)
        given = {state: f"cell{step - 1}.{state}" for state in states} if step else {}
        nodes += [
            Node(id=f"step{step}", kind="Select", config={"index": step}, inputs={"input": "x"}),
            Node(id=f"cell{step}", kind=kind, config={"units": 6}, inputs={"input": f"step{step}", **given},
                 shares="cell0" if step else ""),
            Node(id=f"y{step}", kind="Output", inputs={"input": f"cell{step}"}),
        ]  # fmt: skip
    return Graph(nodes=tuple(nodes))


def test_a_cell_says_what_its_states_must_be() -> None:
    graph = unrolled("LSTMCell", 2)
    alone = graph.model_copy(update={"nodes": tuple(
        one.model_copy(update={"inputs": {"input": "step1", "hidden": "cell0"}}) if one.id == "cell1" else one
        for one in graph.nodes
    )})  # fmt: skip
    assert "hidden and cell must be connected together. Got one of them." in str(builder.check(alone)[0])
    wide = graph.model_copy(update={"nodes": tuple(
        one.model_copy(update={"inputs": {**one.inputs, "hidden": "step0"}}) if one.id == "cell1" else one
        for one in graph.nodes
    )})  # fmt: skip
    assert "hidden must be B × 6 (units). Got B × 8." in str(builder.check(wide)[0])


def test_both_directions_start_the_next_layer() -> None:
    """Their states, laid side by side by a Reshape, are as wide as a decoder twice as wide."""
    nodes = (
        Node(id="x", kind="Input", config={"shape": [5, 8]}),
        Node(id="encoder", kind="GRU", config={"units": 6, "bidirectional": True}, inputs={"input": "x"}),
        Node(id="both", kind="Reshape", config={"shape": [1, 12]}, inputs={"input": "encoder.hidden"}),
        Node(id="decoder", kind="GRU", config={"units": 12}, inputs={"input": "x", "hidden": "both"}),
        Node(id="y", kind="Output", inputs={"input": "decoder"}),
    )
    module, x = builder.compile(Graph(nodes=nodes)), torch.randn(2, 5, 8)
    _, state = module.encoder(x)
    expected, _ = module.decoder(x, torch.cat((state[0], state[1]), dim=1)[None])
    assert torch.allclose(module(x), expected, atol=1e-6)


def test_a_shift_puts_a_start_symbol_first() -> None:
    """Words, numbers, and features at each step."""
    words = builder.compile(chain(("ShiftRight", {"start": 1}), shape=(4,), dtype="int64"))
    assert words(torch.tensor([[5, 6, 7, 8]])).tolist() == [[1, 5, 6, 7]]
    x = torch.randn(2, 4, 3)
    shifted = builder.compile(chain(("ShiftRight", {}), shape=(4, 3)))(x)
    assert torch.equal(shifted[:, 1:], x[:, :-1]) and not shifted[:, 0].any()


def test_only_the_steps_of_a_sequence_are_reversed() -> None:
    """Padding stays where it is; without lengths all steps are turned round."""
    x = torch.randn(3, 5, 8)
    assert torch.equal(builder.compile(chain(("Reverse", {}), shape=(5, 8)))(x), x.flip(1))
    turned = builder.compile(network("Reverse", {"input": "x", "lengths": "n"}, ("output",)))(x, LENGTHS)
    for number, length in enumerate(LENGTHS.tolist()):
        assert torch.equal(turned[number, :length], x[number, :length].flip(0))
        assert torch.equal(turned[number, length:], x[number, length:])


@pytest.mark.parametrize("kind", ["RNN", "GRU", "LSTM", "Reverse"])
def test_lengths_are_one_number_each(kind: str) -> None:
    graph = network(kind, {"input": "x", "lengths": "x"}, ("output",))
    assert "lengths must be indices (int64)" in str(builder.check(graph)[0])
    wide = tuple(
        node.model_copy(update={"config": {"shape": [2], "dtype": "int64"}}) if node.id == "n" else node
        for node in network(kind, {"input": "x", "lengths": "n"}, ("output",)).nodes
    )
    assert "lengths must be one number for each sequence (B). Got B × 2." in str(
        builder.check(Graph(nodes=wide))[0]
    )
