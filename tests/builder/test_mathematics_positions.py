"""Positions, patches and whole layers of transformers, held against torch and against their papers."""

import math
from typing import Any

import pytest
import torch
from torch import nn

import builder
from tests.attending import given, network
from tests.graphs import chain


@pytest.mark.parametrize(
    "config", [{}, {"norm_first": True}, {"activation": "gelu"}, {"bias": False}, {"causal": True}]
)
def test_an_encoder_layer_is_torchs(config: dict[str, Any]) -> None:
    """With padding told by truth values, training (without dropout) and evaluating."""
    fields = {"heads": 2, "feedforward": 12, "dropout": 0.0, **config}
    graph = network("TransformerEncoderLayer", config=fields, input="x", mask="mask")
    ours = builder.compile(graph)
    causal = fields.pop("causal", False)
    theirs = nn.TransformerEncoderLayer(8, 2, 12, dropout=0.0, batch_first=True, **config_of(config))
    theirs.load_state_dict(ours.layer.state_dict())
    x, mask = given(graph)
    later = torch.ones(5, 5).triu(1).bool() if causal else None
    for one in (ours, theirs):
        one.train()
    assert torch.allclose(ours(x, mask), theirs(x, later, mask == 0), atol=1e-6)
    with torch.no_grad():
        assert torch.allclose(ours.eval()(x, mask), theirs.eval()(x, later, mask == 0), atol=1e-5)
    assert builder.summary(graph).parameters == sum(weight.numel() for weight in theirs.parameters())
    assert builder.summary(graph).multiply_adds == 4 * 5 * 8 * 8 + 2 * 5 * 5 * 8 + 2 * 5 * 8 * 12


def config_of(config: dict[str, Any]) -> dict[str, Any]:
    """The fields that are torch's."""
    return {name: value for name, value in config.items() if name != "causal"}


@pytest.mark.parametrize("causal", [True, False])
def test_a_decoder_layer_is_torchs(causal: bool) -> None:
    """Both masks, and a memory of another length."""
    fields = {"heads": 2, "feedforward": 12, "dropout": 0.0, "causal": causal}
    ports = {"input": "x", "memory": "memory", "mask": "mask", "memory_mask": "memory_mask"}
    graph = network("TransformerDecoderLayer", config=fields, **ports)
    ours = builder.compile(graph)
    theirs = nn.TransformerDecoderLayer(8, 2, 12, dropout=0.0, batch_first=True)
    theirs.load_state_dict(ours.layer.state_dict())
    x, memory, mask, memory_mask = given(graph)
    later = torch.ones(5, 5).triu(1).bool() if causal else None
    expected = theirs(
        x, memory, later, tgt_key_padding_mask=mask == 0, memory_key_padding_mask=memory_mask == 0
    )
    assert torch.allclose(ours(x, memory, mask, memory_mask), expected, atol=1e-6)
    summary = builder.summary(graph)
    assert summary.parameters == sum(weight.numel() for weight in theirs.parameters())
    own = 4 * 5 * 8 * 8 + 2 * 5 * 5 * 8
    across = 2 * (5 + 6) * 8 * 8 + 2 * 5 * 6 * 8
    assert summary.multiply_adds == own + across + 2 * 5 * 8 * 12


def test_sinusoids_are_the_papers() -> None:
    """Section 3.5, entry by entry."""
    x = torch.zeros(1, 7, 6)
    found = builder.compile(chain(("SinusoidalPositions", {}), shape=(7, 6)))(x)[0]
    for step in range(7):
        for feature in range(6):
            angle = step / 10_000 ** ((feature - feature % 2) / 6)
            assert found[step, feature].item() == pytest.approx(
                math.cos(angle) if feature % 2 else math.sin(angle), abs=1e-6
            )


