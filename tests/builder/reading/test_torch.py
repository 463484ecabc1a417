"""Modules and programs of PyTorch: what they compute, what is shared, and how readable it becomes."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import nn

import builder
from tests.graphs import outputs


def image() -> torch.Tensor:
    """Two small images."""
    return torch.randn(2, 4, 8, 8)


def steps() -> torch.Tensor:
    """Two short sequences."""
    return torch.randn(2, 6, 8)


class Function(nn.Module):
    """A module around a function, with a Linear of its own."""

    def __init__(self, function: Callable[..., Any]) -> None:
        super().__init__()
        self.function, self.linear = function, nn.Linear(8, 8)
        self.weight = nn.Parameter(torch.randn(6, 8))

    def forward(self, x: torch.Tensor) -> Any:
        """What the function makes of it."""
        return self.function(self, x)


FUNCTIONS: dict[str, tuple[Callable[..., Any], Callable[[], torch.Tensor]]] = {
    "relu": (lambda m, x: F.relu(x), steps),
    "in place": (lambda m, x: F.relu_(m.linear(x)).add_(1).mul_(x), steps),
    "hardtanh": (lambda m, x: F.hardtanh(x, -0.5, 0.5), steps),
    "arithmetic": (lambda m, x: (2 * x - 3) / 4 + (1 - x) ** 2 - -x, steps),
    "a scalar first": (lambda m, x: 1 - x, steps),
    "a parameter": (lambda m, x: x * m.weight + m.weight, steps),
    "written-out swish": (lambda m, x: x * torch.sigmoid(x), steps),
    "written-out GELU": (lambda m, x: 0.5 * x * (1 + torch.erf(x / 2**0.5)), steps),
    "a norm by hand": (lambda m, x: x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-6), steps),
    "cat": (lambda m, x: torch.cat([x, m.linear(x), x], dim=-1), steps),
    "cat of a constant": (lambda m, x: torch.cat([m.weight.expand(x.shape[0], 6, 8), x], dim=1), steps),
    "the mean of several": (lambda m, x: torch.stack([x, m.linear(x)]).mean(0), steps),
    "an odd reshape": (lambda m, x: m.linear(x).view(x.shape[0], 3, 16), steps),
    "nothing in front": (lambda m, x: torch.cat([x[:, :0], m.linear(x)], 1), steps),
    "least values around": (lambda m, x: F.max_pool2d(F.pad(x, (0, 1, 0, 1), value=-torch.inf), 2), image),
    "a mask as numbers": (lambda m, x: (x > 0).sum(-1, keepdim=True) * x + (x < 0), steps),
    "windows and back": (lambda m, x: F.fold(F.unfold(x, 2, stride=2), 8, 2, stride=2), image),
    "places of the largest": (lambda m, x: F.max_pool2d(x, 2, return_indices=True)[1].float() + 1, image),
    "the largest": (lambda m, x: x.topk(3).values.sum(-1), steps),
    "expanded elsewhere": (
        lambda m, x: x.transpose(0, 1).sum(-1, keepdim=True).expand(6, x.shape[0], 8).transpose(0, 1), steps,
    ),
    "a bias on scores": (
        lambda m, x: F.scaled_dot_product_attention(*[x.unflatten(-1, (2, 4)).transpose(1, 2)] * 3,
                                                    attn_mask=m.weight[None, None, :, :6]), steps,
    ),
    "side by side, steps first": (
        lambda m, x: torch.cat([x.transpose(0, 1), m.linear(x.transpose(0, 1))], 0).transpose(0, 1), steps,
    ),
    "fewer keys": (
        lambda m, x: F.scaled_dot_product_attention(
            x.unflatten(-1, (4, 2)).transpose(1, 2), *[x[..., :4].unflatten(-1, (2, 2)).transpose(1, 2)] * 2,
            enable_gqa=True), steps,
    ),
    "cat of fixed numbers": (lambda m, x: torch.cat([torch.zeros(x.shape[0], 1, 8), x], dim=1), steps),
    "stack": (lambda m, x: torch.stack([x, x.exp()], 2), steps),
    "view": (lambda m, x: x.view(x.size(0), -1), image),
    "reshape by shapes": (lambda m, x: x.reshape(x.shape[0], x.shape[1] * 2, -1), image),
    "flatten": (lambda m, x: torch.flatten(x, 2).mean(-1), image),
    "unflatten": (lambda m, x: x.unflatten(1, (2, 2)).transpose(1, 2).flatten(1, 2), image),
    "permute": (lambda m, x: x.permute(0, 2, 3, 1).contiguous(), image),
    "permute over the batch": (lambda m, x: x.permute(1, 0, 2).exp().permute(1, 0, 2), steps),
    "mean of an image": (lambda m, x: x.mean([2, 3]), image),
    "sums": (lambda m, x: x.sum(1, keepdim=True) + x.max(-1).values.unsqueeze(-1), steps),
    "getitem": (lambda m, x: x[:, 1:, ..., ::2][:, None, -1], steps),
    "chunk": (lambda m, x: (lambda a, b: a * torch.sigmoid(b))(*x.chunk(2, -1)), steps),
    "split": (lambda m, x: torch.cat(x.split([3, 5], dim=2)[::-1], 2), steps),
    "unbind": (lambda m, x: sum(x.unbind(1)), steps),
    "matmul": (lambda m, x: torch.matmul(x, x.transpose(1, 2)), steps),
    "matmul with weights": (lambda m, x: x @ m.weight.t(), steps),
    "softmax": (lambda m, x: F.softmax(x, dim=1), steps),
    "layer norm": (lambda m, x: F.layer_norm(x, (6, 8)), steps),
    "interpolate": (lambda m, x: F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False), image),
    "interpolate to a size": (lambda m, x: F.interpolate(x, size=(5, 12)), image),
    "pad": (lambda m, x: F.pad(x, (1, 2, 0, 1), value=3.0), image),
    "pad by mirroring": (lambda m, x: F.pad(x, (1, 2, 0, 1), mode="reflect"), image),
    "max pool": (lambda m, x: F.max_pool2d(x, 3, 2, 1, ceil_mode=True), image),
    "avg pool": (lambda m, x: F.avg_pool2d(x, (1, 2), stride=(2, 1)), image),
    "clamp": (lambda m, x: x.clamp(min=0.1).clamp(-1, 2), steps),
    "where": (lambda m, x: torch.where(x > 0, x, -2 * x), steps),
    "masked": (lambda m, x: x.masked_fill(x < 0, 7.0), steps),
    "a causal mask": (lambda m, x: (x @ x.transpose(1, 2) / 8**0.5).masked_fill(
        torch.triu(torch.ones(6, 6), 1).bool(), float("-inf")).softmax(-1) @ x, steps),
    "einsum": (lambda m, x: torch.einsum("bij,bkj->bik", x, x), steps),
    "roll and flip": (lambda m, x: torch.flip(torch.roll(x, (1, 2), (1, 2)), [2]), steps),
    "cumsum": (lambda m, x: x.cumsum(1), steps),
    "repeat": (lambda m, x: x.repeat(1, 2, 1), steps),
    "a branch that nobody takes": (lambda m, x: x if x.dim() == 3 else -x, steps),
    "dropout": (lambda m, x: F.dropout(x, 0.3, m.training), steps),
    "two answers": (lambda m, x: (x + 1, {"other": x - 1}), steps),
    "a constant": (lambda m, x: x + torch.arange(8.0), steps),
}  # fmt: skip


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_is_read_as_it_computes(name: str) -> None:
    """By torch.fx, or where that cannot follow by torch.export; the same for other batch sizes."""
    function, example = FUNCTIONS[name]
    torch.manual_seed(0)
    reading = builder.read(Function(function), example())
    assert not reading.unknown, reading.report()
    assert reading.difference is not None and reading.difference < 1e-5, reading.report()
    assert not reading.reason


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_program_is_read_as_it_computes(name: str) -> None:
    """The same as a program of torch.export, with a free batch."""
    function, example = FUNCTIONS[name]
    torch.manual_seed(0)
    batch = ({0: torch.export.Dim("batch")},)
    program = torch.export.export(Function(function).eval(), (example(),), dynamic_shapes=batch)
    reading = builder.read(program)
    assert not reading.unknown and not reading.reason, reading.report()
    assert reading.difference is not None and reading.difference < 1e-5, reading.report()


LAYERS: dict[str, tuple[nn.Module, tuple[int, ...], str]] = {
    "Conv2d": (nn.Conv2d(4, 6, (1, 3), padding=(0, 1), dilation=(1, 1), groups=2), (2, 4, 8, 8), "Conv2d"),
    "Conv1d circular": (nn.Conv1d(6, 4, 3, padding=1, padding_mode="circular"), (2, 6, 8), "Conv1d"),
    "ConvTranspose2d": (nn.ConvTranspose2d(4, 6, 3, 2, 1, 1, groups=2), (2, 4, 8, 8), "ConvTranspose2d"),
    "BatchNorm1d": (nn.BatchNorm1d(6, affine=False), (2, 6, 8), "BatchNorm1d"),
    "GroupNorm": (nn.GroupNorm(2, 4), (2, 4, 8, 8), "GroupNorm"),
    "InstanceNorm2d": (nn.InstanceNorm2d(4, affine=True), (2, 4, 8, 8), "InstanceNorm2d"),
    "LayerNorm": (nn.LayerNorm((6, 8), bias=False), (2, 6, 8), "LayerNorm"),
    "RMSNorm": (nn.RMSNorm(8), (2, 6, 8), "RMSNorm"),
    "PReLU": (nn.PReLU(6), (2, 6, 8), "PReLU"),
    "LSTM": (nn.LSTM(8, 5, 2, batch_first=True, bidirectional=True), (2, 6, 8), "LSTM"),
    "LSTM, projected": (nn.LSTM(8, 5, 2, True, True, 0.1, True, proj_size=3), (2, 6, 8), "LSTM"),
    "LSTM, projected, no bias": (nn.LSTM(8, 5, bias=False, batch_first=True, proj_size=3), (2, 6, 8), "LSTM"),
    "GRU": (nn.GRU(8, 5, batch_first=True, bias=False), (2, 6, 8), "GRU"),
    "RNN": (nn.RNN(8, 5, batch_first=True, nonlinearity="relu"), (2, 6, 8), "RNN"),
    "AdaptiveAvgPool2d": (nn.AdaptiveAvgPool2d((3, None)), (2, 4, 8, 8), "AdaptiveAvgPool2d"),
    "LPPool2d": (nn.LPPool2d(2, 2), (2, 4, 8, 8), "LPPool2d"),
    "Upsample": (nn.Upsample(scale_factor=3), (2, 4, 8, 8), "Upsample"),
    "ZeroPad2d": (nn.ZeroPad2d((1, 0, 2, 0)), (2, 4, 8, 8), "Pad"),
    "PixelShuffle": (nn.PixelShuffle(2), (2, 4, 8, 8), "PixelShuffle"),
    "GLU": (nn.GLU(), (2, 6, 8), "GLU"),
    "Softmax": (nn.Softmax(1), (2, 6, 8), "Softmax"),
}


@pytest.mark.parametrize("name", LAYERS)
def test_a_module_of_torch_is_one_layer(name: str) -> None:
    """With its settings and its weights."""
    module, shape, kind = LAYERS[name]
    reading = builder.read(nn.Sequential(module), torch.randn(shape))
    assert [node.kind for node in reading.graph.nodes if node.kind not in ("Input", "Output")] == [kind]
    assert reading.difference is not None and reading.difference < 1e-5, reading.report()
    ours, theirs = (
        sum(one.numel() for one in of.parameters()) for of in (builder.compile(reading.graph), module)
    )
    assert ours == theirs


def test_the_state_loads_strictly() -> None:
    """It is what `load_state_dict` takes, and gives the original's answers."""
    module = nn.Sequential(nn.Conv2d(4, 6, 3), nn.BatchNorm2d(6), nn.Flatten(), nn.Linear(216, 3)).eval()
    reading, x = builder.read(module, image()), image()
    compiled = builder.compile(reading.graph)
    compiled.load_state_dict(reading.state)
    with torch.no_grad():
        assert torch.equal(outputs(compiled.eval(), (x,))[0], module(x))


