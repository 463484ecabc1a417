"""Recurrent layers for sequences of different lengths."""

import torch
from torch import nn

State = torch.Tensor | tuple[torch.Tensor, torch.Tensor] | None


def read_packed(
    kind: type[nn.RNNBase],
    module: nn.RNNBase,
    x: torch.Tensor,
    state: State,
    lengths: torch.Tensor | None,
) -> tuple[torch.Tensor, State]:
    """Each sequence read up to its own length: behind it comes 0, and the state is that of its end.

    Input: (batch, steps, features). Lengths: (batch,), whole numbers; a tensor on the meta device
    has none, and is read to the end.
    """
    if lengths is None or lengths.is_meta:
        return kind.forward(module, x, state)
    lengths = lengths.cpu().clamp(min=1)
    packed = nn.utils.rnn.pack_padded_sequence(x, lengths, True, enforce_sorted=False)
    output, state = kind.forward(module, packed, state)
    return nn.utils.rnn.pad_packed_sequence(output, True, total_length=x.shape[1])[0], state


class PackedRNN(nn.RNN):
    """nn.RNN that reads each sequence up to its own length."""

    def forward(
        self, input: torch.Tensor, hx: State = None, lengths: torch.Tensor | None = None
    ) -> tuple[torch.Tensor, State]:
        """Output and state."""
        return read_packed(nn.RNN, self, input, hx, lengths)


class PackedGRU(nn.GRU):
    """nn.GRU that reads each sequence up to its own length."""

    def forward(
        self, input: torch.Tensor, hx: State = None, lengths: torch.Tensor | None = None
    ) -> tuple[torch.Tensor, State]:
        """Output and state."""
        return read_packed(nn.GRU, self, input, hx, lengths)


class PackedLSTM(nn.LSTM):
    """nn.LSTM that reads each sequence up to its own length."""

    def forward(
        self, input: torch.Tensor, hx: State = None, lengths: torch.Tensor | None = None
    ) -> tuple[torch.Tensor, State]:
        """Output and states."""
        return read_packed(nn.LSTM, self, input, hx, lengths)


class Reverse(nn.Module):
    """The steps from the last to the first; with lengths, padding stays where it is.

    (batch, steps, ...) -> the same.
    """

    def forward(self, x: torch.Tensor, lengths: torch.Tensor | None = None) -> torch.Tensor:
        """The steps backwards."""
        if lengths is None:
            return x.flip(1)
        places = torch.arange(x.shape[1], device=x.device)
        turned = lengths[:, None] - 1 - places
        index = torch.where(turned < 0, places, turned)
        return x.gather(1, index.reshape(*index.shape, *[1] * (x.dim() - 2)).expand_as(x))
