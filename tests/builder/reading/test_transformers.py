"""torch's transformers, and those that people write after it: whole layers, masks for padding, blocks that repeat."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import nn

import builder

SMALL = {"d_model": 8, "nhead": 2, "dim_feedforward": 16}
WORDS = torch.tensor([[3, 4, 5, 0, 0], [1, 2, 3, 4, 0]])
"""Two sentences; 0 is padding."""


class Words(nn.Module):
    """Words as vectors, then something that is made of parts."""

    def __init__(self, function: Callable[..., Any], **parts: nn.Module) -> None:
        super().__init__()
        self.function, self.words = function, nn.Embedding(20, 8)
        for name, part in parts.items():
            self.add_module(name, part)

    def forward(self, first: torch.Tensor, second: torch.Tensor | None = None) -> Any:
        """What the function makes of it."""
        return self.function(self, first) if second is None else self.function(self, first, second)


def layer(**options: Any) -> nn.TransformerEncoderLayer:
    """A small layer of an encoder."""
    return nn.TransformerEncoderLayer(**SMALL, batch_first=True, **options)


def read(module: nn.Module, *example: torch.Tensor) -> builder.reading.Reading:
    """The reading, proven; its weights are those of a trained network, where no constant is zero."""
    with torch.no_grad():
        for one in module.parameters():
            one.normal_(std=0.3)
    reading = builder.read(module.eval(), example)
    assert not reading.unknown, reading.report()
    assert reading.difference is not None and reading.difference < 1e-5, reading.report()
    return reading


def kinds(reading: builder.reading.Reading) -> list[str]:
    """What the nodes are, a block with how often it repeats."""
    return [f"{one.kind} × {one.config.get('repeat', 1)}" if one.kind == "Block" else one.kind
            for one in reading.graph.nodes]  # fmt: skip


def past(words: torch.Tensor) -> torch.Tensor:
    """The causal mask."""
    return nn.Transformer.generate_square_subsequent_mask(words.shape[1])


ENCODERS: dict[str, tuple[Callable[..., Any], dict[str, Any]]] = {
    "plain": (lambda m, t: m.encoder(m.words(t)), {}),
    "padding": (lambda m, t: m.encoder(m.words(t), src_key_padding_mask=t == 0), {}),
    "causal": (lambda m, t: m.encoder(m.words(t), mask=past(t), is_causal=True), {}),
    "both": (lambda m, t: m.encoder(m.words(t), past(t), t.eq(0)), {"norm_first": True}),
    "GELU": (lambda m, t: m.encoder(m.words(t)), {"activation": "gelu", "layer_norm_eps": 1e-6}),
    "a module of GELU": (lambda m, t: m.encoder(m.words(t)), {"activation": nn.GELU(), "bias": False}),
}


@pytest.mark.parametrize("name", ENCODERS)
def test_an_encoder_is_a_block_that_repeats(name: str) -> None:
    function, options = ENCODERS[name]
    encoder = nn.TransformerEncoder(layer(**options), 3)
    reading = read(Words(function, encoder=encoder), WORDS)
    padded = ["PaddingMask"] if name in ("padding", "both") else []
    assert kinds(reading) == ["Input", "Embedding", *padded, "Block × 3", "Output"]
    (block,) = reading.graph.blocks.values()
    assert [node.kind for node in block.nodes if node.kind not in ("Input", "Output")] == [
        "TransformerEncoderLayer"
    ]


def test_what_torch_answers_for_padding_is_noted() -> None:
    """It may be 0 in evaluation, and never is in training; the choice between both ways stays what it was."""
    module = Words(ENCODERS["padding"][0], encoder=nn.TransformerEncoder(layer(), 2))
    before = torch.backends.mha.get_fastpath_enabled()
    assert "nested tensors" in "".join(read(module, WORDS).notes)
    assert torch.backends.mha.get_fastpath_enabled() is before


@pytest.mark.parametrize("batch_first", [True, False])
def test_a_whole_transformer(batch_first: bool) -> None:
    """Encoder and decoder, the norms behind them, and the masks of both."""

    def translated(m: Any, source: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        given = [one if batch_first else one.transpose(0, 1) for one in (m.words(source), m.words(target))]
        hidden = source == 0
        answer = m.both(
            *given, tgt_mask=past(target), src_key_padding_mask=hidden, memory_key_padding_mask=hidden
        )
        return answer if batch_first else answer.transpose(0, 1)

    both = nn.Transformer(**SMALL, num_encoder_layers=2, num_decoder_layers=3, batch_first=batch_first)
    reading = read(Words(translated, both=both), WORDS, WORDS.flip(1)[:, :4])
    assert kinds(reading) == [
        "Input", "Input", "Embedding", "Embedding", "PaddingMask", "Block × 2", "LayerNorm", "Block × 3",
        "LayerNorm", "Output"]  # fmt: skip


MASKS: dict[str, Callable[[torch.Tensor], Any]] = {
    "==": lambda t: t == 0,
    "not !=": lambda t: ~(t != 0),
    "!=": lambda t: t != 3,
    "not": lambda t: ~(t > 3),
}


@pytest.mark.parametrize("name", MASKS)
def test_attention_with_a_mask_for_padding(name: str) -> None:
    """It tells what is hidden there, and what is seen here."""

    def attended(m: Any, t: torch.Tensor) -> torch.Tensor:
        x = m.words(t)
        return m.attend(x, x, x, key_padding_mask=MASKS[name](t), need_weights=False)[0]

    reading = read(Words(attended, attend=nn.MultiheadAttention(8, 2, batch_first=True)), WORDS)
    masks = [
        one for one in kinds(reading) if one not in ("Input", "Embedding", "MultiheadAttention", "Output")
    ]
    assert (
        masks == {"==": ["PaddingMask"], "not": ["Compare", "Compare"]}.get(name, ["Compare"])[: len(masks)]
    )


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("weights", [False, True])
def test_programs_have_the_parts_of_attention(causal: bool, weights: bool) -> None:
    """Masks are added to scores whose batch is merged with the heads; a single row of them is for all queries."""

    def attended(m: Any, t: torch.Tensor) -> Any:
        x, later = m.words(t), torch.ones(5, 5).triu(1).bool() if causal else None
        return m.attend(x, x, x, key_padding_mask=t == 0, attn_mask=later, need_weights=weights,
                        average_attn_weights=False)[int(weights)]  # fmt: skip

    module = Words(attended, attend=nn.MultiheadAttention(8, 2, batch_first=True)).eval()
    words = torch.cat([WORDS, WORDS.roll(1, 1).clamp_min(1)])
    program = torch.export.export(module, (words,), dynamic_shapes=({0: torch.export.Dim("rows", max=64)},))
    reading = builder.read(program, words)
    assert not reading.unknown and not reading.reason, reading.report()
    assert reading.difference is not None and reading.difference < 1e-5


def test_a_mask_that_is_given() -> None:
    """An Input takes 0 and 1 for it."""
    module = Words(lambda m, t, hidden: m.layer(m.words(t), src_key_padding_mask=hidden), layer=layer())
    reading = read(module, WORDS, WORDS == 0)
    assert kinds(reading).count("TransformerEncoderLayer") == 1
    assert any("is bool in the original and int64 here" in note for note in reading.notes)


class Own(nn.Module):
    """A layer as people write it, with a mask of what is seen."""

    def __init__(self) -> None:
        super().__init__()
        self.query, self.key, self.value, self.norm = *(nn.Linear(8, 8) for _ in range(3)), nn.LayerNorm(8)

    def forward(self, x: torch.Tensor, seen: torch.Tensor) -> torch.Tensor:
        """Attention in two heads."""
        query, key, value = (
            part(x).view(x.shape[0], -1, 2, 4).transpose(1, 2) for part in (self.query, self.key, self.value)
        )
        scores = (query @ key.transpose(-1, -2) / 2).masked_fill(seen[:, None, None, :] == 0, -1e9)
        return self.norm(x + (scores.softmax(-1) @ value).transpose(1, 2).flatten(2))


def test_masks_go_into_blocks() -> None:
    def stacked(m: Any, t: torch.Tensor) -> torch.Tensor:
        x, seen = m.words(t), t != 0
        for one in m.own:
            x = one(x, seen)
        return x

    reading = read(Words(stacked, own=nn.ModuleList([Own(), Own(), Own()])), WORDS)
    assert kinds(reading) == ["Input", "Embedding", "Compare", "Block × 3", "Output"]


def unusual() -> Sequence[nn.Module]:
    """Layers with parts that torch did not give them."""
    swapped = layer()
    swapped.norm2 = nn.RMSNorm(8)  # type: ignore[assignment]
    gated = layer(activation=F.silu)
    tanh = layer(activation=nn.GELU("tanh"))
    return [swapped, gated, tanh]


class Shifted(nn.TransformerEncoderLayer):
    """A layer that does more than torch's."""

    def forward(self, *given: Any, **masks: Any) -> torch.Tensor:
        """One more than it was."""
        return super().forward(*given, **masks) + 1