def test_a_module_that_is_used_twice_shares_its_weights() -> None:
    """Also under another name, and tied across an embedding and the last layer."""

    class Twice(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.words, self.inner, self.head = (
                nn.Embedding(20, 8),
                nn.Linear(8, 8),
                nn.Linear(8, 20, bias=False),
            )
            self.again, self.head.weight = self.inner, self.words.weight

        def forward(self, x: torch.Tensor) -> Any:
            return self.head(self.again(self.inner(self.words(x))))

    reading = builder.read(Twice(), torch.randint(0, 20, (2, 5)))
    shared = {node.id: node.shares for node in reading.graph.nodes if node.shares}
    assert [*shared.values()] == ["inner", "words"]
    assert reading.graph["head"].kind == "TiedLinear"
    assert reading.difference is not None and reading.difference < 1e-6
    assert sum(one.numel() for one in builder.compile(reading.graph).parameters()) == 20 * 8 + 8 * 8 + 8


class Residual(nn.Module):
    """Two layers and a way around them."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first, self.second = nn.Linear(8, width), nn.Linear(width, 8)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """The input and what was made of it."""
        return x + self.second(F.relu(self.first(x)))


def test_modules_that_people_write_become_blocks() -> None:
    """One block for all that are alike but for numbers; those that are equal and follow one another are repeats."""
    module = nn.Sequential(*(Residual(width) for width in (16, 16, 16, 32)), nn.Linear(8, 3))
    reading = builder.read(module, torch.randn(2, 8))
    assert [node.config for node in reading.graph.nodes if node.kind == "Block"] == [
        {"block": "residual", "arguments": {"units": 16}, "repeat": 3},
        {"block": "residual", "arguments": {"units": 32}},
    ]
    block = reading.graph.blocks["residual"]
    assert [node.id for node in block.nodes] == ["x", "first", "relu", "second", "add", "y"]
    assert block["first"].config == {"units": "units"}
    assert reading.difference == 0
    assert sorted(reading.state)[0].count(".") == 3  # linear… block, repeat, layer, weight
    builder.read(builder.compile(reading.graph), torch.randn(2, 8))


def test_the_original_is_left_as_it_was() -> None:
    """Its mode, its weights and its attributes."""
    module = nn.Sequential(nn.Linear(8, 8), nn.Dropout(), nn.BatchNorm1d(8))
    module[1].eval()
    before = {name: one.clone() for name, one in module.state_dict().items()}
    names = {*vars(module)}
    builder.read(module, torch.randn(2, 8))
    assert [one.training for one in module] == [True, False, True]
    assert all(torch.equal(one, before[name]) for name, one in module.state_dict().items())
    assert {*vars(module)} == names
