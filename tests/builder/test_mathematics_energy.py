"""Memories, maps and energies, held against scikit-learn, NumPy and the theorems of their papers."""

from typing import Any

import numpy as np
import pytest
import torch
from sklearn.neural_network import BernoulliRBM

import builder
from builder.around import around
from builder.graph import Graph, Node
from tests.graphs import chain


def layer(kind: str, *shape: int, read: tuple[str, ...], **config: Any) -> Any:
    """A compiled layer with some of its outputs."""
    return builder.compile(Graph(nodes=(
        Node(id="x", kind="Input", config={"shape": [*shape]}),
        Node(id="layer", kind=kind, config=config, inputs={"input": "x"}),
        *(Node(id=f"y_{port}", kind="Output", inputs={"input": f"layer.{port}"}) for port in read),
    )))  # fmt: skip


def test_a_boltzmann_machine_is_scikit_learns() -> None:
    """Hidden probabilities, free energy, and what it would see, with the weights of one that was fitted there."""
    v = np.random.default_rng(0).integers(0, 2, (20, 8)).astype(np.float64)
    theirs = BernoulliRBM(n_components=5, n_iter=3, random_state=0).fit(v)
    module = layer("RBM", 8, read=("hidden", "visible", "energy"), units=5)
    state = {
        "weight": theirs.components_,
        "visible_bias": theirs.intercept_visible_,
        "hidden_bias": theirs.intercept_hidden_,
    }
    module.layer.load_state_dict({name: torch.tensor(value) for name, value in state.items()})
    hidden, visible, energy = (one.detach().numpy() for one in module(torch.tensor(v, dtype=torch.float32)))
    assert np.allclose(hidden, theirs.transform(v), atol=1e-6)
    assert np.allclose(energy, theirs._free_energy(v), atol=1e-5)
    expected = 1 / (1 + np.exp(-(theirs.transform(v) @ theirs.components_ + theirs.intercept_visible_)))
    assert np.allclose(visible, expected, atol=1e-6)


@pytest.mark.parametrize("sees", ["binary", "real"])
def test_the_free_energy_sums_over_all_hidden_states(sees: str) -> None:
    """exp(−F(v)) is the sum of exp(−E(v, h)) over every h."""
    machine = layer("RBM", 4, read=("energy",), units=3, sees=sees).layer
    for weight in machine.parameters():
        torch.nn.init.normal_(weight)
    v = torch.randn(6, 4) if sees == "real" else torch.randint(0, 2, (6, 4)).float()
    states = torch.cartesian_prod(*[torch.tensor([0.0, 1.0])] * 3)
    own = 0.5 * (v - machine.visible_bias).square().sum(1) if sees == "real" else -v @ machine.visible_bias
    energies = own[:, None] - states @ machine.hidden_bias - v @ machine.weight.T @ states.T
    assert torch.allclose(machine.free_energy(v), -torch.logsumexp(-energies, 1), atol=1e-5)


def test_what_nobody_reads_of_a_boltzmann_machine_is_not_computed() -> None:
    text = builder.source(around("RBM", read=("hidden",)))
    model = text[text.index("class Model") :]
    assert "visible" not in model and "energy" not in model
    assert builder.summary(around("RBM")).multiply_adds == 8 * 64


def test_a_modern_hopfield_network_retrieves_what_it_stores() -> None:
    """In one step, where patterns are well apart and it is sharp; softly it is attention."""
    nodes = (
        Node(id="x", kind="Input", config={"shape": [16]}),
        Node(id="p", kind="Input", config={"shape": [5, 16]}),
        Node(id="layer", kind="Hopfield", config={"beta": 8.0}, inputs={"input": "x", "patterns": "p"}),
        Node(id="y", kind="Output", inputs={"input": "layer"}),
        Node(id="w", kind="Output", inputs={"input": "layer.weights"}),
    )
    module = builder.compile(Graph(nodes=nodes))
    patterns = torch.randn(2, 5, 16).sign()
    given = patterns[:, 3] + 0.4 * torch.randn(2, 16)
    answer, weights = module(given, patterns)
    assert torch.allclose(answer, patterns[:, 3], atol=1e-3)
    assert (weights.argmax(1) == 3).all()
    soft = layer("Hopfield", 4, 16, read=("output",), patterns=5, iterations=2)
    x, stored = torch.randn(2, 4, 16), soft.layer.weight
    for _ in range(2):
        x, before = (x @ stored.T / 16**0.5).softmax(-1) @ stored, x
    assert torch.allclose(soft(before), (x @ stored.T / 4).softmax(-1) @ stored, atol=1e-5)
    assert builder.summary(Graph(nodes=nodes)).parameters == 0


