"""Glimpses: what the canvas shows of a project's newest run: small pictures of nodes, the strength of connections."""

from __future__ import annotations

import hashlib
import json
import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from builder.errors import BadFile, BadValue
from builder.graph import Graph
from builder.inside import block_at
from builder.project import usual_role
from engines.workspace import Workspace
from pages.parts.documents.scene import reached
from pages.parts.stream import source
from pages.views.glimpse import address, bars, glimpse
from pages.views.strength import DECADES, THICK, THIN, shares, width

if TYPE_CHECKING:
    import numpy as np

    from engines.runs.run import Run
    from pages.parts.documents.document import Document

PICTURES = {"values": "activations/example", "histogram": "activations/histogram"}
"""What nodes may show, and the array that it is made of."""
STRENGTHS = {"weights": ("weight", 0), "gradients": ("gradient", DECADES)}
"""What connections may show: what probes read of the layer they enter, and the decades of its scale (0: linear)."""
MOST_KEPT = 64
_kept: OrderedDict[str, bytes] = OrderedDict()
_lock = threading.Lock()


@dataclass(frozen=True)
class Place:
    """What is looked at: the graph now, and the same place in the network that was trained."""

    run: Run
    role: str
    path: tuple[str, ...]
    now: Graph
    then: Graph

    def alike(self, id: str) -> bool:
        """Whether a node is what it was when the run began: its kind and its settings."""
        one, other = self.now.by_id[id], self.then.by_id.get(id)
        if other is None or one.kind != other.kind:
            return False
        return self.now.settings(one) == self.then.settings(other)


def glimpses(
    document: Document, role: str, path: Sequence[str], nodes: str, edges: str, known: str = ""
) -> tuple[str, bytes | None]:
    """The tag of what is to be shown, and that as JSON; None instead if it is what is `known` by this tag.

    The same answer serves all who look: it is made once for each step.

    Args:
        document: the project.
        role: of the graph that is looked at.
        path: the Block nodes that are open.
        nodes: "values", "histogram" or "".
        edges: "weights", "gradients" or "".
        known: a tag.
    """
    now = document.refresh().project
    run = Workspace().newest_runs().get(document.id)
    if run is None or not run.exists():
        return _answered("none", known, lambda: {"run": None, "nodes": {}, "edges": {}})
    status, steps = run.status(), run.arrays.steps()
    probes = source(run).curves().probes if edges in STRENGTHS else []
    at, read = (steps[-1] if steps else None), (probes[-1]["step"] if probes else None)
    about = [str(run.folder), at, read, status.over, now.revision, role, *path, "|", nodes, edges]
    tag = hashlib.sha256(json.dumps(about).encode()).hexdigest()[:32]

    def made() -> dict[str, Any]:
        place = _place(run, now.graphs, role, tuple(path))
        told = {"run": run.about.get("name") or run.id, "step": at, "read": read, "over": status.over}
        if place is None:
            return {**told, "nodes": {}, "edges": {}, "scale": None, "first": False}
        strong = _strengths(place, at, probes[-1]["layers"] if probes else {}, edges)
        return {**told, **_pictures(place, at, nodes), **strong}

    return _answered(tag, known, made)


def _answered(tag: str, known: str, make: Any) -> tuple[str, bytes | None]:
    tag = f'"{tag}"'
    if known == tag:
        return tag, None
    with _lock:
        if tag not in _kept:
            _kept[tag] = json.dumps(make()).encode()
            while len(_kept) > MOST_KEPT:
                _kept.popitem(last=False)
        return tag, _kept[tag]


def _place(run: Run, graphs: Mapping[str, Graph], role: str, path: tuple[str, ...]) -> Place | None:
    """Where to look; None where the run trained no such place, or kept nothing of this role."""
    role = usual_role(graphs, role)
    try:
        trained = run.project.graphs
        if role != next(iter(trained)):  # probes look at the first network of a project
            return None
        path, now = reached(graphs[role], path)
        return Place(run, role, path, now, block_at(trained[role], path)[1])
    except (BadFile, BadValue):
        return None


def _pictures(place: Place, step: int | None, kind: str) -> dict[str, Any]:
    """A picture of each node of which something was kept, and the numbers in words."""
    if step is None or kind not in PICTURES:
        return {"nodes": {}, "first": False}
    found, first = {}, False
    kept = _kept_at(place, step)
    for id in place.now.by_id:
        key = ".".join((*place.path, id))
        name = kept.get(f"{PICTURES[kind]}/{key}")
        if name is None or not place.alike(id):
            continue
        try:
            values = place.run.arrays.read(step, name)
            units = kept.get(f"activations/units/{key}")
            words = in_words(place.run.arrays.read(step, units)) if units else ""
        except BadFile:
            continue
        if not values.size:
            continue
        picture = bars(values) if kind == "histogram" else glimpse(values)
        found[id] = {"image": address(picture), "words": _span(values, kind, words)}
        first = first or ".0." in name
    return {"nodes": found, "first": first}


