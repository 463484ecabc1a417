"""Transformers against those of transformers, torchvision and torch itself: outputs with the same weights."""

import re
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import nn

import builder
from tests.graphs import outputs
from tests.references.matching import apart, randomised

pytestmark = pytest.mark.slow
Library = Callable[[str], Any]
State = dict[str, torch.Tensor]


def ours(name: str, state: State) -> nn.Module:
    """A ready network in evaluation, with these weights, all of them."""
    module = builder.compile(builder.template(name).graph)
    module.load_state_dict(state)
    return module.eval()


def renamed(state: State, *names: tuple[str, str]) -> State:
    """The weights under other names, by patterns, the first that fits a name; others are left out."""
    found = {}
    for name, value in state.items():
        for pattern, other in names:
            if re.fullmatch(pattern, name):
                found[re.sub(pattern, other, name)] = value
                break
    return found


def joined(state: State, stem: str, parts: tuple[str, str, str]) -> State:
    """Queries, keys and values of their own as one projection."""
    return {
        f"{stem}.in_proj_{what}": torch.cat([state[f"{part}.{what}"] for part in parts])
        for what in ("weight", "bias")
    }


def test_gpt2(library: Library) -> None:
    """Its linear layers hold their weights the other way round."""
    transformers = library("transformers")
    theirs = randomised(transformers.GPT2LMHeadModel(transformers.GPT2Config()))
    layer = r"transformer\.h\.(\d+)"
    state = renamed(
        {name: value.T if ".c_" in name else value for name, value in theirs.state_dict().items()},
        (r"transformer\.wte\.weight", "words.weight"),
        (r"transformer\.wpe\.weight", "positions.weight"),
        (rf"{layer}\.ln_(\d)\.(\w+)", r"transformer1.\1.layernorm\2.\3"),
        (rf"{layer}\.attn\.c_attn\.(\w+)", r"transformer1.\1.qkv.\2"),
        (rf"{layer}\.attn\.c_proj\.(\w+)", r"transformer1.\1.projection.\2"),
        (rf"{layer}\.mlp\.c_fc\.(\w+)", r"transformer1.\1.up.\2"),
        (rf"{layer}\.mlp\.c_proj\.(\w+)", r"transformer1.\1.down.\2"),
        (r"transformer\.ln_f\.(\w+)", r"layernorm1.\1"),
    )
    words = torch.randint(0, 50_257, (1, 64))
    with torch.no_grad():
        mine, other = ours("gpt2-small", state)(words), theirs(words).logits
    assert apart((mine,), (other,)) < 1e-5


def test_bert(library: Library) -> None:
    """Words in context, and the pooled answer."""
    transformers = library("transformers")
    theirs = randomised(transformers.BertModel(transformers.BertConfig()))
    state = theirs.state_dict()
    found = renamed(
        state,
        (r"embeddings\.word_embeddings\.weight", "words.weight"),
        (r"embeddings\.token_type_embeddings\.weight", "sentence.weight"),
        (r"embeddings\.position_embeddings\.weight", "learnedpositions1.weight"),
        (r"embeddings\.LayerNorm\.(\w+)", r"layernorm1.\1"),
        (r"pooler\.dense\.(\w+)", r"pooler.\1"),
    )
    for number in range(12):
        before, stem = f"encoder.layer.{number}", f"encoder1.{number}.transformerencoderlayer1"
        parts = tuple(f"{before}.attention.self.{part}" for part in ("query", "key", "value"))
        found |= joined(state, f"{stem}.self_attn", parts)  # type: ignore[arg-type]
        for theirs_name, name in (
            ("attention.output.dense", "self_attn.out_proj"),
            ("attention.output.LayerNorm", "norm1"),
            ("intermediate.dense", "linear1"),
            ("output.dense", "linear2"),
            ("output.LayerNorm", "norm2"),
        ):
            found |= {
                f"{stem}.{name}.{what}": state[f"{before}.{theirs_name}.{what}"]
                for what in ("weight", "bias")
            }
    words, sentences = torch.randint(0, 30_522, (2, 128)), torch.randint(0, 2, (2, 128))
    with torch.no_grad():
        mine = outputs(ours("bert-base", found), (words, sentences))
        other = theirs(words, token_type_ids=sentences)
    assert apart(mine, (other.last_hidden_state, other.pooler_output)) < 1e-5


def test_vit(library: Library) -> None:
    theirs = library("torchvision.models").vit_b_16().eval()
    nn.init.normal_(theirs.heads.head.weight, std=0.02)
    layer = r"encoder\.layers\.encoder_layer_(\d+)"
    stem = r"encoder1.\1.transformerencoderlayer1"
    state = renamed(
        theirs.state_dict(),
        (r"class_token", "classtoken1.weight"),
        (r"conv_proj\.(\w+)", r"patchembedding1.projection.\1"),
        (r"encoder\.pos_embedding", "learnedpositions1.weight"),
        (rf"{layer}\.ln_(\d)\.(\w+)", rf"{stem}.norm\2.\3"),
        (rf"{layer}\.self_attention\.(.+)", rf"{stem}.self_attn.\2"),
        (rf"{layer}\.mlp\.0\.(\w+)", rf"{stem}.linear1.\2"),
        (rf"{layer}\.mlp\.3\.(\w+)", rf"{stem}.linear2.\2"),
        (r"encoder\.ln\.(\w+)", r"layernorm1.\1"),
        (r"heads\.head\.(\w+)", r"linear1.\1"),
    )
    state = {
        name: value[0] if value.shape[0] == 1 and value.ndim > 2 else value for name, value in state.items()
    }
    image = torch.randn(2, 3, 224, 224)
    with torch.no_grad():
        assert apart((ours("vit-b16", state)(image),), (theirs(image),)) < 1e-5


def test_transformer_base() -> None:
    """torch's own stacks, without the norms that it puts behind them and the paper does not."""
    encoder = nn.TransformerEncoder(nn.TransformerEncoderLayer(512, 8, batch_first=True), 6).eval()
    decoder = nn.TransformerDecoder(nn.TransformerDecoderLayer(512, 8, batch_first=True), 6).eval()
    for parameter in (*encoder.parameters(), *decoder.parameters()):
        if parameter.ndim > 1:
            nn.init.xavier_uniform_(parameter)
    state = {}
    for name, stack in (("encoder", encoder), ("decoder", decoder)):
        pattern = (r"layers\.(\d+)\.(.+)", rf"{name}1.\1.transformer{name}layer1.\2")
        state |= renamed(stack.state_dict(), pattern)
    source, target = torch.randn(2, 32, 512), torch.randn(2, 32, 512)
    past = nn.Transformer.generate_square_subsequent_mask(32)
    with torch.no_grad():
        other = decoder(target, encoder(source), tgt_mask=past)
        assert apart((ours("transformer-base", state)(source, target),), (other,)) < 1e-5
