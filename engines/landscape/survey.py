"""Survey: the whole of a landscape, coarse first and then finer; to be called aside."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
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
from engines.landscape.site import Site, newest
from engines.landscape.surface import Meter
from engines.runs.run import Run
from engines.trained import at_moment

if TYPE_CHECKING:
    from engines.data.data import PartName
    from engines.landscape.plane import Plane, Reach

SIDE, EXAMPLES = 25, 256
"""Places along each side, and examples, unless a person asks for others."""
COARSE = 7
"""Places along a side of the first picture, at least."""
FROZEN = "evaluation mode, batch normalisation with the means and variances counted in training"
STILL = "evaluation mode"
MEASURING = "Measuring the loss, from coarse to fine"


def survey(
    folder: str,
    checkpoint: int,
    at: int | None,
    axes: dict[str, Any],
    part: PartName = "train",
    most: int = EXAMPLES,
    side: int = SIDE,
    depends: Sequence[int] = (),
) -> dict[str, Any]:
    """The landscape of a run's network at a moment.

    Args:
        folder: of the run.
        checkpoint: the number of its newest one, by which newer weights are told from older ones; 0 at a snapshot.
        at: the step of a snapshot, for its weights instead of the newest.
        axes: the choice of axes, as plain JSON (see engines/landscape/axes.py).
        part: of its data.
        most: examples.
        side: places along each side.
        depends: what else it depends on (`Axes.depends`).

    Returns:
        alpha (a,), beta (b,), values (a, b): the loss in the plane, nan where it is no number; of a line b is 1.
        centre: the loss in the middle; step: of the network there. marks (m, 2): networks at their nearest places;
        steps (m,), true (m,): their own losses, off (m,): how far beside the plane they are, as shares of their way
        from the centre; titles: what they are called. names: of the axes; explained: shares of the path's variance;
        mode: of the layers; warning: what to know; kept: the name under which it is kept in the run, "" if it could
        not be; examples, part, places of whole, seconds.

    Raises:
        StrataError: there is no such landscape; the words say what to do.
    """
    run = Run(Path(folder))
    tell(0.01, "Loading the network and its data")
    weights, step = newest(run) if at is None else (run.weights(at=at), at)
    asked = {"axes": axes, "part": part, "most": most, "side": side, "depends": [*depends]}
    kept, name = Landscapes(run), name_of({**asked, "at": at, "step": step, "checkpoint": checkpoint})
    if known := kept.read(name):
        return known
    begun = time.perf_counter()
    site = Site.of(at_moment(folder, checkpoint, at), part, most, weights, step)
    all_axes()
    chosen = Axes.parse(axes)
    tell(0.03, "Choosing the plane")
    plane = chosen.plane(site, run)
    found = about(site, plane) | {"part": part, "kept": name, "warning": chosen.warning}
    meter = Meter(site, plane, threads=min(2, os.cpu_count() or 1))
    for picture in pyramid(meter, plane, side):
        found |= picture
        tell(0.1 + 0.9 * found["places"] / found["whole"], MEASURING, found)
    found |= _paths(site, run, plane)
    found["seconds"] = time.perf_counter() - begun
    try:
        kept.write(name, found, plane)
    except OSError:  # a full disk: it is shown all the same
        found["kept"] = ""
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
        "step": -1 if site.at is None else site.at,
        "titles": [mark.name for mark in plane.marks],
        "marks": np.array([mark.at for mark in plane.marks]).reshape(-1, 2),
        "off": np.array([mark.off for mark in plane.marks]),
    }


def pyramid(meter: Meter, plane: Plane, side: int) -> Any:
    """Pictures of a plane, each with the places of the one before and more between: alpha, beta, values, places.

    The last one has `side` places a side, or a few more where that cannot be halved.
    """
    strides = [2**power for power in range(12) if (side - 1) >> power >= COARSE - 1]
    widest = strides[-1] if strides else 1
    alpha = _through_zero(plane.reaches[0], side, widest)
    beta = _through_zero(plane.reaches[1], side, widest) if len(plane.directions) > 1 else np.zeros(1)
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
            "whole": values.size,
        }


def _through_zero(reach: Reach, side: int, stride: int) -> np.ndarray:
    """At least `side` places over a reach and perhaps a little more: every `stride`-th of them makes a coarse picture.

    Zero is one of those, so that the network itself is measured in each picture and slices go through it.
    """
    low, high = reach
    cells = -(-(side - 1) // stride)
    if not low < 0 < high or cells < 2:
        return np.linspace(low, high, cells * stride + 1)
    width, before = min((max(-low / left, high / (cells - left)), left) for left in range(1, cells))
    return (np.arange(cells * stride + 1) - before * stride) * (width / stride)


def _progress(before: int, whole: int, done: int) -> None:
    tell(0.1 + 0.9 * (before + done) / whole, MEASURING)


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
