"""The difference between two graphs as the canvas draws it: all nodes and connections of both, marked. No Streamlit."""

from __future__ import annotations

import json
from typing import Any

from builder.compare import INSIDE, Change, Compared, Difference
from builder.graph import Graph
from builder.inside import inside
from builder.layers import LAYERS
from builder.registry import label
from builder.shapes import Inference
from pages.parts.documents.about import Outputs, about, flows

MOST_SHOWN = 4
"""Changes that are written on a node; the table beside the canvas tells all."""
LONGEST = 40
NONE = "none"


def union(found: Difference, before: Graph, after: Graph, *, shapes: bool) -> dict[str, Any]:
    """What the canvas is told: {"nodes", "edges"}, each with its `mark`; without `shapes` torch is not needed."""
    old, new = (inside(graph, ()) if shapes else None for graph in (before, after))
    told = [
        (flows(inference.places.values()) if inference else {}, inference, graph)
        for inference, graph in ((old, before), (new, after))
    ]
    return {"nodes": [_node(one, *told) for one in found.nodes], "edges": _edges(found)}


def words(change: Change, kind: str) -> tuple[str, str, str]:
    """A change as people read it: what, from, to."""
    if change.field == INSIDE:
        return "Inside", "", f"{change.after} was changed"
    if change.field in ("kind", "shares"):
        what = {"kind": "Kind", "shares": "Weights of"}[change.field]
        return what, str(change.before) or "its own", str(change.after) or "its own"
    layer = LAYERS.get(kind)
    info = layer.model_fields.get(change.field) if layer else None
    return label(change.field, info)[0] if info else change.field, _text(change.before), _text(change.after)


def _node(
    one: Compared, old: tuple[Outputs, Inference | None, Graph], new: tuple[Outputs, Inference | None, Graph]
) -> dict[str, Any]:
    """A node as it is now, or was; with the ports that it has in either graph, for the connections of both."""
    versions = [
        about(node, inference.places.get(node.id) if inference else None, graph, outputs, [])
        for node, (outputs, inference, graph) in ((one.after, new), (one.before, old))
        if node is not None
    ]
    shown = versions[0]
    for side in ("inputs", "outputs"):
        ports = {port["name"]: port for version in reversed(versions) for port in version[side]}
        names = dict.fromkeys(port["name"] for version in versions for port in version[side])
        shown = {**shown, side: [ports[name] for name in names]}
    node = one.node
    changes = [words(change, node.kind) for change in one.changes]
    return {
        "id": node.id,
        "kind": node.kind,
        "config": node.config,
        "inputs": {},
        "position": None,
        "shares": node.shares,
        "mark": one.mark,
        "changes": changes[:MOST_SHOWN],
        "about": {**shown, "fields": [{"name": what} for what, *_ in changes[:MOST_SHOWN]]},
    }


def _edges(found: Difference) -> list[dict[str, Any]]:
    there = {one.node.id for one in found.nodes}
    edges = []
    for cable in found.cables:
        source, _, output = cable.source.partition(".")
        if source in there:
            edges.append(
                {
                    "id": f"{cable.mark}.{cable.node}.{cable.port}",
                    "source": source,
                    "output": output,
                    "node": cable.node,
                    "port": cable.port,
                    "mark": cable.mark,
                }
            )
    return edges


def _text(value: Any) -> str:
    if value is None:
        return NONE
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
