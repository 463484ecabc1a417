"""Fields of declared kinds as people meet them: what they are called, their bounds, how their values are written."""

from __future__ import annotations

import json
import math
import re
import types
from collections.abc import Mapping
from typing import Any, Literal, Union, get_args, get_origin

from pydantic.fields import FieldInfo

from builder.registry import Registered

LARGEST = 2**53 - 1
"""The largest whole number that a browser can hold exactly."""
_BETWEEN = re.compile(r"[,×]|(?<=\d)\s*[xX]\s*(?=\d)|(?<=\d)\s+(?=-?\d)")
"""What may stand between the numbers of a list: 3, 32, 32 or 3 × 32 × 32 or 3x32x32 or 3 32 32."""


def family(info: FieldInfo) -> type[Registered] | None:
    """The family that a field chooses from; None if it holds something else."""
    annotation = info.annotation
    return annotation if isinstance(annotation, type) and issubclass(annotation, Registered) else None


def default(info: FieldInfo) -> Any:
    """A field's default as plain JSON."""
    value = None if info.is_required() else info.get_default(call_default_factory=True)
    return (
        value.dump() if isinstance(value, Registered) else list(value) if isinstance(value, tuple) else value
    )


def bounds(info: FieldInfo) -> tuple[Any, Any]:
    """The least and the largest value that are allowed; None where there is no bound, or it is itself excluded."""
    found: dict[str, Any] = {}
    for rule in _rules(info):
        found |= {name: getattr(rule, name) for name in ("ge", "le") if getattr(rule, name, None) is not None}
    return found.get("ge"), found.get("le")


def _rules(info: FieldInfo) -> list[Any]:
    return [*info.metadata, *_rules_in(info.annotation)]


def _rules_in(annotation: Any) -> list[Any]:
    """The rules that stand within an annotation; not those of the entries of a list, unless nothing else has some."""
    parts = [part for part in get_args(annotation) if get_origin(_bare(part)) is not tuple]
    rules: list[Any] = []
    for part in parts or get_args(annotation):
        for extra in getattr(part, "__metadata__", ()):
            rules += getattr(extra, "metadata", [extra])
        rules += _rules_in(part) if get_args(part) else []
    return rules


def _bare(annotation: Any) -> Any:
    """An annotation without what is noted beside it."""
    return annotation.__origin__ if hasattr(annotation, "__metadata__") else annotation


def arms(annotation: Any) -> list[Any]:
    """What a field may hold, one by one: a number, a list, certain words, nothing."""
    plain = _bare(annotation)
    if get_origin(plain) not in (Union, types.UnionType):
        return [plain]
    return [arm for part in get_args(plain) for arm in arms(part)]


def takes_sides(annotation: Any) -> bool:
    """Whether a field takes one number or a list of them."""
    every = arms(annotation)
    return int in every and any(get_origin(arm) is tuple for arm in every)


def step(info: FieldInfo) -> float:
    """By how much a click on + changes a number: half of the default's power of ten."""
    value = default(info)
    return 10.0 ** math.floor(math.log10(abs(value))) / 2 if value else 0.01


def literals(annotation: Any) -> tuple[str, ...]:
    """The words of a field that holds a number or one of some words; () if it is no such field."""
    every = arms(annotation)
    if len(every) < 2:
        return ()
    return tuple(word for arm in every if get_origin(arm) is Literal for word in get_args(arm))


def holds_number(annotation: Any) -> bool:
    """Whether a field holds numbers: one, one of a list, or one among other things."""
    return annotation in (int, float) or any(holds_number(part) for part in get_args(annotation))


def is_number(value: Any) -> bool:
    """Whether a value is a number that a browser can hold."""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= LARGEST


def written(value: Any) -> str:
    """A value as people type it: a list with commas, a mapping as `name = value`, nothing as nothing."""
    if value is None:
        return ""
    if isinstance(value, Mapping):
        return ", ".join(f"{name} = {item}" for name, item in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    return value if isinstance(value, str) else json.dumps(value)


def understood(text: str, annotation: Any) -> Any:
    """What was typed, as plain JSON; what cannot be understood stays text, for the field to refuse."""
    text = text.strip()
    origin = get_origin(annotation)
    if annotation is str:
        return text
    if origin is tuple:
        parts = _BETWEEN.split(text) if holds_number(annotation) else text.split(",")
        return [_read(part) for part in parts if part.strip()]
    if origin is dict:
        pairs = [part.partition("=") for part in text.split(",") if part.strip()]
        return {name.strip(): _read(value) for name, _, value in pairs}
    if not text and type(None) in arms(annotation):
        return None
    if takes_sides(annotation) and len(parts := _BETWEEN.split(text)) > 1:
        return [_read(part) for part in parts if part.strip()]
    return _read(text)


def _read(text: str) -> Any:
    text = text.strip()
    for number in (int, float):
        try:
            value = number(text)
        except ValueError:
            continue
        return value if math.isfinite(value) else text
    return text
