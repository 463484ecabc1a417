"""Image networks against torchvision's: parameters, multiply–adds, outputs with the same weights."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

import builder
from tests.graphs import chain
from tests.references.matching import difference

Library = Callable[[str], Any]
TORCHVISION = {
    "alexnet": "alexnet",
    "vgg-11": "vgg11",
    "vgg-16": "vgg16",
    "resnet-18": "resnet18",
    "resnet-34": "resnet34",
    "resnet-50": "resnet50",
    "densenet-121": "densenet121",
    "squeezenet": "squeezenet1_0",
    "inception-v3": "inception_v3",
    "mobilenet-v2": "mobilenet_v2",
    "efficientnet-b0": "efficientnet_b0",
    "vit-b16": "vit_b_16",
}
"""Ready networks and their names there. Their GoogLeNet is another one: with batch norm, and without 5 × 5 filters."""
MORE = {"inception_v3": {"aux_logits": False, "init_weights": False}}


@pytest.mark.parametrize("name", TORCHVISION)
def test_costs_are_those_of_torchvision(name: str, library: Library) -> None:
    """Counted by PyTorch's own counter, on the meta device."""
    graph = builder.template(name).graph
    theirs_name = TORCHVISION[name]
    with torch.device("meta"):
        theirs = getattr(library("torchvision.models"), theirs_name)(**MORE.get(theirs_name, {})).eval()
        image = torch.empty(1, *graph["image"].config["shape"])
    with FlopCounterMode(display=False) as counter:
        theirs(image)
    summary = builder.summary(graph)
    assert summary.parameters == sum(weight.numel() for weight in theirs.parameters())
    assert summary.multiply_adds == counter.get_total_flops() // 2


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in TORCHVISION if name != "vit-b16"])
def test_outputs_are_those_of_torchvision(name: str, library: Library) -> None:
    theirs_name = TORCHVISION[name]
    theirs = getattr(library("torchvision.models"), theirs_name)(**MORE.get(theirs_name, {}))
    image = torch.randn(1, *builder.template(name).graph["image"].config["shape"])
    assert difference(name, theirs, image) < 1e-5


@pytest.mark.parametrize("activation", ["ReLU", "SiLU"])
@pytest.mark.parametrize("gate", ["Sigmoid", "Hardsigmoid"])
def test_channels_are_weighed_as_in_torchvision(activation: str, gate: str, library: Library) -> None:
    """Their filters of one pixel are our weighted sums."""
    kinds = (getattr(torch.nn, name) for name in (activation, gate))
    theirs = library("torchvision.ops").SqueezeExcitation(8, 3, *kinds)
    config = {"units": 3, "activation": activation, "gate": gate}
    ours = builder.compile(chain(("SqueezeExcitation", config), shape=(8, 5, 6)))
    names = {"squeeze": "fc1", "excite": "fc2"}
    own = ours.squeezeexcitation1
    own.load_state_dict({
        f"{name}.{kind}": getattr(getattr(theirs, other), kind).reshape(getattr(getattr(own, name), kind).shape)
        for name, other in names.items() for kind in ("weight", "bias")
    })  # fmt: skip
    x = torch.randn(2, 8, 5, 6)
    assert torch.allclose(ours(x), theirs(x), atol=1e-6)
