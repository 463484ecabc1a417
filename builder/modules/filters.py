"""Convolutions that do not see what comes later."""

import torch
from torch import nn


class CausalConv1d(nn.Conv1d):
    """A convolution that sees the past alone: B × channels × steps → B × filters × steps."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Pads in front as far as the filter reaches."""
        past = self.dilation[0] * (self.kernel_size[0] - 1)
        mode = "constant" if self.padding_mode == "zeros" else self.padding_mode
        x = nn.functional.pad(x, (past, 0), mode)
        return nn.functional.conv1d(
            x, self.weight, self.bias, self.stride, 0, self.dilation, self.groups
        )


class MaskedConv2d(nn.Conv2d):
    """A convolution that sees pixels above and to the left (van den Oord et al. 2016).

    Of the pixel itself it sees the colours that were drawn before, and with type B its own.
    """

    seen: torch.Tensor

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int | tuple[int, int],
        type: str = "B",
        colours: int = 1,
        bias: bool = True,
    ) -> None:
        super().__init__(in_channels, out_channels, kernel_size, padding="same", bias=bias)
        rows, columns = self.kernel_size
        seen = torch.ones_like(self.weight)
        seen[:, :, rows // 2 + 1 :] = 0
        seen[:, :, rows // 2, columns // 2 :] = 0
        taken = torch.arange(in_channels) * colours // in_channels
        given = torch.arange(out_channels)[:, None] * colours // out_channels
        seen[:, :, rows // 2, columns // 2] = (
            given >= taken if type == "B" else given > taken
        ).float()
        self.register_buffer("seen", seen, persistent=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Of the same height and width, with a channel for each filter."""
        return self._conv_forward(x, self.weight * self.seen, self.bias)
