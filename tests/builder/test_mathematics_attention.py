"""Attention and its masks, held against torch and against their papers."""

import math
from typing import Any

import pytest
import torch
from torch import nn

import builder
from builder.around import around
from builder.graph import Graph, Node
from builder.layers import LAYERS
from tests.attending import MASK, given, network
from tests.graphs import chain


@pytest.mark.parametrize("causal", [True, False])
@pytest.mark.parametrize("read", [("output",), ("output", "weights")])
def test_padding_is_hidden_from_multihead_attention(causal: bool, read: tuple[str, ...]) -> None:
    """As torch hides it where it is told by truth values."""
    graph = network("MultiheadAttention", read, {"heads": 2, "causal": causal}, query="x", mask="mask")
    module = builder.compile(graph)
    x, mask = given(graph)
    later = torch.ones(5, 5).triu(1).bool() if causal else None
    expected = module.layer(x, x, x, key_padding_mask=mask == 0, attn_mask=later)
    answer = module(x, mask) if len(read) > 1 else (module(x, mask),)
    for mine, theirs in zip(answer, expected, strict=False):
        assert torch.allclose(mine, theirs, atol=1e-6)


PADDED: dict[str, dict[str, str]] = {
    "MultiheadAttention": {"query": "x", "mask": "mask"},
    "ScaledDotProductAttention": {"query": "x", "key": "memory", "value": "memory", "mask": "memory_mask"},
    "AdditiveAttention": {"query": "x", "key": "memory", "mask": "memory_mask"},
    "TransformerEncoderLayer": {"input": "x", "mask": "mask"},
    "TransformerDecoderLayer": {
        "input": "x",
        "memory": "memory",
        "mask": "mask",
        "memory_mask": "memory_mask",
    },
}


@pytest.mark.parametrize(("kind", "ports"), PADDED.items())
def test_padding_alone_gives_numbers(kind: str, ports: dict[str, str]) -> None:
    """An example that is all padding spoils neither its answer nor any gradient."""
    graph = network(kind, **ports)
    module, values = builder.compile(graph), given(graph)
    empty = [one.requires_grad_() if one.is_floating_point() else torch.zeros_like(one) for one in values]
    answer = module(*empty)
    answer.square().sum().backward()
    leaves = [*module.parameters(), *(one for one in empty if one.requires_grad)]
    assert all(leaf.grad is not None and leaf.grad.isfinite().all() for leaf in leaves)
    with torch.no_grad():
        assert module.eval()(*empty).isfinite().all() and answer.isfinite().all()


@pytest.mark.parametrize(
    "kind", ["MultiheadAttention", "TransformerEncoderLayer", "ScaledDotProductAttention"]
)
def test_a_first_step_that_sees_padding_alone_has_numbers(kind: str) -> None:
    """In causal attention over sequences that are padded in front."""
    ports = dict.fromkeys(LAYERS[kind].inputs, "x") | {"mask": "mask"}
    graph = network(kind, config={"causal": True}, **ports)
    x, mask = given(graph)
    with torch.no_grad():
        for module in (builder.compile(graph).train(), builder.compile(graph).eval()):
            assert module(x, 1 - mask).isfinite().all()


def dot_product(config: dict[str, Any], read: tuple[str, ...] = ("output",), **more: str) -> Graph:
    return network("ScaledDotProductAttention", read, config, query="x", key="memory", value="memory", **more)


@pytest.mark.parametrize("heads", [1, 2, 4])
@pytest.mark.parametrize(
    "more", [{}, {"mask": "memory_mask"}, {"mask": "memory_mask", "bias": "bias"}, {"bias": "bias"}]
)
def test_dot_product_attention_by_hand(heads: int, more: dict[str, str]) -> None:
    """Each head by itself; with and without the weights, which it computes in another way."""
    if "bias" in more and heads != 4:
        assert "bias must be B × " in str(builder.check(dot_product({"heads": heads}, **more))[0])
        return
    graph = dot_product({"heads": heads, "scale": 0.3}, **more)
    x, memory, *rest = given(graph)
    named = dict(zip(more, rest, strict=True))
    parts, seen = [], []
    for head, (query, key) in enumerate(zip(x.chunk(heads, 2), memory.chunk(heads, 2), strict=True)):
        scores = torch.einsum("bqd,bkd->bqk", query, key) * 0.3
        scores += named["bias"][:, head] if "bias" in named else 0
        if "mask" in named:
            scores = scores.masked_fill(named["mask"][:, None] == 0, -math.inf)
        seen.append(scores.exp() / scores.exp().sum(2, keepdim=True))
        parts.append(seen[-1] @ key)
    assert torch.allclose(builder.compile(graph)(x, memory, *rest), torch.cat(parts, 2), atol=1e-5)
    both = builder.compile(dot_product({"heads": heads, "scale": 0.3}, ("output", "weights"), **more))
    answer, weights = both(x, memory, *rest)
    assert torch.allclose(answer, torch.cat(parts, 2), atol=1e-5)
    assert torch.allclose(weights, torch.stack(seen, 1), atol=1e-6)


