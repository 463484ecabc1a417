"""Copies of nodes under ids that are free."""

import re
from collections.abc import Iterable

from builder.edits.record import changed
from builder.graph import Node, named

LONGEST_STEM = 56


class Free:
    """Gives out ids that are free: the wished one if it is, else its stem with the next number."""

    def __init__(self, taken: Iterable[str]) -> None:
        self._taken = set(taken)
        self._last: dict[str, int] = {}

    def __call__(self, wished: str) -> str:
        """An id that nobody has, taken from now on."""
        id = wished
        if id in self._taken or not _allowed(id):
            stem = re.sub(r"[^a-z0-9_]|_(?=_)", "", wished).rstrip("0123456789")[:LONGEST_STEM]
            stem = stem if re.match("[a-z]", stem) else "node"
            id = f"{stem}{self._next(stem)}"
        self._taken.add(id)
        return id

    def _next(self, stem: str) -> int:
        if stem not in self._last:
            numbers = (id[len(stem) :] for id in self._taken if id.startswith(stem))
            self._last[stem] = max((int(n) for n in numbers if n.isdecimal() and len(n) < 7), default=0)
        while f"{stem}{self._last[stem]}" in self._taken or not self._last[stem]:
            self._last[stem] += 1
        return self._last[stem]


def renamed(node: Node, ids: dict[str, str]) -> Node:
    """A copy of a node under its new id; connections and shared weights from outside the copied nodes are dropped."""
    inputs = {
        port: led(source, ids) for port, source in node.inputs.items() if source.partition(".")[0] in ids
    }
    return changed(node, id=ids[node.id], inputs=inputs, shares=ids.get(node.shares, ""))


def led(source: str, ids: dict[str, str]) -> str:
    """A connection's source under its node's new id."""
    node, dot, port = source.partition(".")
    return f"{ids[node]}{dot}{port}"


def _allowed(name: str) -> bool:
    try:
        return bool(named(name))
    except ValueError:
        return False
