"""Networks as people write them: what is read, and what is noted where it learns otherwise than the original."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import nn

import builder
from builder.errors import BadFile
from builder.layers import LAYERS
from builder.project import MOST_NOTES
from builder.reading.reading import UNTRAINED

NUMBERS = torch.randn(2, 4, generator=torch.Generator().manual_seed(0))
WORDS = torch.tensor([[3, 4, 5, 0, 0], [1, 2, 3, 4, 0]])


class Written(nn.Module):
    """A function of parts."""

    def __init__(self, function: Callable[..., Any], **parts: Any) -> None:
        super().__init__()
        self.function = function
        for name, part in parts.items():
            setattr(self, name, part)

    def forward(self, x: torch.Tensor) -> Any:
        """What the function makes of it."""
        return self.function(self, x)


def read(
    function: Callable[..., Any], example: torch.Tensor = NUMBERS, **parts: Any
) -> builder.reading.Reading:
    """The reading of a function of parts, known to be right."""
    reading = builder.read(Written(function, **parts), example)
    assert not reading.unknown and not reading.reason, reading.report()
    assert reading.difference is not None and reading.difference < 1e-5, reading.report()
    return reading


def kinds(reading: builder.reading.Reading) -> list[str]:
    """What lies between inputs and outputs."""
    return [node.kind for node in reading.graph.nodes if node.kind not in ("Input", "Output")]


def logit(m: Any, x: torch.Tensor) -> torch.Tensor:
    """The inverse of a sigmoid, kept finite."""
    p = m.linear(x).sigmoid().clamp(1e-5, 1 - 1e-5)
    return p.log() - (1 - p).log()


SAFE: dict[str, tuple[Callable[..., Any], list[str]]] = {
    "log of softplus": (
        lambda m, x: torch.log(F.softplus(m.linear(x)) + 1e-6),
        ["Softplus", "Affine", "Log"],
    ),
    "by softplus": (lambda m, x: 1 / (F.softplus(m.linear(x)) + 1e-6), ["Softplus", "Affine", "Power"]),
    "at least": (lambda m, x: F.softplus(m.linear(x)).clamp(min=1e-4), ["Softplus", "Clamp"]),
    "at most": (lambda m, x: F.softplus(m.linear(x).clamp(max=20)), ["Clamp", "Softplus"]),
    "logit": (logit, ["Sigmoid", "Clamp", "Log", "Affine", "Log", "Subtract"]),
    "log of sigmoid": (lambda m, x: torch.log(m.linear(x).sigmoid() + 1e-7), ["Sigmoid", "Affine", "Log"]),
}


@pytest.mark.parametrize("name", SAFE)
def test_terms_for_safety_stay(name: str) -> None:
    """Where they matter, too: far from zero."""
    function, expected = SAFE[name]
    module = Written(function, linear=nn.Linear(4, 4)).eval()
    reading = builder.read(module, NUMBERS)
    assert kinds(reading) == ["Linear", *expected]
    ours = builder.compile(reading.graph).eval()
    ours.load_state_dict(reading.state)
    for far in (100, 1000):
        assert torch.allclose(ours(NUMBERS * far), module(NUMBERS * far), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("by_torch", [False, True])
def test_what_is_learned_may_begin_as_zeros(by_torch: bool) -> None:
    """A bias on the scores of attention that does nothing yet."""

    def attended(m: Any, x: torch.Tensor) -> torch.Tensor:
        q = m.linear(x).view(-1, 6, 2, 4).transpose(1, 2)
        if by_torch:
            return F.scaled_dot_product_attention(q, q, q, attn_mask=m.bias)
        return torch.softmax(q @ q.transpose(-1, -2) * 0.5 + m.bias, -1) @ q

    bias = nn.Parameter(torch.zeros(1, 2, 6, 6))
    reading = read(attended, torch.randn(2, 6, 8), linear=nn.Linear(8, 8), bias=bias)
    assert "Parameter" in kinds(reading)


@pytest.mark.parametrize("part", [nn.Embedding(50, 8, max_norm=1.0), nn.EmbeddingBag(50, 8, max_norm=1.0)])
def test_tables_that_change_when_they_are_read_are_told(part: nn.Module) -> None:
    reading = builder.read(Written(lambda m, x: m.part(x), part=part), WORDS)
    assert "max_norm" in reading.report() and reading.difference is None


def test_hooks_and_replaced_methods_are_followed() -> None:
    hooked = nn.Linear(4, 4)
    hooked.register_forward_hook(lambda m, given, answer: answer.clamp(max=0.1))
    assert kinds(read(lambda m, x: m.linear(x), linear=hooked)) == ["Linear", "Clamp"]
    adapted, down, up = nn.Linear(4, 4), nn.Linear(4, 2, bias=False), nn.Linear(2, 4, bias=False)
    nn.init.zeros_(up.weight)
    adapted.forward = lambda x: F.linear(x, adapted.weight, adapted.bias) + up(down(x))  # type: ignore[method-assign]
    reading = read(lambda m, x: m.linear(x), linear=adapted, down=down, up=up)
    assert kinds(reading) == ["Linear", "Linear", "Linear", "Add"]
    normed = nn.utils.weight_norm(nn.Linear(4, 4))
    assert kinds(read(lambda m, x: m.linear(x), linear=normed)) == ["Linear"]


ANSWERS: dict[str, tuple[Callable[..., Any], list[str]]] = {
    "max": (lambda m, x: x.max(1), ["Reduce", "ArgMax"]),
    "where the least is": (lambda m, x: x.min(1)[1], ["Affine", "ArgMax"]),
    "argmin": (lambda m, x: x.argmin(1), ["Affine", "ArgMax"]),
    "kept": (lambda m, x: x.max(1, keepdim=True).indices, ["ArgMax", "Unsqueeze"]),
    "argmax kept": (lambda m, x: x.argmax(1, keepdim=True), ["ArgMax", "Unsqueeze"]),
    "deviation": (lambda m, x: x.std(1), ["Reduce", "Affine"]),
    "variance": (lambda m, x: x.var(1, keepdim=True), ["Reduce", "Affine"]),
    "sigmoid": (lambda m, x: 1 / (1 + torch.exp(-x)), ["Sigmoid"]),
    "log1p": (lambda m, x: torch.log1p(x.abs()), ["Abs", "Formula"]),
    "and": (lambda m, x: ((x > 0) & (x < 1)).float(), ["Compare", "Compare", "Where", "Cast"]),
    "or": (lambda m, x: torch.logical_or(x < 0, x > 1).float(), ["Compare", "Compare", "Where", "Cast"]),
    "int32": (lambda m, x: (x > 0).int().cumsum(1).float(),
              ["Compare", "Cast", "Cast", "CumulativeSum", "Cast", "Cast"]),
}  # fmt: skip


@pytest.mark.parametrize("name", ANSWERS)
def test_answers(name: str) -> None:
    function, expected = ANSWERS[name]
    assert kinds(read(function)) == expected


def test_rows_that_are_cut_off_show() -> None:
    """With two rows it seems to do nothing."""
    assert "keeps 2 rows of a batch" in " ".join(read(lambda m, x: x[:2] + 0).notes)
    assert not read(lambda m, x: x[:, :2][:]).notes
    whole = builder.read(Written(lambda m, x: (x * 2, x.mean())), NUMBERS)
    assert [one.reason for one in whole.unknown] == ["it works along the batch"]
    assert {one.kind for one in whole.graph.nodes} - LAYERS.keys() == {"mean"}


@pytest.mark.filterwarnings("ignore:std")
@pytest.mark.parametrize("function", [lambda m, x: x[:, :1].std(1), lambda m, x: ((x > 0) & True).float()])
def test_what_has_no_answer_here_is_told(function: Callable[..., Any]) -> None:
    """The deviation of one number; a mask and a single value."""
    assert builder.read(Written(function), NUMBERS).unknown


def test_notes_are_no_longer_than_a_project_holds() -> None:
    """The report is cut, and what is said of the weights stays."""
    reading = replace(read(lambda m, x: m.linear(x), linear=nn.Linear(4, 4)), notes=("long " * 5_000,))
    assert len(reading.project("long").notes) == MOST_NOTES
    assert reading.project("long").notes.endswith(UNTRAINED)


def test_where_to_cut_must_be_known() -> None:
    reading = builder.read(Written(lambda m, x: m.words(x[:, : x.max()]), words=nn.Embedding(50, 8)), WORDS)
    assert reading.unknown and reading.difference is None


POSITIONS: dict[str, Callable[..., Any]] = {
    "rows": lambda m, x: m.words(x) + m.places(torch.arange(x.shape[1])),
    "as large as": lambda m, x: m.words(x) + m.places(torch.arange(x.size(1)).unsqueeze(0).expand_as(x)),
    "of its kind": lambda m, x: m.words(x) + m.places(torch.arange(x.size(1)).type_as(x)),
}


@pytest.mark.parametrize("name", POSITIONS)
def test_tables_of_positions(name: str) -> None:
    """All rows are kept, and nothing is said of it."""
    reading = read(POSITIONS[name], WORDS, words=nn.Embedding(50, 8), places=nn.Embedding(64, 8))
    assert kinds(reading) == ["Embedding", "LearnedPositions"] and not reading.notes
    assert reading.graph.nodes[2].config["steps"] == 64


def decoded(m: Any, x: torch.Tensor) -> torch.Tensor:
    """Words, each the likeliest behind the one before, from a start symbol on."""
    hidden, word, answers = m.linear(x), torch.full((x.shape[0],), 1), []
    for _ in range(3):
        hidden = m.cell(m.words(word), hidden)
        answers.append(m.out(hidden))
        word = answers[-1].max(1)[1]
    return torch.stack(answers, 1)


def test_a_decoder_that_reads_its_own_words() -> None:
    parts = {"linear": nn.Linear(4, 8), "cell": nn.GRUCell(8, 8), "words": nn.Embedding(50, 8)}
    reading = read(decoded, out=nn.Linear(8, 50), **parts)
    assert [kinds(reading).count(one) for one in ("GRUCell", "ArgMax", "Embedding")] == [3, 2, 2]


class Stateful(nn.Module):
    """Remembers its state from call to call, and counts."""

    def __init__(self) -> None:
        super().__init__()
        self.cell, self.state, self.calls = nn.GRUCell(4, 5), torch.zeros(2, 5), 0

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Three steps."""
        self.calls += 1
        for step in range(3):
            self.state = self.cell(x[:, step], self.state)
        return self.state


