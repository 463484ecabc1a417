"""What the canvas shows of a run on its nodes and connections: thumbnails, and how strong each connection is."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, cast

import numpy as np

from builder.graph import Graph
from builder.inside import block_at
from builder.paths import placed
from builder.shapes import Place
from engines.runs.index import Index
from engines.runs.run import Run
from engines.strengths import By, strengths
from engines.workspace import Workspace
from pages.parts.documents.document import Document
from pages.parts.sentences import run_name
from pages.parts.stream import source
from pages.views import glow

ARRAYS: dict[str, str] = {"values": "activations/example", "histogram": "activations/histogram"}


def glowing(document: Document, role: str, path: tuple[str, ...], show: str, edges: str) -> dict[str, Any]:
    """What is known of the nodes of a graph from the newest run of its project.

    Args:
        document: the project.
        role: of the network.
        path: the Block nodes that are open; of repeats the first one is shown.
        show: "values" or "histogram"; else nothing is drawn on nodes.
        edges: "weights" or "gradients"; else connections tell nothing.

    Raises:
        StrataError: the path leads nowhere.
    """
    ids = Index(Workspace()).ids(document.id)
    if not ids:
        return {"run": "", "note": "Train this network to see what its nodes give."}
    run = source(Workspace().run(ids[0])).run
    steps = run.arrays.steps()
    if not steps:
        return {"run": run_name(run.id), "note": "The run has kept nothing yet."}
    graph = document.project.graphs.get(role) or document.project.graph
    here = block_at(graph, path)[1]
    known = _placed(run, role)
    prefix = _prefix(known, path)
    same = {
        node.id: prefix + node.id for node in here.nodes if _is_same(known, prefix + node.id, here, node.id)
    }
    step, roles = steps[-1], [*run.project.graphs]
    drawn = show in ARRAYS and role == roles[0]  # arrays are kept of the first network alone
    nodes = _pictures(str(run.folder), step, tuple(sorted(same.items())), show) if drawn else {}
    return {
        "run": run_name(run.id),
        "step": step,
        "live": not run.status().over,
        "nodes": nodes,
        "edges": _edges(_layers(run, role, roles), known, same, cast("By", edges))
        if edges in ("weights", "gradients")
        else {},
        "repeat": any(part.isdecimal() for part in prefix.split(".")),
    }


def _placed(run: Run, role: str) -> dict[str, Place]:
    graphs = run.project.graphs
    return placed(graphs[role]) if role in graphs else {}


def _prefix(known: Mapping[str, Place], path: tuple[str, ...]) -> str:
    """The path of a block's nodes: through the first repeat of each block on the way."""
    prefix = ""
    for id in path:
        here = f"{prefix}{id}."
        prefix = f"{here}0." if any(one.startswith(f"{here}0.") for one in known) else here
    return prefix


def _is_same(known: Mapping[str, Place], path: str, graph: Graph, id: str) -> bool:
    """Whether a node is still what it was when the run began: else its picture would be that of another layer."""
    place, node = known.get(path), graph.by_id[id]
    return place is not None and place.node.kind == node.kind and place.node.config == node.config


@lru_cache(maxsize=64)
def _pictures(folder: str, step: int, paths: tuple[tuple[str, str], ...], show: str) -> dict[str, Any]:
    """A thumbnail of each node, worked out once for all who look."""
    arrays = Run(folder).arrays
    names = {*arrays.names(step)}
    found: dict[str, Any] = {}
    for id, path in paths:
        name = f"{ARRAYS[show]}/{path}"
        if name not in names:
            continue
        array = arrays.read(step, name)
        data = glow.histogram(array) if show == "histogram" else glow.values(array)
        image = f"data:image/png;base64,{base64.b64encode(data).decode()}"
        units = (
            arrays.read(step, f"activations/units/{path}") if f"activations/units/{path}" in names else None
        )
        found[id] = {"image": image, "words": _words(array, units, show)}
    return found


def _words(array: np.ndarray, units: np.ndarray | None, show: str) -> str:
    """What the thumbnail shows, in words."""
    if show == "histogram":
        words = f"from {array[0]:.3g} to {array[1]:.3g} over many examples"
    else:
        flat = array.astype(np.float64)
        words = f"mean {flat.mean():.3g}, deviation {flat.std():.3g}" if flat.size else "no numbers"
    if units is not None and units.shape[1]:
        dead = int((units[2] >= 1).sum())
        words += f"; {dead} of {units.shape[1]} units dead" if dead else ""
    return words


def _layers(run: Run, role: str, roles: Sequence[str]) -> dict[str, Any]:
    """What probes read last of a network's layers; where there are several, each layer's name begins with its role."""
    probes = source(run).curves().probes
    start = f"{role}/" if len(roles) > 1 else ""
    layers = probes[-1]["layers"] if probes else {}
    return {name.removeprefix(start): read for name, read in layers.items() if name.startswith(start)}


def _edges(
    layers: Mapping[str, Any], known: Mapping[str, Place], same: Mapping[str, str], by: By
) -> dict[str, Any]:
    """How strong the connections into each node are."""
    counts = {path: place.outcome.parameters for path, place in known.items() if place.outcome}
    told = strengths(layers, counts, by)
    what = "weights" if by == "weights" else "gradient"
    return {
        id: {"share": round(told[path][1], 4), "words": f"{what}: {told[path][0]:.3g} (root mean square)"}
        for id, path in same.items()
        if path in told
    }
