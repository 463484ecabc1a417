"""Layers over graphs, held against matrices written by hand; against torch-geometric's in tests/references."""

from typing import Any

import pytest
import torch

import builder
from builder.graph import Graph, Node
from builder.layers import LAYERS

NODES, WIDTH = 5, 6
EDGES = torch.tensor(
    [[[0, 1], [1, 0], [2, 0], [1, 2], [3, 2]], [[4, 1], [0, 4], [-1, -1], [-1, -1], [-1, 3]]]
)
"""Directed; those of the second graph are filled up, the last with an edge that is half a one."""
CONVS = sorted(name for name, kind in LAYERS.items() if kind.category == "Graph" and "edges" in kind.inputs)


def network(kind: str, count: int = 5, **config: Any) -> Graph:
    """A layer with its nodes and so many edges."""
    return Graph(nodes=(
        Node(id="x", kind="Input", config={"shape": [NODES, WIDTH]}),
        Node(id="e", kind="Input", config={"shape": [count, 2], "dtype": "int64"}),
        Node(id="layer", kind=kind, config=config, inputs={"input": "x", "edges": "e"}),
        Node(id="y", kind="Output", inputs={"input": "layer"}),
    ))  # fmt: skip


def adjacency(number: int) -> torch.Tensor:
    """Target by source: 1 where an edge leads."""
    matrix = torch.zeros(NODES, NODES)
    for source, target in EDGES[number].tolist():
        if source >= 0 and target >= 0:
            matrix[target, source] = 1
    return matrix


def test_graph_convolution_is_the_formula_of_its_paper() -> None:
    """D^-1/2 (A + I) D^-1/2 X W + b."""
    module, x = builder.compile(network("GCNConv", units=4)), torch.randn(2, NODES, WIDTH)
    layer = module.layer
    torch.nn.init.normal_(layer.bias)
    for number in range(2):
        looped = adjacency(number) + torch.eye(NODES)
        root = looped.sum(1).rsqrt().diag()
        expected = root @ looped @ root @ x[number] @ layer.lin.weight.T + layer.bias
        assert torch.allclose(module(x, EDGES)[number], expected, atol=1e-5)


@pytest.mark.parametrize("aggr", ["mean", "sum", "max"])
def test_sage_takes_of_neighbours_what_was_chosen(aggr: str) -> None:
    """Of a node without any, nothing."""
    module, x = builder.compile(network("SAGEConv", units=4, aggr=aggr)), torch.randn(2, NODES, WIDTH)
    for number in range(2):
        rows = []
        for node in range(NODES):
            near = x[number][adjacency(number)[node] > 0]
            found = {"mean": near.mean(0), "sum": near.sum(0), "max": near.amax(0) if len(near) else near}[
                aggr
            ]
            rows.append(found if len(near) else torch.zeros(WIDTH))
        expected = module.layer.lin_l(torch.stack(rows)) + module.layer.lin_r(x[number])
        assert torch.allclose(module(x, EDGES)[number], expected, atol=1e-5)


def test_attention_of_a_graph_by_hand() -> None:
    """Each node by itself; padding gets none."""
    graph = network("GATConv", units=3, heads=2)
    graph = Graph(nodes=(*graph.nodes, Node(id="seen", kind="Output", inputs={"input": "layer.attention"})))
    module, x = builder.compile(graph), torch.randn(2, NODES, WIDTH)
    answer, attention = module(x, EDGES)
    layer = module.layer
    for number in range(2):
        parts = []
        for head, moved in enumerate((x[number] @ layer.lin.weight.T).chunk(2, dim=1)):
            scores = (moved @ layer.att_dst[0, head])[:, None] + (moved @ layer.att_src[0, head])[None]
            scores = torch.nn.functional.leaky_relu(scores, 0.2)
            scores = scores.masked_fill(adjacency(number) + torch.eye(NODES) == 0, -torch.inf)
            parts.append(scores.softmax(1) @ moved)
            for place, (source, target) in enumerate(EDGES[number].tolist()):
                real = source >= 0 and target >= 0
                expected = scores.softmax(1)[target, source] if real else torch.tensor(0.0)
                assert torch.allclose(attention[number, place, head], expected, atol=1e-6)
        assert torch.allclose(answer[number], torch.cat(parts, 1) + layer.bias, atol=1e-5)


@pytest.mark.parametrize("kind", CONVS)
def test_padding_and_the_order_of_edges_change_nothing(kind: str) -> None:
    """Nor does the rest of the batch, nor a name of a node, whose answers only move."""
    module = builder.compile(network(kind, units=4)).eval()
    longer = builder.compile(network(kind, 9, units=4)).eval()
    longer.load_state_dict(module.state_dict())
    x = torch.randn(2, NODES, WIDTH)
    answer = module(x, EDGES)
    filled = torch.cat((EDGES[:, torch.randperm(5)], torch.full((2, 4, 2), -1)), dim=1)
    assert torch.allclose(longer(x, filled[:, torch.randperm(9)]), answer, atol=1e-5)
    assert torch.allclose(module(x[1:], EDGES[1:]), answer[1:], atol=1e-6)
    order = torch.randperm(NODES)
    moved = torch.where(EDGES < 0, EDGES, order.argsort()[EDGES])
    assert torch.allclose(module(x[:, order], moved), answer[:, order], atol=1e-5)


