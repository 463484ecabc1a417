"""A layer of attention between Inputs, and masks for it."""

from typing import Any

import torch

from builder.graph import Graph, Node

PLACES: dict[str, Any] = {
    "x": [5, 8], "memory": [6, 8], "mask": [5], "memory_mask": [6], "bias": [4, 5, 6], "state": [8],
}  # fmt: skip
MASK = torch.tensor([[1, 1, 1, 0, 0], [1, 0, 1, 1, 1]])
MEMORY_MASK = torch.tensor([[1, 1, 0, 0, 0, 0], [0, 1, 1, 1, 1, 1]])
SPECIAL = {"mask": MASK, "memory_mask": MEMORY_MASK}


def network(
    kind: str, read: tuple[str, ...] = ("output",), config: dict[str, Any] | None = None, **ports: str
) -> Graph:
    """A layer between Inputs; `key="memory"` leads the Input memory to the port key."""
    entries = [
        Node(
            id=id, kind="Input", config={"shape": PLACES[id]} | ({"dtype": "int64"} if id in SPECIAL else {})
        )
        for id in dict.fromkeys(ports.values())
    ]
    layer = Node(id="layer", kind=kind, config=config or {}, inputs=ports)
    exits = [Node(id=f"y_{port}", kind="Output", inputs={"input": f"layer.{port}"}) for port in read]
    return Graph(nodes=(*entries, layer, *exits))


def given(graph: Graph) -> tuple[torch.Tensor, ...]:
    """Random inputs and the masks above."""
    generator = torch.Generator().manual_seed(0)
    return tuple(
        SPECIAL[id] if id in SPECIAL else torch.randn(2, *PLACES[id], generator=generator)
        for id in graph.ids("Input")
    )
