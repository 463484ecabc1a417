"""Follow: where a training is in the plane of a landscape that was computed while it went on."""

from __future__ import annotations

from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from builder import compile
from builder.errors import StrataError
from engines.landscape.flat import Flat
from engines.landscape.kept import Landscapes
from engines.landscape.plane import Plane
from engines.landscape.site import newest
from engines.runs.run import Run


def trail(folder: str, kept: str, after: int, checkpoint: int) -> dict[str, Any]:
    """The moments of a run since a landscape was computed, and its newest weights; to be called aside.

    Args:
        folder: of the run.
        kept: the name of the landscape (see `survey`).
        after: the last step that the landscape shows itself.
        checkpoint: the number of the newest one, by which newer weights are told from older ones.

    Returns:
        steps (n,), the last one that of the newest weights; at (n, 2): the nearest places in the plane; off (n,): how
        far beside the plane they are, as shares of their way from the centre.

    Raises:
        StrataError: the plane was not kept, or there are no weights.
    """
    run = Run(Path(folder))
    centre, directions = _plane(folder, kept)
    plane = Plane(centre, directions, ((0, 0),) * len(directions), ("",) * len(directions))
    flat = Flat(compile(run.project.graphs["model"]))
    steps, found = list[int](), []
    for step in (step for step in run.snapshots.numbers() if step > after):
        with suppress(StrataError):  # thinned meanwhile
            found.append(plane.place(flat.read(run.weights(at=step))))
            steps.append(step)
    weights, step = newest(run)
    found.append(plane.place(flat.read(weights)))
    steps.append(step)
    at = np.array([one for one, _ in found]).reshape(-1, 2)
    return {"steps": np.array(steps, int), "at": at, "off": np.array([off for _, off in found])}


@lru_cache(2)
def _plane(folder: str, kept: str) -> Any:
    return Landscapes(Run(Path(folder))).plane(kept)
