"""Arithmetic, gates, norms and noise, held against NumPy and formulas written by hand."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

import builder
from builder.edits import MakeBlock, Unpack
from builder.graph import Graph, Node
from tests.graphs import chain, outputs

Shape = tuple[int, ...]
Array = np.ndarray
COSTS = [
    ("GatedFeedForward", {"hidden": 16}, (5, 8), 5 * 3 * 8 * 16),
    ("SqueezeExcitation", {"units": 2}, (8, 5, 5), 2 * 8 * 2),
    ("RadialBasis", {"units": 6}, (8,), 6 * 8),
    ("Reduce", {}, (5, 8), 0),
]
PARAMETERS = [
    ("RMSNorm", {}, (5, 8), 8),
    ("InstanceNorm2d", {"affine": True}, (3, 6, 6), 6),
    ("GroupNorm", {"affine": False}, (8, 6, 6), 0),
    ("LayerNorm", {"bias": False}, (5, 8), 8),
    ("PReLU", {"each": "channel"}, (5, 8), 5),
    ("GatedFeedForward", {"hidden": 16, "bias": True}, (5, 8), 3 * 8 * 16 + 16 + 16 + 8),
    ("SqueezeExcitation", {"ratio": 4}, (8, 5, 5), 8 * 2 + 2 + 2 * 8 + 8),
    ("RadialBasis", {"units": 6}, (8,), 6 * 8 + 6),
    ("LayerScale", {"dim": 1}, (5, 8), 5),
    ("Parameter", {"shape": [2, 3]}, (8,), 6),
    ("Parameter", {"shape": [2, 3], "trained": False}, (8,), 0),
]


@pytest.mark.parametrize(("kind", "config", "shape", "expected"), COSTS)
def test_multiply_adds_by_closed_form(kind: str, config: dict[str, Any], shape: Shape, expected: int) -> None:
    """For one example."""
    assert builder.summary(chain((kind, config), shape=shape)).multiply_adds == expected


@pytest.mark.parametrize(("kind", "config", "shape", "expected"), PARAMETERS)
def test_parameters_by_closed_form(kind: str, config: dict[str, Any], shape: Shape, expected: int) -> None:
    assert builder.summary(chain((kind, config), shape=shape)).parameters == expected


def sigmoid(x: Array) -> Array:
    return 1 / (1 + np.exp(-x))


ONE: list[tuple[str, dict[str, Any], Callable[[Array], Array]]] = [
    ("Affine", {"scale": -0.5, "shift": 2.0}, lambda x: -0.5 * x + 2),
    ("Affine", {"shift": -1.5}, lambda x: x - 1.5),
    ("Power", {"exponent": 3.0}, lambda x: x**3),
    ("Clamp", {"min": -0.5}, lambda x: np.maximum(x, -0.5)),
    ("Clamp", {"max": 0.25}, lambda x: np.minimum(x, 0.25)),
    ("Clamp", {}, lambda x: x),
    ("Sign", {}, np.sign),
    ("Step", {}, lambda x: (x > 0) * 1.0),
    ("Step", {"threshold": 0.5, "rest": -1}, lambda x: np.where(x > 0.5, 1.0, -1.0)),
    ("Step", {"straight_through": True}, lambda x: (x > 0) * 1.0),
    ("Sine", {"frequency": 3.0}, lambda x: np.sin(3 * x)),
    ("Hardtanh", {"min_val": -0.2, "max_val": 0.6}, lambda x: np.clip(x, -0.2, 0.6)),
    ("Softshrink", {"lambd": 0.3}, lambda x: np.sign(x) * np.maximum(np.abs(x) - 0.3, 0)),
    ("RReLU", {"lower": 0.1, "upper": 0.3}, lambda x: np.where(x > 0, x, 0.2 * x)),
    ("Formula", {"expression": "x * sigmoid(1.7 * x) - abs(x) ** 2 / 3"}, lambda x: x * sigmoid(1.7 * x) - x**2 / 3),
    ("Formula", {"expression": "-(2 - x) ** 2 * relu(x)"}, lambda x: -((2 - x) ** 2) * np.maximum(x, 0)),
    ("Maxout", {"dim": 2, "pieces": 4}, lambda x: x.reshape(2, 5, 2, 4).max(3)),
    ("Maxout", {"dim": 1, "pieces": 5}, lambda x: x.reshape(2, 1, 5, 8).max(2)),
    ("Reduce", {"dims": [1, -1]}, lambda x: x.mean((1, 2))),
    ("Reduce", {"how": "sum", "dims": [1], "keepdim": True}, lambda x: x.sum(1, keepdims=True)),
    ("Reduce", {"how": "max"}, lambda x: x.max(-1)),
    ("Reduce", {"how": "min"}, lambda x: x.min(-1)),
    ("Reduce", {"how": "std"}, lambda x: x.std(-1)),
    ("Reduce", {"how": "variance"}, lambda x: x.var(-1)),
    ("Reduce", {"how": "norm"}, lambda x: np.linalg.norm(x, axis=-1)),
    ("Reduce", {"how": "logsumexp"}, lambda x: np.log(np.exp(x).sum(-1))),
    ("CumulativeSum", {"dim": 2}, lambda x: x.cumsum(2)),
    ("ArgMax", {"dim": 1}, lambda x: x.argmax(1)),
    ("TopK", {"k": 3}, lambda x: -np.sort(-x, -1)[..., :3]),
    ("Roll", {"shifts": [1, -2], "dims": [1, 2]}, lambda x: np.roll(x, (1, -2), (1, 2))),
    ("Flip", {"dims": [1, -1]}, lambda x: x[:, ::-1, ::-1]),
    ("Repeat", {"times": [2, 3]}, lambda x: np.tile(x, (1, 2, 3))),
    ("Unsqueeze", {"dim": 2}, lambda x: x[:, :, None]),
    ("Pad", {"amounts": [1, 2, 0, 3], "value": 4.0}, lambda x: np.pad(x, ((0, 0), (0, 3), (1, 2)), constant_values=4)),
    ("Pad", {"amounts": [-1, -2]}, lambda x: x[:, :, 1:-2]),
    ("Pad", {"amounts": 2, "mode": "reflect"}, lambda x: np.pad(x, ((0, 0), (0, 0), (2, 2)), "reflect")),
    ("Pad", {"amounts": [3, 0], "mode": "circular"}, lambda x: np.pad(x, ((0, 0), (0, 0), (3, 0)), "wrap")),
    ("Normalize", {}, lambda x: x / np.linalg.norm(x, axis=-1, keepdims=True)),
    ("RMSNorm", {}, lambda x: x / np.sqrt((x**2).mean(-1, keepdims=True) + 1e-6)),
    ("LayerScale", {"start": 0.3}, lambda x: 0.3 * x),
    ("Constant", {"values": [1.0, 2.0, 3.0, 4.0], "shape": [2, 2]}, lambda x: np.array([[[1, 2], [3, 4]]] * 2)),
    ("Constant", {"values": [7.0], "shape": [2]}, lambda x: np.full((2, 2), 7)),
    ("Parameter", {"start": "zeros", "shape": [3]}, lambda x: np.zeros((2, 3))),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "config", "expected"), ONE)
def test_what_is_made_of_one(kind: str, config: dict[str, Any], expected: Callable[[Array], Array]) -> None:
    x = np.random.default_rng(0).normal(size=(2, 5, 8)).astype(np.float32)
    module = builder.compile(chain((kind, config), shape=(5, 8))).eval()
    found = outputs(module, (torch.from_numpy(x),))[0].detach().numpy()
    wanted = expected(x)
    assert found.shape == wanted.shape
    np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=1e-5)


def of(kind: str, config: dict[str, Any], *inputs: torch.Tensor) -> torch.Tensor:
    """What a layer makes of several inputs, in the order of its ports."""
    from builder.layers import LAYERS

    layer = LAYERS[kind]
    ports = [f"{layer.many}{n}" for n in range(1, 9)] if layer.many else [*layer.inputs, *layer.optional]
    given = [
        Node(
            id=f"x{number}",
            kind="Input",
            config={"shape": [*x.shape[1:]], "dtype": str(x.dtype).split(".")[1]},
        )
        for number, x in enumerate(inputs)
    ]
    connected = dict(zip(ports, (node.id for node in given), strict=False))
    nodes = (*given, Node(id="layer", kind=kind, config=config, inputs=connected),
             Node(id="y", kind="Output", inputs={"input": "layer"}))  # fmt: skip
    answer: torch.Tensor = builder.compile(Graph(nodes=nodes))(*inputs)
    return answer


def test_what_is_made_of_several() -> None:
    """torch's operators, with sides of 1 spread over the others."""
    torch.manual_seed(0)
    a, b, c = torch.randn(2, 3, 4), torch.randn(2, 3, 1), torch.randn(2, 3, 4)
    assert torch.equal(of("Subtract", {}, a, b), a - b)
    assert torch.equal(of("Divide", {}, a, b), a / b)
    assert torch.equal(of("Maximum", {}, a, b, c), torch.stack([a, b.expand(2, 3, 4), c]).amax(0))
    assert torch.equal(of("Minimum", {}, a, c), torch.minimum(a, c))
    assert torch.allclose(of("Average", {}, a, b, c), (a + b + c) / 3)
    assert torch.equal(of("Stack", {"dim": 3}, a, c), torch.stack((a, c), 3))
    assert torch.equal(of("Compare", {}, a, c), a > c)
    assert torch.equal(of("Compare", {"how": "<=", "value": 0.5}, a), a <= 0.5)
    assert torch.equal(of("Where", {}, (a > 0).long(), a, c), torch.where(a > 0, a, c))
    assert torch.allclose(of("CosineSimilarity", {}, a, c), (a * c).sum(-1) / a.norm(dim=-1) / c.norm(dim=-1))
    assert torch.allclose(of("PairwiseDistance", {}, a, c), (a - c).norm(dim=-1), atol=1e-5)
    assert torch.equal(of("Formula", {"expression": "x * y - z / 2"}, a, b, c), a * b - c / 2)
    assert torch.allclose(of("Einsum", {"equation": "bij,bkj->bik"}, a, c), a @ c.transpose(1, 2), atol=1e-6)


