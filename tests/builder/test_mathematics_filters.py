"""Filters, pools and what undoes them: what they see, what they cost, and torch code written by hand."""

from typing import Any

import pytest
import torch
from torch import nn

import builder
from builder.graph import Graph, Node
from tests.graphs import chain

Shape = tuple[int, ...]
COSTS = [
    ("Conv2d", {"filters": 8, "kernel": [1, 7], "padding": [0, 3]}, (3, 9, 9), 81 * 7 * 3 * 8),
    ("Conv2d", {"filters": 8, "kernel": [3, 1], "stride": [2, 1]}, (3, 9, 9), 4 * 9 * 3 * 3 * 8),
    ("Conv3d", {"filters": 4, "kernel": [1, 3, 3]}, (2, 6, 8, 8), 6 * 6 * 6 * 9 * 2 * 4),
    ("Conv1d", {"filters": 4, "kernel": 3, "padding": "causal", "dilation": 4}, (3, 16), 16 * 3 * 3 * 4),
    ("Conv2d", {"filters": 4, "padding": 1, "padding_mode": "circular"}, (3, 8, 8), 64 * 9 * 3 * 4),
    ("DepthwiseConv2d", {"multiplier": 2, "padding": 1}, (5, 8, 8), 64 * 9 * 10),
    ("DepthwiseConv1d", {"kernel": 5, "padding": "same"}, (4, 16), 16 * 5 * 4),
    ("MaskedConv2d", {"filters": 6, "kernel": 5}, (3, 8, 8), 64 * 25 * 3 * 6),
    ("ConvTranspose3d", {"filters": 4}, (3, 2, 3, 3), 18 * 8 * 3 * 4),
    ("ConvTranspose2d", {"filters": 4, "kernel": [3, 2], "dilation": 2}, (3, 4, 4), 16 * 6 * 3 * 4),
    ("Linear", {"units": 4, "reparametrise": "weight norm"}, (8,), 8 * 4),
    ("LPPool2d", {}, (3, 8, 8), 0),
]
PARAMETERS = [
    ("Conv2d", {"filters": 8, "kernel": [1, 7]}, (3, 9, 9), 3 * 7 * 8 + 8),
    ("Conv2d", {"filters": 8, "reparametrise": "weight norm"}, (3, 9, 9), 3 * 9 * 8 + 8 + 8),
    ("Conv2d", {"filters": 8, "reparametrise": "spectral norm"}, (3, 9, 9), 3 * 9 * 8 + 8),
    ("DepthwiseConv2d", {"multiplier": 2}, (5, 8, 8), 10 * 9 + 10),
    ("MaskedConv2d", {"filters": 6, "kernel": 5}, (3, 8, 8), 3 * 25 * 6 + 6),
    ("ConvTranspose3d", {"filters": 4, "kernel": [2, 3, 3]}, (3, 2, 3, 3), 18 * 3 * 4 + 4),
]


@pytest.mark.parametrize(("kind", "config", "shape", "expected"), COSTS)
def test_multiply_adds_by_closed_form(kind: str, config: dict[str, Any], shape: Shape, expected: int) -> None:
    """For one example."""
    assert builder.summary(chain((kind, config), shape=shape)).multiply_adds == expected


@pytest.mark.parametrize(("kind", "config", "shape", "expected"), PARAMETERS)
def test_parameters_by_closed_form(kind: str, config: dict[str, Any], shape: Shape, expected: int) -> None:
    assert builder.summary(chain((kind, config), shape=shape)).parameters == expected


def seen(kind: str, config: dict[str, Any], shape: Shape, place: Shape) -> torch.Tensor:
    """Which values of the input move the values at one place of the output, over all of its channels."""
    torch.manual_seed(0)
    x = torch.randn(1, *shape, requires_grad=True)
    builder.compile(chain((kind, config), shape=shape))(x)[(0, slice(None), *place)].sum().backward()
    assert x.grad is not None
    return x.grad[0] != 0


@pytest.mark.parametrize(("dilation", "kernel"), [(1, 3), (3, 2), (2, 4)])
def test_a_causal_filter_sees_the_past_alone(dilation: int, kernel: int) -> None:
    """Its own step and those before, as far as it reaches; and it gives as many steps as it is given."""
    config = {"filters": 2, "kernel": kernel, "dilation": dilation, "padding": "causal"}
    assert builder.compile(chain(("Conv1d", config), shape=(3, 16)))(torch.randn(1, 3, 16)).shape == (
        1,
        2,
        16,
    )
    found = seen("Conv1d", config, (3, 16), (10,)).any(0).nonzero().flatten().tolist()
    assert found == [10 - dilation * tap for tap in reversed(range(kernel))]


