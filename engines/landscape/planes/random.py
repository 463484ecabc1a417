"""Random: two directions drawn at random, each filter as long as the network's own."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from engines.landscape.axes import Axes

if TYPE_CHECKING:
    from engines.landscape.plane import Plane
    from engines.landscape.site import Site
    from engines.runs.run import Run


class Random(Axes):
    """Two random directions, each filter scaled to the length of the network's own, so that networks can be compared.

    A training's path is not drawn here: of its way a random plane holds next to nothing.
    """

    title: ClassVar = "Random directions"
    icon: ClassVar = "casino"
    order: ClassVar = 10
    reference: ClassVar = "Li et al., Visualizing the loss landscape of neural nets (2018)"

    warning: ClassVar = (
        "Two directions out of all there are. What is a valley here may have a way out in another direction."
    )

    seed: int = Field(0, ge=0, le=2**31, description="Seed: other numbers draw other directions")
    reach: float = Field(
        1.0, gt=0, le=10, description="How far each way, 1 is the length of the network's own filters"
    )
    normalised: bool = Field(
        True, description="Scale each filter: without it, networks of other scales cannot be compared"
    )

    def plane(self, site: Site, run: Run | None) -> Plane:
        """Through the network, along two directions that the seed draws."""
        import torch

        from engines.landscape.plane import Plane, random_direction

        generator = torch.Generator().manual_seed(self.seed)
        directions = tuple(random_direction(site.flat, generator, self.normalised) for _ in range(2))
        reach = (-self.reach, self.reach)
        return Plane(
            site.flat.vector.clone(), directions, (reach, reach), ("first direction", "second direction")
        )
