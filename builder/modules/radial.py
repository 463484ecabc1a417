"""Units that answer to what is near their centre."""

import torch
from torch import nn


class RadialBasis(nn.Module):
    """Nearness to learned centres (Broomhead and Lowe 1988): B × features → B × units."""

    def __init__(
        self, features: int, units: int, function: str = "Gaussian", width: float = 1.0
    ) -> None:
        super().__init__()
        self.function = function
        self.centres = nn.Parameter(torch.randn(units, features))
        if function != "squared distance":
            self.log_width = nn.Parameter(torch.full((units,), width).log())

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """From 1 at a centre towards 0 far away; or the squared distance itself."""
        squared = (x.unsqueeze(-2) - self.centres).square().sum(-1)
        if self.function == "squared distance":
            return squared
        scaled = squared / (2 * torch.exp(2 * self.log_width))
        return torch.exp(-scaled) if self.function == "Gaussian" else torch.rsqrt(1 + 2 * scaled)
