"""Published networks: exact to the last parameter, and equal to torch code written by hand."""

import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import torch
from torch import nn

import builder
from builder.templates import about
from tests.graphs import LARGE, chain, data, outputs

PUBLISHED = {  # parameters, multiply–adds (in brackets: as published, in G), layers that multiply by weights
    "lenet-5": (61_706, 416_520, 5),
    "alexnet": (61_100_840, 714_188_480, 8),  # 0.714
    "vgg-11": (132_863_336, 7_609_090_048, 11),
    "vgg-16": (138_357_544, 15_470_264_320, 16),  # 15.47
    "resnet-18": (11_689_512, 1_814_073_344, 18),  # 1.814
    "resnet-20": (269_722, 40_551_040, 20),
    "resnet-34": (21_797_672, 3_663_761_408, 34),
    "resnet-50": (25_557_032, 4_089_184_256, 50),
    "densenet-121": (7_978_856, 2_834_161_664, 121),
    "squeezenet": (1_248_424, 818_924_576, 18),
    "googlenet": (6_998_552, 1_582_671_872, 22),
    "inception-v3": (23_834_568, 5_713_216_096, 48),
    "mobilenet-v2": (3_504_872, 300_774_272, 53),
    "efficientnet-b0": (5_288_548, 385_814_752, 82),
    "u-net": (31_030_658, 150_428_424_448, 23),
    "transformer-base": (44_138_496, 1_428_160_512, 60),
    "gpt2-small": (124_439_808, 145_824_153_600, 49),
    "vit-b16": (86_567_656, 17_563_828_224, 50),
    "bert-base": (109_482_240, 11_174_215_680, 49),
    "vae": (652_824, 651_200, 4),
    "gcn": (23_063, 62_697_392, 2),
    "gat": (92_373, 250_895_560, 2),
    "capsnet": (8_215_568, 203_202_560, 6),
    "dqn": (1_686_180, 9_345_024, 5),
}
UNREAD = {"deep-belief-network": {"visible_bias"}}
"""Weights that no answer depends on: they serve to imagine what was seen."""
DCGAN = {"generator": 3_576_704, "discriminator": 2_765_568}
RECURRENT = {"RNN": 4_736, "GRU": 14_208, "LSTM": 18_944}
"""Of 64 units that read 8 features."""


class LeNet5(nn.Module):
    """LeCun et al. (1998) with full C3 and a dense last layer, written by hand."""

    def __init__(self) -> None:
        super().__init__()
        self.c1, self.c3, self.c5 = nn.Conv2d(1, 6, 5), nn.Conv2d(6, 16, 5), nn.Conv2d(16, 120, 5)
        self.f6, self.digits = nn.Linear(120, 84), nn.Linear(84, 10)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        x = nn.functional.avg_pool2d(torch.tanh(self.c1(image)), 2)
        x = nn.functional.avg_pool2d(torch.tanh(self.c3(x)), 2)
        x = torch.tanh(self.c5(x)).flatten(1)
        return self.digits(torch.tanh(self.f6(x)))


class Basic(nn.Module):
    """A block of ResNet-18, written by hand."""

    def __init__(self, before: int, width: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(before, width, 3, stride, 1, bias=False)
        self.norm1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, 1, 1, bias=False)
        self.norm2 = nn.BatchNorm2d(width)
        self.skip = nn.Sequential()
        if stride > 1:
            self.skip = nn.Sequential(nn.Conv2d(before, width, 1, stride, bias=False), nn.BatchNorm2d(width))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = torch.relu(self.norm1(self.conv1(x)))
        return torch.relu(self.norm2(self.conv2(y)) + self.skip(x))


def resnet_18() -> nn.Module:
    """He et al. (2016), written by hand."""
    stages = [
        (64, 64, 1),
        (64, 64, 1),
        (64, 128, 2),
        (128, 128, 1),
        (128, 256, 2),
        (256, 256, 1),
        (256, 512, 2),
        (512, 512, 1),
    ]
    return nn.Sequential(
        nn.Conv2d(3, 64, 7, 2, 3, bias=False), nn.BatchNorm2d(64), nn.ReLU(), nn.MaxPool2d(3, 2, 1),
        *(Basic(*stage) for stage in stages), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(512, 1000),
    )  # fmt: skip


def matched(ours: nn.Module, theirs: nn.Module) -> None:
    """Give our module the weights of theirs: tensors of each shape in their order."""
    left: dict[torch.Size, list[torch.Tensor]] = {}
    for value in theirs.state_dict().values():
        left.setdefault(value.shape, []).append(value)
    ours.load_state_dict({name: left[value.shape].pop(0) for name, value in ours.state_dict().items()})
    assert not any(left.values())


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_published_network_is_exact(name: str) -> None:
    """Parameters, multiply–adds and depth, without allocating any of it."""
    summary = builder.summary(builder.template(name).graph)
    assert (summary.parameters, summary.multiply_adds, summary.depth) == PUBLISHED[name]


def test_the_readme_lists_the_published_figures() -> None:
    text = (Path(builder.__file__).parent / "templates" / "README.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([\w-]+)` \| ([\d,]+) \| ([\d,]+) \|", text, re.MULTILINE)
    told = {name: tuple(int(number.replace(",", "")) for number in numbers) for name, *numbers in rows}
    assert told == {name: figures[:2] for name, figures in PUBLISHED.items()}
    for role, parameters in DCGAN.items():
        assert f"| `dcgan`, {role} | {parameters:,} |" in text


