"""Scene: what the canvas shows of a graph — its nodes with shapes, costs, problems and fixes. No Streamlit."""

from collections import OrderedDict
from collections.abc import Sequence
from typing import Any

from builder.amounts import batch_of
from builder.check import check, errors
from builder.edits.definitions import uses
from builder.errors import BadValue, Problem
from builder.graph import Graph, Node
from builder.inside import block_at, inside, problems_inside, way_to
from builder.layer import Spec
from builder.project import Project, usual_role
from builder.shapes import Inference
from builder.summary import Summary
from pages.parts.documents.about import about, flows, told
from pages.parts.documents.document import Document, Graphs

MOST_CHECKED = 64
Path = tuple[str, ...]
"""The ids of the Block nodes that are open, from the outermost in."""
_checked: OrderedDict[int, tuple[Graph, list[Problem]]] = OrderedDict()


def scene(document: Document, role: str, path: Sequence[str] = (), *, shapes: bool = True) -> dict[str, Any]:
    """What the canvas shows of a role's graph, or of the block in it that a path leads to.

    A path that leads nowhere is followed as far as it goes. Without `shapes` torch is not needed; the scene is then
    marked as pending.
    """
    now = document.refresh()
    graphs = now.project.graphs
    role = usual_role(graphs, role)
    shown, graph = reached(graphs[role], tuple(path))
    inference = inside(graphs[role], shown) if shapes else None
    problems = problems_at(graphs[role], shown) if shapes else []
    return {
        "revision": now.project.revision,
        "tab": now.tab,
        "project": now.project.name,
        "role": role,
        "roles": [_role(name, one, shapes) for name, one in graphs.items()],
        "path": _crumbs(graphs[role], shown),
        "nodes": _nodes(graph, inference, problems),
        "problems": [told(problem) for problem in problems if problem.node not in graph],
        "totals": _totals(graph, inference, problems, now.project),
        "can_undo": now.can_undo,
        "can_redo": now.can_redo,
        "blocks": _blocks(graphs[role]),
        "pending": not shapes,
    }


def output(document: Document, role: str, path: Sequence[str], node: str, port: str) -> Spec | None:
    """What leaves a node at a port (the first one if none is named), where that is known."""
    graphs = document.refresh().project.graphs
    whole = graphs[usual_role(graphs, role)]
    shown, _ = reached(whole, tuple(path))
    place = inside(whole, shown).places.get(node)
    outputs = place.outcome.outputs if place and place.outcome else {}
    return outputs.get(port) if port else next(iter(outputs.values()), None)


def problems_at(graph: Graph, path: Path) -> list[Problem]:
    """The problems, with their fixes, of a graph, or of the block in it that a path leads to.

    Raises:
        BadValue: the path leads nowhere.
    """
    return problems_inside(graph, path) if path else _checked_once(graph)


def _checked_once(graph: Graph) -> list[Problem]:
    """The problems of a graph; remembered for the graphs that were last asked about."""
    known = _checked.get(id(graph))
    if known is None or known[0] is not graph:
        known = _checked[id(graph)] = (graph, check(graph))
        while len(_checked) > MOST_CHECKED:
            _checked.popitem(last=False)
    return known[1]


def reached(graph: Graph, path: Path) -> tuple[Path, Graph]:
    """The graph that a path leads to, and how much of the path leads somewhere."""
    while path:
        try:
            return path, block_at(graph, path)[1]
        except BadValue:
            path = path[:-1]
    return (), graph


def moved_to(before: Graphs, after: Graphs, role: str, path: Path) -> tuple[str, Path]:
    """Where to look to see what has changed: here, if something did; else the first role or block that did."""
    role = usual_role(after, role)
    if role not in before:
        return role, ()
    changed = [name for name in after if before.get(name) != after[name]]
    if role not in changed:
        return (changed[0], ()) if changed else (role, path)
    old, new = before[role], after[role]
    here, there = reached(old, path), reached(new, path)
    if here[0] == there[0] and (here[1].nodes, here[1].arguments) != (there[1].nodes, there[1].arguments):
        return role, there[0]
    if old.nodes != new.nodes:
        return role, ()
    blocks = [name for name, block in new.blocks.items() if old.blocks.get(name) != block]
    return role, next((way for name in blocks if (way := way_to(new, name))), there[0])


def _nodes(graph: Graph, inference: Inference | None, problems: list[Problem]) -> list[dict[str, Any]]:
    places = inference.places if inference else {}
    outputs = flows(places.values())
    wrong: dict[str, list[Problem]] = {}
    for problem in problems:
        wrong.setdefault(problem.node, []).append(problem)
    return [
        {
            "id": node.id,
            "kind": node.kind,
            "config": graph.settings(node),
            "inputs": node.inputs,
            "position": node.position,
            "shares": node.shares,
            "about": about(node, places.get(node.id), graph, outputs, wrong.get(node.id, [])),
        }
        for node in graph.nodes
    ]


def _role(name: str, graph: Graph, shapes: bool) -> dict[str, Any]:
    wrong = errors(problems_at(graph, ())) if shapes else []
    return {"name": name, "nodes": len(graph.nodes), "errors": len(wrong)}


def _crumbs(graph: Graph, path: Path) -> list[dict[str, Any]]:
    found, around = [], graph
    for depth, id in enumerate(path, 1):
        name, inner = block_at(graph, path[:depth])
        found.append({"node": id, "block": name, "repeat": _repeat(around[id])})
        around = inner
    return found


def _repeat(node: Node) -> int:
    repeat = node.config.get("repeat", 1)
    return repeat if isinstance(repeat, int) else 1


def _totals(
    graph: Graph, inference: Inference | None, problems: list[Problem], project: Project
) -> dict[str, Any] | None:
    """What the graph costs."""
    if inference is None:
        return None
    summary, batch = Summary(inference), batch_of(project)
    return {
        "parameters": summary.parameters,
        "multiply_adds": summary.multiply_adds,
        "activation_bytes": summary.activation_bytes,
        "training_bytes": summary.training_bytes(batch),
        "batch": batch,
        "depth": summary.depth,
        "nodes": len(graph.nodes),
        "errors": len(errors(problems)),
    }


def _blocks(graph: Graph) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "uses": sum(1 for _ in uses(graph, name)),
            "arguments": block.arguments,
            "inputs": block.ids("Input"),
            "outputs": block.ids("Output"),
        }
        for name, block in graph.blocks.items()
    ]
