"""Trajectory: the plane in which the training's own path moves most."""

from __future__ import annotations

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

    def plane(self, site: Site, run: Run | None) -> Plane:
        """Through the network, along the two main directions of its way here (principal components)."""
        import torch

        from builder.errors import StrataError
        from engines.landscape.plane import Mark, Plane, random_direction, reach_of

        centre = site.flat.vector.clone()
        steps, rows = _moments(site, run)
        if len(rows) < FEWEST:
            raise StrataError(
                f"A path needs at least {FEWEST} moments of the training, and {len(rows)} were kept. "
                "Train longer, or choose random directions."
            )
        away = torch.stack(rows) - centre
        away[:, site.flat.learned :] = 0  # what layers count stays as it is at the centre
        lengths, components = _components(away)
        if not float(lengths[0]):
            raise StrataError("The weights did not move while this was trained. Choose random directions.")
        first = components[0] @ away / lengths[0]
        if lengths[1] > FLAT * lengths[0]:
            second = components[1] @ away / lengths[1]
        else:  # a straight line: any other direction will do
            second = random_direction(site.flat, torch.Generator().manual_seed(0))
            second = second - (second @ first) * first
            second = second / second.norm()
        total = float((away.double() ** 2).sum())
        shares = tuple(float(one) ** 2 / total for one in lengths)
        plane = Plane(centre, (first, second), ((-1, 1), (-1, 1)), ("first component", "second component"))
        found = [plane.place(row + centre) for row in away]
        marks = [Mark(f"step {step:,}", at, step, off) for step, (at, off) in zip(steps, found, strict=True)]
        ways = [[at[side] for at, _ in found] + [0.0] for side in (0, 1)]
        return Plane(
            centre,
            plane.directions,
            (reach_of(ways[0]), reach_of(ways[1])),
            plane.names,
            shares,
            tuple(marks),
        )


def _moments(site: Site, run: Run | None) -> tuple[list[int], list[Tensor]]:
    """The steps of the moments that were kept, and the weights then."""
    from builder.errors import StrataError

    steps: list[int] = []
    rows: list[Tensor] = []
    for step in run.snapshots.numbers() if run else []:
        if site.at is not None and step > site.at:
            break
        try:
            rows.append(site.flat.read(run.weights(at=step)))  # type: ignore[union-attr]
            steps.append(step)
        except StrataError:  # thinned meanwhile
            continue
    return steps, rows


def _components(away: Tensor) -> tuple[Tensor, Tensor]:
    """The two largest singular values of rows, and how much of each row they take: (2,) and (2, rows).

    By the rows' products with each other: there are few rows, and each may have millions of numbers.
    """
    import torch

    products = sum(part.double() @ part.double().T for part in away.split(COLUMNS, dim=1))
    squares, vectors = torch.linalg.eigh(products)
    lengths = squares.clamp(min=0).sqrt()
    return lengths[-2:].flip(0).to(away), vectors[:, -2:].flip(1).T.to(away)
