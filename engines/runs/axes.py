"""Where the steps of a run lie in epochs and in time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engines.runs.curves import Curves
from engines.runs.status import Status
from engines.runs.summary import Summary

if TYPE_CHECKING:
    import numpy as np


def ends_of_epochs(curves: Curves, told: Status | Summary) -> list[tuple[float, float]]:
    """(step, complete epochs) at the end of each epoch; of a run without a validation part as its status says."""
    if rows := curves.measured("validation"):
        return [(row["step"], row["epoch"] + 1) for row in rows]
    return [(told.steps, told.epochs)] if told.steps and told.epochs else []


def in_epochs(steps: np.ndarray, ends: list[tuple[float, float]]) -> np.ndarray:
    """Steps (n,) as epochs, broken ones between the ends of two; beyond the last at the pace of that one."""
    import numpy as np

    at, epochs = np.array([(0.0, 0.0), *ends], np.float64).T
    pace = (epochs[-1] - epochs[-2]) / max(at[-1] - at[-2], 1) if len(at) > 1 else 0.0
    return np.interp(steps, at, epochs) + np.maximum(steps - at[-1], 0) * pace


def in_seconds(steps: np.ndarray, curves: Curves) -> np.ndarray:
    """Steps (n,) as seconds of training, as `Curves.seconds` tells each of them; NaN where no time was told."""
    import numpy as np

    if not curves.clock:
        return np.full(len(steps), np.nan)
    at, seconds = np.array([(0.0, 0.0), *curves.clock], np.float64).T
    return np.interp(steps, at, seconds)


def in_time(steps: np.ndarray, curves: Curves, created: float) -> np.ndarray:
    """Steps (n,) as moments (seconds since 1970), pauses included; from `created` on where no start was told."""
    import numpy as np

    seconds = np.nan_to_num(in_seconds(steps, curves))
    moments = created + seconds
    for (
        row
    ) in curves.states:  # each time that it went on, the clock is set anew for all steps that came after
        if row["type"] == "state" and row["state"] == "running" and type(row.get("at")) in (int, float):
            begun = np.nan_to_num(in_seconds(np.array([row["step"]]), curves))[0]
            moments = np.where(steps > row["step"], row["at"] + seconds - begun, moments)
    return moments
