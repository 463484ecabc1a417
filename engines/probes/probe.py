"""Probe: a kind of reading; a class in a file of `kinds/` is found by itself."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, ClassVar

from builder.registry import Registered, gather
from engines.probes import kinds

if TYPE_CHECKING:
    from torch import Tensor

    from engines.probes.look import Look
    from engines.probes.sight import Sight

    Readings = dict[str, dict[str, Tensor]]
    """layer → measure → a number, as a tensor of no dimensions."""
    Arrays = dict[tuple[str, str], Tensor]
    """(array, path of the node or name of the parameter) → the array, on any device."""


class Probe(Registered):
    """A kind of reading."""

    measures: ClassVar[dict[str, str]] = {}
    """The numbers that it tells of a layer: name → what that says."""
    kept: ClassVar[dict[str, str]] = {}
    """The arrays that it keeps of a node: name → what that is, with its shape."""

    def numbers(self, look: Look) -> Readings:
        """The numbers of the layers that this probe has something to say of."""
        return {}

    def arrays(self, sight: Sight) -> Arrays:
        """The arrays of the nodes that this probe has something to say of."""
        return {}


@cache
def all_probes() -> dict[str, type[Probe]]:
    """The probes by their names in files, such as `activations`."""
    gather(kinds)
    return {name.lower(): one for name, one in sorted(Probe.registry.items())}
