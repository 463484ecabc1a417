"""Copies of nodes under ids that are free."""

import re
from collections.abc import Iterable

from builder.edits.record import changed
from builder.graph import Node, named

LONGEST_STEM = 56


class Free:
    """Gives out ids that are free: the wished one if it is, else its stem with the next number after its own.

    The canvas foresees these ids (`copied` in graph.js): what is changed here must be changed there.
    """

    def __init__(self, taken: Iterable[str]) -> None:
        self._taken = set(taken)
        self._later: dict[tuple[str, int], int] = {}
        """For numbers that are taken, a later one before which none is free."""

    def __call__(self, wished: str) -> str:
        """An id that nobody has, taken from now on."""
        id = wished
        if id in self._taken or not _allowed(id):
            plain = re.sub(r"[^a-z0-9_]|_(?=_)", "", wished)
            number = re.findall(r"\d{0,6}$", plain)[0]
            stem = plain.removesuffix(number)[:LONGEST_STEM]
            id = self._next(stem if re.match("[a-z]", stem) else "node", int(number or 0))
        self._taken.add(id)
        return id

    def _next(self, stem: str, after: int) -> str:
        """The stem with the first number after this one that is free."""
        passed, number = [], after + 1
        while f"{stem}{number}" in self._taken or not _allowed(f"{stem}{number}"):
            passed.append(number)
            number = self._later.get((stem, number), number + 1)
        self._later.update(dict.fromkeys(((stem, one) for one in passed), number))
        return f"{stem}{number}"


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
