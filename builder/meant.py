"""The kind of layer that a name probably means: by its other names, and only then by its spelling."""

import re
from difflib import get_close_matches

from builder.layers import LAYERS

ALIKE = 0.8
"""How alike two spellings are of which one may be meant; below it, Hardmax is near ArgMax."""


def meant_kind(name: str) -> str:
    """The kind that goes by a name elsewhere ("Dense" is Linear), or is spelt much like it; "" if there is none."""
    wish = _bare(name)
    called = [
        (place, kind)
        for kind, layer in LAYERS.items()
        for place, other in enumerate([kind, *layer.other_names()])
        if wish and _bare(other) == wish
    ]
    if called:
        return min(called, key=lambda pair: pair[0])[1]
    spelt = {kind.lower(): kind for kind in LAYERS}
    return next((spelt[near] for near in get_close_matches(name.lower(), spelt, 1, ALIKE)), "")


def is_operator(name: str) -> bool:
    """Whether a kind was read from a file as the operator of a library, such as onnx.Gather."""
    return "." in name


def _bare(name: str) -> str:
    """Letters and digits alone: "multi-head attention" is MultiHeadAttention."""
    return re.sub(r"[\W_]+", "", name.lower())
