"""Capsules, held against routing written by hand in NumPy and the network of Sabour, Frosst and Hinton (2017)."""

from typing import Any

import numpy as np
import pytest
import torch

import builder
from builder.graph import Graph, Node
from builder.templates.sketch import Sketch
from tests.graphs import chain

Array = np.ndarray[Any, Any]


def squashed(vectors: Array) -> Array:
    """Equation 1 of the paper."""
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return length**2 / (1 + length**2) * vectors / length


def routed(before: Array, weight: Array, iterations: int) -> tuple[Array, Array]:
    """Procedure 1 of the paper for one example, capsule by capsule; and the last couplings."""
    count, after = weight.shape[:2]
    votes = np.array([[weight[i, j] @ before[i] for j in range(after)] for i in range(count)])
    logits = np.zeros((count, after))
    for turn in range(iterations):
        couplings = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
        capsules = np.array(
            [squashed(sum(couplings[i, j] * votes[i, j] for i in range(count))) for j in range(after)]
        )
        if turn < iterations - 1:
            logits = logits + np.array(
                [[capsules[j] @ votes[i, j] for j in range(after)] for i in range(count)]
            )
    return capsules, couplings


def routing(iterations: int) -> Any:
    """A layer of capsules with both of its outputs."""
    config = {"capsules": 3, "size": 5, "iterations": iterations}
    return builder.compile(Graph(nodes=(
        Node(id="x", kind="Input", config={"shape": [6, 4]}),
        Node(id="layer", kind="RoutedCapsules", config=config, inputs={"input": "x"}),
        Node(id="capsules", kind="Output", inputs={"input": "layer"}),
        Node(id="couplings", kind="Output", inputs={"input": "layer.couplings"}),
    )))  # fmt: skip


@pytest.mark.parametrize("iterations", [1, 2, 3, 5])
def test_routing_is_the_papers(iterations: int) -> None:
    """For each example, to the digits of float32; couplings of a capsule sum to 1."""
    module, x = routing(iterations), torch.randn(2, 6, 4) * 3
    torch.nn.init.normal_(module.layer.weight)
    capsules, couplings = module(x)
    for number in range(2):
        weight = module.layer.weight.detach().double().numpy()
        expected, known = routed(x[number].double().numpy(), weight, iterations)
        assert np.allclose(capsules[number].detach().numpy(), expected, atol=1e-5)
        assert np.allclose(couplings[number].detach().numpy(), known, atol=1e-5)
    assert torch.allclose(couplings.sum(2), torch.ones(2, 6))


def test_the_couplings_are_not_learned_through() -> None:
    """The gradient is that of the last sum with couplings that are given."""
    module, x = routing(3), torch.randn(2, 6, 4)
    capsules, couplings = module(x)
    (through,) = torch.autograd.grad(capsules.square().sum(), module.layer.weight)
    votes = torch.einsum("bis,iods->biod", x, module.layer.weight)
    total = (couplings.detach()[..., None] * votes).sum(1)
    square = total.square().sum(-1, keepdim=True)
    by_hand = (total * square.sqrt() / (1 + square)).square().sum()
    (expected,) = torch.autograd.grad(by_hand, module.layer.weight)
    assert torch.allclose(through, expected, atol=1e-6)


def test_primary_capsules_are_a_convolution_squashed() -> None:
    """A capsule holds neighbouring channels of one place; kinds one after the other."""
    module = builder.compile(
        chain(("PrimaryCapsules", {"capsules": 2, "size": 4, "kernel": 3}), shape=(3, 7, 9))
    )
    image = torch.randn(2, 3, 7, 9)
    channels = module.primarycapsules1.conv(image).detach().numpy()
    found = module(image).detach().numpy()
    assert found.shape == (2, 2 * 3 * 4, 4)
    for kind in range(2):
        for row in range(3):
            for column in range(4):
                expected = squashed(channels[:, 4 * kind : 4 * kind + 4, row, column])
                assert np.allclose(found[:, kind * 12 + row * 4 + column], expected, atol=1e-6)


def test_lengths_and_masks() -> None:
    """The longest stays, or that of the label."""
    x = torch.randn(3, 4, 5)
    lengths = builder.compile(chain(("CapsuleLength", {}), shape=(4, 5)))(x)
    assert torch.allclose(lengths, x.square().sum(2).sqrt())
    longest = builder.compile(chain(("CapsuleMask", {}), shape=(4, 5)))(x)
    labelled = builder.compile(Graph(nodes=(
        Node(id="x", kind="Input", config={"shape": [4, 5]}),
        Node(id="label", kind="Input", config={"shape": [], "dtype": "int64"}),
        Node(id="mask", kind="CapsuleMask", inputs={"input": "x", "label": "label"}),
        Node(id="y", kind="Output", inputs={"input": "mask"}),
    )))  # fmt: skip
    for label, found in (
        (lengths.argmax(1), longest),
        (torch.tensor([3, 0, 3]), labelled(x, torch.tensor([3, 0, 3]))),
    ):
        for number, one in enumerate(label.tolist()):
            assert torch.equal(found[number, one], x[number, one])
            assert found[number].count_nonzero() == 5


def test_a_capsule_of_zeros_has_a_gradient() -> None:
    """Its length has no slope there; the network must not break for it."""
    module = builder.compile(
        chain(("RoutedCapsules", {"capsules": 3, "size": 5}), ("CapsuleLength", {}), shape=(6, 4))
    )
    x = torch.zeros(2, 6, 4, requires_grad=True)
    module(x).sum().backward()
    assert x.grad is not None and x.grad.isfinite().all()
    assert all(weight.grad is not None and weight.grad.isfinite().all() for weight in module.parameters())


def test_capsnet_has_as_many_parameters_as_published() -> None:
    """8.2 million with the decoder, 6.8 million without."""
    net = Sketch()
    image = net.input("image", 1, 28, 28)
    x = net("ReLU", net("Conv2d", image, filters=256, kernel=9))
    digits = net("RoutedCapsules", net("PrimaryCapsules", x))
    net.output(net("CapsuleLength", digits))
    assert builder.summary(net.finished()).parameters == 6_804_224
    x = net("Flatten", net("CapsuleMask", digits))
    for units in (512, 1024):
        x = net("ReLU", net("Linear", x, units=units))
    net.output(net("Sigmoid", net("Linear", x, units=784)), id="drawn")
    summary = builder.summary(net.finished())
    assert summary.parameters == 8_215_568
    work = {row.node: row.multiply_adds for row in summary.rows}
    assert work["routedcapsules1"] == 1152 * 10 * 16 * 8 + 1152 * 10 * 16 * 5
    assert work["primarycapsules1"] == 36 * 81 * 256 * 256


def test_what_does_not_fit_is_told() -> None:
    (problem,) = builder.check(chain(("PrimaryCapsules", {}), shape=(1, 8, 12)))
    assert problem.message.startswith(
        "PrimaryCapsules 'primarycapsules1': kernel must fit into the image (8 and its padding). Got 9."
    )
