"""Kinds of layers as the canvas offers them. Python alone, no Streamlit."""

from typing import Any

from builder.layer import Layer
from builder.layers import LAYERS
from builder.registry import spaced
from pages.parts.colours import COLOURS, DARK, OTHER

FIRST = (
    "Dense", "Convolution", "Activation", "Pooling", "Shape", "Normalisation", "Regularisation", "Combine", "Recurrent",
)  # fmt: skip
"""The categories that are looked for most; the others follow by name."""


def categories() -> list[str]:
    """All categories, in the order in which they are offered."""
    known = {kind.category for kind in LAYERS.values()}
    return [*(name for name in FIRST if name in known), *sorted(known - set(FIRST))]


def kinds() -> dict[str, Any]:
    """Every kind of layer with its ports, by category."""
    return {
        "categories": [
            {"name": name, "colour": COLOURS.get(name, OTHER), "colour_dark": DARK.get(name, OTHER)}
            for name in categories()
        ],
        "kinds": {name: _kind(kind) for name, kind in LAYERS.items()},
    }


def searched(kind: type[Layer]) -> str:
    """The words by which a kind is found."""
    words = (kind.__name__, spaced(kind.__name__), kind.category, *kind.other_names())
    return ", ".join(dict.fromkeys(word.lower() for word in words))


def _kind(kind: type[Layer]) -> dict[str, Any]:
    return {
        "title": kind.title,
        "category": kind.category,
        "icon": kind.icon,
        "help": kind.help(),
        "inputs": [*kind.inputs] if not kind.many and kind.__name__ != "Block" else [],
        "optional": [*kind.optional],
        "many": kind.many,
        "outputs": [*kind.outputs] if kind.__name__ not in ("Output", "Block") else [],
        "takes": kind.takes,
        "apart": {**kind.apart},
        "search": searched(kind),
    }
