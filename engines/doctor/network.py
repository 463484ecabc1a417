"""Counter-measures in the network itself, and where in it a layer of a module lies."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from builder.edits import AddNode, Connect, Edit, InBlock, SetKind, Several
from builder.errors import StrataError
from builder.graph import Graph, Node
from builder.inside import inside
from engines.doctor.symptom import Cure

if TYPE_CHECKING:
    from engines.doctor.evidence import Evidence

ROLE = "model"
NORMS = ("BatchNorm1d", "BatchNorm2d", "BatchNorm3d")
NORMALISING = (*NORMS, "LayerNorm")
WEIGHING = ("Linear", "Conv1d", "Conv2d", "Conv3d")
FLAT = ("Sigmoid", "Tanh")
BENT = ("ReLU", "LeakyReLU", "PReLU", "ELU", "GELU", "SiLU", "Sigmoid", "Tanh", "Softplus")
"""Activations that make a network more than one linear map."""
MIXING = (
    "MaxPool", "AdaptiveMaxPool", "RNN", "LSTM", "GRU", "MultiheadAttention", "Multiply", "MatMul", "Softmax",
    "LayerNorm", "GroupNorm",
)  # fmt: skip
"""Stems of other kinds that are not linear, or may not be."""


def path_of(graph: Graph, layer: str) -> tuple[str, ...]:
    """The ids of the nodes that a layer of the module lies in, outermost first: `stage.1.conv` → stage, conv."""
    found: list[str] = []
    here: Graph | None = graph
    for part in layer.split("."):
        if here is None or part not in here:
            continue  # the number of a repeat, or a module inside a layer of torch
        found.append(part)
        block = here[part].config.get("block") if here[part].kind == "Block" else None
        here = graph.blocks.get(block) if isinstance(block, str) else None
    return tuple(found)


def node_at(graph: Graph, path: Sequence[str]) -> Node | None:
    """The node at a path; None if it leads nowhere."""
    home = _home(graph, path)
    return home[1].by_id.get(path[-1]) if home and path else None


def called(graph: Graph, path: Sequence[str]) -> str:
    """A node in words: `ReLU 'relu2'`."""
    node = node_at(graph, path)
    return f"{node.kind} '{' → '.join(path)}'" if node else f"'{' → '.join(path)}'"


def within(graph: Graph, path: Sequence[str], edit: Edit) -> Edit:
    """An edit of the graph that a node lies in, as one of the outermost graph."""
    home = _home(graph, path)
    return InBlock(block=home[0], inner=edit) if home and home[0] else edit


def edited(evidence: Evidence, words: str, *edits: Edit) -> Cure | None:
    """The project with its network edited; None if the edits do not fit, or change nothing."""
    graph = evidence.project.graphs[ROLE]
    try:
        after = Several(edits=edits).apply(graph)
    except StrataError:
        return None
    return None if after == graph else Cure(words, evidence.project.with_graph(after, ROLE))


def kinds_swapped(evidence: Evidence, paths: Iterable[Sequence[str]], kind: str) -> Cure | None:
    """Take another kind of activation at these nodes."""
    graph = evidence.project.graphs[ROLE]
    places = [
        tuple(path)
        for path in paths
        if (node := node_at(graph, path)) and node.kind in BENT and not _ends(graph, path)
    ]
    if not places:
        return None
    edits = [within(graph, path, SetKind(node=path[-1], kind=kind)) for path in places]
    kinds = {node.kind for path in places if (node := node_at(graph, path))}
    where = (
        f"in {', '.join(repr(path[-1]) for path in places)}"
        if len(places) < 3
        else f"everywhere ({len(places)})"
    )
    return edited(evidence, f"Take {kind} instead of {' and '.join(sorted(kinds))} {where}", *edits)


def of_kinds(graph: Graph, kinds: Iterable[str]) -> list[tuple[str, ...]]:
    """The paths of all nodes of some kinds, each block looked into once."""
    wanted, seen = set(kinds), set()

    def found(here: Graph, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
        for node in here.nodes:
            if node.kind in wanted:
                yield (*path, node.id)
            block = node.config.get("block") if node.kind == "Block" else None
            if isinstance(block, str) and block in graph.blocks and block not in seen:
                seen.add(block)
                yield from found(graph.blocks[block], (*path, node.id))

    return [*found(graph, ())]


def linear_only(graph: Graph) -> bool:
    """Whether nothing in the network bends: all of it is one linear map."""
    return not of_kinds(graph, BENT) and not any(
        node.kind.startswith(MIXING) for one in (graph, *graph.blocks.values()) for node in one.nodes
    )


def normalised(evidence: Evidence) -> Cure | None:
    """Put normalisation behind every layer that weighs, but not behind the last one, which gives the answer."""
    graph = evidence.project.graphs[ROLE]
    places = [
        path for path in of_kinds(graph, WEIGHING) if not _ends(graph, path) and not _followed(graph, path)
    ]
    after, put = graph, []
    for path in places:
        here = _home(after, path)
        if here and (kind := _norm(graph, path)):
            after = within(after, path, _behind(here[1], path[-1], kind)).apply(after)
            put.append(kind)
    if not put:
        return None
    what = "batch" if "LayerNorm" not in put else "layer" if {*put} == {"LayerNorm"} else "batch and layer"
    where = f"behind '{places[0][-1]}'" if len(put) == 1 else f"behind {len(put)} layers"
    return Cure(f"Put {what} normalisation {where}", evidence.project.with_graph(after, ROLE))


def _norm(graph: Graph, path: Sequence[str]) -> str:
    """The kind of normalisation for what leaves a node; "" if its shape is not known."""
    place = inside(graph, path[:-1]).places.get(path[-1])
    if place is None or place.outcome is None:
        return ""
    if place.node.kind != "Linear":
        return place.node.kind.replace("Conv", "BatchNorm")
    return "BatchNorm1d" if len(place.outcome.outputs["output"].shape) == 2 else "LayerNorm"


def bend(evidence: Evidence, units: int = 16) -> Cure | None:
    """Put a hidden layer with a ReLU before the last Linear."""
    graph = evidence.project.graphs[ROLE]
    last = next((graph[id] for id in reversed(graph.ids("Linear")) if _ends(graph, (id,))), None)
    if last is None or "input" not in last.inputs:
        return None
    linear = Node(id=graph.fresh("Linear"), kind="Linear", config={"units": units}, inputs=dict(last.inputs))
    relu = Node(id=graph.fresh("ReLU"), kind="ReLU", inputs={"input": linear.id})
    edits = AddNode(node=linear), AddNode(node=relu), Connect(source=relu.id, node=last.id, port="input")
    return edited(evidence, f"Put a hidden layer of {units} units with ReLU before '{last.id}'", *edits)


def dropout(evidence: Evidence, share: float = 0.5) -> Cure | None:
    """Put a Dropout before the last Linear, where there is none yet."""
    graph = evidence.project.graphs[ROLE]
    last = next((graph[id] for id in reversed(graph.ids("Linear")) if _ends(graph, (id,))), None)
    source = last.inputs.get("input") if last else None
    if last is None or not source or of_kinds(graph, ("Dropout", "Dropout1d", "Dropout2d")):
        return None
    if graph[source.partition(".")[0]].kind == "Input":
        return None  # it would leave out inputs, not what was learned
    node = Node(id=graph.fresh("Dropout"), kind="Dropout", inputs={"input": source})
    edits = AddNode(node=node), Connect(source=node.id, node=last.id, port="input")
    return edited(evidence, f"Put Dropout ({share:.0%} left out) before '{last.id}'", *edits)


def begins_normalised(graph: Graph) -> bool:
    """Whether each Input leads to a normalising layer first, so that the scale of the data does not matter."""
    for id in graph.ids("Input"):
        readers = [node for node in graph.nodes if any(source == id for _, source, _ in node.sources())]
        if not readers or any(node.kind not in NORMALISING for node in readers):
            return False
    return bool(graph.ids("Input"))


def _home(graph: Graph, path: Sequence[str]) -> tuple[str, Graph] | None:
    """The name ("" for the outermost) and the graph that a node lies in."""
    name, here = "", graph
    for id in path[:-1]:
        node = here.by_id.get(id)
        block = node.config.get("block") if node else None
        if not isinstance(block, str) or block not in graph.blocks:
            return None
        name, here = block, graph.blocks[block]
    return name, here


def _behind(here: Graph, id: str, kind: str) -> Edit:
    """Put a new node of a kind between a node and all that read it."""
    node = Node(id=here.fresh(kind), kind=kind, inputs={"input": id})
    edits: list[Edit] = [AddNode(node=node)]
    for reader in here.nodes:
        for port, source, _ in reader.sources():
            if source == id:
                edits.append(Connect(source=node.id, node=reader.id, port=port))
    return Several(edits=tuple(edits))


def _readers(here: Graph, id: str) -> list[Node]:
    return [node for node in here.nodes if any(source == id for _, source, _ in node.sources())]


def _ends(graph: Graph, path: Sequence[str]) -> bool:
    """Whether a node of the outermost graph leads straight to an Output."""
    return len(path) == 1 and any(node.kind == "Output" for node in _readers(graph, path[0]))


def _followed(graph: Graph, path: Sequence[str]) -> bool:
    home = _home(graph, path)
    return home is None or any(node.kind in NORMALISING for node in _readers(home[1], path[-1]))
