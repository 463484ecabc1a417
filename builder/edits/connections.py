"""Edits of connections."""

from typing import Literal

from builder.edits.record import GraphEdit, changed, found, refused, replaced
from builder.graph import Graph, Reference


class Connect(GraphEdit):
    """Lead an output ("node" or "node.port") to an input port; what led there before is replaced."""

    edit: Literal["connect"] = "connect"
    source: Reference
    node: str
    port: Reference

    def apply(self, graph: Graph) -> Graph:
        """Name the source at the port."""
        if self.source.partition(".")[0] not in graph:
            raise refused(self.source, "must be a node of this graph", "Place it first.")
        node = found(graph, self.node)
        return replaced(graph, changed(node, inputs={**node.inputs, self.port: self.source}))


class Disconnect(GraphEdit):
    """Free an input port."""

    edit: Literal["disconnect"] = "disconnect"
    node: str
    port: Reference

    def apply(self, graph: Graph) -> Graph:
        """Forget the source of the port."""
        node = found(graph, self.node)
        return replaced(graph, changed(node, inputs={p: s for p, s in node.inputs.items() if p != self.port}))
