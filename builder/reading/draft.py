"""The graph while it is being read: nodes with their weights, and the modules of the original that they lie in."""

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from builder.layer import Spec
from builder.layers import LAYERS
from builder.reading.fields import plain_fields, ports_of, told_fields
from builder.reading.naming import Names

if TYPE_CHECKING:
    import torch

    from builder.reading.layout import Layout


UNKNOWN = "Unknown operator"
"""How the lines of a report begin that tell what no layer stands for."""


class Unreadable(Exception):
    """An operator, or this use of it, has no equivalent among the layers; the text says why."""


@dataclass(eq=False)
class Flow:
    """A tensor of the original: its value for the example, and the output of the graph that holds it."""

    ref: str
    value: "torch.Tensor"
    layout: "Layout | None" = None
    """How it lies in what the graph holds; None: the same."""
    origin: tuple[str, str] = ("", "")
    """The module and the name of the operator that laid it out so."""
    scores: Any = None
    """What it means for attention that is written out."""
    readers: int = 2
    """How many read it, where that is known."""
    whole: "Flow | None" = None
    """What it is a part of, or the whole seen otherwise, in the same memory."""
    views: "list[Flow]" = field(default_factory=list)
    """What is seen of it so."""
    stale: bool = False
    """Whether its memory was written into through another, which no node tells."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Its shape for the example, as the original sees it."""
        return tuple(self.value.shape)


@dataclass(frozen=True)
class Known:
    """What is known of a constant: what the original calls it, whether it is learned, and which rows it begins."""

    value: "torch.Tensor"
    name: str
    learned: bool
    table: "torch.Tensor | None" = None
    """The weights whose first rows it is."""
    size: int = 0
    """How many numbers the weights have of which it is made."""


@dataclass(eq=False)
class Drawn:
    """A node that was read."""

    id: str
    kind: str
    scope: str
    """The module of the original in which it was called, as a path."""
    name: str
    """What it is called there."""
    config: dict[str, Any]
    inputs: dict[str, str]
    weights: "dict[str, torch.Tensor]" = field(default_factory=dict)
    shares: str = ""
    specs: dict[str, Spec] = field(default_factory=dict)
    """What comes out, by port; "" is the first."""

    def sources(self) -> set[str]:
        """The nodes that it reads."""
        return {ref.partition(".")[0] for ref in self.inputs.values()}


@dataclass
class Unknown:
    """An operator that no layer stands for: its name, where it is used, and why it was not understood."""

    operator: str
    nodes: list[str] = field(default_factory=list)
    reason: str = ""

    def __str__(self) -> str:
        times = f"{len(self.nodes)} times" if len(self.nodes) > 1 else "once"
        places = ", ".join(self.nodes[:3]) + (" …" if len(self.nodes) > 3 else "")
        return f"{self.operator} ({times}: {places}){self.reason and ': '}{self.reason}"


