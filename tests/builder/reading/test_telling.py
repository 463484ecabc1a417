"""What reading refuses, and what it says of a network that is not quite the original."""

from dataclasses import replace
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import nn

import builder
from builder.errors import BadFile
from builder.graph import Graph
from tests.builder.reading.test_torch import Function, steps
from tests.graphs import data


def test_what_nothing_can_follow() -> None:
    """Where the way depends on the values; the reasons of both are told."""

    class Fickle(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x + 1 if x.sum() > 0 else x - 1

    with pytest.raises(BadFile, match=r"torch\.fx: .* torch\.export: "):
        builder.read(Fickle(), steps())


def test_an_example_is_needed_and_has_a_batch() -> None:
    """Said before anything is followed."""
    with pytest.raises(BadFile, match="with an example"):
        builder.read(nn.Linear(8, 8))
    with pytest.raises(BadFile, match="batch as its first dimension"):
        builder.read(nn.Linear(8, 8), torch.tensor(1.0))


def test_examples_that_are_none_are_refused_in_words() -> None:
    """With what was given, or what the module says of it."""
    with pytest.raises(BadFile, match="Got dict"):
        builder.read(nn.Linear(8, 8), {"x": steps()})
    with pytest.raises(BadFile, match=r"two rows \(2 × 6 × 7\).*The first dimension must be the batch"):
        builder.read(nn.Linear(8, 8), steps()[..., :7])


@pytest.mark.parametrize("dtype", [torch.float16, torch.float64])
def test_weights_of_another_precision_become_float32(dtype: torch.dtype) -> None:
    reading = builder.read(nn.Linear(8, 8).to(dtype), steps().to(dtype))
    assert reading.difference is not None and not reading.wrong
    assert {one.dtype for one in reading.state.values()} == {torch.float32}


def test_who_writes_into_a_part_writes_into_the_whole() -> None:
    """What is read afterwards is not what was there before, and no node tells how."""

    def cleared(module: nn.Module, x: torch.Tensor) -> torch.Tensor:
        y = x.clone()
        y[:, 0] = 0
        return y

    reading = builder.read(Function(cleared), steps())
    output = next(node for node in reading.graph.nodes if node.kind == "Output")
    assert output.inputs["input"] != "x"
    assert any("written into" in one.reason for one in reading.unknown) and reading.difference is None


WRITTEN = {
    "a view": lambda m, x: (h := m.linear(x), h.view(-1, 2, 4).clamp_(max=6.0))[0],
    "another shape": lambda m, x: (h := m.linear(x), h.unsqueeze(1).relu_())[0],
    "what is as large": lambda m, x: (h := m.linear(x), h.expand_as(x)[:, 0].mul_(2))[0],
    "another order": lambda m, x: (h := m.linear(x), h.transpose(0, 1).mul_(3))[0],
    "a view from before": lambda m, x: (h := m.linear(x), v := h.flatten(), h.clamp_(max=6.0), v)[3].view(
        -1, 6, 8
    ),
    "before another unknown": lambda m, x: (
        h := m.linear(x),
        h.view(-1, 8).mul_(3),
        torch.special.bessel_j0(h),
    )[2],
}


@pytest.mark.parametrize("name", WRITTEN)
def test_what_is_written_through_a_view_is_told(name: str) -> None:
    """Also where the numbers of the example do not show it."""
    reading = builder.read(Function(WRITTEN[name]), steps())
    assert any("written into" in one.reason for one in reading.unknown), reading.report()


@pytest.mark.parametrize(
    "layer", [nn.ReLU(inplace=True), nn.SiLU(inplace=True), nn.Dropout(0.5, inplace=True)]
)
def test_modules_that_work_in_place_change_what_they_are_given(layer: nn.Module) -> None:
    """The sum reads what they left."""

    def summed(module: nn.Module, x: torch.Tensor) -> torch.Tensor:
        h = module.linear(x)
        return module.layer(h) + h

    module = Function(summed)
    module.layer = layer
    reading = builder.read(module, steps())
    assert reading.difference == 0 and not reading.unknown, reading.report()


def test_numbers_that_are_filled_in_are_refused_in_words() -> None:
    """They are a tensor of their own before: torch.zeros, then slices."""

    def filled(module: nn.Module, x: torch.Tensor) -> torch.Tensor:
        made = torch.zeros(x.shape[0], 6, 8)
        made[:, :3] = x[:, 3:]
        return made

    with pytest.raises(BadFile, match="Build the tensor with torch.cat"):
        builder.read(Function(filled), steps())


@pytest.mark.parametrize("kind", [nn.GRU, nn.RNN, nn.LSTM])
def test_a_program_for_one_batch_is_compared_on_that(kind: Any) -> None:
    """It begins with states of that size, whatever it is given."""
    module = Function(lambda m, x: m.cell(x)[0])
    module.cell = kind(8, 5, batch_first=True)
    reading = builder.read(torch.export.export(module.eval(), (torch.randn(3, 6, 8),), strict=False))
    assert reading.difference == 0 and not reading.wrong, reading.report()


def test_what_torch_fx_cannot_tell_torch_export_may() -> None:
    """A copy that is none, written into: the clamp stands before the output."""

    def clamped(module: nn.Module, x: torch.Tensor) -> torch.Tensor:
        h = module.linear(x)
        h.contiguous().clamp_(max=6.0)
        return h

    reading = builder.read(Function(clamped), steps())
    assert [node.kind for node in reading.graph.nodes] == ["Input", "Linear", "Clamp", "Output"]


def test_a_fixed_token_is_not_learned() -> None:
    padded = Function(lambda m, x: torch.cat([torch.zeros(x.shape[0], 1, 8), x], dim=1))
    assert [node.kind for node in builder.read(padded, steps()).graph.nodes].count("ClassToken") == 0


def test_a_part_may_be_changed_where_the_whole_is_not_read_again() -> None:
    def gated(module: nn.Module, x: torch.Tensor) -> torch.Tensor:
        left, right = x.chunk(2, -1)
        return F.relu(left, inplace=True) * right

    reading = builder.read(Function(gated), steps())
    assert not reading.unknown and reading.difference == 0


def test_weights_that_are_computed_are_told() -> None:
    """Weight standardisation: equal as it is, but it would learn otherwise."""
    reading = builder.read(
        Function(lambda m, x: F.linear(x, m.weight - m.weight.mean(1, keepdim=True))), steps()
    )
    assert reading.difference == 0
    assert reading.notes == ("What the original computes of 'weight' is learned by itself here.",)
    plain = builder.read(Function(lambda m, x: F.linear(x, m.weight.t().contiguous().t())), steps())
    assert not plain.notes


def test_what_is_not_used_is_left_out() -> None:
    def averaged(module: nn.Module, x: torch.Tensor) -> torch.Tensor:
        module.linear(x).softmax(-1).mean(1)
        return x.exp()

    reading = builder.read(Function(averaged), steps())
    assert [node.kind for node in reading.graph.nodes] == ["Input", "Exp", "Output"]


def test_a_reading_that_is_wrong_says_so() -> None:
    reading = replace(builder.read(nn.Linear(8, 8), steps()), difference=0.2)
    assert reading.wrong and reading.report().startswith("It does not compute what the original computes.")


def test_unknown_operators_keep_their_names() -> None:
    """A function that no layer computes is a node of its name, connected as it was."""

    class Odd(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return F.relu(torch.special.bessel_j0(x) + torch.fft.fft(x, dim=1).real)

    reading = builder.read(Odd(), steps())
    kinds = [node.kind for node in reading.graph.nodes]
    assert "special_bessel_j0" in kinds and any(one.endswith("fft_fft") for one in kinds)
    assert {one.operator for one in reading.unknown} >= {"special_bessel_j0"}
    assert isinstance(reading.graph, Graph) and reading.difference is None
    assert data(reading.graph)[0].shape == (2, 6, 8)