def test_published_parts_are_exact() -> None:
    """Both sides of DCGAN; recurrent layers; CapsNet without its decoder; a whole translator but for its words."""
    graphs = builder.template("dcgan").graphs
    assert {role: builder.summary(graph).parameters for role, graph in graphs.items()} == DCGAN
    for kind, parameters in RECURRENT.items():
        assert builder.summary(chain((kind, {"units": 64}), shape=(5, 8))).parameters == parameters
    rows = builder.summary(builder.template("capsnet").graph).rows
    assert sum(row.parameters or 0 for row in rows if row.kind != "Linear") == 6_804_224
    whole = builder.summary(builder.template("transformer-translation").graph).parameters
    assert whole - 37_000 * 512 == PUBLISHED["transformer-base"][0]


def test_lenet_5_is_the_one_written_by_hand() -> None:
    """With the same weights, equal outputs and gradients, to the bit."""
    theirs = LeNet5()
    ours = builder.compile(builder.template("lenet-5").graph)
    ours.load_state_dict(theirs.state_dict())
    image = torch.randn(4, 1, 32, 32)
    assert torch.equal(ours(image), theirs(image))
    for module in (ours, theirs):
        module(image).square().sum().backward()
    mine, hand = dict(ours.named_parameters()), dict(theirs.named_parameters())
    assert all(torch.equal(mine[name].grad, hand[name].grad) for name in hand)


def test_resnet_18_is_the_one_written_by_hand() -> None:
    """Blocks, repeats and skips included, in training and in evaluation."""
    torch.manual_seed(0)
    theirs = resnet_18()
    ours = builder.compile(builder.template("resnet-18").graph)
    matched(ours, theirs)
    image = torch.randn(2, 3, 64, 64)
    assert torch.equal(ours(image), theirs(image))
    assert torch.equal(ours.eval()(image), theirs.eval()(image))


@pytest.mark.parametrize("name", builder.templates())
def test_a_template_is_whole(name: str) -> None:
    """It checks, saves, compiles on the meta device with the parameters of its summary, and tells about itself."""
    project = builder.template(name)
    assert builder.loads(builder.dumps(project)) == project
    for graph in project.graphs.values():
        assert builder.check(graph) == []
        module = builder.compile(graph, "meta")
        assert sum(weight.numel() for weight in module.parameters()) == builder.summary(graph).parameters
    assert about(name).title and about(name).about.endswith(".")


@pytest.mark.parametrize("name", builder.templates())
def test_a_template_runs(name: str) -> None:
    """Forward and backward, every weight with a gradient; large ones on the meta device."""
    for graph in builder.template(name).graphs.values():
        device = "meta" if name in LARGE else "cpu"
        module = builder.compile(graph, device)
        given = tuple(value.to(device) for value in data(graph, 3))
        sum(answer.square().sum() for answer in outputs(module, given)).backward()  # type: ignore[union-attr]
        unread = {weight for weight, value in module.named_parameters() if value.grad is None}
        assert {weight.rpartition(".")[2] for weight in unread} == UNREAD.get(name, set())


def test_the_large_templates_are_those_that_cost_much() -> None:
    """More than ten million weights, or a fifth of a billion multiply–adds."""
    found = set()
    for name in builder.templates():
        for graph in builder.template(name).graphs.values():
            summary = builder.summary(graph)
            if summary.parameters > 10**7 or summary.multiply_adds > 2 * 10**8:
                found.add(name)
    assert found == set(LARGE)


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=[pytest.mark.slow] * (name in LARGE))
        for name in builder.templates()
        if name != "self-organising-map"  # it answers distances, not scores
    ],
)
def test_a_fresh_network_answers_within_a_few_units(name: str) -> None:
    """One that starts with answers of tens has a loss of hundreds before it learns: its tables start too wide."""
    for graph in builder.template(name).graphs.values():
        torch.manual_seed(0)
        module = builder.compile(graph).eval()
        with torch.no_grad():
            assert all(answer.std() < 2 for answer in outputs(module, data(graph)))


def test_templates_are_named_as_the_field_names_them() -> None:
    """The names of the public face."""
    assert {"lenet-5", "alexnet", "vgg-16", "resnet-18", "digits-mlp", "digits-cnn"} <= set(
        builder.templates()
    )
    with pytest.raises(LookupError, match="There is no template 'lenet5'"):
        builder.template("lenet5")


def test_activation_memory_counts_what_is_inside_blocks() -> None:
    """Unfolding a block changes no cost."""
    graph = builder.template("digits-transformer").graph
    unfolded = builder.summary(graph.blocks["encoder"])
    block = next(row for row in builder.summary(graph).rows if row.kind == "Block")
    given = next(row for row in unfolded.rows if row.kind == "Input").activation_bytes
    assert block.activation_bytes == 2 * (unfolded.activation_bytes - given)  # type: ignore[operator]
    assert block.parameters == 2 * unfolded.parameters


def test_many_people_at_once() -> None:
    """Sessions are threads of one process; each gets its own figures."""

    def cost(filters: int) -> int:
        return builder.summary(
            chain(("Conv1d", {"filters": filters}), ("LSTM", {"units": 3}), shape=(2, 9))
        ).multiply_adds

    with ThreadPoolExecutor(8) as pool:
        costs = list(pool.map(cost, range(201, 241)))
    assert costs == [7 * 3 * 2 * filters + filters * 4 * 3 * (7 + 3) for filters in range(201, 241)]
