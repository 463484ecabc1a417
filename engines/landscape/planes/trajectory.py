"""Trajectory: the plane in which the training's own path moves most."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from engines.landscape.axes import Axes

if TYPE_CHECKING:
    from torch import Tensor

    from engines.landscape.plane import Plane
    from engines.landscape.site import Site
    from engines.runs.run import Run

FEWEST = 3
"""Moments of a training without which there is no plane through its path."""
FLAT = 1e-6
"""A second direction with so small a share of the first one's length is rounding."""
COLUMNS = 2**20
"""Numbers of each moment that are multiplied at once."""


class Trajectory(Axes):
    """The plane in which the weights moved most while they were trained, with the way that they took.

    The path of a random walk is smooth in such a plane too: a smooth curve alone says nothing about the optimiser.
    """

    title: ClassVar = "The training's own path"
    icon: ClassVar = "conversion_path"
    order: ClassVar = 20
    reference: ClassVar = "Li et al. (2018), section 7; on random walks: Antognini and Sohl-Dickstein (2018)"

    warning: ClassVar = (
        "The loss is that of places in the plane. The network itself was beside it: point at its path for its true "
        "loss. The path of a random walk looks as smooth as this."
    )
    follows: ClassVar = True

    def plane(self, site: Site, run: Run | None) -> Plane:
        """Through the network, along the two main directions of its way here (principal components)."""
        import torch

        from builder.errors import StrataError
        from engines.landscape.plane import Mark, Plane, reach_of

        centre = site.flat.vector.clone()
        steps, rows = _moments(site, run)
        if len(rows) < FEWEST:
            raise StrataError(
                f"A path needs at least {FEWEST} moments of the training, and {len(rows)} were kept. "
                "Train longer, or choose random directions."
            )
        away = torch.stack(rows).sub_(centre)
        rows.clear()
        away[:, site.flat.learned :] = 0  # what layers count stays as it is at the centre
        lengths, components, total = _components(away)
        if not float(lengths[0]):
            raise StrataError("The weights did not move while this was trained. Choose random directions.")
        first = components[0] @ away / lengths[0]
        directions = [first]
        if lengths[1] > FLAT * lengths[0]:  # else the path is a straight line
            directions.append(components[1] @ away / lengths[1])
        shares = tuple(float(one) ** 2 / total for one in lengths[: len(directions)])
        names = ("first component", "second component")[: len(directions)]
        plane = Plane(centre, tuple(directions), ((-1, 1),) * len(names), names, shares)
        found = [plane.place(row + centre) for row in away]
        marks = [Mark(f"step {step:,}", at, step, off) for step, (at, off) in zip(steps, found, strict=True)]
        reaches = tuple(reach_of([*(at[side] for at, _ in found), 0.0]) for side in range(len(names)))
        return replace(plane, reaches=reaches, marks=tuple(marks))


def _moments(site: Site, run: Run | None) -> tuple[list[int], list[Tensor]]:
    """The steps of the moments that were kept, and the weights then."""
    from builder.errors import StrataError

    steps: list[int] = []
    rows: list[Tensor] = []
    for step in run.snapshots.numbers() if run else []:
        if site.at is not None and step > site.at:
            break
        try:
            row = site.flat.read(run.weights(at=step))  # type: ignore[union-attr]
        except StrataError:  # thinned meanwhile
            continue
        if bool(row.isfinite().all()):
            rows.append(row)
            steps.append(step)
    return steps, rows


def _components(away: Tensor) -> tuple[Tensor, Tensor, float]:
    """The two largest singular values of rows, how much of each row they take, (2, rows), and the sum of all squares.

    By the rows' products with each other: there are few rows, and each may have millions of numbers.
    """
    import torch

    products = torch.zeros(len(away), len(away), dtype=torch.float64)
    for part in away.split(COLUMNS, dim=1):
        products += part.double() @ part.double().T
    squares, vectors = torch.linalg.eigh(products)
    lengths = squares.clamp(min=0).sqrt()
    return lengths[-2:].flip(0).to(away), vectors[:, -2:].flip(1).T.to(away), float(products.trace())
