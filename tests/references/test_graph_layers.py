"""Layers over graphs against torch-geometric's: the same weights give the same nodes and the same gradients."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import nn

import builder
from builder.graph import Graph, Node

Library = Callable[[str], Any]
FEATURES = 6
NODES = 5
FIRST = [[0, 1], [1, 0], [2, 0], [3, 3], [1, 2], [0, 2], [3, 2]]
"""Directed edges, one from a node to itself; nothing leads to or from node 4."""
SECOND = [[4, 1], [1, 1], [0, 4]]
"""The same of another graph of the batch, which has fewer."""
SAME: list[tuple[str, dict[str, Any]]] = [
    ("GCNConv", {}), ("GCNConv", {"add_self_loops": False}), ("GCNConv", {"normalize": False, "bias": False}),
    ("GATConv", {}), ("GATConv", {"heads": 3}), ("GATConv", {"heads": 2, "concat": False, "negative_slope": 0.1}),
    ("GATConv", {"heads": 2, "add_self_loops": False, "bias": False}),
    ("SAGEConv", {}), ("SAGEConv", {"aggr": "max"}), ("SAGEConv", {"aggr": "sum", "root_weight": False}),
    ("SAGEConv", {"normalize": True, "bias": False}), ("ChebConv", {"K": 1}), ("ChebConv", {"K": 3}),
    ("ChebConv", {"K": 2, "bias": False}), ("GINConv", {}), ("GINConv", {"eps": 0.3, "train_eps": True}),
    ("GINConv", {"eps": -0.2}), ("EdgeConv", {}), ("EdgeConv", {"aggr": "mean"}),
]  # fmt: skip


def network(kind: str, *more: str, **config: Any) -> Graph:
    """A layer with nodes and edges, and with what else there is."""
    places = {"edges": ([7, 2], "int64"), "weights": ([7], "float32"), "mask": ([NODES], "int64")}
    nodes = [Node(id="x", kind="Input", config={"shape": [NODES, FEATURES]})]
    nodes += [
        Node(id=port, kind="Input", config={"shape": places[port][0], "dtype": places[port][1]})
        for port in more
    ]
    inputs = {"input": "x", **{port: port for port in more}}
    return Graph(nodes=(*nodes, Node(id="layer", kind=kind, config=config, inputs=inputs),
                        Node(id="y", kind="Output", inputs={"input": "layer"})))  # fmt: skip


def theirs(library: Library, kind: str, config: dict[str, Any]) -> nn.Module:
    """The layer of the same name and fields there, of four features."""
    kinds = library("torch_geometric.nn")
    if kind in ("GINConv", "EdgeConv"):
        width = FEATURES * (2 if kind == "EdgeConv" else 1)
        small = nn.Sequential(nn.Linear(width, 4), nn.ReLU(), nn.Linear(4, 4))
        return getattr(kinds, kind)(small, **config)
    return getattr(kinds, kind)(FEATURES, 4, **config)


def pairs(edges: list[list[int]]) -> torch.Tensor:
    """Edges as torch-geometric has them."""
    return torch.tensor(edges).T


def padded() -> torch.Tensor:
    """The edges of both graphs, those of the smaller filled up."""
    return torch.tensor([FIRST, SECOND + [[-1, -1]] * (len(FIRST) - len(SECOND))])


def same(ours: nn.Module, other: nn.Module, given: tuple[Any, ...], expected: Any) -> None:
    """Outputs and gradients of a batch of two graphs, each of which the other is given by itself."""
    answer = ours(*given)
    assert torch.allclose(answer, expected, rtol=0, atol=1e-5)
    answer.square().sum().backward()
    expected.square().sum().backward()
    mine = dict(ours.layer.named_parameters())  # type: ignore[union-attr, operator]
    known = dict(other.named_parameters())
    assert mine.keys() == known.keys()
    for name, weight in known.items():
        assert torch.allclose(mine[name].grad, weight.grad, rtol=1e-4, atol=1e-5), name  # type: ignore[arg-type, union-attr]


@pytest.mark.parametrize(("kind", "config"), SAME)
def test_a_layer_is_torch_geometrics(kind: str, config: dict[str, Any], library: Library) -> None:
    """With directed edges, loops, lonely nodes, and graphs of different numbers of edges in one batch."""
    torch.manual_seed(0)
    other = theirs(library, kind, config)
    ours = builder.compile(network(kind, "edges", units=4, **config))
    known = {
        name: value
        for name, value in other.state_dict().items()
        if not (name == "eps" and "train_eps" not in config)
    }
    for value in known.values():
        value.copy_(torch.randn(value.shape))
    ours.layer.load_state_dict(known)  # type: ignore[union-attr]
    x = torch.randn(2, NODES, FEATURES)
    expected = torch.stack([other(x[0], pairs(FIRST)), other(x[1], pairs(SECOND))])
    same(ours, other, (x, padded()), expected)


def test_weights_of_edges_are_torch_geometrics(library: Library) -> None:
    """A loop keeps its own; nodes without one get a loop of weight 1."""
    torch.manual_seed(0)
    other, ours = (
        theirs(library, "GCNConv", {}),
        builder.compile(network("GCNConv", "edges", "weights", units=4)),
    )
    ours.layer.load_state_dict(other.state_dict())  # type: ignore[union-attr]
    x, weights = torch.randn(2, NODES, FEATURES), torch.rand(2, 7) + 0.1
    expected = [other(x[0], pairs(FIRST), weights[0]), other(x[1], pairs(SECOND), weights[1, :3])]
    same(ours, other, (x, padded(), weights), torch.stack(expected))


def test_attention_on_edges_is_torch_geometrics(library: Library) -> None:
    """Without loops, so that its edges are ours in their order."""
    torch.manual_seed(0)
    other = theirs(library, "GATConv", {"heads": 2, "add_self_loops": False})
    graph = network("GATConv", "edges", units=4, heads=2, add_self_loops=False)
    read = Node(id="seen", kind="Output", inputs={"input": "layer.attention"})
    ours = builder.compile(Graph(nodes=(*graph.nodes, read)))
    ours.layer.load_state_dict(other.state_dict())  # type: ignore[union-attr]
    x = torch.randn(2, NODES, FEATURES)
    _, attention = ours(x, padded())
    for number, edges in enumerate((FIRST, SECOND)):
        _, (_, expected) = other(x[number], pairs(edges), return_attention_weights=True)
        assert torch.allclose(attention[number, : len(edges)], expected, atol=1e-6)
    assert not attention[1, len(SECOND) :].any(), "padding gets none"


@pytest.mark.parametrize("how", ["mean", "sum", "max"])
def test_pools_are_torch_geometrics(how: str, library: Library) -> None:
    """Of graphs with five and with three nodes."""
    pool = getattr(
        library("torch_geometric.nn"),
        {"mean": "global_mean_pool", "sum": "global_add_pool", "max": "global_max_pool"}[how],
    )
    x = torch.randn(2, NODES, FEATURES)
    mask = torch.tensor([[1, 1, 1, 1, 1], [1, 1, 1, 0, 0]])
    expected = pool(torch.cat((x[0], x[1, :3])), torch.tensor([0] * 5 + [1] * 3))
    assert torch.allclose(
        builder.compile(network("GraphPool", "mask", how=how))(x, mask), expected, atol=1e-6
    )


def test_graph_norm_is_torch_geometrics(library: Library) -> None:
    """Of graphs with five and with three nodes."""
    torch.manual_seed(0)
    other = library("torch_geometric.nn").GraphNorm(FEATURES)
    for weight in other.parameters():
        nn.init.normal_(weight)
    ours = builder.compile(network("GraphNorm", "mask"))
    ours.layer.load_state_dict(other.state_dict())  # type: ignore[union-attr]
    x, mask = torch.randn(2, NODES, FEATURES), torch.tensor([[1, 1, 1, 1, 1], [1, 1, 1, 0, 0]])
    expected = other(torch.cat((x[0], x[1, :3])), torch.tensor([0] * 5 + [1] * 3))
    answer = ours(x, mask)
    assert torch.allclose(torch.cat((answer[0], answer[1, :3])), expected, atol=1e-5)


def test_the_gcn_for_cora_has_as_many_parameters(library: Library) -> None:
    """Kipf and Welling: 1,433 words, 16 hidden features, 7 classes."""
    nodes = (
        Node(id="papers", kind="Input", config={"shape": [2708, 1433]}),
        Node(id="cites", kind="Input", config={"shape": [10556, 2], "dtype": "int64"}),
        Node(id="first", kind="GCNConv", config={"units": 16}, inputs={"input": "papers", "edges": "cites"}),
        Node(id="relu", kind="ReLU", inputs={"input": "first"}),
        Node(id="second", kind="GCNConv", config={"units": 7}, inputs={"input": "relu", "edges": "cites"}),
        Node(id="y", kind="Output", inputs={"input": "second"}),
    )
    other = library("torch_geometric.nn").GCN(1433, 16, 2, out_channels=7)
    assert builder.summary(Graph(nodes=nodes)).parameters == 23_063
    assert sum(weight.numel() for weight in other.parameters()) == 23_063
