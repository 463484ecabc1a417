"""Between: the line from a network to another one, or the plane through three of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import BaseModel, ConfigDict, Field

from engines.landscape.axes import Axes

if TYPE_CHECKING:
    from torch import Tensor

    from engines.landscape.plane import Plane
    from engines.landscape.site import Site
    from engines.runs.run import Run

BEYOND = (-0.25, 1.25)
"""From where to where a line is drawn: past both of its ends."""


class Moment(BaseModel):
    """A run at a moment."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)
    run: str = Field(
        "", max_length=200, pattern=r"^([\w-][\w.-]*)?$", description="The run's id; empty is the same run"
    )
    at: int | None = Field(None, ge=0, description="The step of a snapshot; None for the newest weights")


class Between(Axes):
    """From this network straight to another one, or the plane through three: is there a barrier between them?

    What batch normalisation has counted is interpolated too.
    """

    title: ClassVar = "Between networks"
    icon: ClassVar = "linear_scale"
    order: ClassVar = 30
    reference: ClassVar = (
        "Goodfellow, Vinyals and Saxe, Qualitatively characterizing optimization problems (2015)"
    )

    others: tuple[Moment, ...] = Field((), max_length=2, description="One or two other networks")

    def depends(self, run: Run) -> list[int]:
        """The newest checkpoints of those whose newest weights are meant."""
        return [max(_run(run, one).checkpoints.numbers(), default=0) for one in self.others if one.at is None]

    def plane(self, site: Site, run: Run | None) -> Plane:
        """Through the network and one or two others."""
        from builder.errors import StrataError
        from engines.landscape.plane import Mark, Plane

        if not self.others or run is None:
            raise StrataError("Choose another moment, or another run of the same network, to go to.")
        centre = site.flat.vector.clone()
        directions = tuple(_weights(site, run, one) - centre for one in self.others)
        names = tuple(_name(run, one) for one in self.others)
        for name, direction in zip(names, directions, strict=True):
            if not float(direction.norm()):
                raise StrataError(f"{name[:1].upper()}{name[1:]} has the same weights. Choose another one.")
        ends = ((1.0, 0.0), (0.0, 1.0))
        marks = (Mark("here", (0.0, 0.0)), *(Mark(name, end) for name, end in zip(names, ends, strict=False)))
        return Plane(
            centre, directions, (BEYOND,) * len(names), tuple(f"to {name}" for name in names), marks=marks
        )


def _run(run: Run, moment: Moment) -> Run:
    """The run of a moment; runs lie side by side."""
    return type(run)(run.folder.parent / moment.run) if moment.run else run


def _name(run: Run, moment: Moment) -> str:
    when = "" if moment.at is None else f"step {moment.at:,}"
    if moment.run in ("", run.id):
        return when or "the newest weights"
    return f"{moment.run} {when}".strip()


def _weights(site: Site, run: Run, moment: Moment) -> Tensor:
    from builder.errors import StrataError

    other = _run(run, moment)
    if not other.exists():
        raise StrataError(f"There is no run {moment.run!r} any more. Choose another one.")
    weights = other.weights(at=moment.at)
    for piece in site.flat.pieces:
        if piece.name not in weights or tuple(weights[piece.name].shape) != piece.shape:
            raise StrataError(
                f"{_name(run, moment)} is another network: {piece.name} is not there, or has another shape. "
                "Choose a run of the same network."
            )
    return site.flat.read(weights)
