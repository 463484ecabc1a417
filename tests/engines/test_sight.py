"""What there is to see where a network is out of the ordinary: layers in part, twice, by others, and odd shapes."""

import threading

import numpy as np
import pytest
import torch

import builder
from builder.graph import Graph, Node
from builder.project import Project
from engines.motion import film
from engines.optimisers import Optimiser
from engines.probes import read_at
from engines.probes.histogram import histogram
from engines.probes.kinds.activations import by_unit, cropped
from engines.probes.sight import Sight
from engines.schedules import Constant
from engines.trained import Trained
from engines.update import Update
from tests.engines.test_arrays import untrained

X = Node(id="x", kind="Input", config={"shape": [6, 4]})


def network(*nodes: Node) -> Trained:
    return Trained.untrained(Project(graphs={"model": Graph(nodes=(X, *nodes))}))


def test_a_layer_of_which_another_output_alone_is_read_is_seen() -> None:
    trained = network(
        Node(id="lstm1", kind="LSTM", config={"units": 5}, inputs={"input": "x"}),
        Node(id="out", kind="Output", inputs={"input": "lstm1.hidden"}),
    )
    inputs = torch.randn(3, 6, 4)
    told = read_at(trained, (inputs,), nodes=("lstm1",))
    states = trained.module.lstm1(inputs)[0]
    assert np.allclose(told["activations/example/lstm1"], states[0].detach(), atol=1e-3)
    assert told["activations/example/lstm1__hidden"].size == 5
    seen = film(trained, (inputs[:1],), None)
    assert seen.order == ["x", "lstm1"] and seen.answer == "lstm1__hidden"
    assert torch.allclose(seen.values[seen.answer].flatten().float(), states[0, -1], atol=1e-6)


def test_nodes_that_share_a_layer_are_told_apart() -> None:
    trained = network(
        Node(id="a", kind="LSTM", config={"units": 5}, inputs={"input": "x"}),
        Node(id="tanh1", kind="Tanh", inputs={"input": "x"}),
        Node(id="b", kind="LSTM", config={"units": 5}, inputs={"input": "tanh1"}, shares="a"),
        Node(id="add1", kind="Add", inputs={"input1": "a", "input2": "b"}),
        Node(id="out", kind="Output", inputs={"input": "add1"}),
    )
    inputs = torch.randn(2, 6, 4)
    told = read_at(trained, (inputs,), only=("hidden",))
    for node, read in (("a", inputs), ("b", inputs.tanh())):
        states = trained.module.a(read)[0][0].detach()
        assert np.allclose(told[f"hidden/states/{node}"], states, atol=1e-6)


def test_what_others_run_meanwhile_is_not_heard() -> None:
    trained, inputs, targets = untrained("digits-lstm")
    over = threading.Event()

    def go_on() -> None:
        while not over.is_set():
            trained.answers((inputs[1:2],))

    other = threading.Thread(target=go_on)
    other.start()
    try:
        calls = [Sight(trained.module, (inputs[:1],), targets[:1]).calls["lstm1"] for _ in range(60)]
    finally:
        over.set()
        other.join()
    assert all(torch.equal(call.inputs[0], calls[0].inputs[0]) for call in calls)


@pytest.mark.parametrize(
    "shape", [(1, 20_000, 1), (16, 2000, 1), (64, 4096, 1), (2, 20_000, 1, 1), (300, 400, 1)]
)
def test_odd_shapes_are_cut(shape: tuple[int, ...]) -> None:
    told = cropped(torch.ones(shape))
    assert 0 < told.numel() <= 2**14 and bool((told == 1).all())


def test_channels_of_sequences_are_units_where_a_layer_says_so() -> None:
    values = torch.zeros(64, 8, 48)
    assert by_unit(values, True).shape == (64, 8, 48) and by_unit(values).shape == (64, 48, 8)
    trained = network(
        Node(id="conv1", kind="Conv1d", config={"filters": 8}, inputs={"input": "x"}),
        Node(id="relu1", kind="ReLU", inputs={"input": "conv1"}),
        Node(id="out", kind="Output", inputs={"input": "relu1"}),
    )
    with torch.no_grad():
        trained.module.conv1.bias[2] = -1e3
    told = read_at(trained, (torch.randn(9, 6, 4),), only=("activations",))["activations/units/relu1"]
    assert told.shape == (4, 8) and told[2].tolist().index(1.0) == 2


@pytest.mark.parametrize("size", [1e-40, 1e-3, 1.0, 1e8, 3e38])
def test_tiny_and_huge_numbers_fall_into_their_bins(size: float) -> None:
    told = histogram(torch.tensor([-size, 0, size, size]))[2:]
    assert told[0] == 1 and told[32] == 1 and told[-1] == 2
    assert histogram(torch.full((4,), size))[2 + 32] == 4


def test_the_gradient_before_clipping_has_the_penalty_with_it_once() -> None:
    module = builder.compile(builder.template("iris-mlp").graph)
    weights = [one.detach().clone() for one in module.parameters()]
    inputs = torch.randn(8, 4)

    def length(**more: float) -> float:
        with torch.no_grad():
            for one, was in zip(module.parameters(), weights, strict=True):
                one.copy_(was)
        update = Update(Optimiser.parse({"kind": "SGD"}), Constant(), module, **more)
        update(lambda: module(inputs).square().sum(), 1)
        grown = (update.length / update.clip).clamp(min=1) if update.length is not None else 1.0
        return float(torch.stack([one.grad.norm() * grown for one in module.parameters()]).norm())

    assert length(l1=0.1, clip=0.001) == pytest.approx(length(l1=0.1), rel=1e-4)
