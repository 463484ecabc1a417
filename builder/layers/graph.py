"""Layers over graphs: nodes are B × nodes × features, edges B × edges × 2 (source, target; negative: padding)."""

from math import prod
from typing import ClassVar, Literal

from pydantic import Field

from builder.layer import Call, Layer, Shape, call, written
from builder.window import Windows, own_places


class _OverNodes(Layer):
    category: ClassVar = "Graph"
    icon: ClassVar = "hub"
    aliases: ClassVar = "graph neural network, GNN, nodes, edges, message passing, molecules, social network"
    axes: ClassVar = ("batch × nodes × features",)


class _GraphConv(_OverNodes):
    """A layer in which nodes take from the nodes whose edges lead to them."""

    inputs: ClassVar = ("input", "edges")
    apart: ClassVar = {"edges": "int"}
    example: ClassVar[tuple[Shape, ...]] = ((2, 5, 8), (2, 7, 2))
    units: int = Field(64, ge=1, le=1_000_000, description="Output features of each node")

    def refuses(self, *shapes: Shape) -> str:
        """Edges are pairs."""
        edges = shapes[1]
        if len(edges) != 3 or edges[2] != 2:
            return (
                f"edges must be batch × edges × 2: the source and the target of each. Got {written(edges)}."
            )
        return ""

    def below(self, port: str, *shapes: Shape) -> int:
        """An edge leads from a node to a node."""
        return shapes[0][1] if port == "edges" else 0


class GCNConv(_GraphConv):
    """Give each node the average of itself and its neighbours, with features mixed (graph convolution)."""

    aliases: ClassVar = "graph convolution, GCN, Kipf, spectral, Cora"
    reference: ClassVar = (
        "Kipf and Welling (2017), Semi-supervised classification with graph convolutional networks"
    )
    formula: ClassVar = r"Y = \hat D^{-1/2} (A + I)\, \hat D^{-1/2} X W + b"
    optional: ClassVar = ("weights",)
    example: ClassVar = ((2, 5, 8), (2, 7, 2), (2, 7))
    rare: ClassVar = ("add_self_loops", "normalize", "bias")
    add_self_loops: bool = Field(True, description="Let each node see itself as well")
    normalize: bool = Field(
        True, description="Divide by the roots of both nodes' degrees; otherwise a plain sum"
    )
    bias: bool = Field(True, description="Add a learned constant to each feature")

    def module(self, *shapes: Shape) -> Call:
        """Of ours."""
        return call(
            "GCNConv",
            shapes[0][-1],
            self.units,
            bias=self.bias,
            add_self_loops=self.add_self_loops,
            normalize=self.normalize,
        )

    def refuses(self, *shapes: Shape) -> str:
        """A weight for each edge."""
        if len(shapes) > 2 and shapes[2] != shapes[1][:2]:
            return f"weights must be {written(shapes[1][:2])}, one for each edge. Got {written(shapes[2])}."
        return super().refuses(*shapes)

    def multiply_adds(self, parameters: int, inputs: tuple[Shape, ...], outputs: tuple[Shape, ...]) -> int:
        """Features are mixed at each node, and what an edge carries is weighed."""
        (batch, nodes, features), edges = inputs[0], inputs[1][1]
        loops = nodes if self.normalize and self.add_self_loops else 0
        return batch * self.units * (nodes * features + edges + loops)


class GATConv(_GraphConv):
    """Let each node weigh its neighbours by attention (graph attention)."""

    aliases: ClassVar = "graph attention network, GAT, graph attention"
    reference: ClassVar = "Veličković et al. (2018), Graph attention networks"
    formula: ClassVar = (
        r"y_i = \sum_j \alpha_{ij} W x_j,\quad "
        r"\alpha_{ij} = \text{softmax}_j(\text{LeakyReLU}(a^\top [W x_i; W x_j]))"
    )
    outputs: ClassVar = ("output", "attention")
    rare: ClassVar = ("negative_slope", "add_self_loops", "bias")
    demo: ClassVar = {"heads": 2, "units": 6}
    units: int = Field(8, ge=1, le=1_000_000, description="Output features of each head")
    heads: int = Field(1, ge=1, le=1024, description="How many attend in parallel")
    concat: bool = Field(True, description="Lay what the heads found side by side; otherwise take their mean")
    dropout: float = Field(0.0, ge=0, lt=1, description="Share of attention left out while training")
    negative_slope: float = Field(0.2, ge=0, le=10, description="Slope of the leaky ReLU for negative scores")
    add_self_loops: bool = Field(True, description="Let each node see itself as well")
    bias: bool = Field(True, description="Add a learned constant to each feature")

    def module(self, *shapes: Shape) -> Call:
        """Of ours."""
        return call(
            "GATConv",
            shapes[0][-1],
            self.units,
            heads=self.heads,
            concat=self.concat,
            negative_slope=self.negative_slope,
            dropout=self.dropout,
            add_self_loops=self.add_self_loops,
            bias=self.bias,
        )

    def multiply_adds(self, parameters: int, inputs: tuple[Shape, ...], outputs: tuple[Shape, ...]) -> int:
        """Features are mixed and scored at each node, and what an edge carries is weighed."""
        (batch, nodes, features), edges = inputs[0], inputs[1][1]
        seen = edges + (nodes if self.add_self_loops else 0)
        return batch * self.heads * self.units * (nodes * (features + 2) + seen)


