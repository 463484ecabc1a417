"""Formulas in the fields of a block: what they may name, and what they give."""

from collections.abc import Mapping
from typing import Any

from builder.fields import number
from pages.parts.forms.fields import is_number
from pages.parts.words import listed, plain

Names = Mapping[str, float]
"""What a formula may name, with the values that it has here."""


def outcome(value: Any, names: Names) -> str:
    """`= 128` for a formula, `= 3, 64` for a list with one; "" for plain numbers and for text that is no formula."""
    parts = value if isinstance(value, list | tuple) else [value]
    if not any(isinstance(part, str) for part in parts):
        return ""
    found = [number(part, tuple(names.items())) if isinstance(part, str) else part for part in parts]
    return f"= {', '.join(f'{one:.6g}' for one in found)}" if all(map(is_number, found)) else ""


def known(names: Names) -> str:
    """The names and their values in words: `width = 64 and in = 3`."""
    return listed(f"`{plain(name)}` = {value:.6g}" for name, value in names.items())