def test_picking_by_indices() -> None:
    """A list of indices for each example, along any dimension; or one for each value, as torch.gather."""
    x, indices = torch.randn(2, 5, 4), torch.tensor([[4, 0, 4], [1, 2, 3]])
    assert torch.equal(
        of("Gather", {}, x, indices), torch.stack([one[at] for one, at in zip(x, indices, strict=True)])
    )
    places = torch.stack([one[:, at % 4] for one, at in zip(x, indices, strict=True)])
    assert torch.equal(of("Gather", {"dim": 2}, x, indices % 4), places)
    each = torch.randint(5, (2, 3, 4))
    assert torch.equal(of("Gather", {}, x, each), torch.gather(x, 1, each))
    assert torch.equal(of("OneHot", {"classes": 5}, indices), nn.functional.one_hot(indices, 5).float())


def test_parts_leave_by_ports_of_their_own() -> None:
    """Equal ones, or of given sizes; the ports follow the fields."""
    for config, sizes in (({"parts": 3}, (2, 2, 2)), ({"sizes": [1, 2, 3]}, (1, 2, 3))):
        last = f"part{len(sizes)}"
        nodes = (
            Node(id="x", kind="Input", config={"shape": [6, 4]}),
            Node(id="cut", kind="Split", config=config, inputs={"input": "x"}),
            Node(id="first", kind="Output", inputs={"input": "cut"}),
            Node(id="last", kind="Output", inputs={"input": f"cut.{last}"}),
        )
        x = torch.randn(2, 6, 4)
        first, end = builder.compile(Graph(nodes=nodes))(x)
        assert torch.equal(first, x[:, : sizes[0]]) and torch.equal(end, x[:, -sizes[-1] :])


