"""Section: a way to look into a network; a class in a file of `sections/` is found by itself."""

from __future__ import annotations

from functools import cache
from typing import ClassVar

from builder.registry import Registered, gather
from pages.parts.inspecting import sections
from pages.parts.inspecting.subject import Subject


class Section(Registered):
    """A way to look into a network. Its docstring is the caption under its title."""

    order: ClassVar[int] = 100
    """Where it stands among the others, the lowest first."""

    def obstacle(self, subject: Subject) -> str:
        """Why this network cannot be looked at in this way, and what to do; "" if it can."""
        return ""

    def show(self, subject: Subject) -> None:
        """Draw it."""
        raise NotImplementedError


@cache
def all_sections() -> dict[str, type[Section]]:
    """The sections by the name that stands in the URL, in their order."""
    gather(sections)
    ordered = sorted(Section.registry.values(), key=lambda one: one.order)
    return {one.__name__.lower(): one for one in ordered}