def test_layers_that_do_more_are_not_taken_for_torchs() -> None:
    stack = nn.TransformerEncoder(Shifted(**SMALL, batch_first=True), 2)
    reading = read(Words(lambda m, t: m.stack(m.words(t)), stack=stack), WORDS)
    assert "TransformerEncoderLayer" not in str(reading.graph.blocks.values())


def test_layers_in_a_row_repeat_wherever_they_lie() -> None:
    """Behind a convolution, too, whose steps lie last."""

    def behind(m: Any, t: torch.Tensor) -> torch.Tensor:
        x = m.conv(m.words(t).transpose(1, 2)).transpose(1, 2)
        for one in m.layers:
            x = one(x, src_key_padding_mask=t == 0)
        return x

    layers = nn.ModuleList([layer() for _ in range(4)])
    reading = read(Words(behind, conv=nn.Conv1d(8, 8, 3, padding=1), layers=layers), WORDS)
    assert kinds(reading)[-2:] == ["Block × 4", "Output"]
    tied = nn.ModuleList([layers[0], layers[0]])
    reading = read(Words(behind, conv=nn.Conv1d(8, 8, 3, padding=1), layers=tied), WORDS)
    first, second = (one for one in reading.graph.nodes if one.kind == "TransformerEncoderLayer")
    assert second.shares == first.id


@pytest.mark.parametrize("number", range(3))
def test_layers_with_other_parts_are_read_part_by_part(number: int) -> None:
    one = unusual()[number]
    reading = read(Words(lambda m, t: m.layer(m.words(t)), layer=one), WORDS)
    assert "TransformerEncoderLayer" not in kinds(reading)


def zeros_written_into(m: Any, t: torch.Tensor, again: bool = False) -> torch.Tensor:
    """A mask that is added, as torch's own code makes it."""
    zeros = torch.zeros(t.shape)
    hidden = zeros.masked_fill_(t == 0, -3.0)
    return m.words(t) * hidden[..., None] + (zeros[..., None] if again else 1)


@pytest.mark.parametrize("again", [False, True])
def test_numbers_that_masks_are_written_into(again: bool) -> None:
    """Also where the code goes on with the zeros, which are none any more."""
    reading = read(Words(partial(zeros_written_into, again=again)), WORDS)
    assert "Where" in kinds(reading)