def _kept_at(place: Place, step: int | None) -> dict[str, str]:
    """The names of what was kept at a step, by the same names without the numbers of repeats; of the first repeat."""
    names = place.run.arrays.names(step) if step is not None else []
    return {_plain(name): name for name in names if _plain(name)}


def _reach(place: Place, step: int | None, kept: Mapping[str, str], id: str, kind: str) -> str:
    """The lowest and the highest of a node's weights, or of their gradients, where they were kept, in words."""
    name = kept.get(f"{kind}/histogram/{'.'.join((*place.path, id))}.weight")
    if step is None or name is None:
        return ""
    try:
        low, high = place.run.arrays.read(step, name)[:2]
    except BadFile:
        return ""
    return f", {kind} from {float(low):.3g} to {float(high):.3g}"


def _plain(name: str) -> str:
    """The name without the numbers of repeats; "" if it is of another than the first repeat."""
    stem, _, path = name.rpartition("/")
    parts = path.split(".")
    return "" if any(one.isdigit() and one != "0" for one in parts) else f"{stem}/{_joined(parts)}"


def _joined(parts: Sequence[str]) -> str:
    return ".".join(one for one in parts if not one.isdigit())


def in_words(units: np.ndarray) -> str:
    """Mean, deviation and the share of dead units, of (4, units): mean, deviation, share of zeros, largest."""
    import numpy as np

    means, deviations, zeros = (np.asarray(one, np.float64) for one in units[:3])
    mean = means.mean()
    deviation = max((deviations**2 + means**2).mean() - mean**2, 0.0) ** 0.5
    dead = (zeros >= 1).mean()
    return f"mean {mean:.3g}, deviation {deviation:.3g}, {dead:.0%} of {len(means):,} units dead (0 for every example)"


def _span(values: np.ndarray, kind: str, words: str) -> str:
    low, high = (values[0], values[1]) if kind == "histogram" else (values.min(), values.max())
    return "; ".join(one for one in (f"from {float(low):.3g} to {float(high):.3g}", words) if one)


def _strengths(
    place: Place, step: int | None, layers: Mapping[str, Mapping[str, float | None]], kind: str
) -> dict[str, Any]:
    """For each node with weights how thick and coloured the connections are that enter it, by its id."""
    if kind not in STRENGTHS:
        return {"edges": {}, "scale": None}
    measure, decades = STRENGTHS[kind]
    norms = norms_of(layers, measure, place.path, [id for id in place.now.by_id if place.alike(id)])
    largest = {**norms, "": max(_norms(layers, measure).values(), default=0.0)}  # of the whole network
    kept = _kept_at(place, step)
    found = {
        id: {
            "width": width(share),
            "share": round(share, 4),
            "words": f"{measure} norm {norms[id]:.3g}{_reach(place, step, kept, id, kind)}",
        }
        for id, share in shares(largest, decades=decades).items()
        if id
    }
    return {
        "edges": found,
        "scale": {"most": f"{largest['']:.3g}", "decades": decades, "thin": THIN, "thick": THICK},
    }


def norms_of(
    layers: Mapping[str, Mapping[str, float | None]], measure: str, path: Sequence[str], ids: Sequence[str]
) -> dict[str, float]:
    """The Euclidean norm of what probes read of each node's parameters; of a Block, of all layers in its repeats."""
    found: dict[str, float] = {}
    read = {tuple(_joined(layer.split(".")).split(".")): 0.0 for layer in layers}
    for layer, norm in _norms(layers, measure).items():
        read[tuple(_joined(layer.split(".")).split("."))] += norm**2
    for id in ids:
        where = (*path, id)
        parts = [square for layer, square in read.items() if layer[: len(where)] == where and square > 0]
        if parts:
            found[id] = sum(parts) ** 0.5
    return found


def _norms(layers: Mapping[str, Mapping[str, float | None]], measure: str) -> dict[str, float]:
    from math import isfinite

    told = {layer: values.get(measure) for layer, values in layers.items()}
    return {layer: norm for layer, norm in told.items() if norm is not None and isfinite(norm)}
