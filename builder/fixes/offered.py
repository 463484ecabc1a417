"""Fixes as they are offered: in words, and as edits of the graph in which the node stands."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache, cached_property
from threading import Lock
from typing import Any

from builder.edits import AddNode, Connect, Disconnect, Edit, SetConfig, SetKind, Several, Share
from builder.errors import Problem
from builder.fixes.candidates import WIDTHS, candidates
from builder.fixes.case import Case, Free, Insert, Lead, Make, Mend, Own, Set, Source, mends
from builder.graph import Graph, Node
from builder.layers import LAYERS
from builder.shapes import Inference, Place

MOST_OFFERED = 3
MOST_MENDED = 50
"""Fixes are offered for so many problems, and for whatever is asked about."""
MOST_SOUGHT = 8
"""So many of them may be new at once: each takes some ms to look into."""
MOST_KNOWN = 4096
APART = 250.0
"""How far nodes that are placed together lie from one another."""
_known: dict[Case, tuple[Mend, ...]] = {}
"""What mends a case, for those that were looked into last."""
_writing = Lock()


@dataclass(frozen=True)
class _Graph:
    """A graph as fixes see it: what is read, and which names are free."""

    inference: Inference

    @property
    def graph(self) -> Graph:
        return self.inference.graph

    @cached_property
    def reads(self) -> Counter[str]:
        """How many ports read a node."""
        return Counter(source for node in self.graph.nodes for _, source, _ in node.sources())

    @cached_property
    def owners(self) -> frozenset[str]:
        """The nodes whose weights others share."""
        return frozenset(node.shares for node in self.graph.nodes)

    @cached_property
    def fresh(self) -> Callable[[str], str]:
        """A free id for a kind."""
        return cache(self.graph.fresh)


def with_fixes(inference: Inference) -> list[Problem]:
    """The problems of an inference with the fixes that work, for the first of them."""
    around, found, new = _Graph(inference), [], 0
    for place, problem in enumerate(inference.problems):
        case = _case(around, problem) if place < MOST_MENDED else None
        if case and case not in _known:
            new += 1
            case = case if new <= MOST_SOUGHT else None
        found.append(_offered(around, problem, _mending(case)) if case else problem)
    return found


def mended(inference: Inference, problem: Problem) -> Problem:
    """A problem with the fixes that work, however many others there are."""
    around = _Graph(inference)
    case = None if problem.edits else _case(around, problem)
    return _offered(around, problem, _mending(case)) if case else problem


def _mending(case: Case) -> tuple[Mend, ...]:
    if case not in _known:
        found = _sought(case)
        with _writing:
            _known[case] = found
            while len(_known) > MOST_KNOWN:
                del _known[next(iter(_known))]
        return found
    return _known.get(case, ())


def _sought(case: Case) -> tuple[Mend, ...]:
    """What mends a case: of several values of a field the first that works."""
    offered: dict[Any, Mend] = {}
    for mend in candidates(case, case.outcome().refusal):
        slot = (type(mend), mend.field) if isinstance(mend, Set) else repr(mend)
        if slot not in offered and mends(mend, case):
            offered[slot] = mend
        if len(offered) == MOST_OFFERED:
            break
    return tuple(offered.values())


def _case(around: _Graph, problem: Problem) -> Case | None:
    """The case that a problem stands for; None if it is not one of shapes."""
    place = around.inference.places.get(problem.node)
    if place is None or place.layer is None or not place.inputs or problem.rule != "shape":
        return None
    owner = around.inference.places.get(place.node.shares)
    shared = (owner.node.key, tuple(owner.inputs.values())) if owner else None
    sources = tuple(_source(around, place.node, port) for port in place.inputs)
    names, specs = tuple(place.inputs), tuple(place.inputs.values())
    return Case(place.node.key, names, specs, sources, around.inference.arguments, shared)


def _source(around: _Graph, node: Node, port: str) -> Source | None:
    """What leads to a port, if it may be changed: an Input that is not fed, or what nobody else reads."""
    id, _, output = node.inputs[port].partition(".")
    place: Place = around.inference.places[id]
    if place.node.kind == "Input":
        return None if id in around.inference.feeds else Source(place.node.key)
    alone = around.reads[id] == 1 and id not in around.owners and not place.node.shares
    widths = [place.node.config.get(name, 0) for name in WIDTHS]
    if not alone or place.layer is None or any(isinstance(width, str) for width in widths):
        return None
    if not any(name in LAYERS[place.node.kind].model_fields for name in WIDTHS):
        return None
    output = output or next(iter(place.layer.outputs))
    return Source(place.node.key, tuple(place.inputs), tuple(place.inputs.values()), output)


def _offered(around: _Graph, problem: Problem, found: tuple[Mend, ...]) -> Problem:
    node = around.graph[problem.node]
    told = [_told(around, node, mend) for mend in found if _allowed(around, node, mend)]
    if not told:
        return problem
    words = " or ".join(text for text, _ in told)
    edits = tuple(edit for _, edit in told)
    return replace(problem, fix=f"{words[0].upper()}{words[1:]}.", edits=edits)


def _allowed(around: _Graph, node: Node, mend: Mend) -> bool:
    """Others that share the weights of a node must stay of its kind."""
    return not isinstance(mend, Make) or node.id not in around.owners


def _told(around: _Graph, node: Node, mend: Mend) -> tuple[str, Edit]:
    match mend:
        case Insert():
            return _inserted(around, node, mend)
        case Set(field, value):
            return f"set {field} to {value}", SetConfig(node=node.id, config={field: value})
        case Make(kind):
            return f"make it {kind}", SetKind(node=node.id, kind=kind)
        case Own():
            return f"give '{node.id}' weights of its own", Share(node=node.id)
        case Free(port):
            return f"disconnect '{port}'", Disconnect(node=node.id, port=port)
        case Lead(port, field, value):
            source = node.inputs[port].partition(".")[0]
            said = f"set {field} of '{source}' to {value}"
            if field == "dtype":
                said = f"let '{source}' give indices ({value})"
            return said, SetConfig(node=source, config={field: value})


def _inserted(around: _Graph, node: Node, mend: Insert) -> tuple[str, Edit]:
    edits: list[Edit] = []
    texts, source = [], node.inputs[mend.port]
    for behind, (kind, config) in enumerate(mend.steps, 1):
        id = around.fresh(kind)
        shown = ", ".join(f"{name} {value}" for name, value in config.items())
        texts.append(f"{kind}{f' ({shown})' if shown else ''}")
        added = Node(id=id, kind=kind, config=config, inputs={"input": source})
        at = _beside(node, len(mend.steps) - behind) if len(mend.steps) > 1 else node.position
        edits.append(AddNode(node=added.model_copy(update={"position": at})))
        source = id
    words = f"insert {' and '.join(texts)} before '{node.id}'"
    return words, Several(edits=(*edits, Connect(source=source, node=node.id, port=mend.port)))


def _beside(node: Node, before: int) -> tuple[float, float] | None:
    """A place for one of several nodes that are inserted, so many before the last of them."""
    return (node.position[0] - APART * (before + 1), node.position[1] + APART / 2) if node.position else None
