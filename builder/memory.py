"""How much memory a graph needs while it trains: what its layers keep, each value once, whoever keeps it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from builder.shapes import Inference, Place
from builder.trial import size


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

    def walk(self, inference: Inference, fed: Mapping[str, int], owner: str = "") -> list[int]:
        """Go through a graph; the values that it gives, in the order of its Outputs."""
        found: dict[str, int] = {}
        for id, place in inference.places.items():
            if place.outcome is None:
                continue
            references = (place.node.inputs[port] for port in place.inputs)
            given = [found[one if one in found else one.partition(".")[0]] for one in references]
            if place.inner:
                gives = self._block(place, given, owner or id)
            elif id in fed:
                gives = [fed[id]]
            else:
                gives = given if place.node.kind == "Output" else self._layer(place, given, owner or id)
            found[id] = gives[0]
            if len(gives) > 1:
                found |= {
                    f"{id}.{port}": value for port, value in zip(place.outcome.outputs, gives, strict=True)
                }
        return [found[id] for id in inference.graph.ids("Output") if id in found]

    def _layer(self, place: Place, given: list[int], owner: str) -> list[int]:
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
        self._kept.update(
            value for port, value in zip(outcome.outputs, gives, strict=True) if port in keeps.outputs
        )
        if keeps.own:
            self.by_node[owner] = self.by_node.get(owner, 0) + keeps.own
        met = sum(self._sizes[value] for value in {*given, *gives})
        self.passing = max(self.passing, met)
        return gives

    def _block(self, place: Place, given: list[int], owner: str) -> list[int]:
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


def training(inference: Inference) -> Training:
    """The memory of a graph while it trains."""
    found = Training()
    found.walk(inference, {})
    return found.settle()
