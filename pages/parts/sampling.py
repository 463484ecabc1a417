"""Functions that work value by value, sampled from the very module that trains. Python alone, no Streamlit."""

from functools import cache
from typing import TYPE_CHECKING

from builder.graph import Graph, Node
from builder.layers import LAYERS
from builder.window import OWN

if TYPE_CHECKING:
    import numpy as np

REACH, PLACES = 5.0, 401


def draws(kind: str) -> bool:
    """Whether a kind is a function of one number, so that it can be drawn as a curve."""
    layer = LAYERS[kind]
    if layer.category != "Activation" or layer.inputs != ("input",) or layer.taken("input") != "float":
        return False
    return layer.model_validate(layer.demo).window((2, 8)) == (OWN,)


@cache
def sampled(kind: str) -> "tuple[np.ndarray, np.ndarray, np.ndarray]":
    """Where a function was sampled, what it gave there, and its derivative; with its usual fields, as it is in use."""
    import torch

    import builder

    nodes = (
        Node(id="x", kind="Input", config={"shape": [PLACES]}),
        Node(id="layer", kind=kind, config=LAYERS[kind].demo, inputs={"input": "x"}),
        Node(id="y", kind="Output", inputs={"input": "layer"}),
    )
    module = builder.compile(Graph(nodes=nodes)).eval()
    x = torch.linspace(-REACH, REACH, PLACES)[None].requires_grad_()
    y = module(x)
    slope = torch.zeros_like(x)
    if y.requires_grad:
        (found,) = torch.autograd.grad(y.sum(), x, allow_unused=True)
        slope = slope if found is None else found
    return tuple(one.detach()[0].numpy() for one in (x, y, slope))  # type: ignore[return-value]