class Draft:
    """Draws nodes: `ref = draft("Linear", x, weights={"weight": w}, units=10)`."""

    def __init__(self, source: str, *, merged: bool = False) -> None:
        self.source = source
        """What the original is written in: it stands before an operator that is called like a layer, but is none."""
        self.merged = merged
        """Whether equal weights may be one by chance, as an exporter keeps only one of many zeros."""
        self.nodes: dict[str, Drawn] = {}
        self.classes: dict[str, str] = {}
        """The modules of the original that people wrote: path → name of the class."""
        self.notes: Counter[str] = Counter()
        self.unknown: dict[str, Unknown] = {}
        self.constants: dict[int, Known] = {}
        """By identity of the tensor, which is kept so that no other takes its place."""
        self.scope, self.name = "", ""
        """Where the original is at present, and what the next node is called there."""
        self._owners: dict[tuple[str, str, str], str] = {}
        self._names = Names()
        self._straightened: list[tuple[Flow, str, Layout | None]] = []
        self._once: dict[tuple[str, str, str], str] = {}
        self.result: Any = None
        """What the original's operator gave for the example."""

    def __call__(
        self,
        kind: str,
        *inputs: "Flow | str",
        weights: "dict[str, torch.Tensor | None] | None" = None,
        shares: str = "",
        **config: Any,
    ) -> str:
        """Place a node behind others ("" leaves a port free), without default fields. The reference to its output."""
        given = {name: one for name, one in (weights or {}).items() if one is not None}
        layer = LAYERS.get(kind)
        try:
            fields = plain_fields(told_fields(layer, config))
        except ValueError as error:
            raise Unreadable(f"a field cannot be written down ({error})") from error
        ports = ports_of(layer, len(inputs))
        node = Drawn(
            id=self._names(f"{self.scope}.{self.name}", kind),
            kind=kind,
            scope=self.scope,
            name=self.name,
            config=fields,
            inputs={
                port: one if isinstance(one, str) else one.ref
                for port, one in zip(ports, inputs, strict=True)
                if one
            },
            weights={name: one.detach() for name, one in given.items()},
        )
        node.shares = shares or self._owner(node, given)
        self.nodes[node.id] = node
        self._ask(node)
        return node.id

    @contextmanager
    def at(self, scope: str, name: str) -> Iterator[None]:
        """Draw elsewhere in the original for a while."""
        here = self.scope, self.name
        self.scope, self.name = scope, name
        try:
            yield
        finally:
            self.scope, self.name = here

    def _ask(self, node: Drawn) -> None:
        """Turn on the outputs that it reads and that a field of their name gives: the places of a MaxPool."""
        for id, _, port in (ref.partition(".") for ref in node.inputs.values()):
            layer = LAYERS.get(self.nodes[id].kind)
            if layer and port in layer.model_fields:
                self.nodes[id].config[port] = True

    def tidy(self) -> None:
        """Leave out what leads to no output: what was read, and not used or drawn otherwise."""
        waiting = [
            one.id for one in self.nodes.values() if one.kind in ("Input", "Output") or one.kind not in LAYERS
        ]
        alive: set[str] = set()
        while waiting:
            id = waiting.pop()
            if id not in alive:
                alive.add(id)
                node = self.nodes[id]
                waiting += [ref.partition(".")[0] for ref in node.inputs.values()]
                waiting += [node.shares] if node.shares else []
        self.nodes = {id: one for id, one in self.nodes.items() if id in alive}

    def once(self, kind: str, *inputs: "Flow | str", **config: Any) -> str:
        """Place a node, unless the same one stands behind the same things already."""
        key = (kind, repr(inputs), repr(config))
        if self._once.get(key, "") not in self.nodes:
            self._once[key] = self(kind, *inputs, **config)
        return self._once[key]

    def missing(self, operator: str, flows: Iterable["Flow | str"], reason: str) -> str:
        """Place a node of an operator that no layer stands for, under its own name, connected as it was."""
        operator = f"{self.source}.{operator}"[:64] if operator in LAYERS else operator[:64]
        id = self(operator, *flows)
        one = self.unknown.setdefault(operator, Unknown(operator, reason=reason))
        one.nodes.append(id)
        return id

    def tell_missing(self) -> None:
        """Count those nodes among the unknown operators, too, whose layer does not exist."""
        for node in self.nodes.values():
            if node.kind not in LAYERS and node.kind not in self.unknown:
                same = [one.id for one in self.nodes.values() if one.kind == node.kind]
                self.unknown[node.kind] = Unknown(node.kind, same, "no layer computes it")

    def remember(
        self,
        value: "torch.Tensor",
        name: str,
        learned: bool,
        table: "torch.Tensor | None" = None,
        size: int = 0,
    ) -> None:
        """Keep in mind where a constant comes from."""
        self.constants[id(value)] = Known(value, name, learned, table, size or value.numel())

    def known(self, value: "torch.Tensor") -> Known:
        """What is known of a constant."""
        return self.constants.get(id(value)) or Known(value, "", False)

    def forget(self, count: int) -> None:
        """Keep only so many nodes: what was drawn for an operator that then proved unreadable goes."""
        for id in [*self.nodes][count:]:
            del self.nodes[id]
            self._names.taken.discard(id)
        for flow, ref, layout in self._straightened[::-1]:
            if flow.ref.partition(".")[0] not in self.nodes:
                flow.ref, flow.layout = ref, layout
        self._straightened = []
        self._owners = {key: id for key, id in self._owners.items() if id in self.nodes}

    def straighten(self, flow: Flow, ref: str) -> None:
        """A flow is as the original sees it in this output from now on; unless that is forgotten."""
        self._straightened.append((flow, flow.ref, flow.layout))
        flow.ref, flow.layout = ref, None
        self.specify(flow)

    def specify(self, flow: Flow) -> None:
        """Remember what an output is like; one that lies otherwise than the original sees it, inference tells."""
        id, _, port = flow.ref.partition(".")
        if flow.layout is None and id in self.nodes:
            self.nodes[id].specs.setdefault(
                port, Spec(flow.shape, str(flow.value.dtype).removeprefix("torch."))
            )

    def note(self, text: str) -> None:
        """Say something about the whole, once however often it occurs."""
        self.notes[text] += 1

    def owner_of(self, weight: "torch.Tensor", kind: str) -> str:
        """The node of a kind that already has this very weight; "" if there is none."""
        for node in self.nodes.values():
            own = node.weights.get("weight")
            if (
                node.kind == kind
                and own is not None
                and own.data_ptr() == weight.data_ptr()
                and own.shape == weight.shape
                and own.stride() == weight.stride()
            ):
                return node.shares or node.id
        return ""

    def bias(self, node: Drawn, bias: "torch.Tensor") -> None:
        """Give a node without one a bias: who shares its weights keeps them, and it shares with who has both alike."""
        others = [one for one in self.nodes.values() if one.shares == node.id]
        for one in others:
            one.shares = others[0].id if one is not others[0] else ""
        heir = others[0].id if others else ""
        owners = {key: heir if id == node.id else id for key, id in self._owners.items()}
        self._owners = {key: id for key, id in owners.items() if id}
        del node.config["bias"]
        node.weights["bias"] = bias
        node.shares = self._owner(node, node.weights)

    def _owner(self, node: Drawn, weights: "dict[str, torch.Tensor]") -> str:
        """The node that already has these very weights, so that this one uses them again."""
        if not weights or not all(one.numel() for one in weights.values()):
            return ""
        if self.merged and all(bool((one == one.reshape(-1)[0]).all()) for one in weights.values()):
            return ""
        memory = [(name, id(one) if one.device.type == "meta" else one.data_ptr(), one.shape, one.stride())
                  for name, one in weights.items()]  # fmt: skip
        owner = self._owners.setdefault((node.kind, repr(node.config), repr(memory)), node.id)
        return "" if owner == node.id else owner
