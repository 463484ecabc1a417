"""Axes: a way to choose the plane of a landscape; a class in a file of `planes/` is found by itself."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, ClassVar

from builder.registry import Registered, gather
from engines.landscape import planes

if TYPE_CHECKING:
    from engines.landscape.plane import Plane
    from engines.landscape.site import Site
    from engines.runs.run import Run


class Axes(Registered):
    """A way to choose the plane of a landscape; its fields are what a person sets."""

    reference: ClassVar[str] = ""
    """Paper."""
    warning: ClassVar[str] = ""
    """What a person must know before believing the picture."""
    follows: ClassVar[bool] = False
    """Whether a training's path lies in the plane, about; in any other its shadow says next to nothing."""
    order: ClassVar[int] = 100

    def depends(self, run: Run) -> list[int]:
        """Numbers that change when another network does through which the plane goes."""
        return []

    def plane(self, site: Site, run: Run | None) -> Plane:
        """The plane through the network as it is.

        Args:
            site: the network, at the place that is to be the centre.
            run: the training that it comes from, if it comes from one.

        Raises:
            StrataError: there is no such plane; the words say what to do.
        """
        raise NotImplementedError


@cache
def all_axes() -> dict[str, type[Axes]]:
    """The choices by name, in their order."""
    gather(planes)
    return dict(sorted(Axes.registry.items(), key=lambda pair: pair[1].order))