@pytest.mark.parametrize("kind", CONVS)
def test_graphs_without_any_edge_can_be_learned_from(kind: str) -> None:
    """All edges are padding: finite answers and gradients in training."""
    module = builder.compile(network(kind, units=4)).train()
    answer = module(torch.randn(2, NODES, WIDTH), torch.full_like(EDGES, -1))
    answer.square().sum().backward()
    assert answer.isfinite().all()
    assert all(weight.grad is not None and weight.grad.isfinite().all() for weight in module.parameters())


@pytest.mark.parametrize("kind", CONVS)
@pytest.mark.parametrize("edge", [[0, NODES], [NODES, 0]])
def test_who_counts_nodes_from_one_is_stopped(kind: str, edge: list[int]) -> None:
    """An edge from or to a node that is not there is not taken for padding."""
    edges = torch.tensor(edge).expand(2, 5, 2)
    with pytest.raises((RuntimeError, IndexError)):
        builder.compile(network(kind, units=4))(torch.randn(2, NODES, WIDTH), edges)


def test_pools_look_at_what_counts() -> None:
    """All padding gives 0."""
    nodes = (
        Node(id="x", kind="Input", config={"shape": [NODES, WIDTH]}),
        Node(id="m", kind="Input", config={"shape": [NODES], "dtype": "int64"}),
        *(Node(id=how, kind="GraphPool", config={"how": how}, inputs={"input": "x", "mask": "m"})
          for how in ("mean", "sum", "max")),
        *(Node(id=f"y_{how}", kind="Output", inputs={"input": how}) for how in ("mean", "sum", "max")),
    )  # fmt: skip
    x, mask = torch.randn(2, NODES, WIDTH), torch.tensor([[0, 1, 1, 0, 1], [0] * 5])
    mean, total, most = builder.compile(Graph(nodes=nodes))(x, mask)
    real = x[0, [1, 2, 4]]
    for found, expected in ((mean, real.mean(0)), (total, real.sum(0)), (most, real.amax(0))):
        assert torch.allclose(found[0], expected, atol=1e-6) and not found[1].any()


def test_neighbours_are_the_nearest() -> None:
    """Not the point itself; as scipy's or any other search finds them, here by sorting."""
    points = torch.randn(2, 7, 3)
    graph = Graph(nodes=(
        Node(id="x", kind="Input", config={"shape": [7, 3]}),
        Node(id="layer", kind="Neighbours", config={"count": 3}, inputs={"input": "x"}),
        Node(id="y", kind="Output", inputs={"input": "layer"}),
    ))  # fmt: skip
    edges = builder.compile(graph)(points)
    assert edges.shape == (2, 21, 2) and edges.dtype == torch.int64
    for number in range(2):
        apart = torch.cdist(points[number], points[number])
        expected = [(other, point) for point in range(7) for other in apart[point].argsort()[1:4].tolist()]
        assert [tuple(edge) for edge in edges[number].tolist()] == expected


@pytest.mark.parametrize(
    ("kind", "config", "expected"),
    [
        ("GCNConv", {}, NODES * WIDTH * 4 + (5 + NODES) * 4),
        ("GCNConv", {"add_self_loops": False}, NODES * WIDTH * 4 + 5 * 4),
        ("SAGEConv", {}, 2 * NODES * WIDTH * 4),
        ("GATConv", {"heads": 2}, 2 * 4 * (NODES * (WIDTH + 2) + 5 + NODES)),
        ("GINConv", {"hidden": 7}, NODES * (WIDTH * 7 + 7 * 4)),
        ("EdgeConv", {"hidden": 7}, 5 * (2 * WIDTH * 7 + 7 * 4)),
        ("ChebConv", {"K": 3}, 3 * NODES * WIDTH * 4 + 2 * 5 * WIDTH),
    ],
)
def test_multiply_adds_by_closed_form(kind: str, config: dict[str, Any], expected: int) -> None:
    """What mixes features, and what weighs messages."""
    assert builder.summary(network(kind, units=4, **config)).multiply_adds == expected


def test_the_gcn_for_cora_has_as_many_parameters_as_published() -> None:
    """Kipf and Welling: 1,433 words, 16 hidden features, 7 classes."""
    nodes = (
        Node(id="papers", kind="Input", config={"shape": [2708, 1433]}),
        Node(id="cites", kind="Input", config={"shape": [10556, 2], "dtype": "int64"}),
        Node(id="first", kind="GCNConv", config={"units": 16}, inputs={"input": "papers", "edges": "cites"}),
        Node(id="relu", kind="ReLU", inputs={"input": "first"}),
        Node(id="second", kind="GCNConv", config={"units": 7}, inputs={"input": "relu", "edges": "cites"}),
        Node(id="y", kind="Output", inputs={"input": "second"}),
    )
    assert builder.summary(Graph(nodes=nodes)).parameters == 23_063


def test_what_is_no_edge_is_told() -> None:
    wrong = network("GCNConv", units=4).with_nodes(tuple(
        node.model_copy(update={"config": {"shape": [5, 3], "dtype": "int64"}}) if node.id == "e" else node
        for node in network("GCNConv", units=4).nodes
    ))  # fmt: skip
    (problem,) = builder.check(wrong)
    assert (
        "edges must be batch × edges × 2: the source and the target of each. Got B × 5 × 3."
        in problem.message
    )