def test_a_formula_is_not_one_of_the_block_around() -> None:
    """`x` in it is its input, also where a block has an argument of that name; and it survives being packed."""
    config = {"expression": "x ** 2 + 1"}
    inner = chain(("Formula", config), shape=(4,)).model_copy(update={"arguments": {"x": 3}})
    use = Node(id="use", kind="Block", config={"block": "squared"}, inputs={"input1": "a"})
    nodes = (
        Node(id="a", kind="Input", config={"shape": [4]}),
        use,
        Node(id="y", kind="Output", inputs={"input": "use"}),
    )
    graph, x = Graph(nodes=nodes, blocks={"squared": inner}), torch.randn(2, 4)
    assert torch.equal(builder.compile(graph)(x), x**2 + 1)
    unpacked = Unpack(node="use").apply(graph)
    assert config in [node.config for node in unpacked.nodes]
    packed = MakeBlock(ids=("formula1",), name="again").apply(chain(("Formula", config), shape=(4,)))
    assert torch.equal(builder.compile(packed)(x), x**2 + 1)


@pytest.mark.parametrize(
    ("kind", "config", "shape", "rule"),
    [
        ("Formula", {"expression": "x + y"}, (8,), "expression must name connected inputs only: y is not."),
        ("Formula", {"expression": "2 + 3"}, (8,), "expression must name every input: x is missing."),
        ("Formula", {"expression": "__import__('os')"}, (8,), "expression must contain only numbers"),
        ("Formula", {"expression": "x.shape"}, (8,), "expression must contain only numbers"),
        ("Formula", {"expression": "x ** 100"}, (8,), "must not raise to more than the power 64"),
        ("Einsum", {"equation": "bij->b"}, (5, 8), "equation must be letters for two inputs or more"),
        ("Einsum", {"equation": "bij,kj->bik"}, (5, 8), "equation must have the letter of the batch first"),
        ("Einsum", {"equation": "bij,bjk->bil"}, (5, 8), "equation must give each letter of the output once"),
        ("Reduce", {"dims": [0]}, (5, 8), "dims must be different ones of 1 to 2"),
        ("Reduce", {"dims": [2, -1]}, (5, 8), "dims must be different ones"),
        ("Split", {"parts": 3}, (5, 8), "parts must divide 5. Got 3."),
        ("Split", {"sizes": [2, 2]}, (5, 8), "sizes must add up to 5. Got [2, 2]."),
        ("Pad", {"amounts": [1, 2, 3]}, (5, 8), "amounts must be one number, or 2 for each of up to 2 dimensions"),
        ("Pad", {"amounts": -4}, (5, 8), "amounts must leave something of 8."),
        ("Pad", {"amounts": 8, "mode": "reflect"}, (5, 8), "amounts must be at most 7 to take from 8. Got 8."),
        ("Roll", {"dims": [1, 2]}, (5, 8), "shifts must be as many as dims (2). Got [1]."),
        ("Repeat", {}, (5, 8), "times must name all 2 dimensions"),
        ("Squeeze", {}, (5, 8), "dim must name a dimension of size 1; this one has 5."),
        ("TopK", {"k": 9}, (5, 8), "k must be at most 8 here. Got 9."),
        ("Maxout", {"dim": 1}, (5, 8), "pieces must divide the features (5). Got 2."),
        ("GLU", {"dim": 1}, (5, 8), "dim must name a dimension that can be halved; this one has 5."),
        ("Constant", {"values": [1.0, 2.0], "shape": [3]}, (8,), "values must be 1 or 3 numbers for this shape."),
        ("Clamp", {"min": 1.0, "max": 0.0}, (8,), "min must be less than max (0.0). Got 1.0."),
        ("Hardtanh", {"min_val": 2.0}, (8,), "min_val must be less than max_val (1.0). Got 2.0."),
        ("RReLU", {"lower": 0.5}, (8,), "lower must be at most upper"),
        ("InstanceNorm1d", {}, (5, 1), "input must have more than one value in each channel."),
    ],
)  # fmt: skip
def test_rules_between_fields_and_inputs(kind: str, config: dict[str, Any], shape: Shape, rule: str) -> None:
    found = [str(problem) for problem in builder.check(chain((kind, config), shape=shape)) if problem.node]
    assert any(rule in one for one in found), found


def test_branches_must_fit_each_other_and_not_only_the_first() -> None:
    """Each fits the first, whose sides are 1; but not one another."""
    with pytest.raises(builder.BadGraph, match="all inputs must have the same shape"):
        of("Add", {}, torch.ones(2, 1), torch.ones(2, 3), torch.ones(2, 4))
