"""Fixes as they are offered: edits of the graph in which the node stands, or of a block in it."""

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache, cached_property
from threading import Lock
from typing import Any

from builder.check import structure
from builder.edits import Edit, InBlock
from builder.errors import Problem
from builder.fixes.candidates import RESHAPING, WIDTHS, candidates
from builder.fixes.case import Case, Make, Mend, Set, Source, mends
from builder.fixes.loose import connected
from builder.fixes.spelling import respelt
from builder.fixes.told import Offer, told
from builder.fixes.within import Faults, faults, helps, refusing
from builder.graph import Graph, Node
from builder.layers import LAYERS
from builder.shapes import Inference, Place, alone

MOST_OFFERED = 3
MOST_MENDED = 50
"""Fixes are offered for so many problems, and for whatever is asked about."""
MOST_SOUGHT = 8
"""So many of them may be new at once: each takes some ms to look into."""
MOST_KNOWN = 4096
MOST_AGAIN = 20_000
"""Edits of blocks are tried in the whole graph as long as no more nodes than these are gone through."""
_known: dict[Case, tuple[Mend, ...]] = {}
"""What mends a case, for those that were looked into last."""
_writing = Lock()


@dataclass
class _Graph:
    """A graph as fixes see it: what is read, which names are free, and what is wrong."""

    inference: Inference
    whole: Inference | None = None
    """Of a block's graph: the outermost graph, all of whose uses of a block an edit must suit; if it is given."""
    gone: int = 0
    """Through how many nodes trials in the whole graph have gone."""

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

    @cached_property
    def faults(self) -> Faults | None:
        """What is wrong in the whole now, in blocks too."""
        return faults(self.whole or self.inference)

    def helped(self, edit: Edit) -> bool:
        """Whether an edit of a block leaves less wrong, and nothing new anywhere; False where it was tried enough."""
        if self.gone >= MOST_AGAIN:
            return False
        whole = self.whole or self.inference
        self.gone += sum(len(one.nodes) for one in (whole.graph, *whole.graph.blocks.values()))
        return helps(whole, self.faults, edit)


@dataclass(frozen=True)
class _Spot:
    """Where a problem is at home: at its node, or inside the block that this uses."""

    around: _Graph
    problem: Problem | None
    """None if what refuses the block is that something in it is not connected."""
    block: str = ""

    @cached_property
    def case(self) -> Case | None:
        """The case that it stands for; None if it is not one of shapes."""
        return _case(self.around, self.problem) if self.problem else None


def with_fixes(inference: Inference, whole: Inference | None = None) -> list[Problem]:
    """The problems of an inference with the fixes that work, for the first of them.

    Of a block's graph: those that act in blocks inside it are tried in the whole graph, if that is given.
    """
    around, found = _Graph(inference, whole), [*inference.problems]
    blocks = new = 0
    for place, problem in enumerate(found[:MOST_MENDED]):
        blocks += problem.rule == "block"
        if problem.rule == "block" and blocks > MOST_SOUGHT:
            continue
        spot = _spot(around, problem)
        unknown = spot.case is not None and spot.case not in _known
        new += unknown
        if not unknown or new <= MOST_SOUGHT:
            found[place] = _offered(problem, _offers(around, spot))
    return found


def mended(inference: Inference, problem: Problem, whole: Inference | None = None) -> Problem:
    """A problem with the fixes that work, however many others there are; tried as `with_fixes` does."""
    if problem.edits:
        return problem
    around = _Graph(inference, whole)
    return _offered(problem, _offers(around, _spot(around, problem)))


def in_block(inference: Inference, name: str, problems: list[Problem]) -> list[Problem]:
    """The problems of connections in the graph of a block, with the fixes that work as edits of the block."""
    if not problems:
        return []
    around, graph = _Graph(inference), inference.graph
    inner = alone(graph.blocks[name].model_copy(update={"blocks": graph.blocks}), (name,))
    return [
        _offered(replace(problem, edits=()), _of_block(around, name, _connections([fixed])))
        for problem, fixed in zip(problems, connected(inner, problems), strict=True)
    ]