def test_the_classic_hopfield_network_completes_patterns_and_its_energy_falls() -> None:
    """Hopfield (1982): two patterns in 32 units, six of which are turned round."""
    module = layer("HopfieldNetwork", 32, read=("output",))
    memory = module.layer
    patterns = torch.ones(2, 32)
    patterns[1, ::2] = -1
    memory.store(patterns)
    expected = sum(torch.outer(one, one) for one in patterns) / 32
    assert torch.allclose(memory.weight, expected - torch.eye(32) * expected.diag())
    broken = patterns.clone()
    broken[:, [1, 4, 9, 16, 25, 30]] *= -1
    assert torch.equal(module(broken), patterns)
    assert (memory.energy(patterns) < memory.energy(broken)).all()


def test_a_map_finds_the_winner() -> None:
    """Squared distances and the nearest prototype as NumPy finds them."""
    module, x = layer("SOM", 3, read=("output",), rows=4, columns=6), torch.randn(7, 3)
    prototypes = module.layer.weight.detach().numpy()
    expected = ((x.numpy()[:, None, None] - prototypes) ** 2).sum(-1)
    assert np.allclose(module(x).detach().numpy(), expected, atol=1e-5)
    winners = [np.unravel_index(one.argmin(), one.shape) for one in expected]
    assert module.layer.best(x).tolist() == [[int(row), int(column)] for row, column in winners]


@pytest.mark.parametrize("shape", [(4,), (5, 4), (4, 3, 2)])
def test_vectors_are_quantised_straight_through(shape: tuple[int, ...]) -> None:
    """The nearest of the book; the gradient of what follows reaches the input unchanged, the book by the loss alone."""
    module = layer("VectorQuantizer", *shape, read=("output", "indices", "loss"), entries=6)
    torch.nn.init.normal_(module.layer.weight)
    x = torch.randn(2, *shape, requires_grad=True)
    answer, indices, loss = module(x)
    last = (lambda one: one.movedim(1, -1)) if len(shape) == 3 else (lambda one: one)
    book = module.layer.weight
    nearest = torch.cdist(last(x).reshape(-1, 4), book).argmin(1)
    assert indices.dtype == torch.int64 and torch.equal(indices.flatten(), nearest)
    assert torch.allclose(last(answer).reshape(-1, 4), book[nearest], atol=1e-6)
    coefficients = torch.randn_like(answer)
    through, learned = torch.autograd.grad(
        (answer * coefficients).sum(), [x, book], retain_graph=True, allow_unused=True
    )
    assert torch.equal(through, coefficients) and learned is None
    apart = (last(x).reshape(2, -1, 4) - book[nearest].reshape(2, -1, 4)).square().flatten(1).mean(1)
    assert torch.allclose(loss, 1.25 * apart, atol=1e-6)
    drawn, moved = torch.autograd.grad(loss.sum(), [x, book])
    assert drawn.any() and moved.any()


def test_what_does_not_fit_is_told() -> None:
    nodes = (
        Node(id="x", kind="Input", config={"shape": [16]}),
        Node(id="p", kind="Input", config={"shape": [5, 12]}),
        Node(id="layer", kind="Hopfield", inputs={"input": "x", "patterns": "p"}),
        Node(id="y", kind="Output", inputs={"input": "layer"}),
    )
    message = str(builder.check(Graph(nodes=nodes))[0])
    assert "patterns must be batch × patterns × 16 features. Got B × 5 × 12." in message
    assert "batch × features" in str(builder.check(chain(("SOM", {}), shape=(3, 4)))[0])
