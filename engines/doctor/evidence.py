"""Evidence: what a run has told so far, in the form in which symptoms look at it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from statistics import median
from typing import TYPE_CHECKING, Any

import numpy as np

from engines.doctor.settings import changed, value_of
from engines.engine import Engine, engine_of
from engines.metrics import BASELINE

if TYPE_CHECKING:
    from builder.project import Project
    from engines.runs.curves import Curves
    from engines.runs.status import Status

MOST_POINTS = 200_000
"""Steps beyond which only every so-many-th is looked at."""
FEWEST_STEPS = 20
"""A mean over fewer steps is mostly the luck of the batches."""
RECENT, HISTORY = 5, 60
"""The newest probes that say how a layer is doing now, and how many, spread over the run, say how it was."""


@dataclass(frozen=True)
class Evidence:
    """What is known of a run; all numbers of a long one are thinned, so that looking costs milliseconds.

    Attributes:
        project: what is trained, with the changes that a person made while it went on.
        engine: its engine.
        losses: the loss of each step (each `stride`-th of a long run), NaN where it was not finite.
        validation: the measurements of the validation part: {"step", "epoch", "values"}.
        baselines: what simple models reach on the test part, by name.
        probes: the newest and some older probes.
        data: what was measured of the data (engines/doctor/data.py).
        status: state, step, epoch and the like.
    """

    project: Project
    engine: Engine
    losses: np.ndarray
    stride: int
    validation: list[dict[str, Any]]
    baselines: dict[str, dict[str, float]]
    probes: list[dict[str, Any]]
    data: dict[str, Any]
    status: Status
    since: int = 0
    """The step of the last change of a setting, or at which it branched off."""

    @classmethod
    def of(cls, project: Project, curves: Curves, status: Status, branched: int = 0) -> Evidence:
        """Gather what a run has told; what its parent told before it branched off counts, but not its settings."""
        told = curves.steps.get("loss")
        stride = max(1, math.ceil(len(told or ()) / MOST_POINTS))
        losses = np.array(told[::stride] if told else [], np.float64)
        changes = [change for change in curves.changes() if change["step"] >= branched]
        project = changed(project, changes)
        probes = curves.probes
        spread = probes[: -RECENT : max(1, len(probes) // HISTORY)]
        baselines = {
            part.removeprefix(BASELINE): values
            for part, values in curves.latest().items()
            if part.startswith(BASELINE)
        }
        return cls(
            project=project, engine=engine_of(project.engine), losses=losses, stride=stride,
            validation=curves.measured("validation"), baselines=baselines,
            probes=[*spread, *probes[-RECENT:]], data=curves.evidence(), status=status,
            since=changes[-1]["step"] if changes else branched,
        )  # fmt: skip

    # -- how far it is -------------------------------------------------------------------------------------

    @property
    def steps(self) -> int:
        """Steps so far."""
        return len(self.losses) * self.stride

    @property
    def per_epoch(self) -> int:
        """Steps in an epoch; 0 if not known."""
        return self.status.steps // self.status.epochs if self.status.epochs and self.status.steps else 0

    @property
    def epochs(self) -> float:
        """Epochs so far, the present one in part."""
        return self.steps / self.per_epoch if self.per_epoch else 0.0

    def setting(self, path: str, default: Any = None) -> Any:
        """A setting of the engine, such as "optimiser.lr"; the default if it has none of that name."""
        return value_of(self.engine, path, default)

    # -- losses --------------------------------------------------------------------------------------------

    @cached_property
    def windows(self) -> np.ndarray:
        """The mean loss of one window after another (an epoch or more each); the last one ends now."""
        size = max(self.per_epoch, FEWEST_STEPS, self.steps // 200) // self.stride or 1
        whole = len(self.losses) // size
        if not whole:
            return np.empty(0)
        return self.losses[len(self.losses) - whole * size :].reshape(whole, size).mean(1)

    def step_of(self, window: int) -> int:
        """The step at which a window ends."""
        return self.steps - (len(self.windows) - 1 - window) * (self.steps // max(len(self.windows), 1))

    @cached_property
    def start(self) -> float:
        """The loss before anything was learned: of the first step, or of a constant answer where that is more."""
        first = self.losses[0] if len(self.losses) else math.nan
        return float(np.fmax(first, self.constant)) if self.constant is not None else float(first)

    @property
    def level(self) -> float:
        """The loss of knowing nothing: of the best constant answer, or of the first step where that is not known."""
        return self.start if self.constant is None else self.constant

    @cached_property
    def constant(self) -> float | None:
        """The loss of the best constant answer, which knows the classes' shares or the mean; None if not known."""
        from engines.doctor.constant import constant_loss

        return constant_loss(self.engine, self.data)

    def metric(self, name: str) -> list[float]:
        """A validation metric, epoch after epoch."""
        return [value for row in self.validation if (value := row["values"].get(name)) is not None]

    # -- probes --------------------------------------------------------------------------------------------

    def layers(self, measure: str) -> dict[str, float]:
        """The median of a measure over the newest probes, by layer; layers that do not tell it are left out."""
        return _medians(self.probes[-RECENT:], measure)

    def layers_before(self, measure: str) -> dict[str, float]:
        """The same at the first probe."""
        return _medians(self.probes[:1], measure)

    def watched(self, measure: str, layer: str) -> list[float]:
        """A layer's measure, probe after probe."""
        told = [row["layers"].get(layer, {}).get(measure) for row in self.probes]
        return [value for value in told if value is not None]


def _medians(rows: list[dict[str, Any]], measure: str) -> dict[str, float]:
    """The median of a measure by layer, in the order of the network."""
    names = {name: None for row in rows for name in row["layers"]}
    found = {}
    for name in names:
        told = [row["layers"].get(name, {}).get(measure) for row in rows]
        if numbers := [value for value in told if isinstance(value, int | float)]:
            found[name] = float(median(numbers))
    return found