def _spot(around: _Graph, problem: Problem) -> _Spot:
    """Where a problem is at home, however deep in blocks."""
    block = ""
    while (inner := refusing(around.inference, problem)) is not None:
        around, block = _Graph(inner), inner.around[-1]
        if not inner.problems:
            return _Spot(around, None, block)
        problem = inner.problems[0]
    return _Spot(around, problem, block)


def _offers(around: _Graph, spot: _Spot) -> list[Offer]:
    """What mends a problem, as edits of the graph at hand."""
    here, case = spot.around, spot.case
    if spot.problem is None:
        free = structure(here.graph, here.inference.arguments)
        offers = _connections(connected(here.inference, free))
    elif case is None:
        offers = respelt(here.inference, spot.problem)
    else:
        node = here.graph[spot.problem.node]
        mends = (mend for mend in _mending(case) if _allowed(here, node, mend))
        offers = [told(here.graph, node, mend, here.fresh, named=bool(spot.block)) for mend in mends]
    return _of_block(around, spot.block, offers) if spot.block else offers


def _connections(problems: list[Problem]) -> list[Offer]:
    """The fixes of connections, with the node's name instead of "it"."""
    return [
        (re.sub(r"\bit\b", f"'{one.node}'", _begun(one.fix, str.lower)), one.edits[0])
        for one in problems
        if one.edits
    ]


def _of_block(around: _Graph, block: str, offers: list[Offer]) -> list[Offer]:
    """Those edits of a block's graph that help the graph at hand, as edits of that one."""
    within = [(f"in block '{block}': {text}", InBlock(block=block, inner=edit)) for text, edit in offers]
    return [(text, edit) for text, edit in within if around.helped(edit)]


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
    place = around.inference.places.get(problem.node)
    if place is None or place.layer is None or not place.inputs or problem.rule != "shape":
        return None
    owner = around.inference.places.get(place.node.shares)
    shared = (owner.node.key, owner.given) if owner else None
    sources = tuple(_source(around, place.node, port) for port in place.inputs)
    names, specs = tuple(place.inputs), tuple(place.inputs.values())
    return Case(place.node.key, names, specs, sources, around.inference.arguments, shared)


def _source(around: _Graph, node: Node, port: str) -> Source | None:
    """What leads to a port, if it may be changed: an Input that is not fed, or what nobody else reads."""
    id, _, output = node.inputs[port].partition(".")
    place: Place = around.inference.places[id]
    if place.node.kind == "Input":
        return None if id in around.inference.feeds else Source(place.node.key)
    single = around.reads[id] == 1 and id not in around.owners and not place.node.shares
    widths = [place.node.config.get(name, 0) for name in WIDTHS]
    if not single or place.layer is None or any(isinstance(width, str) for width in widths):
        return None
    wide = any(name in LAYERS[place.node.kind].model_fields for name in WIDTHS)
    if not wide and place.node.kind not in RESHAPING:
        return None
    output = output or place.layer.output_ports()[0]
    return Source(place.node.key, tuple(place.inputs), tuple(place.inputs.values()), output)


def _offered(problem: Problem, offers: list[Offer]) -> Problem:
    """The problem with these fixes, in words that name them all."""
    if not offers:
        return problem
    words = _begun(" or ".join(text for text, _ in offers), str.upper)
    return replace(problem, fix=f"{words}.", edits=tuple(edit for _, edit in offers))


def _begun(words: str, case: Callable[[str], str]) -> str:
    """Words with their first letter in this case, without the full stop."""
    return f"{case(words[0])}{words[1:].rstrip('.')}"


def _allowed(around: _Graph, node: Node, mend: Mend) -> bool:
    """Others that share the weights of a node must stay of its kind."""
    return not isinstance(mend, Make) or node.id not in around.owners
