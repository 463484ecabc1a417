"""What a list of projects tells of each, read once for each change of its file."""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

from builder.files import LARGEST
from engines.once import once


class Listed(NamedTuple):
    """A project in a list."""

    id: str
    name: str
    changed: float
    """When its file was last written (seconds since 1970)."""
    nodes: int
    """In all of its graphs, blocks not counted; -1 if the file cannot be read."""


def listed(path: Path) -> Listed | None:
    """What a list tells of a project's file; None if it is gone. To find all that is wrong with one, load it."""
    try:
        name, nodes = once(path, _name_and_nodes)
        return Listed(path.stem, name, path.stat().st_mtime, nodes)
    except OSError:
        return None


def copy_name(name: str, taken: Collection[str]) -> str:
    """A free name for a copy: "Digits (copy)", then "Digits (copy 2)" …, also of a copy."""
    stem = re.sub(r" \(copy(?: \d{1,6})?\)$", "", name)
    ends = (" (copy)" if number == 1 else f" (copy {number})" for number in count(1))
    return next(copy for end in ends if (copy := stem[: 120 - len(end)] + end) not in taken)


def _name_and_nodes(path: Path) -> tuple[str, int]:
    raw = _json(path)
    name, graphs = raw.get("name", "Untitled"), raw.get("graphs", {})
    try:
        nodes = sum(len([*graph.get("nodes", ())]) for graph in graphs.values())
    except (AttributeError, TypeError):
        nodes = -1
    if "strata" not in raw or not isinstance(name, str) or nodes < 0:
        return path.stem.partition(".")[0], -1
    return name[:120], nodes


def _json(path: Path) -> dict[str, Any]:
    """The JSON object in a file; {} if there is none in it."""
    try:
        value = json.loads(path.read_bytes()) if path.stat().st_size <= LARGEST else {}
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
