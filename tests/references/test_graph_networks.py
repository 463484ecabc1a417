"""Whole graph networks against those of torch-geometric, on a random graph as large as Cora."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import nn

import builder
from tests.references.matching import apart

pytestmark = pytest.mark.slow
Library = Callable[[str], Any]
NODES, FEATURES, EDGES = 2708, 1433, 10556


def cora_like() -> tuple[torch.Tensor, torch.Tensor]:
    """Features of the nodes, and directed edges as (source, target)."""
    draw = torch.Generator().manual_seed(0)
    features = (torch.rand(NODES, FEATURES, generator=draw) < 0.013).float()
    return features, torch.randint(0, NODES, (EDGES, 2), generator=draw)


def difference(name: str, theirs: nn.Module, answer: Callable[..., torch.Tensor]) -> float:
    """How far a ready network is from theirs with the same weights: tensors of each number of values in their order."""
    ours = builder.compile(builder.template(name).graph)
    left: dict[int, list[torch.Tensor]] = {}
    for value in theirs.state_dict().values():
        nn.init.normal_(value, std=0.2)
        left.setdefault(value.numel(), []).append(value)
    ours.load_state_dict(
        {key: left[value.numel()].pop(0).reshape(value.shape) for key, value in ours.state_dict().items()}
    )
    features, edges = cora_like()
    with torch.no_grad():
        mine = ours.eval()(features[None], edges[None])[0]
        return apart((mine,), (answer(features, edges.T),))


def test_gcn(library: Library) -> None:
    geometric = library("torch_geometric.nn")
    first, second = layers = nn.ModuleList([geometric.GCNConv(FEATURES, 16), geometric.GCNConv(16, 7)]).eval()
    assert difference("gcn", layers, lambda x, edges: second(first(x, edges).relu(), edges)) < 1e-5


def test_gat(library: Library) -> None:
    geometric = library("torch_geometric.nn")
    first, second = layers = nn.ModuleList(
        [geometric.GATConv(FEATURES, 8, heads=8), geometric.GATConv(64, 7)]
    ).eval()
    elu = nn.functional.elu
    assert difference("gat", layers, lambda x, edges: second(elu(first(x, edges)), edges)) < 1e-5
