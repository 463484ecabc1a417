"""What training keeps in memory between the way forth and the way back: for each layer by watching it, then by graph."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from builder.shapes import Inference, Place


class Kept(NamedTuple):
    """What a layer keeps of one use, to know its gradients later."""

    inputs: frozenset[str] = frozenset()
    """Ports whose values it keeps as they are; somebody else may keep them, too."""
    outputs: frozenset[str] = frozenset()
    views: Mapping[str, str] = {}
    """Output ports that lie in the memory of an input port, as those of Flatten do."""
    own: int = 0
    """Bytes that lie nowhere else, for one example."""

    def continued(self, longer: "Kept", times: int) -> "Kept":
        """What it keeps of so many more steps, if this is of one and `longer` of two."""
        return self._replace(own=self.own + (longer.own - self.own) * times)


def kept(
    saved: Iterable[Any], module: Any, inputs: Mapping[str, Any], outputs: Mapping[str, Any], batch: int
) -> Kept:
    """What a layer keeps, told by the tensors that torch saved while it was used on inputs."""
    places = {port: _place(tensor) for port, tensor in inputs.items()}
    gave = {port: _place(tensor) for port, tensor in outputs.items()}
    known = {*places.values(), *gave.values()}
    if module is not None:
        known |= {_place(tensor) for tensor in (*module.parameters(), *module.buffers())}
    storages = {_place(tensor): tensor.untyped_storage().nbytes() for tensor in saved}
    return Kept(
        frozenset(port for port, place in places.items() if place in storages),
        frozenset(port for port, place in gave.items() if place in storages),
        {port: source for port, place in gave.items() for source, other in places.items() if place == other},
        sum(size for place, size in storages.items() if place not in known) // batch,
    )


def _place(tensor: Any) -> int:
    """What tells the memory of a tensor from any other, also where there is none (the meta device)."""
    return int(tensor.untyped_storage()._cdata)


@dataclass
class Training:
    """The memory of a graph while it trains, in bytes for one example."""

    by_node: dict[str, int] = field(default_factory=dict)
    """What is kept of each node between the way forth and the way back; of a block, all that is inside."""
    passing: int = 0
    """The largest gradients that are there at once on the way back: those of a layer's inputs and outputs."""
    _owners: list[str] = field(default_factory=list)
    """The node that each value in memory belongs to."""
    _sizes: list[int] = field(default_factory=list)
    _kept: set[int] = field(default_factory=set)

    def walk(self, inference: "Inference", fed: Mapping[str, int], owner: str = "") -> list[int]:
        """Go through a graph; the values that it gives, in the order of its Outputs."""
        found: dict[str, int] = {}
        for id, place in inference.places.items():
            if place.outcome is None:
                continue
            given = [found[place.node.inputs[port]] for port in place.inputs]
            if place.inner:
                gives = self._block(place, given, owner or id)
            elif id in fed:
                gives = [fed[id]]
            else:
                gives = given if place.node.kind == "Output" else self._layer(place, given, owner or id)
            found[id] = gives[0]
            if len(gives) > 1:
                found |= {f"{id}.{port}": value for port, value in zip(place.outcome.outputs, gives, strict=True)}
        return [found[id] for id in inference.graph.ids("Output") if id in found]

    def _layer(self, place: "Place", given: list[int], owner: str) -> list[int]:
        from builder.trial import size

        outcome = place.outcome
        assert outcome is not None
        keeps, gives = outcome.kept, []
        at = dict(zip(place.inputs, given, strict=True))
        for port, spec in outcome.outputs.items():
            if port in keeps.views:
                gives.append(at[keeps.views[port]])
                continue
            gives.append(len(self._owners))
            self._owners.append(owner)
            self._sizes.append(outcome.activation_bytes if len(outcome.outputs) == 1 else size([spec]))
        self._kept.update(at[port] for port in keeps.inputs)
        self._kept.update(value for port, value in zip(outcome.outputs, gives, strict=True) if port in keeps.outputs)
        if keeps.own:
            self.by_node[owner] = self.by_node.get(owner, 0) + keeps.own
        met = sum(self._sizes[value] for value in {*given, *gives})
        self.passing = max(self.passing, met)
        return gives

    def _block(self, place: "Place", given: list[int], owner: str) -> list[int]:
        for one in place.inner:
            gives = self.walk(one, dict(zip(one.graph.ids("Input"), given, strict=True)), owner)
            given = gives[:1] + given[1:]
        return gives

    def settle(self) -> "Training":
        """Give each value that is kept to its node."""
        for value in self._kept:
            owner = self._owners[value]
            self.by_node[owner] = self.by_node.get(owner, 0) + self._sizes[value]
        return self


def training(inference: "Inference") -> Training:
    """The memory of a graph while it trains."""
    found = Training()
    found.walk(inference, {})
    return found.settle()
