"""Names of the original as ids."""

import re
from collections.abc import Iterable

from builder.graph import named

OF_A_GRAPH = ("code", "graph", "recompile", "print_readable")
"""Attributes of what torch.fx and torch.export make; a module of such a name could not leave."""


def legal(text: str, kind: str, taken: Iterable[str]) -> str:
    """A free id as near to a name of the original as ids may be: `layer1.0.conv1` → `layer1_0_conv1`."""
    stem = re.sub(r"[^a-z]+", "", re.sub(r"\dd$", "", kind).lower()) or "node"
    name = re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")
    name = name if name[:1].isalpha() else f"{stem}{name}"
    name = name[-58:].lstrip("_0123456789") or stem
    try:
        named(name)
    except ValueError:
        name += "_1"
    name += "_1" * (name in OF_A_GRAPH)
    number, chosen = 1, name
    while chosen in taken:
        number += 1
        chosen = f"{name}_{number}"
    return chosen