@pytest.mark.parametrize(
    "config", [{}, {"heads": 2}, {"heads": 2, "pairs": "neighbours"}, {"features": 4, "base": 100.0}]
)
def test_rotated_products_depend_on_distances_alone(config: dict[str, Any]) -> None:
    """And lengths are kept; the first step is not turned."""
    module = builder.compile(chain(("RotaryPositions", config), shape=(9, 8)))
    query, key = torch.randn(8).expand(1, 9, 8), torch.randn(8).expand(1, 9, 8)
    turned, other = module(query)[0], module(key)[0]
    assert torch.allclose(turned[0], query[0, 0], atol=1e-6)
    assert torch.allclose(turned.norm(dim=1), query[0].norm(dim=1), atol=1e-5)
    products = turned @ other.T
    for distance in range(-8, 9):
        diagonal = products.diagonal(distance)
        assert torch.allclose(diagonal, diagonal[:1].expand_as(diagonal), atol=1e-4)
    assert not torch.allclose(products[0, 0], products[0, 1])


def test_slopes_of_alibi_are_the_papers() -> None:
    """1/2, 1/4 … for 8 heads; the series between for 12, as its authors fill it."""
    bias = builder.compile(chain(("ALiBi", {"heads": 8}), shape=(4, 8)))(torch.zeros(2, 4, 8))
    assert bias.shape == (2, 8, 4, 4)
    for head in range(8):
        assert bias[1, head, 3].tolist() == pytest.approx(
            [-(2 ** -(head + 1)) * (3 - step) for step in range(4)]
        )
    twelve = builder.compile(chain(("ALiBi", {"heads": 12}), shape=(2, 8)))(torch.zeros(1, 2, 8))
    slopes = [2 ** -(number + 1) for number in range(8)] + [2 ** -(0.5 + number) for number in range(4)]
    assert (-twelve[0, :, 1, 0]).tolist() == pytest.approx(slopes)


def test_a_relative_bias_is_the_same_at_equal_distances() -> None:
    """Along a sequence, up to the farthest; and over the rows and columns of a window, as many as Swin has."""
    near = builder.compile(chain(("RelativeBias", {"heads": 3, "farthest": 2}), shape=(6, 8)))
    bias = near(torch.zeros(1, 6, 8))[0]
    assert near.relativebias1.weight.shape == (5, 3)
    for step in range(6):
        for other in range(6):
            place = max(-2, min(2, step - other)) + 2
            assert torch.equal(bias[:, step, other], near.relativebias1.weight[place])
    window = builder.compile(chain(("RelativeBias", {"heads": 3, "columns": 7}), shape=(49, 8)))
    assert window.relativebias1.weight.shape == (13 * 13, 3)
    bias = window(torch.zeros(1, 49, 8))[0]
    assert torch.equal(bias[:, 0, 8], bias[:, 40, 48]), "one row and one column further"
    assert not torch.equal(bias[:, 0, 8], bias[:, 8, 0])


def test_tokens_and_patches() -> None:
    """The token comes first; patches come row by row."""
    token = builder.compile(chain(("ClassToken", {"count": 2}), shape=(3, 4)))
    x = torch.randn(2, 3, 4)
    assert torch.equal(token(x)[:, 2:], x) and torch.equal(token(x)[1, :2], token.classtoken1.weight)
    patches = builder.compile(chain(("PatchEmbedding", {"patch": 4, "width": 5}), shape=(3, 8, 12)))
    image = torch.randn(2, 3, 8, 12)
    found, projection = patches(image), patches.patchembedding1.projection
    for number, (row, column) in enumerate([(0, 0), (0, 4), (0, 8), (4, 0), (4, 4), (4, 8)]):
        patch = image[:, :, row : row + 4, column : column + 4]
        expected = patch.flatten(1) @ projection.weight.flatten(1).T + projection.bias
        assert torch.allclose(found[:, number], expected, atol=1e-5)


def test_a_patch_fits_into_its_image() -> None:
    (problem,) = builder.check(chain(("PatchEmbedding", {}), shape=(3, 8, 32)))
    assert (
        problem.message
        == "PatchEmbedding 'patchembedding1': patch must be at most 8, the shorter side. Got 16."
    )
