"""Layers over the nodes of graphs, whatever their edges."""

import torch
from torch import nn


class GraphPool(nn.Module):
    """One vector for a whole graph: the mean, sum or max of its nodes.

    (batch, nodes, features) -> (batch, features). Mask: (batch, nodes), true where a node counts.
    """

    def __init__(self, how: str = "mean") -> None:
        super().__init__()
        self.how = how

    def forward(self, nodes: torch.Tensor, mask: torch.Tensor | None = None) -> torch.Tensor:
        """The vector; 0 where no node counts."""
        if mask is None:
            mask = torch.ones(nodes.shape[:2], device=nodes.device)
        counts = (mask != 0)[..., None]
        if self.how == "max":
            found = nodes.masked_fill(~counts, -torch.inf).amax(dim=1)
            return found.masked_fill(found == -torch.inf, 0.0)
        total = (nodes * counts).sum(dim=1)
        return total / counts.sum(dim=1).clamp(min=1) if self.how == "mean" else total


class GraphNorm(nn.Module):
    """Normalise each feature over the nodes of its graph; how much of the mean goes is learned.

    Cai et al. (2021), GraphNorm. (batch, nodes, features) -> the same. Mask: (batch, nodes).
    """

    def __init__(self, features: int, eps: float = 1e-5) -> None:
        super().__init__()
        self.eps = eps
        self.weight = nn.Parameter(torch.ones(features))
        self.bias = nn.Parameter(torch.zeros(features))
        self.mean_scale = nn.Parameter(torch.ones(features))

    def forward(self, nodes: torch.Tensor, mask: torch.Tensor | None = None) -> torch.Tensor:
        """The nodes, normalised; those that do not count as well, by what counts."""
        if mask is None:
            mask = torch.ones(nodes.shape[:2], device=nodes.device)
        counts = (mask != 0)[..., None]
        count = counts.sum(dim=1, keepdim=True).clamp(min=1)
        mean = (nodes * counts).sum(dim=1, keepdim=True) / count
        nodes = nodes - mean * self.mean_scale
        variance = (nodes.square() * counts).sum(dim=1, keepdim=True) / count
        return self.weight * nodes / (variance + self.eps).sqrt() + self.bias


class Neighbours(nn.Module):
    """An edge to each point from each of the others that are nearest to it.

    Wang et al. (2019), Dynamic graph CNN. (batch, points, features) -> (batch, points * count, 2).
    """

    def __init__(self, count: int) -> None:
        super().__init__()
        self.count = count

    def forward(self, points: torch.Tensor) -> torch.Tensor:
        """Edges, the nearest neighbour of each point first."""
        apart = (points[:, :, None] - points[:, None]).square().sum(dim=-1)
        places = torch.arange(points.shape[1], device=points.device)
        apart = apart.masked_fill(places[:, None] == places, torch.inf)
        nearest = apart.topk(self.count, dim=-1, largest=False).indices
        return torch.stack((nearest, places[:, None].expand_as(nearest)), dim=-1).flatten(1, 2)
