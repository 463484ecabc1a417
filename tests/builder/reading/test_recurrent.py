"""Recurrent layers of torch, and loops over cells: where the steps lie, what they begin with, and what is unrolled."""

from typing import Any

import pytest
import torch
from torch import nn

import builder
from tests.builder.reading.test_torch import steps


def test_steps_may_come_first() -> None:
    """Inside, where a transposition brings the batch to where torch's older layers want it."""

    class StepsFirst(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.lstm, self.attend = nn.LSTM(8, 8), nn.MultiheadAttention(8, 2)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            y, (hidden, _) = self.lstm(x.transpose(0, 1))
            return self.attend(y, y, y, need_weights=False)[0].mean(0) + hidden[-1]

    for source in (StepsFirst(), torch.export.export(StepsFirst().eval(), (steps(),))):
        reading = builder.read(source, steps())
        assert not reading.unknown, reading.report()
        assert reading.difference is not None and reading.difference < 1e-5
        assert not any(node.kind in ("Permute", "Reshape") for node in reading.graph.nodes)


@pytest.mark.parametrize("kind", ["RNNCell", "GRUCell", "LSTMCell"])
@pytest.mark.parametrize("steps_known", [True, False])
def test_a_loop_over_cells_is_unrolled(kind: str, steps_known: bool) -> None:
    """Each step is a cell, all of them with one set of weights; zeros to begin with need no node."""

    class Loop(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.cell = getattr(nn, kind)(8, 5)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            zeros = torch.zeros(x.shape[0], 5)
            state: Any = (zeros, zeros) if kind == "LSTMCell" else zeros
            hidden = []
            for step in range(6 if steps_known else x.shape[1]):
                state = self.cell(x[:, step], state)
                hidden.append(state[0] if kind == "LSTMCell" else state)
            return torch.stack(hidden, 1)

    reading = builder.read(Loop(), torch.randn(3, 6, 8))
    cells = [node for node in reading.graph.nodes if node.kind == kind]
    assert len(cells) == 6 and {one.shares for one in cells[1:]} == {cells[0].id}, reading.report()
    assert not {"hidden", "cell"} & cells[0].inputs.keys() and not reading.unknown
    assert reading.difference is not None and reading.difference < 1e-5


@pytest.mark.parametrize("learned", [True, False])
def test_a_state_to_begin_with_is_a_node(learned: bool) -> None:
    """The same for each example, learned or fixed."""

    class Begun(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.gru = nn.GRU(8, 5, 2, batch_first=True)
            start = torch.randn(2, 1, 5)
            self.register_buffer("fixed", start)
            self.learned = nn.Parameter(start)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.gru(
                x, (self.learned if learned else self.fixed).expand(-1, x.shape[0], -1).contiguous()
            )[0]

    reading = builder.read(Begun(), steps())
    assert reading.difference == 0, reading.report()
    assert [node.kind for node in reading.graph.nodes] == [
        "Input", "Parameter" if learned else "Constant", "GRU", "Output"]  # fmt: skip


@pytest.mark.parametrize("kind", ["RNNCell", "GRUCell", "LSTMCell"])
def test_a_cell_may_begin_with_what_is_learned(kind: str) -> None:
    class Begun(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.cell = getattr(nn, kind)(8, 5)
            self.hidden, self.memory = nn.Parameter(torch.zeros(1, 5)), nn.Parameter(torch.randn(1, 5))

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            hidden, memory = (one.expand(x.shape[0], -1) for one in (self.hidden, self.memory))
            answer = self.cell(x, (hidden, memory) if kind == "LSTMCell" else hidden)
            return answer[0] if kind == "LSTMCell" else answer

    reading = builder.read(Begun(), torch.randn(2, 8))
    assert reading.difference == 0, reading.report()
    learned = ["Parameter"] * (2 if kind == "LSTMCell" else 1)
    assert [node.kind for node in reading.graph.nodes] == ["Input", *learned, kind, "Output"]