class SAGEConv(_GraphConv):
    """Mix what each node is with the mean or the maximum of its neighbours (GraphSAGE)."""

    aliases: ClassVar = "GraphSAGE, sample and aggregate, inductive"
    reference: ClassVar = "Hamilton et al. (2017), Inductive representation learning on large graphs"
    formula: ClassVar = r"y_i = W_1 x_i + W_2\, \text{mean}_{j \to i}\, x_j + b"
    rare: ClassVar = ("root_weight", "bias")
    aggr: Literal["mean", "max", "sum"] = Field("mean", description="What is taken of the neighbours")
    normalize: bool = Field(False, description="Bring what leaves each node to length 1")
    root_weight: bool = Field(True, description="Mix in what the node itself is")
    bias: bool = Field(True, description="Add a learned constant to each feature")

    def module(self, *shapes: Shape) -> Call:
        """Of ours."""
        return call(
            "SAGEConv",
            shapes[0][-1],
            self.units,
            aggr=self.aggr,
            normalize=self.normalize,
            root_weight=self.root_weight,
            bias=self.bias,
        )


class _Small(_GraphConv):
    rare: ClassVar[tuple[str, ...]] = ("hidden",)
    hidden: int | None = Field(
        None,
        ge=1,
        le=1_000_000,
        description="Units in the middle of the small network; empty: as many as leave it",
    )


class GINConv(_Small):
    """Add up each node and its neighbours, and give the sum to a network of two layers (graph isomorphism)."""

    aliases: ClassVar = "graph isomorphism network, GIN, Weisfeiler–Lehman"
    reference: ClassVar = "Xu et al. (2019), How powerful are graph neural networks?"
    formula: ClassVar = (
        r"y_i = W_2\, \text{ReLU}\left(W_1 \left((1 + \epsilon)\, x_i + \sum_{j \to i} x_j\right)\right)"
    )
    rare: ClassVar = ("hidden", "eps", "train_eps")
    eps: float = Field(0.0, ge=-10, le=10, description="By how much a node counts for more than a neighbour")
    train_eps: bool = Field(False, description="Learn how much a node counts")

    def deep(self) -> int:
        """Of its small network."""
        return 2

    def module(self, *shapes: Shape) -> Call:
        """Of ours."""
        hidden = self.hidden or self.units
        return call("GINConv", shapes[0][-1], self.units, hidden, eps=self.eps, train_eps=self.train_eps)


class EdgeConv(_Small):
    """Let a network of two layers see each node with what its neighbours have more, and keep the strongest answers."""

    aliases: ClassVar = "dynamic graph CNN, DGCNN, point cloud"
    reference: ClassVar = "Wang et al. (2019), Dynamic graph CNN for learning on point clouds"
    formula: ClassVar = r"y_i = \max_{j \to i}\, W_2\, \text{ReLU}(W_1 [x_i;\, x_j - x_i])"
    rare: ClassVar = ("hidden", "aggr")
    aggr: Literal["max", "mean", "sum"] = Field("max", description="What is taken of the answers")

    def deep(self) -> int:
        """Of its small network."""
        return 2

    def module(self, *shapes: Shape) -> Call:
        """Of ours."""
        return call("EdgeConv", shapes[0][-1], self.units, self.hidden or self.units, aggr=self.aggr)


