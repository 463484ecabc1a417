"""Fixes in words, and as edits of the graph at hand."""

from collections.abc import Callable

from builder.edits import AddNode, Connect, Disconnect, Edit, Move, SetConfig, SetKind, Several, Share
from builder.fixes.case import Before, Free, Insert, Lead, Make, Mend, Own, Set
from builder.fixes.loose import APART
from builder.graph import Graph, Node

Offer = tuple[str, Edit]
"""A fix in words, and the edit that makes it."""


def told(graph: Graph, node: Node, mend: Mend, fresh: Callable[[str], str], *, named: bool) -> Offer:
    """What mends a node, in words and as an edit; `fresh` gives free ids. Where it stands elsewhere it is named."""
    it, of = (f"'{node.id}'", f" of '{node.id}'") if named else ("it", "")
    match mend:
        case Insert():
            return _inserted(node, mend, fresh)
        case Set(field, value):
            return f"set {field}{of} to {value}", SetConfig(node=node.id, config={field: value})
        case Make(kind):
            return f"make {it} {kind}", SetKind(node=node.id, kind=kind)
        case Own():
            return f"give '{node.id}' weights of its own", Share(node=node.id)
        case Before(port):
            other = graph[node.inputs[port].partition(".")[0]]
            return f"move {it} before '{other.id}'", _swapped(graph, other, node, port)
        case Free(port):
            return f"disconnect '{port}'{of}", Disconnect(node=node.id, port=port)
        case Lead(port, field, value):
            source = node.inputs[port].partition(".")[0]
            said = f"set {field} of '{source}' to {value}"
            if field == "dtype":
                said = f"let '{source}' give indices ({value})"
            return said, SetConfig(node=source, config={field: value})


def _swapped(graph: Graph, first: Node, second: Node, port: str) -> Edit:
    """The second before the first, which alone reads it then; what read the second reads the first."""
    ((fed, source),) = first.inputs.items()
    edits: list[Edit] = [Connect(source=source, node=second.id, port=port)]
    edits += [
        Connect(source=first.id, node=reader.id, port=taken)
        for reader in graph.nodes
        for taken, read in reader.inputs.items()
        if read == second.id
    ]
    edits.append(Connect(source=second.id, node=first.id, port=fed))
    if first.position and second.position:
        edits.append(Move(positions={first.id: second.position, second.id: first.position}))
    return Several(edits=tuple(edits))


def _inserted(node: Node, mend: Insert, fresh: Callable[[str], str]) -> Offer:
    edits: list[Edit] = []
    texts, source = [], node.inputs[mend.port]
    for behind, (kind, config) in enumerate(mend.steps, 1):
        id = fresh(kind)
        shown = ", ".join(f"{name} {value}" for name, value in config.items())
        texts.append(f"{kind}{f' ({shown})' if shown else ''}")
        added = Node(id=id, kind=kind, config=config, inputs={"input": source})
        at = _beside(node, len(mend.steps) - behind)
        edits.append(AddNode(node=added.model_copy(update={"position": at})))
        source = id
    words = f"insert {' and '.join(texts)} before '{node.id}'"
    return words, Several(edits=(*edits, Connect(source=source, node=node.id, port=mend.port)))


def _beside(node: Node, before: int) -> tuple[float, float] | None:
    """A place for a node that is inserted, so many before the last one; a row below, where others seldom lie."""
    return (node.position[0] - APART * (before + 1), node.position[1] + APART / 2) if node.position else None
