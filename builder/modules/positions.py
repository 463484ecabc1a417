"""Where something stands: attention by itself does not tell one order from another."""

import torch
from torch import nn


class SinusoidalPositions(nn.Module):
    """Add waves of different lengths, so that each step has a pattern of its own.

    Vaswani et al. (2017). (batch, steps, features) -> the same.
    """

    waves: torch.Tensor

    def __init__(self, steps: int, width: int, base: float = 10000.0) -> None:
        super().__init__()
        lengths = base ** (torch.arange(0, width, 2) / width)
        angles = torch.arange(steps)[:, None] / lengths
        waves = torch.stack((angles.sin(), angles.cos()), dim=2).flatten(1)[:, :width]
        self.register_buffer("waves", waves, persistent=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Each step with its pattern added."""
        return x + self.waves[: x.shape[1]]


class LearnedPositions(nn.Module):
    """Add a learned vector for each place.

    Gehring et al. (2017). (batch, steps, features) -> the same.
    """

    def __init__(self, steps: int, width: int, std: float = 0.02) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(steps, width))
        nn.init.normal_(self.weight, std=std)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Each step with its vector added."""
        return x + self.weight[: x.shape[1]]


class RotaryPositions(nn.Module):
    """Turn pairs of features by angles that grow with the place: scores then depend on distances.

    Su et al. (2021), RoFormer. (batch, ..., steps, heads * features) -> the same; of each head's
    features the first `turned` are turned. A pair is two neighbours, or one of each half.
    """

    cos: torch.Tensor
    sin: torch.Tensor

    def __init__(
        self,
        steps: int,
        width: int,
        heads: int = 1,
        base: float = 10000.0,
        turned: int = 0,
        neighbours: bool = False,
    ) -> None:
        super().__init__()
        self.heads, self.neighbours = heads, neighbours
        self.turned = turned or width // heads
        speeds = base ** (-torch.arange(0, self.turned, 2) / self.turned)
        angles = torch.arange(steps)[:, None, None] * speeds
        self.register_buffer("cos", angles.cos(), persistent=False)
        self.register_buffer("sin", angles.sin(), persistent=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Each step turned by the angles of its place."""
        heads = x.unflatten(-1, (self.heads, -1))
        turning, rest = heads[..., : self.turned], heads[..., self.turned :]
        cos, sin = self.cos[: x.shape[-2]], self.sin[: x.shape[-2]]
        if self.neighbours:
            first, second = turning[..., 0::2], turning[..., 1::2]
        else:
            first, second = turning.chunk(2, dim=-1)
        turned = (first * cos - second * sin, second * cos + first * sin)
        laid = torch.stack(turned, -1).flatten(-2) if self.neighbours else torch.cat(turned, -1)
        return torch.cat((laid, rest), dim=-1).flatten(-2)


class ALiBi(nn.Module):
    """A bias for attention that grows with distance, steeper or flatter by head.

    Press et al. (2022), Train short, test long. (batch, steps, features) -> (batch, heads, steps,
    steps).
    """

    bias: torch.Tensor

    def __init__(self, steps: int, heads: int) -> None:
        super().__init__()
        slopes = torch.tensor(alibi_slopes(heads))
        places = torch.arange(steps)
        distances = (places[:, None] - places[None]).abs()
        self.register_buffer("bias", -slopes[:, None, None] * distances, persistent=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """The same bias for each example."""
        steps = x.shape[1]
        return self.bias[:, :steps, :steps].expand(x.shape[0], -1, -1, -1)


def alibi_slopes(heads: int) -> list[float]:
    """A geometric series from 2^(-8/heads) on; for other numbers than powers of two, filled up."""
    whole = 2 ** (heads.bit_length() - 1)
    slopes = [2 ** (-8 * number / whole) for number in range(1, whole + 1)]
    between = [2 ** (-4 * number / whole) for number in range(1, 2 * whole + 1, 2)]
    return [*slopes, *between[: heads - whole]]


class RelativeBias(nn.Module):
    """A learned bias for attention for each distance between a query and a key, by head.

    Shaw et al. (2018), Raffel et al. (2020); over a window of rows and columns, Liu et al. (2021),
    Swin transformer. (batch, ..., steps, features) -> (batch, ..., heads, steps, steps).
    """

    index: torch.Tensor

    def __init__(self, heads: int, rows: int, columns: int = 1, farthest: int = 0) -> None:
        super().__init__()
        down, right = (min(farthest or side, side - 1) for side in (rows, columns))
        self.weight = nn.Parameter(torch.empty((2 * down + 1) * (2 * right + 1), heads))
        nn.init.normal_(self.weight, std=0.02)
        row = torch.arange(rows).repeat_interleave(columns)
        column = torch.arange(columns).repeat(rows)
        below = (row[:, None] - row).clamp(-down, down) + down
        beside = (column[:, None] - column).clamp(-right, right) + right
        index = below * (2 * right + 1) + beside
        self.register_buffer("index", index, persistent=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """The same bias for each example."""
        bias = self.weight[self.index].permute(2, 0, 1)
        return bias.expand(*x.shape[:-2], -1, -1, -1)


class ClassToken(nn.Module):
    """Learned vectors before all steps, in which attention gathers what the whole is about.

    Devlin et al. (2019), Dosovitskiy et al. (2021). (batch, steps, features) -> (batch, count +
    steps, features).
    """

    def __init__(self, width: int, count: int = 1, std: float = 0.02) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(count, width))
        nn.init.normal_(self.weight, std=std)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """The vectors and, behind them, the steps."""
        return torch.cat((self.weight.expand(x.shape[0], -1, -1), x), dim=1)


class PatchEmbedding(nn.Module):
    """An image as a sequence: each patch as a learned projection of its pixels.

    Dosovitskiy et al. (2021), An image is worth 16x16 words. (batch, channels, height, width) ->
    (batch, patches, features), row by row.
    """

    def __init__(
        self, channels: int, width: int, patch: int, stride: int = 0, bias: bool = True
    ) -> None:
        super().__init__()
        self.projection = nn.Conv2d(channels, width, patch, stride or patch, bias=bias)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """The patches, one after the other."""
        return self.projection(image).flatten(2).transpose(1, 2)
