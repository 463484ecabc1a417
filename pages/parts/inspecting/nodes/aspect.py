"""Aspect: a way to look at a node; a class in a file of `aspects/` is found by itself."""

from __future__ import annotations

from functools import cache
from typing import ClassVar

from builder.registry import Registered, gather
from pages.parts.inspecting.nodes import aspects
from pages.parts.inspecting.nodes.look import Look


class Aspect(Registered):
    """A way to look at a node. Its docstring is the caption below its name."""

    order: ClassVar[int] = 100
    """Where it stands among the others, the lowest first."""

    def suits(self, look: Look) -> bool:
        """Whether this node has it."""
        return True

    def show(self, look: Look) -> None:
        """Draw it."""
        raise NotImplementedError


@cache
def all_aspects() -> dict[str, type[Aspect]]:
    """The aspects by the name that stands in the URL, in their order."""
    gather(aspects)
    return {one.__name__.lower(): one for one in sorted(Aspect.registry.values(), key=lambda one: one.order)}