def test_modules_that_change_themselves_are_left_as_they_were() -> None:
    module = Stateful()
    state = module.state
    reading = builder.read(module, torch.randn(2, 3, 4))
    assert reading.difference == 0 and kinds(reading).count("GRUCell") == 3
    assert module.state is state and module.calls == 0


def test_packed_sequences_are_refused_with_the_way_out() -> None:
    def packed(m: Any, x: torch.Tensor) -> torch.Tensor:
        lengths = (x != 0).sum(1)
        rows = nn.utils.rnn.pack_padded_sequence(m.words(x), lengths, batch_first=True, enforce_sorted=False)
        return nn.utils.rnn.pad_packed_sequence(m.lstm(rows)[0], batch_first=True)[0]

    with pytest.raises(BadFile, match="port for the lengths"):
        read(packed, WORDS, words=nn.Embedding(50, 8), lstm=nn.LSTM(8, 5, batch_first=True))


def old(steps: int) -> torch.Tensor:
    """A causal mask as an old tutorial makes it."""
    seen = (torch.triu(torch.ones(steps, steps)) == 1).transpose(0, 1)
    return seen.float().masked_fill(seen == 0, float("-inf")).masked_fill(seen == 1, 0.0)


@pytest.mark.parametrize("mask", [old, lambda steps: torch.triu(torch.ones(steps, steps) * float("-inf"), 1)])
def test_causal_masks_as_tutorials_make_them(mask: Callable[[int], torch.Tensor]) -> None:
    before = torch.ones
    encoder = nn.TransformerEncoder(nn.TransformerEncoderLayer(8, 2, 16, batch_first=True), 2)
    reading = read(lambda m, x: m.encoder(m.words(x), mask=mask(x.size(1))), WORDS,
                   words=nn.Embedding(50, 8), encoder=encoder)  # fmt: skip
    assert kinds(reading) == ["Embedding", "Block"] and torch.ones is before