class ChebConv(_GraphConv):
    """Filter a graph with polynomials of its Laplacian, which reach some edges far (Chebyshev)."""

    aliases: ClassVar = "Chebyshev, spectral graph convolution, ChebNet, Laplacian"
    reference: ClassVar = (
        "Defferrard et al. (2016), Convolutional neural networks on graphs with fast spectral filtering"
    )
    formula: ClassVar = r"Y = \sum_{k=0}^{K-1} T_k(\hat L)\, X W_k + b"
    rare: ClassVar = ("bias",)
    K: int = Field(2, ge=1, le=64, description="Terms: one more than the edges over which a node sees")
    bias: bool = Field(True, description="Add a learned constant to each feature")

    def module(self, *shapes: Shape) -> Call:
        """Of ours."""
        return call("ChebConv", shapes[0][-1], self.units, K=self.K, bias=self.bias)

    def multiply_adds(self, parameters: int, inputs: tuple[Shape, ...], outputs: tuple[Shape, ...]) -> int:
        """Each term mixes features at each node, and all but the first weigh what an edge carries."""
        (batch, nodes, features), edges = inputs[0], inputs[1][1]
        return batch * features * (self.K * nodes * self.units + (self.K - 1) * edges)


class _OfGraph(_OverNodes):
    optional: ClassVar = ("mask",)
    apart: ClassVar = {"mask": "mask"}
    example: ClassVar = ((2, 5, 8), (2, 5))

    def refuses(self, *shapes: Shape) -> str:
        """One entry for each node."""
        if len(shapes) > 1 and shapes[1] != shapes[0][:2]:
            return f"mask must be {written(shapes[0][:2])}, one for each node. Got {written(shapes[1])}."
        return ""


class GraphPool(_OfGraph):
    """Make one vector of all nodes of a graph, or of all steps of a sequence; a mask tells which of them count."""

    icon: ClassVar = "join_inner"
    aliases: ClassVar = (
        "readout, global pooling, masked mean, average of words, sentence embedding, deep sets, pooling"
    )
    reference: ClassVar = "Xu et al. (2019), How powerful are graph neural networks?"
    formula: ClassVar = r"y = \frac{1}{N} \sum_i x_i"
    how: Literal["mean", "sum", "max"] = Field("mean", description="What is taken of the nodes")

    def module(self, *shapes: Shape) -> Call:
        """Of ours."""
        return call("GraphPool", how=self.how)


class GraphNorm(_OfGraph):
    """Normalise each feature over the nodes of its graph, after a learned share of the mean is taken off."""

    icon: ClassVar = "tune"
    aliases: ClassVar = "normalisation, normalization, graph normalisation"
    reference: ClassVar = (
        "Cai et al. (2021), GraphNorm: a principled approach to accelerating graph neural networks"
    )
    formula: ClassVar = r"y = \gamma\, \frac{x - \alpha \mu}{\sqrt{\sigma^2 + \epsilon}} + \beta"
    eps: float = Field(1e-5, gt=0, le=1, description="What is added to the variance")

    def module(self, *shapes: Shape) -> Call:
        """Of ours."""
        return call("GraphNorm", shapes[0][-1], eps=self.eps)

    def window(self, *shapes: Shape) -> Windows:
        """Each feature sees itself, at all nodes."""
        return own_places(shapes[0], 1)


class Neighbours(_OverNodes):
    """Find the nearest others of each point, and lead an edge from each of them to it."""

    icon: ClassVar = "scatter_plot"
    aliases: ClassVar = "k nearest neighbours, KNN graph, point cloud, dynamic graph, DGCNN"
    reference: ClassVar = "Wang et al. (2019), Dynamic graph CNN for learning on point clouds"
    formula: ClassVar = r"E = \{(j, i) : j \in \text{nearest}_k(i)\}"
    example: ClassVar = ((2, 10, 3),)
    demo: ClassVar = {"count": 2}
    count: int = Field(8, ge=1, le=10_000, description="How many neighbours each point has")

    def module(self, *shapes: Shape) -> Call:
        """Of ours."""
        return call("Neighbours", self.count)

    def refuses(self, x: Shape) -> str:
        """There are so many others."""
        if self.count >= x[1]:
            return f"count must be less than the {x[1]} nodes. Got {self.count}."
        return ""

    def multiply_adds(self, parameters: int, inputs: tuple[Shape, ...], outputs: tuple[Shape, ...]) -> int:
        """A distance between each two."""
        return prod(inputs[0]) * inputs[0][1]
