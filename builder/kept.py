"""What a layer keeps in memory until its gradients come back, told by watching it."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple


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


NOTHING = Kept()


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
