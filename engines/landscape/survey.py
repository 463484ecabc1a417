"""Survey: the whole of a landscape, coarse first and then finer; to be called aside."""

from __future__ import annotations

import os
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from builder.errors import StrataError
from engines.aside import tell
from engines.context import NORMS
from engines.landscape.axes import Axes, all_axes
from engines.landscape.kept import Landscapes, name_of
from engines.landscape.site import Site
from engines.landscape.surface import Meter
from engines.runs.run import Run
from engines.trained import at_moment

if TYPE_CHECKING:
    from engines.data.data import PartName
    from engines.landscape.plane import Plane

SIDE, EXAMPLES = 25, 256
"""Places along each side, and examples, unless a person asks for others."""
COARSE = 7
"""Places along a side of the first picture, at least."""
FROZEN = "evaluation mode, batch normalisation with the means and variances counted in training"
STILL = "evaluation mode"
WARNINGS = {
    "Trajectory": "The loss is that of places in the plane. The network itself was beside it: hover over the path for "
    "its true loss. The path of a random walk looks as smooth as this.",
    "Random": "Two directions out of all there are. What is a valley here may have a way out in another direction.",
    "Eigenvectors": "These are the sharpest directions; nearly all others are far flatter.",
}


def survey(
    folder: str,
    checkpoint: int,
    at: int | None,
    axes: dict[str, Any],
    part: PartName = "train",
    most: int = EXAMPLES,
    side: int = SIDE,
) -> dict[str, Any]:
    """The landscape of a run's network at a moment.

    Args:
        folder: of the run.
        checkpoint: the number of its newest one, by which newer weights are told from older ones.
        at: the step of a snapshot, for its weights instead of the newest.
        axes: the choice of axes, as plain JSON (see engines/landscape/axes.py).
        part: of its data.
        most: examples.
        side: places along each side.

    Returns:
        alpha (a,), beta (b,), values (a, b): the loss in the plane, nan where it is no number; of a line b is 1. marks
        (m, 2): networks at their nearest places; steps (m,), true (m,): their own losses, off (m,): how far beside
        the plane they are, as shares of their way from the centre; titles: what they are called. centre: the loss in
        the middle; names: of the axes; explained: shares of the path's variance; mode: of the layers; warning: what to
        know; kept: the name under which it is kept in the run; examples, part, places, seconds.

    Raises:
        StrataError: there is no such landscape; the words say what to do.
    """
    name = name_of(
        {"checkpoint": checkpoint, "at": at, "axes": axes, "part": part, "most": most, "side": side}
    )
    run = Run(Path(folder))
    kept = Landscapes(run)
    if known := kept.read(name):
        return known
    begun = time.perf_counter()
    tell(0.01, "Loading the network and its data")
    site = Site.of(at_moment(folder, checkpoint, at), part, most)
    all_axes()
    chosen = Axes.parse(axes)
    tell(0.03, "Choosing the plane")
    plane = chosen.plane(site, run)
    found = about(site, plane) | {"part": part, "kept": name, "warning": WARNINGS.get(chosen.kind, "")}
    meter = Meter(site, plane, threads=min(2, os.cpu_count() or 1))
    for picture in pyramid(meter, plane, side):
        found |= picture
        tell(0.1 + 0.9 * found["places"] / _whole(plane, side), _words(found, plane, side), found)
    found |= _paths(site, run, plane)
    found["seconds"] = time.perf_counter() - begun
    try:
        kept.write(name, found, plane)
    except OSError as error:
        raise StrataError(f"The landscape cannot be kept: {error.strerror or error}.") from error
    return found


def about(site: Site, plane: Plane) -> dict[str, Any]:
    """What a landscape is of, in plain values."""
    norms = any(isinstance(one, NORMS) for one in site.flat.model.modules())
    with torch.inference_mode():
        centre = float(site.loss())
    return {
        "centre": centre,
        "names": list(plane.names),
        "explained": list(plane.explained),
        "mode": FROZEN if norms else STILL,
        "examples": len(site.inputs),
        "parameters": site.flat.learned,
        "titles": [mark.name for mark in plane.marks],
        "marks": np.array([mark.at for mark in plane.marks]).reshape(-1, 2),
        "off": np.array([mark.off for mark in plane.marks]),
    }


def pyramid(meter: Meter, plane: Plane, side: int) -> Any:
    """Pictures of a plane, each with the places of the one before and more between: alpha, beta, values, places.

    The last one has `side` places a side, or a few more where that cannot be halved.
    """
    strides = [2**power for power in range(12) if (side - 1) >> power >= COARSE - 1]
    count = -(-(side - 1) // strides[-1]) * strides[-1] + 1 if strides else side
    alpha = np.linspace(*plane.reaches[0], count)
    beta = np.linspace(*plane.reaches[1], count) if len(plane.directions) > 1 else np.zeros(1)
    values = np.full((len(alpha), len(beta)), np.nan)
    done = np.zeros(values.shape, bool)
    for stride in reversed(strides or [1]):
        wanted = np.zeros_like(done)
        wanted[::stride, ::stride] = True
        rows, columns = np.nonzero(wanted & ~done)
        order = np.argsort(np.hypot(alpha[rows], beta[columns]), kind="stable")
        rows, columns = rows[order], columns[order]
        before = int(done.sum())
        told = partial(_progress, before, values.size)
        values[rows, columns] = meter(np.stack([alpha[rows], beta[columns]], 1), told)
        done |= wanted
        yield {
            "alpha": alpha[::stride],
            "beta": beta[::stride],
            "values": values[::stride, ::stride].copy(),
            "places": int(done.sum()),
        }


def _progress(before: int, whole: int, done: int) -> None:
    share = (before + done) / whole
    tell(0.1 + 0.9 * share, f"{before + done:,} of {whole:,} places")


def _whole(plane: Plane, side: int) -> int:
    return side ** len(plane.directions)


def _words(found: dict[str, Any], plane: Plane, side: int) -> str:
    return f"{found['places']:,} of {_whole(plane, side):,} places"


def _paths(site: Site, run: Run, plane: Plane) -> dict[str, np.ndarray]:
    """The steps of the networks that are marked, and the losses that they have where they really are."""
    here, losses = site.flat.vector.clone(), []
    for mark in plane.marks:
        losses.append(np.nan)
        if mark.step is None:
            continue
        try:
            site.flat.move(site.flat.read(run.weights(at=mark.step)))
        except StrataError:  # thinned meanwhile
            continue
        with torch.inference_mode():
            losses[-1] = float(site.loss())
    site.flat.move(here)
    steps = [-1 if mark.step is None else mark.step for mark in plane.marks]
    return {"steps": np.array(steps, int), "true": np.array(losses)}
