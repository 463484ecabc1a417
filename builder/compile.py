"""Compiling is running the source: the text that a person takes away is the module that trains."""

import builtins
import hashlib
import linecache
import weakref
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from builder.graph import Graph
from builder.source import CLASS, source
from builder.uncollected import uncollected

if TYPE_CHECKING:
    from torch import nn


def compile(graph: Graph, device: str = "cpu") -> "nn.Module":
    """The network as a module, newly initialised by torch's generator, on a device ("meta" allocates nothing).

    Its forward takes a tensor for each Input node, batch first; one comes back for each Output node (several: a tuple).

    Raises:
        BadGraph: the graph has errors.
    """
    import torch

    with uncollected():
        network = _network(source(graph))
        if device == "cpu":  # entering torch.device costs as much again as building
            return network()
        with torch.device(device):
            return network()


def filename(text: str) -> str:
    """The name that a source has in tracebacks."""
    return f"<strata {hashlib.sha256(text.encode()).hexdigest()[:12]}>"


@lru_cache(64)
def _network(text: str) -> Any:
    """The class in a source, executed. linecache knows the text, so tracebacks show its lines."""
    name = filename(text)
    lines = (len(text), None, text.splitlines(keepends=True), name)
    linecache.cache[name] = lines
    world: dict[str, Any] = {"__name__": "strata_network"}
    exec(builtins.compile(text, name, "exec"), world)  # noqa: S102  (from validated fields alone)
    network = world[CLASS]
    weakref.finalize(network, _forget, name, lines)
    return network


def _forget(name: str, lines: object) -> None:
    """Forget the lines of a class that is gone, not those of its successor of the same text."""
    if linecache.cache.get(name) is lines:
        del linecache.cache[name]