@pytest.mark.parametrize("type", ["A", "B"])
def test_a_masked_filter_sees_what_was_drawn_before(type: str) -> None:
    """All above and all to the left within its reach; the pixel itself with type B alone."""
    found = seen("MaskedConv2d", {"filters": 4, "kernel": [3, 5], "type": type}, (2, 7, 9), (3, 4)).any(0)
    wanted = torch.zeros(7, 9, dtype=torch.bool)
    wanted[2, 2:7] = True
    wanted[3, 2 : 5 if type == "B" else 4] = True
    assert torch.equal(found, wanted)


@pytest.mark.parametrize(("type", "first"), [("A", 0), ("B", 1)])
def test_colours_are_drawn_one_after_another(type: str, first: int) -> None:
    """Red sees no colour of its pixel (with type B its own), green red, blue both."""
    config = {"filters": 6, "kernel": 3, "type": type, "colours": 3}
    module, x = builder.compile(chain(("MaskedConv2d", config), shape=(3, 5, 5))), torch.randn(1, 3, 5, 5)
    before = module(x)
    for colour in range(3):
        other = x.clone()
        other[0, colour, 2, 2] += 1
        moved = (module(other) != before)[0, :, 2, 2].reshape(3, 2).any(1)
        assert moved.tolist() == [drawn >= colour + 1 - first for drawn in range(3)]


def test_pixels_depend_on_earlier_ones_through_many_layers() -> None:
    """A PixelCNN of one layer of type A and two of type B: no pixel sees itself or what comes later."""
    layers = [("MaskedConv2d", {"filters": 4, "kernel": 3, "type": kind}) for kind in "ABB"]
    x = torch.randn(1, 1, 6, 6, requires_grad=True)
    builder.compile(chain(*layers, shape=(1, 6, 6)))(x)[0, :, 3, 2].sum().backward()
    assert x.grad is not None
    drawn = x.grad[0, 0].flatten() != 0
    assert drawn[: 3 * 6 + 2].any() and not drawn[3 * 6 + 2 :].any()


@pytest.mark.parametrize("kind", ["Linear", "Conv2d", "ConvTranspose2d"])
def test_spectral_norm_keeps_the_largest_stretch_at_one(kind: str) -> None:
    """After some steps of its power iteration; and weight norm starts as what it was made of."""
    torch.manual_seed(0)
    shape: Shape = (8,) if kind == "Linear" else (3, 6, 6)
    module = builder.compile(chain((kind, {"reparametrise": "spectral norm"}), shape=shape))
    layer = next(module.children())
    for _ in range(50):
        module(torch.randn(2, *shape))
    weight = layer.weight.detach()
    matrix = weight.transpose(0, 1).flatten(1) if kind == "ConvTranspose2d" else weight.flatten(1)
    assert abs(float(torch.linalg.matrix_norm(matrix, 2)) - 1) < 1e-3
    torch.manual_seed(0)
    plain = builder.compile(chain((kind, {}), shape=shape))
    torch.manual_seed(0)
    normed = builder.compile(chain((kind, {"reparametrise": "weight norm"}), shape=shape))
    x = torch.randn(2, *shape)
    assert torch.allclose(plain(x), normed(x), atol=1e-6)


@pytest.mark.parametrize(("rank", "config"), [
    (1, {"kernel": 2}), (2, {"kernel": 2}), (2, {"kernel": [2, 3], "stride": [2, 3]}), (3, {"kernel": 2}),
])  # fmt: skip
def test_unpooling_is_what_torch_computes(rank: int, config: dict[str, Any]) -> None:
    """SegNet's pair: the largest values go back to where they were found."""
    shape = (2, *(6, 12, 4)[:rank])
    pool, unpool = f"MaxPool{rank}d", f"MaxUnpool{rank}d"
    nodes = (
        Node(id="x", kind="Input", config={"shape": [*shape]}),
        Node(id="down", kind=pool, config={**config, "indices": True}, inputs={"input": "x"}),
        Node(id="up", kind=unpool, config=config, inputs={"input": "down", "indices": "down.indices"}),
        Node(id="y", kind="Output", inputs={"input": "up"}),
    )
    graph, x = Graph(nodes=nodes), torch.randn(3, *shape)
    assert builder.check(graph) == []
    sides = {"kernel_size": config["kernel"], "stride": config.get("stride", 2)}
    values, indices = getattr(nn, pool)(**sides, return_indices=True)(x)
    assert torch.equal(builder.compile(graph)(x), getattr(nn, unpool)(**sides)(values, indices))