@pytest.mark.parametrize("causal", [False, True])
def test_masks_of_what_is_seen(causal: bool) -> None:
    """True is seen; for all queries alike, or for each."""

    def attended(m: Any, x: torch.Tensor) -> torch.Tensor:
        q, seen = m.words(x).view(-1, 5, 2, 4).transpose(1, 2), (x != 0)[:, None, None, :]
        seen = seen & torch.ones(5, 5).tril().bool() if causal else seen
        return F.scaled_dot_product_attention(q, q, q, attn_mask=seen)

    reading = read(attended, WORDS, words=nn.Embedding(50, 8))
    (node,) = (one for one in reading.graph.nodes if one.kind == "ScaledDotProductAttention")
    assert node.inputs.keys() == {"query", "key", "value", "bias" if causal else "mask"}


@pytest.mark.parametrize("cell", [False, True])
def test_one_state_may_be_zeros(cell: bool) -> None:
    """The other is given."""

    def begun(m: Any, x: torch.Tensor) -> torch.Tensor:
        hidden = m.linear(x)
        if cell:
            return m.cell(x, (hidden, torch.zeros_like(hidden)))[0]
        return m.lstm(x[:, None], (hidden[None], torch.zeros_like(hidden)[None]))[0]

    parts = {"linear": nn.Linear(4, 5), "cell": nn.LSTMCell(4, 5), "lstm": nn.LSTM(4, 5, batch_first=True)}
    assert "Constant" in kinds(read(begun, **parts))