def test_queries_share_heads_of_keys() -> None:
    """Grouped queries, as torch's own function groups them."""
    shapes = {"q": [5, 8], "k": [6, 4], "v": [6, 6]}
    ports = {"query": "q", "key": "k", "value": "v"}
    nodes = (
        *(Node(id=id, kind="Input", config={"shape": shape}) for id, shape in shapes.items()),
        Node(id="layer", kind="ScaledDotProductAttention", config={"heads": 4}, inputs=ports),
        Node(id="y", kind="Output", inputs={"input": "layer"}),
    )
    q, k, v = torch.randn(2, 5, 8), torch.randn(2, 6, 4), torch.randn(2, 6, 6)

    def heads(x: torch.Tensor, count: int) -> torch.Tensor:
        return x.reshape(2, x.shape[1], count, -1).transpose(1, 2)

    expected = nn.functional.scaled_dot_product_attention(
        heads(q, 4), heads(k, 2), heads(v, 2), enable_gqa=True
    )
    assert torch.allclose(
        builder.compile(Graph(nodes=nodes))(q, k, v), expected.transpose(1, 2).reshape(2, 5, 12), atol=1e-6
    )


@pytest.mark.parametrize("read", [("output",), ("output", "weights")])
def test_causal_dot_product_attention_does_not_see_the_future(read: tuple[str, ...]) -> None:
    graph = network(
        "ScaledDotProductAttention", read, {"heads": 2, "causal": True}, query="x", key="x", value="x"
    )
    module, x = builder.compile(graph), torch.randn(2, 5, 8)
    changed = x.clone()
    changed[:, 3:] += 1
    before, after = ((module(one), None)[0] for one in (x, changed))
    before, after = (one if isinstance(one, torch.Tensor) else one[0] for one in (before, after))
    assert torch.equal(before[:, :3], after[:, :3])
    assert not torch.allclose(before[:, 3:], after[:, 3:])


def test_windows_attend_by_themselves() -> None:
    """A dimension between batch and steps: each window is an example of its own."""
    graph = Graph(nodes=(
        Node(id="x", kind="Input", config={"shape": [3, 5, 8]}),
        Node(id="layer", kind="ScaledDotProductAttention", config={"heads": 2},
             inputs={"query": "x", "key": "x", "value": "x"}),
        Node(id="y", kind="Output", inputs={"input": "layer"}),
    ))  # fmt: skip
    x = torch.randn(2, 3, 5, 8)
    alone = builder.compile(
        network("ScaledDotProductAttention", config={"heads": 2}, query="x", key="x", value="x")
    )
    assert torch.allclose(builder.compile(graph)(x), alone(x.flatten(0, 1)).reshape(x.shape), atol=1e-6)


def test_bahdanaus_attention_by_hand() -> None:
    """Its energies one by one; padding is hidden; one state for each example may be the query."""
    graph = network(
        "AdditiveAttention", ("output", "weights"), {"units": 7}, query="x", key="memory", mask="memory_mask"
    )
    module = builder.compile(graph)
    x, memory, mask = given(graph)
    answer, weights = module(x, memory, mask)
    layer = module.layer
    for example in range(2):
        for step in range(5):
            energy = [
                layer.score.weight
                @ torch.tanh(layer.query.weight @ x[example, step] + layer.key.weight @ one)
                for one in memory[example]
            ]
            energies = torch.cat(energy).masked_fill(mask[example] == 0, -math.inf).softmax(0)
            assert torch.allclose(weights[example, step], energies, atol=1e-6)
            assert torch.allclose(answer[example, step], energies @ memory[example], atol=1e-6)
    single = builder.compile(network("AdditiveAttention", config={"units": 7}, query="state", key="memory"))
    single.layer.load_state_dict(layer.state_dict())
    full = builder.compile(network("AdditiveAttention", config={"units": 7}, query="x", key="memory"))
    full.layer.load_state_dict(layer.state_dict())
    assert torch.allclose(single(x[:, 0], memory), full(x, memory)[:, 0], atol=1e-6)