def test_windows_are_cut_out_and_laid_together() -> None:
    """Without overlap, Fold undoes Unfold."""
    layers = [
        ("Unfold", {"kernel": [2, 3], "stride": [2, 3]}),
        ("Fold", {"kernel": [2, 3], "stride": [2, 3], "size": [4, 9]}),
    ]
    x = torch.randn(2, 3, 4, 9)
    assert torch.equal(builder.compile(chain(*layers, shape=(3, 4, 9)))(x), x)
    layers = [("PixelUnshuffle", {}), ("PixelShuffle", {})]
    assert torch.equal(
        builder.compile(chain(*layers, shape=(3, 4, 6)))(torch.ones(1, 3, 4, 6)), torch.ones(1, 3, 4, 6)
    )


@pytest.mark.parametrize(("kind", "config"), [("Upsample", {"mode": "linear"}), ("Crop", {})])
def test_the_size_of_another_input(kind: str, config: dict[str, Any]) -> None:
    """Brought to it, or cut out of the middle; whatever its channels are."""
    small, large = (3, 5, 7), (2, 9, 8)
    first, second = (small, large) if kind == "Upsample" else (large, small)
    nodes = (
        Node(id="x", kind="Input", config={"shape": [*first]}),
        Node(id="other", kind="Input", config={"shape": [*second]}),
        Node(id="fit", kind=kind, config=config, inputs={"input": "x", "like": "other"}),
        Node(id="y", kind="Output", inputs={"input": "fit"}),
    )
    x, other = torch.randn(2, *first), torch.randn(2, *second)
    found = builder.compile(Graph(nodes=nodes))(x, other)
    expected = (
        nn.functional.interpolate(x, (9, 8), mode="bilinear") if kind == "Upsample" else x[:, :, 2:7, 0:7]
    )
    assert torch.equal(found, expected)


@pytest.mark.parametrize(
    ("kind", "config", "shape", "rule"),
    [
        ("Conv2d", {"kernel": [1, 2, 3]}, (3, 8, 8), "kernel must be one number, or 2 (height, width). Got [1, 2, 3]."),
        ("Conv1d", {"stride": [1, 2]}, (3, 8), "stride must be one number, or a list of one. Got [1, 2]."),
        ("Conv2d", {"kernel": [0, 3]}, (3, 8, 8), "kernel: each entry must be in [1, 101]. Got 0."),
        ("Conv2d", {"kernel": [9, 3]}, (3, 8, 12), "kernel must fit into the input, which is 8 wide"),
        ("Conv2d", {"padding": "causal"}, (3, 8, 8), "padding must be an integer or 'same'. Got 'causal'."),
        ("Conv2d", {"padding": 8, "padding_mode": "reflect"}, (3, 8, 9), "padding must be less than the input"),
        ("MaskedConv2d", {"kernel": 4}, (3, 8, 8), "kernel must be odd"),
        ("MaskedConv2d", {"colours": 2}, (3, 8, 8), "colours must divide"),
        ("ConvTranspose2d", {"output_padding": [0, 2]}, (3, 8, 8), "output_padding must be less than the stride (2)"),
        ("MaxPool2d", {"padding": [0, 2]}, (3, 8, 8), "padding must be at most half the kernel (2). Got 2."),
        ("MaxPool2d", {"dilation": 8}, (3, 8, 8), "kernel must fit"),
        ("AdaptiveAvgPool2d", {"size": [1, 2, 3]}, (3, 8, 8), "size must be one number, or 2"),
        ("Upsample", {"mode": "bicubic"}, (3, 8), "mode bicubic is for images"),
        ("Upsample", {"align_corners": True}, (3, 8), "align_corners needs mode linear"),
        ("PixelShuffle", {}, (3, 8, 8), "factor must divide the channels (3)"),
        ("PixelUnshuffle", {}, (3, 8, 9), "factor must divide height and width"),
        ("Fold", {"size": 8}, (12, 9), "size must be that of an image with 9 windows"),
        ("Crop", {"size": 9}, (3, 8, 8), "size must be at most"),
    ],
)  # fmt: skip
def test_rules_between_fields_and_inputs(kind: str, config: dict[str, Any], shape: Shape, rule: str) -> None:
    problems = [str(problem) for problem in builder.check(chain((kind, config), shape=shape))]
    assert rule in problems[0]
