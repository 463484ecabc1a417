"""What a network that was read learns: weights stay tied, and where it learns otherwise, that is noted."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import nn

import builder
from tests.builder.reading.test_as_written import WORDS, kinds, read

TIED: dict[str, Callable[..., Any]] = {
    "the same parameter": lambda m, x: m.out(m.words(x)),
    "turned round": lambda m, x: m.words(x) @ m.words.weight.t(),
    "with a bias": lambda m, x: torch.matmul(m.words(x), m.words.weight.T) + m.out.bias,
    "as a function": lambda m, x: F.linear(m.words(x), m.words.weight, m.out.bias),
}


@pytest.mark.parametrize("name", TIED)
def test_tied_weights_stay_tied(name: str) -> None:
    words, out = nn.Embedding(50, 8), nn.Linear(8, 50)
    out.weight = words.weight
    reading = read(TIED[name], WORDS, words=words, out=out)
    assert "TiedLinear" in kinds(reading)
    learned = sum(one.numel() for one in builder.compile(reading.graph).parameters())
    assert learned == 400 + (0 if name == "turned round" else 50)


def test_a_tied_autoencoder() -> None:
    code, bias = nn.Linear(4, 3), nn.Parameter(torch.randn(4))
    reading = read(lambda m, x: F.linear(m.code(x).relu(), m.code.weight.t(), m.bias), code=code, bias=bias)
    assert kinds(reading) == ["Linear", "ReLU", "TiedLinear", "Parameter", "Add"]


NOTED: dict[str, tuple[Callable[..., Any], str]] = {
    "detached": (lambda m, x: x + (m.linear(x).sign() - x).detach(), "stops gradients"),
    "frozen": (lambda m, x: m.linear(x), "Not trained in the original, and trained here: 'linear.weight'."),
    "a number": (lambda m, x: m.scale.exp() * x, "'scale' is a fixed number here"),
}


@pytest.mark.parametrize("name", NOTED)
def test_what_learns_otherwise_is_noted(name: str) -> None:
    function, expected = NOTED[name]
    linear = nn.Linear(4, 4)
    linear.weight.requires_grad_(name != "frozen")
    reading = read(function, linear=linear, scale=nn.Parameter(torch.tensor(2.6)))
    assert expected in " ".join(reading.notes)


def test_weights_that_come_apart_are_noted() -> None:
    """A convolution with the weights of a Linear: no layer ties them."""
    reading = read(
        lambda m, x: F.conv1d(m.linear(x)[..., None], m.linear.weight[..., None]), linear=nn.Linear(4, 4)
    )
    assert "use the same weights in the original" in " ".join(reading.notes)
