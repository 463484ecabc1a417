"""How weights start: as was chosen, at every layer that has some, in the module, the source and after a tie."""

import math

import pytest
import torch

import builder
from builder.around import around
from builder.edits import Share
from builder.graph import Graph
from builder.layers import LAYERS
from tests.graphs import chain, node

WEIGHTED = sorted(name for name, kind in LAYERS.items() if "initial" in kind.model_fields)
FORGET = 3.0


def weights(kind: str, **config: object) -> dict[str, torch.Tensor]:
    torch.manual_seed(0)
    return dict(builder.compile(around(kind, **config)).layer.named_parameters())  # type: ignore[arg-type, union-attr]


def scales(found: dict[str, torch.Tensor]) -> set[str]:
    """What the normalisations inside a layer multiply by, which starts at 1 whatever is chosen."""
    return {name for name in found if "norm" in name and name.endswith(".weight")}


@pytest.mark.parametrize("kind", WEIGHTED)
def test_every_layer_with_weights_starts_as_chosen(kind: str) -> None:
    """All zeros; normal of the chosen spread; constants at zero."""
    zero = weights(kind, initial="zeros")
    assert not any(weight.any() for name, weight in zero.items() if name not in scales(zero))
    assert all((zero[name] == 1).all() for name in scales(zero))
    spread = weights(kind, initial="normal", initial_std=3.0)
    matrices = torch.cat([weight.detach().flatten() for weight in spread.values() if weight.ndim > 1])
    constants = [weight for name, weight in spread.items() if weight.ndim == 1 and name not in scales(spread)]
    assert not any(weight.any() for weight in constants)
    assert matrices.std().item() == pytest.approx(3.0, rel=6 / math.sqrt(len(matrices)))


@pytest.mark.parametrize(
    ("initial", "variance"),
    [
        ("Xavier uniform", 2 / (100 + 300)),
        ("Xavier normal", 2 / (100 + 300)),
        ("He uniform", 2 / 100),
        ("He normal", 2 / 100),
        ("LeCun normal", 1 / 100),
    ],
)
def test_a_start_has_the_variance_of_its_paper(initial: str, variance: float) -> None:
    """Of 100 inputs and 300 outputs: Glorot and Bengio (2010), He et al. (2015), LeCun et al. (1998)."""
    torch.manual_seed(0)
    module = builder.compile(chain(("Linear", {"units": 300, "initial": initial}), shape=(100,)))
    weight: torch.Tensor = module.linear1.weight  # type: ignore[assignment, union-attr]
    assert weight.var().item() == pytest.approx(variance, rel=0.03)
    assert ("uniform" in initial) == (weight.abs().max().item() < 2 * math.sqrt(variance))


def test_an_orthogonal_start_keeps_lengths() -> None:
    """Saxe et al. (2014)."""
    module = builder.compile(chain(("Linear", {"units": 8, "initial": "orthogonal"})))
    weight: torch.Tensor = module.linear1.weight  # type: ignore[assignment, union-attr]
    assert torch.allclose(weight @ weight.T, torch.eye(8), atol=1e-5)


def test_the_forget_gate_starts_as_chosen() -> None:
    """Of the four gates the second; torch adds two constants to each."""
    found = weights("LSTM", forget_bias=FORGET, layers=2, bidirectional=True, units=4)
    for name, bias in found.items():
        if name.startswith("bias"):
            assert (bias[4:8] == (FORGET if "ih" in name else 0)).all()
            assert bias[:4].any() and bias[8:].any()


def test_a_start_in_a_block_that_has_an_argument_of_the_same_name() -> None:
    """No variable of the loop hides it."""
    inner = Graph(
        nodes=(
            node("x", "Input", shape=[5, 4]),
            node("lstm", "LSTM", "x", units="weight", initial="orthogonal", forget_bias=1, bias=True),
            node("dense", "Linear", "lstm", units="weight", bias=True),
            node("y", "Output", "dense"),
        ),
        arguments={"weight": 4, "name": 2},
    )
    uses = [
        node(f"use{size}", "Block", "x", block="inner", arguments={"weight": size}).model_copy(
            update={"inputs": {"x": "x"}}
        )
        for size in (3, 6)
    ]
    ends = [node(f"y{one.id}", "Output", one.id) for one in uses]
    graph = Graph(nodes=(node("x", "Input", shape=[5, 4]), *uses, *ends), blocks={"inner": inner})
    module = builder.compile(graph)
    assert [tuple(answer.shape) for answer in module(torch.randn(2, 5, 4))] == [(2, 5, 3), (2, 5, 6)]


def test_an_autoencoder_whose_decoder_uses_the_encoder() -> None:
    """TiedLinear turns a Linear round; what one learns the other has."""
    graph = chain(("Linear", {"units": 3, "bias": False}), ("TiedLinear", {}), shape=(8,))
    (problem,) = builder.check(graph)
    assert problem.message == (
        "TiedLinear 'tiedlinear1': shares must name a node of kind Embedding or Linear, whose weights it uses. "
        "Got nothing."
    )
    assert problem.edits == (Share(node="tiedlinear1", owner="linear1"),)
    tied = problem.edits[0].apply(graph)
    assert builder.check(tied) == [] and builder.summary(tied).parameters == 24
    module, x = builder.compile(tied), torch.randn(5, 8)
    weight: torch.Tensor = module.linear1.weight  # type: ignore[assignment, union-attr]
    assert torch.allclose(module(x), x @ weight.T @ weight, atol=1e-6)
    assert len(list(module.parameters())) == 1


def test_what_lends_no_weights_is_refused() -> None:
    graph = chain(("Linear", {"units": 8}), ("ReLU", {}), ("TiedLinear", {}))
    problems = builder.check(Share(node="tiedlinear1", owner="relu1").apply(graph))
    assert (
        "shares must name a node of kind Embedding or Linear. Got 'relu1', which is ReLU."
        in problems[0].message
    )
