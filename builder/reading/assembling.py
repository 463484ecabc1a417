"""What was drawn as a graph, and its weights as the state of the module that it compiles into."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from builder.graph import Graph, Node
from builder.layer import Spec
from builder.reading.draft import Draft
from builder.reading.naming import Names
from builder.reading.recognising import recognise
from builder.shapes import infer

if TYPE_CHECKING:
    import torch

MOST_REPEATS = 1000


@dataclass(eq=False)
class Unit:
    """A node on its way into the graph; a block stands for all nodes inside it."""

    uid: str
    scope: str
    name: str
    kind: str
    config: dict[str, Any]
    inputs: dict[str, str]
    shares: str = ""
    weights: "dict[str, torch.Tensor]" = field(default_factory=dict)
    """By their names in the compiled module, behind the unit's own."""
    inside: dict[str, str] = field(default_factory=dict)
    """The nodes that it stands for: id in the draft → where in the compiled module, behind the unit's own name."""

    def sources(self) -> Iterable[tuple[str, str, str]]:
        """Its connections as (own port, source, source's port)."""
        return ((port, *ref.partition(".")[::2]) for port, ref in self.inputs.items())


@dataclass(frozen=True)
class Assembled:
    """A graph, the state of the module it compiles into, and where in it each node of the draft went."""

    graph: Graph
    state: "dict[str, torch.Tensor]"
    places: dict[str, str]

    def without_weights(self) -> "Assembled":
        """The same for an original that had none."""
        return replace(self, state={})


def assembled(draft: Draft) -> Assembled:
    """The nodes as a graph; modules that people wrote, and that occur more than once, as its blocks."""
    from builder.reading.folding import folded

    draft.tidy()
    recognise(draft)
    _tell_apart(draft)
    units = [Unit(one.id, one.scope, one.name, one.kind, one.config, one.inputs, one.shares,
                  {} if one.shares else one.weights, {one.id: ""})
             for one in draft.nodes.values()]  # fmt: skip
    units, blocks = folded(units, draft.classes, _specs(draft, units))
    nodes, where = graphed(units, "", blocks)
    weights, places = within(units, where)
    return Assembled(Graph(nodes=nodes, blocks=blocks), _state(weights), places)


def _tell_apart(draft: Draft) -> None:
    """Note weights that are one in the original and several here, so that each learns by itself."""
    users: dict[int, str] = {}
    for node in draft.nodes.values() if not draft.merged else ():
        for weight in () if node.shares else node.weights.values():
            if weight.is_meta or weight.numel() < 2:
                continue
            other = users.setdefault(weight.data_ptr(), node.id)
            if other != node.id:
                draft.note(
                    f"'{other}' and '{node.id}' use the same weights in the original, and each has its own here."
                )


def graphed(
    units: list[Unit], scope: str, blocks: Mapping[str, Graph]
) -> tuple[tuple[Node, ...], dict[str, str]]:
    """The units as the nodes of a graph, called as in a module of the original; and where each is once compiled."""
    units, runs = _merged(units, blocks)
    ids: dict[str, str] = {}
    free = Names()
    for one in units:
        name = f"{one.scope}.{one.name}"[len(scope) :].strip(".")
        ids[one.uid] = free(name, one.kind)
    nodes = tuple(
        Node(
            id=ids[one.uid],
            kind=one.kind,
            config=one.config,
            inputs={port: ids[id] + (f".{output}" if output else "") for port, id, output in one.sources()},
            shares=ids[one.shares] if one.shares else "",
        )
        for one in units
    )
    repeats = {uid: f"{ids[run[0]]}.{number}" for run in runs for number, uid in enumerate(run)}
    return nodes, ids | repeats


def within(
    units: Iterable[Unit], where: Mapping[str, str]
) -> "tuple[dict[str, torch.Tensor], dict[str, str]]":
    """The weights of all units and the nodes that they stand for, by where they are in the module around them."""
    units = [*units]
    weights = {f"{where[one.uid]}.{name}": weight for one in units for name, weight in one.weights.items()}
    return weights, {
        id: f"{where[one.uid]}.{place}".strip(".") for one in units for id, place in one.inside.items()
    }


def _merged(units: list[Unit], blocks: Mapping[str, Graph]) -> tuple[list[Unit], list[list[str]]]:
    """The units with one that repeats a block for each row of its uses; and the rows."""
    readers = Counter(id for one in units for _, id, _ in one.sources())
    runs: dict[str, list[str]] = {}
    """By the last of a row."""
    known = {one.uid: one for one in units}
    for one in units:
        first = next(iter(one.inputs.values()), "")
        run = runs.get(first)
        if run and readers[first] == 1 and len(run) < MOST_REPEATS and _continues(known[first], one):
            runs[one.uid] = [*runs.pop(first), one.uid]
        elif one.kind == "Block" and len(blocks[one.config["block"]].ids("Output")) == 1:
            runs[one.uid] = [one.uid]
    rows = [run for run in runs.values() if len(run) > 1]
    heads = {uid: run[0] for run in rows for uid in run}
    counts = {run[0]: len(run) for run in rows}
    kept = [
        replace(
            one,
            config=one.config | ({"repeat": counts[one.uid]} if one.uid in counts else {}),
            inputs={port: heads.get(ref, ref) for port, ref in one.inputs.items()},
        )
        for one in units
        if heads.get(one.uid, one.uid) == one.uid
    ]
    return kept, rows


def _continues(before: Unit, after: Unit) -> bool:
    """Whether a use of a block could be another repeat of the one before it."""
    others = ([*one.inputs.values()][1:] for one in (before, after))
    return before.config == after.config and before.scope == after.scope and next(others) == next(others)


def _specs(draft: Draft, units: list[Unit]) -> dict[str, Spec]:
    """What each output is like: as inferred, and where that is not possible as it was in the original."""
    nodes, ids = graphed([replace(one, scope="", name=one.uid) for one in units], "", {})
    places = infer(Graph(nodes=nodes)).places
    found = {
        f"{uid}.{port}".strip("."): spec
        for uid, one in draft.nodes.items()
        for port, spec in one.specs.items()
    }
    for uid, id in ids.items():
        outcome = places[id].outcome if id in places else None
        for number, (port, spec) in enumerate(outcome.outputs.items() if outcome else ()):
            found[f"{uid}.{port}"] = spec
            if not number:
                found[uid] = spec
    return found


def _state(weights: "dict[str, torch.Tensor]") -> "dict[str, torch.Tensor]":
    """The weights, each with memory of its own, real ones as float32, and the counters that batch norm keeps."""
    import torch

    counters = [name.rpartition(".")[0] for name in weights if name.endswith(".running_mean")]
    kept = {name: one.float() if one.is_floating_point() else one for name, one in weights.items()}
    return {name: one.clone().contiguous() for name, one in kept.items()} | {
        f"{one}.num_batches_tracked": torch.tensor(0) for one in counters
    }
