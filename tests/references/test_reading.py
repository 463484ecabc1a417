"""Networks that others wrote and everybody knows: read from their code, and proven equal to it."""

from collections.abc import Callable
from typing import Any

import pytest
import torch

import builder
from tests.references.matching import randomised

Library = Callable[[str], Any]
IMAGES = {
    "alexnet": 24, "vgg11_bn": 40, "resnet50": 17, "mobilenet_v2": 20, "mobilenet_v3_small": 19, "googlenet": 22,
    "densenet121": 74, "squeezenet1_1": 16, "efficientnet_b0": 24, "shufflenet_v2_x0_5": 18, "mnasnet0_5": 28,
    "regnet_y_400mf": 12, "convnext_tiny": 32, "vit_b_16": 11, "swin_t": 24, "swin_v2_t": 24, "inception_v3": 33,
}  # fmt: skip
"""Networks of torchvision, and how many nodes they have on the canvas at most."""
COMPUTED = {"swin_t": "relative_position_bias_table", "swin_v2_t": "cpb_mlp"}
"""Those whose biases of distances are worked out while they are read, from these weights, and learned here."""


@pytest.mark.slow
@pytest.mark.parametrize("name", IMAGES)
def test_a_network_of_torchvision(name: str, library: Library) -> None:
    """Nothing is unknown, the answers are equal, the weights are as many, and a person can look at it."""
    make = getattr(library("torchvision.models"), name)
    theirs = randomised(
        make(weights=None, **({"init_weights": False} if name in ("googlenet", "inception_v3") else {}))
    )
    side = {"inception_v3": 299, "vit_b_16": 224, "swin_t": 224, "swin_v2_t": 256}.get(name, 96)
    reading = builder.read(theirs, torch.randn(1, 3, side, side))
    assert not reading.unknown and not reading.reason, reading.report()
    assert reading.difference is not None and reading.difference < 1e-5, reading.report()
    assert len(reading.graph.nodes) <= IMAGES[name]
    used = {
        one.data_ptr(): one.numel()
        for part, one in theirs.named_parameters()
        if not part.startswith(("aux", "AuxLogits"))
    }
    ours = sum(one.numel() for one in builder.compile(reading.graph).parameters())
    if name in COMPUTED:
        assert any(COMPUTED[name] in note for note in reading.notes) and ours > sum(used.values())
    else:
        assert ours == sum(used.values())


@pytest.mark.slow
@pytest.mark.parametrize(
    "name",
    [
        "vit_tiny_patch16_224",
        "mixer_s32_224",
        "resnet18",
        "hiera_tiny_224",
        "crossvit_tiny_240",
        "efficientvit_b0",
        "vit_relpos_small_patch16_224",
    ],
)
def test_a_network_of_timm(name: str, library: Library) -> None:
    """The same for another author's code."""
    theirs = randomised(library("timm").create_model(name))
    reading = builder.read(theirs, torch.randn(1, *theirs.pretrained_cfg["input_size"]))
    assert not reading.unknown and not reading.reason, reading.report()
    assert reading.difference is not None and reading.difference < 1e-5, reading.report()


SMALL = {"hidden_size": 32, "num_attention_heads": 4, "intermediate_size": 64, "vocab_size": 100}
LANGUAGE = {
    "GPT2LMHeadModel": (
        "GPT2Config",
        {"n_layer": 2, "n_embd": 32, "n_head": 4, "vocab_size": 100, "n_positions": 16},
    ),
    "BertModel": ("BertConfig", {**SMALL, "num_hidden_layers": 2, "max_position_embeddings": 16}),
    "LlamaForCausalLM": ("LlamaConfig", {**SMALL, "num_hidden_layers": 2, "num_key_value_heads": 4}),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", LANGUAGE)
def test_a_network_of_transformers(name: str, library: Library) -> None:
    """Followed by torch.export; its layers are one block that is repeated."""
    transformers = library("transformers")
    config, fields = LANGUAGE[name]
    torch.manual_seed(0)
    settings = getattr(transformers, config)(**fields, use_cache=False, bos_token_id=None, eos_token_id=None)
    theirs = getattr(transformers, name)(settings).eval()
    reading = builder.read(theirs, torch.randint(0, 100, (2, 12)))
    assert not reading.unknown, reading.report()
    assert reading.difference is not None and reading.difference < 1e-5, reading.report()
    assert [
        node.config["repeat"]
        for node in reading.graph.nodes
        if node.kind == "Block" and "repeat" in node.config
    ] == [2]
    if name == "GPT2LMHeadModel":
        ours = sum(one.numel() for one in builder.compile(reading.graph).parameters())
        assert ours == sum(one.numel() for one in theirs.parameters())
        assert any(node.kind == "TiedLinear" for node in reading.graph.nodes)