def test_masks_tell_words_from_padding() -> None:
    words = torch.tensor([[3, 0, 5, 0], [0, 1, 1, 2]])
    assert torch.equal(
        builder.compile(chain(("PaddingMask", {}), shape=(4,), dtype="int64"))(words), words.bool()
    )
    other = builder.compile(chain(("PaddingMask", {"padding": 1}), shape=(4,), dtype="int64"))(words)
    assert other.tolist() == [[True] * 4, [True, False, False, True]]
    lengths = builder.compile(chain(("LengthMask", {"steps": 3}), shape=(), dtype="int64"))(
        torch.tensor([2, 3, 0])
    )
    assert lengths.tolist() == [[True, True, False], [True] * 3, [False] * 3]


def test_a_truth_value_may_mask() -> None:
    """What PaddingMask gives fits the mask of attention, and hides padding there."""
    nodes = (
        Node(id="words", kind="Input", config={"shape": [5], "dtype": "int64"}),
        Node(id="embed", kind="Embedding", config={"entries": 9, "width": 8}, inputs={"input": "words"}),
        Node(id="mask", kind="PaddingMask", inputs={"input": "words"}),
        Node(id="attend", kind="MultiheadAttention", inputs={"query": "embed", "mask": "mask"}),
        Node(id="pool", kind="GraphPool", inputs={"input": "attend", "mask": "mask"}),
        Node(id="y", kind="Output", inputs={"input": "pool"}),
    )
    module = builder.compile(Graph(nodes=nodes))
    words = torch.tensor([[1, 2, 3, 0, 0]])
    with torch.no_grad():
        module.embed.weight[0] += 5
        before = module(words)
        module.embed.weight[0] -= 50
        assert torch.allclose(module(words), before, atol=1e-6)


ALL = {"query": "x", "key": "memory", "value": "memory"}
WRONG: list[tuple[str, dict[str, Any], dict[str, str], str]] = [
    ("MultiheadAttention", {}, {"query": "x", "mask": "memory_mask"}, "mask must be B × 5, one for each key."),
    ("MultiheadAttention", {}, {"query": "x", "value": "memory"}, "value needs a key"),
    ("MultiheadAttention", {}, {"query": "x", "mask": "x"}, "mask must be true or false (bool), or 0 and 1 (int64)"),
    ("ScaledDotProductAttention", {"heads": 3}, ALL, "heads must divide the features (8)"),
    ("ScaledDotProductAttention", {"causal": True}, ALL, "causal needs as many keys as queries (5). Got 6."),
    ("ScaledDotProductAttention", {}, {**ALL, "value": "x"}, "value must have a step for each key"),
    ("ScaledDotProductAttention", {}, {**ALL, "bias": "bias"}, "bias must be B × 1 × 5 × 6"),
    ("AdditiveAttention", {}, {"query": "x", "key": "state"}, "key and value must be batch × steps × features."),
    ("TransformerEncoderLayer", {"heads": 3}, {"input": "x"}, "heads must divide the features (8). Got 3."),
    ("TransformerDecoderLayer", {}, {"input": "x", "memory": "state"}, "memory must be batch × steps × 8 features."),
    ("TransformerDecoderLayer", {}, {"input": "x", "memory": "x", "memory_mask": "memory_mask"},
     "memory_mask must be B × 5. Got B × 6."),
    ("RotaryPositions", {"heads": 8}, {"input": "x"}, "heads must share the 8 features in pairs. Got 8."),
    ("RotaryPositions", {"features": 10}, {"input": "x"}, "features must be even, and at most the 8 of a head"),
    ("LearnedPositions", {"steps": 3}, {"input": "x"}, "steps must be at least 5"),
    ("RelativeBias", {"columns": 2}, {"input": "x"}, "columns must divide the 5 steps"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "config", "ports", "rule"), WRONG)
def test_what_does_not_fit_is_told(
    kind: str, config: dict[str, Any], ports: dict[str, str], rule: str
) -> None:
    problems = [
        str(problem) for problem in builder.check(network(kind, LAYERS[kind].outputs[:1], config, **ports))
    ]
    assert rule in problems[0]


def test_everything_starts_alike_for_shares() -> None:
    """A mask may be led to a node that shares the weights of one without."""
    nodes = (
        Node(id="x", kind="Input", config={"shape": [5, 8]}),
        Node(id="mask", kind="Input", config={"shape": [5], "dtype": "int64"}),
        Node(id="first", kind="MultiheadAttention", inputs={"query": "x"}),
        Node(
            id="again", kind="MultiheadAttention", inputs={"query": "first", "mask": "mask"}, shares="first"
        ),
        Node(id="y", kind="Output", inputs={"input": "again"}),
    )
    module = builder.compile(Graph(nodes=nodes))
    assert module(torch.randn(2, 5, 8), MASK).shape == (2, 5, 8)
    assert (
        builder.summary(Graph(nodes=nodes)).parameters
        == builder.summary(around("MultiheadAttention")).parameters
    )
