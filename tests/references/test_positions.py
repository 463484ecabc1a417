"""Positions against transformers': the same turns of queries and keys as its networks make."""

from collections.abc import Callable
from typing import Any

import pytest
import torch

import builder
from tests.graphs import chain

Library = Callable[[str], Any]
STEPS, HEADS, SIZE = 7, 3, 8


def angles(base: float, turned: int) -> torch.Tensor:
    """Steps by pairs."""
    speeds = base ** (-torch.arange(0, turned, 2) / turned)
    return torch.arange(STEPS)[:, None] * speeds


@pytest.mark.parametrize("base", [10_000.0, 500_000.0])
def test_halves_turn_as_in_llama(base: float, library: Library) -> None:
    llama = library("transformers.models.llama.modeling_llama")
    module = builder.compile(
        chain(("RotaryPositions", {"heads": HEADS, "base": base}), shape=(STEPS, HEADS * SIZE))
    )
    x = torch.randn(2, STEPS, HEADS * SIZE)
    heads = x.unflatten(2, (HEADS, SIZE)).transpose(1, 2)
    both = torch.cat((angles(base, SIZE),) * 2, dim=1)[None]
    expected, _ = llama.apply_rotary_pos_emb(heads, heads, both.cos(), both.sin())
    assert torch.allclose(module(x), expected.transpose(1, 2).flatten(2), atol=1e-5)


def test_a_part_of_each_head_turns_as_in_gpt_neox(library: Library) -> None:
    neox = library("transformers.models.gpt_neox.modeling_gpt_neox")
    fields = {"heads": HEADS, "features": 4}
    module = builder.compile(chain(("RotaryPositions", fields), shape=(STEPS, HEADS * SIZE)))
    x = torch.randn(2, STEPS, HEADS * SIZE)
    heads = x.unflatten(2, (HEADS, SIZE)).transpose(1, 2)
    both = torch.cat((angles(10_000.0, 4),) * 2, dim=1)[None]
    expected, _ = neox.apply_rotary_pos_emb(heads, heads, both.cos(), both.sin())
    assert torch.allclose(module(x), expected.transpose(1, 2).flatten(2), atol=1e-5)


def test_neighbours_turn_as_in_gpt_j(library: Library) -> None:
    gptj = library("transformers.models.gptj.modeling_gptj")
    fields = {"heads": HEADS, "pairs": "neighbours"}
    module = builder.compile(chain(("RotaryPositions", fields), shape=(STEPS, HEADS * SIZE)))
    x = torch.randn(2, STEPS, HEADS * SIZE)
    turned = angles(10_000.0, SIZE)[None]
    expected = gptj.apply_rotary_pos_emb(x.unflatten(2, (HEADS, SIZE)), turned.sin(), turned.cos())
    assert torch.allclose(module(x), expected.flatten(2), atol=1e-5)


@pytest.mark.parametrize("heads", [4, 8, 12])
def test_slopes_are_those_of_bloom(heads: int, library: Library) -> None:
    bloom = library("transformers.models.bloom.modeling_bloom")
    theirs = bloom.build_alibi_tensor(torch.ones(1, STEPS), heads, torch.float32).view(heads, STEPS)
    ours = builder.compile(chain(("ALiBi", {"heads": heads}), shape=(STEPS, 8)))(torch.zeros(1, STEPS, 8))[0]
    assert torch.allclose(ours[:, -1] - ours[:, -1, :1], theirs, atol=1e-6), "but for a constant of each row"
