"""Names of the original as ids."""

import re
from collections.abc import Iterable

from builder.graph import named

OF_A_GRAPH = ("code", "graph", "recompile", "print_readable")
"""Attributes of what torch.fx and torch.export make; a module of such a name could not leave."""


class Names:
    """Ids that are free, as near to names of the original as ids may be: `layer1.0.conv1` → `layer1_0_conv1`."""

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self.taken = {*taken}
        self._numbers: dict[str, int] = {}

    def __call__(self, text: str, kind: str) -> str:
        """A free id for something of this kind, from now on taken."""
        name = _legal(text, kind)
        chosen, number = name, self._numbers.get(name, 1)
        while chosen in self.taken:
            number += 1
            chosen = f"{name}_{number}"
        self._numbers[name] = number
        self.taken.add(chosen)
        return chosen


def _legal(text: str, kind: str) -> str:
    stem = re.sub(r"[^a-z]+", "", re.sub(r"\dd$", "", kind).lower()) or "node"
    name = re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")
    name = name if name[:1].isalpha() else f"{stem}{name}"
    name = name[-56:].lstrip("_0123456789") or stem
    try:
        named(name)
    except ValueError:
        name += "_1"
    return name + "_1" * (name in OF_A_GRAPH)
