"""Small graphs for tests: chains, long ones, blocks; and the data that go in."""

import json
from typing import TYPE_CHECKING, Any

from builder.around import an_input, an_output
from builder.graph import Graph, Node
from builder.layers import LAYERS
from builder.shapes import infer

if TYPE_CHECKING:
    import torch

KINDS = sorted(LAYERS)
LARGE = (
    "alexnet", "bert-base", "capsnet", "densenet-121", "efficientnet-b0", "gat", "googlenet", "gpt2-small",
    "inception-v3", "mobilenet-v2", "resnet-18", "resnet-34", "resnet-50", "squeezenet", "transformer-base",
    "transformer-translation", "u-net", "vgg-11", "vgg-16", "vit-b16",
)  # fmt: skip
"""Ready networks too large for a quick test."""


def chain(
    *layers: tuple[str, dict[str, Any]], shape: tuple[int, ...] = (8,), dtype: str = "float32"
) -> Graph:
    """Layers one behind the other, between an Input and an Output; their ids are those that `fresh` chooses."""
    nodes = [an_input("input1", (1, *shape), dtype)]
    for kind, config in layers:
        id = Graph(nodes=tuple(nodes)).fresh(kind)
        port = (*LAYERS[kind].inputs, "input1")[0] if kind in LAYERS else "input"
        nodes.append(Node(id=id, kind=kind, config=config, inputs={port: nodes[-1].id}))
    return Graph(nodes=(*nodes, an_output("output1", nodes[-1].id)))


def long(length: int, width: int = 16) -> Graph:
    """A chain of so many nodes: Linear, ReLU, Linear, ReLU …"""
    nodes = [an_input("input1", (1, width))]
    for number in range(1, length - 1):
        kind, config = ("Linear", {"units": width}) if number % 2 else ("ReLU", {})
        nodes.append(Node(id=f"n{number}", kind=kind, config=config, inputs={"input": nodes[-1].id}))
    return Graph(nodes=(*nodes, an_output("output1", nodes[-1].id)))


def node(
    id: str, kind: str, *sources: str, position: tuple[float, float] | None = None, **config: Any
) -> Node:
    """A node whose ports are those of its kind in order."""
    ports = [f"input{n}" for n in range(1, 9)] if kind in ("Add", "Concatenate") else ["input"]
    return Node(
        id=id, kind=kind, config=config, inputs=dict(zip(ports, sources, strict=False)), position=position
    )


def scaled(repeat: int, width: int | float | str, units: str = "width", **blocks: Graph) -> Graph:
    """A block of one Linear layer used some times with a width."""
    inner = Graph(nodes=(
        node("a", "Input", shape=[4]), node("dense", "Linear", "a", units=units), node("b", "Output", "dense"),
    ), arguments={"width": 3})  # fmt: skip
    config = {"block": "wide", "repeat": repeat, "arguments": {"width": width}}
    nodes = (node("x", "Input", shape=[4]), Node(id="stack", kind="Block", config=config, inputs={"a": "x"}),
             node("y", "Output", "stack"))  # fmt: skip
    return Graph(nodes=nodes, blocks={"wide": inner, **blocks})


def data(graph: Graph, batch: int = 2, seed: int = 0) -> "tuple[torch.Tensor, ...]":
    """Random inputs for a graph, one for each Input node in order; indices are such that all layers know them."""
    import torch

    generator, most = torch.Generator().manual_seed(seed), bounds(graph)
    made = []
    for node in graph.nodes:
        if node.kind == "Input":
            entry = LAYERS["Input"].model_validate(node.config)
            shape = (batch, *entry.shape)  # type: ignore[attr-defined]
            whole = entry.dtype == "int64"  # type: ignore[attr-defined]
            made.append(
                torch.randint(0, most[node.id], shape, generator=generator)
                if whole
                else torch.randn(shape, generator=generator)
            )
    return tuple(made)


def bounds(graph: Graph) -> dict[str, int]:
    """What the indices of each Input are below: the least that the layers say that read it, or 2."""
    found: dict[str, list[int]] = {id: [] for id in graph.ids("Input")}
    for place in infer(graph).places.values():
        shapes = [spec.shape for spec in place.given]
        for port, source, _ in place.node.sources():
            if source in found and place.layer and (below := place.layer.below(port, *shapes)):
                found[source].append(below)
    return {id: min(most, default=2) for id, most in found.items()}


def outputs(module: Any, given: "tuple[torch.Tensor, ...]") -> "tuple[torch.Tensor, ...]":
    """What a module answers, as a tuple also where it is one tensor."""
    answer = module(*given)
    return answer if isinstance(answer, tuple) else (answer,)


def again(graph: Graph) -> Graph:
    """The graph, written as JSON and read."""
    return Graph.model_validate(json.loads(graph.model_dump_json()))


def together(graphs: dict[str, Graph]) -> Graph:
    """Several graphs side by side as one, their names in front of all ids: one export shows what many would."""
    nodes, blocks = [], {}
    for prefix, graph in graphs.items():
        nodes += [_moved(node, prefix) for node in graph.nodes]
        for name, block in graph.blocks.items():
            inner = tuple(_moved(node, prefix, inside=True) for node in block.nodes)
            blocks[f"{prefix}_{name}"] = block.model_copy(update={"nodes": inner})
    return Graph(nodes=tuple(nodes), blocks=blocks)


def _moved(node: Node, prefix: str, inside: bool = False) -> Node:
    config = node.config | ({"block": f"{prefix}_{node.config['block']}"} if node.kind == "Block" else {})
    if inside:
        return node.model_copy(update={"config": config})
    inputs = {port: f"{prefix}_{source}" for port, source in node.inputs.items()}
    shares = node.shares and f"{prefix}_{node.shares}"
    return Node(id=f"{prefix}_{node.id}", kind=node.kind, config=config, inputs=inputs, shares=shares)
