"""Layers over graphs: nodes gather from the nodes whose edges lead to them.

Nodes: (batch, nodes, features). Edges: (batch, edges, 2), whole numbers, the source and the target
of each; an edge with a negative number is padding, so that graphs of a batch may differ.
"""

import torch
from torch import nn


def ends(edges: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Sources and targets, (batch, edges) each; padding leads from 0 to -1, a place before all."""
    source, target = edges.unbind(dim=-1)
    padding = (edges < 0).any(dim=-1)
    return source.masked_fill(padding, 0), target.masked_fill(padding, -1)


def with_loops(edges: torch.Tensor, count: int) -> torch.Tensor:
    """The edges with exactly one from each node to itself, these at the end."""
    loops = torch.arange(count, device=edges.device)[:, None].expand(edges.shape[0], -1, 2)
    return torch.cat((without_loops(edges), loops), dim=1)


def without_loops(edges: torch.Tensor) -> torch.Tensor:
    """The edges, those from a node to itself made padding."""
    return edges.masked_fill(edges[..., :1] == edges[..., 1:], -1)


def sent(nodes: torch.Tensor, source: torch.Tensor) -> torch.Tensor:
    """What the nodes send along their edges: (batch, edges, features)."""
    return nodes.gather(1, source[..., None].expand(-1, -1, nodes.shape[-1]))


def received(
    messages: torch.Tensor, target: torch.Tensor, count: int, aggr: str = "sum"
) -> torch.Tensor:
    """The sum, mean or max of what reaches each node, (batch, nodes, features); 0 for nothing."""
    index = (target + 1)[..., None].expand_as(messages)
    room = messages.new_zeros(messages.shape[0], count + 1, messages.shape[-1])
    if aggr == "max":
        found = (room - torch.inf).scatter_reduce(1, index, messages, "amax")[:, 1:]
        return found.masked_fill(found == -torch.inf, 0.0)
    total = room.scatter_add(1, index, messages)[:, 1:]
    if aggr == "mean":
        return total / degrees(target, count).clamp(min=1)[:, 1:, None]
    return total


def degrees(index: torch.Tensor, count: int, weights: torch.Tensor | None = None) -> torch.Tensor:
    """How many edges there are at each node, or the sum of their weights: (batch, 1 + nodes)."""
    each = torch.ones(index.shape, device=index.device) if weights is None else weights
    return each.new_zeros(index.shape[0], count + 1).scatter_add(1, index + 1, each)


def normal(
    source: torch.Tensor, target: torch.Tensor, degree: torch.Tensor, weights: torch.Tensor
) -> torch.Tensor:
    """The weights of edges, divided by the roots of the degrees at both ends: (batch, edges)."""
    scale = torch.where(degree > 0, degree.clamp(min=1e-12).rsqrt(), 0.0)
    return scale.gather(1, source + 1) * weights * scale.gather(1, target + 1)


class GCNConv(nn.Module):
    """Average over neighbours, each divided by the roots of both degrees, and mix the features.

    Kipf and Welling (2017), Semi-supervised classification with graph convolutional networks.
    """

    def __init__(
        self,
        features: int,
        units: int,
        bias: bool = True,
        add_self_loops: bool = True,
        normalize: bool = True,
    ) -> None:
        super().__init__()
        self.add_self_loops, self.normalize = add_self_loops, normalize
        self.lin = nn.Linear(features, units, bias=False)
        nn.init.xavier_uniform_(self.lin.weight)
        self.bias = nn.Parameter(torch.zeros(units)) if bias else None

    def forward(
        self, nodes: torch.Tensor, edges: torch.Tensor, weights: torch.Tensor | None = None
    ) -> torch.Tensor:
        """Nodes with `units` features; the weights (batch, edges) are 1 where none are given."""
        count = nodes.shape[1]
        if weights is None:
            weights = torch.ones(edges.shape[:2], device=nodes.device)
        if self.normalize and self.add_self_loops:
            edges, weights = with_loops(edges, count), self.with_loop_weights(edges, weights, count)
        source, target = ends(edges)
        if self.normalize:
            weights = normal(source, target, degrees(target, count, weights), weights)
        messages = sent(self.lin(nodes), source) * weights[..., None]
        nodes = received(messages, target, count)
        return nodes if self.bias is None else nodes + self.bias

    def with_loop_weights(
        self, edges: torch.Tensor, weights: torch.Tensor, count: int
    ) -> torch.Tensor:
        """The weights with those of one loop for each node: 1, or what its own loop had."""
        loop = (edges[..., 0] == edges[..., 1]) & (edges[..., 0] >= 0)
        place = (edges[..., 0] + 1).masked_fill(~loop, 0)
        own = weights.new_ones(weights.shape[0], count + 1).scatter(1, place, weights)
        return torch.cat((weights, own[:, 1:]), dim=1)


class GATConv(nn.Module):
    """Let nodes weigh their neighbours by attention (Velickovic et al., 2018)."""

    def __init__(
        self,
        features: int,
        units: int,
        heads: int = 1,
        concat: bool = True,
        negative_slope: float = 0.2,
        dropout: float = 0.0,
        add_self_loops: bool = True,
        bias: bool = True,
    ) -> None:
        super().__init__()
        self.heads, self.concat, self.slope = heads, concat, negative_slope
        self.add_self_loops = add_self_loops
        self.lin = nn.Linear(features, heads * units, bias=False)
        self.att_src = nn.Parameter(torch.empty(1, heads, units))
        self.att_dst = nn.Parameter(torch.empty(1, heads, units))
        for weight in (self.lin.weight, self.att_src[0], self.att_dst[0]):
            nn.init.xavier_uniform_(weight)
        self.bias = nn.Parameter(torch.zeros(heads * units if concat else units)) if bias else None
        self.dropout = nn.Dropout(dropout)

    def forward(
        self, nodes: torch.Tensor, edges: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Nodes with the features of all heads, or their mean, and the attention on each edge."""
        count = nodes.shape[1]
        source, target = ends(with_loops(edges, count) if self.add_self_loops else edges)
        heads = self.lin(nodes).unflatten(-1, (self.heads, -1))
        asking, asked = (heads * self.att_dst).sum(-1), (heads * self.att_src).sum(-1)
        scores = sent(asked, source) + sent(asking, target.clamp(min=0))
        scores = nn.functional.leaky_relu(scores, self.slope)
        attention = attention_by_target(scores, target, count)
        messages = sent(heads.flatten(2), source).unflatten(-1, (self.heads, -1))
        messages = messages * self.dropout(attention)[..., None]
        gathered = received(messages.flatten(2), target, count)
        if not self.concat:
            gathered = gathered.unflatten(-1, (self.heads, -1)).mean(dim=2)
        if self.bias is not None:
            gathered = gathered + self.bias
        return gathered, attention[:, : edges.shape[1]]


def attention_by_target(scores: torch.Tensor, target: torch.Tensor, count: int) -> torch.Tensor:
    """The softmax of scores (batch, edges, heads) over all edges that lead to the same node."""
    index = (target + 1)[..., None].expand_as(scores)
    room = scores.new_zeros(scores.shape[0], count + 1, scores.shape[-1])
    highest = (room - torch.inf).scatter_reduce(1, index, scores.detach(), "amax")
    shares = (scores - highest.gather(1, index)).exp()
    shares = shares / room.scatter_add(1, index, shares).gather(1, index)
    return shares.masked_fill(index == 0, 0.0)


class SAGEConv(nn.Module):
    """Mix what a node is with the mean or max of its neighbours.

    Hamilton et al. (2017), Inductive representation learning on large graphs (GraphSAGE).
    """

    def __init__(
        self,
        features: int,
        units: int,
        aggr: str = "mean",
        normalize: bool = False,
        root_weight: bool = True,
        bias: bool = True,
    ) -> None:
        super().__init__()
        self.aggr, self.normalize = aggr, normalize
        self.lin_l = nn.Linear(features, units, bias=bias)
        self.lin_r = nn.Linear(features, units, bias=False) if root_weight else None

    def forward(self, nodes: torch.Tensor, edges: torch.Tensor) -> torch.Tensor:
        """Nodes with `units` features; of length 1 where they are to be normalised."""
        source, target = ends(edges)
        found = self.lin_l(received(sent(nodes, source), target, nodes.shape[1], self.aggr))
        if self.lin_r is not None:
            found = found + self.lin_r(nodes)
        return nn.functional.normalize(found, dim=-1) if self.normalize else found


class GINConv(nn.Module):
    """Add up a node and its neighbours and give the sum to a small network.

    Xu et al. (2019), How powerful are graph neural networks?
    """

    def __init__(
        self, features: int, units: int, hidden: int, eps: float = 0.0, train_eps: bool = False
    ) -> None:
        super().__init__()
        self.nn = nn.Sequential(nn.Linear(features, hidden), nn.ReLU(), nn.Linear(hidden, units))
        self.eps = nn.Parameter(torch.tensor([eps])) if train_eps else eps

    def forward(self, nodes: torch.Tensor, edges: torch.Tensor) -> torch.Tensor:
        """Nodes with `units` features."""
        source, target = ends(edges)
        return self.nn(
            (1 + self.eps) * nodes + received(sent(nodes, source), target, nodes.shape[1])
        )


class ChebConv(nn.Module):
    """Chebyshev polynomials of the Laplacian reach K - 1 edges far (Defferrard et al., 2016)."""

    def __init__(self, features: int, units: int, K: int = 2, bias: bool = True) -> None:
        super().__init__()
        self.lins = nn.ModuleList(nn.Linear(features, units, bias=False) for _ in range(K))
        for weight in self.lins.parameters():
            nn.init.xavier_uniform_(weight)
        self.bias = nn.Parameter(torch.zeros(units)) if bias else None

    def forward(self, nodes: torch.Tensor, edges: torch.Tensor) -> torch.Tensor:
        """Nodes with `units` features."""
        count = nodes.shape[1]
        source, target = ends(without_loops(edges))
        each = (target >= 0).to(nodes.dtype)
        weights = -normal(source, target, degrees(source, count, each), each)[..., None]
        before, now = nodes, nodes
        found = self.lins[0](nodes)
        for number, lin in enumerate(self.lins[1:], 1):
            moved = received(sent(now, source) * weights, target, count)
            before, now = now, moved if number == 1 else 2 * moved - before
            found = found + lin(now)
        return found if self.bias is None else found + self.bias


class EdgeConv(nn.Module):
    """A small network sees a node and how each neighbour differs; the strongest answers stay.

    Wang et al. (2019), Dynamic graph CNN for learning on point clouds.
    """

    def __init__(self, features: int, units: int, hidden: int, aggr: str = "max") -> None:
        super().__init__()
        self.nn = nn.Sequential(
            nn.Linear(2 * features, hidden), nn.ReLU(), nn.Linear(hidden, units)
        )
        self.aggr = aggr

    def forward(self, nodes: torch.Tensor, edges: torch.Tensor) -> torch.Tensor:
        """Nodes with `units` features."""
        count = nodes.shape[1]
        source, target = ends(edges)
        own = sent(nodes, target.clamp(min=0))
        messages = self.nn(torch.cat((own, sent(nodes, source) - own), dim=-1))
        return received(messages, target, count, self.aggr)
