"""Losses that leave all bounds."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from pydantic import Field

from engines.doctor import cures
from engines.doctor.figures import number, percent, times
from engines.doctor.symptom import Cure, Diagnosis, Figure, Severity, Symptom

if TYPE_CHECKING:
    from engines.doctor.evidence import Evidence

RATE = "Goodfellow, Bengio and Courville (2016), Deep learning, section 11.4.1"


def usual_rate(optimiser: Any) -> float:
    """The learning rate that an optimiser has unless it is given another."""
    return float(type(optimiser).model_fields["lr"].default)


def fast(evidence: Evidence) -> bool:
    """Whether the learning rate is more than ten times the optimiser's usual one."""
    optimiser = evidence.setting("optimiser")
    return optimiser is not None and optimiser.lr > 10 * usual_rate(optimiser)


def slower(evidence: Evidence) -> Cure | None:
    """A tenth of the learning rate, or the optimiser's usual one where that is far below."""
    optimiser = evidence.setting("optimiser")
    if optimiser is None:
        return None
    return cures.rate(evidence, usual_rate(optimiser) / optimiser.lr if fast(evidence) else 0.1)


def rate_figure(evidence: Evidence) -> tuple[Figure, ...]:
    """The learning rate beside the usual one."""
    optimiser = evidence.setting("optimiser")
    if optimiser is None:
        return ()
    usual = f"usual for {type(optimiser).title}: {usual_rate(optimiser):g}"
    return (Figure("Learning rate", number(optimiser.lr), usual),)


class NotFinite(Symptom):
    """The loss is NaN or infinite: a number grew beyond what 32 bits hold, or the loss is not defined there."""

    title: ClassVar = "The loss is not a number"
    icon: ClassVar = "dangerous"
    severity: ClassVar[Severity] = "error"
    reference: ClassVar = RATE
    why: ClassVar = (
        "One step with such a loss makes every weight not a number, and nothing can be learned from there. Mostly "
        "the steps are too long: each one overshoots further than the last."
    )
    explains: ClassVar = ("Diverging", "NotLearning", "DeadUnits", "SaturatedUnits", "VanishingGradients")

    def look(self, evidence: Evidence) -> Diagnosis | None:
        """Whether the newest loss is not finite."""
        bad = np.flatnonzero(~np.isfinite(evidence.losses))
        if not len(bad) or np.isfinite(evidence.losses[-1]):
            return None  # a run that has got over it is well
        good = np.flatnonzero(np.isfinite(evidence.losses))
        since = int(good[-1]) + 1 if len(good) else 0
        step = since * evidence.stride + 1
        before = evidence.losses[:since]
        finite = before[np.isfinite(before)]
        figures = [Figure("First step without a number", f"{step:,}")]
        if len(finite):
            figures.append(
                Figure("Loss before it", number(finite[-1]), f"{number(finite[0])} at the beginning")
            )
        return Diagnosis(
            self.kind,
            f"The loss stopped being a finite number at step {step:,}"
            + (
                f", after it had grown to {number(finite.max())} from {number(finite[0])}."
                if _grew(finite)
                else "."
            ),
            (*figures, *rate_figure(evidence)),
            lambda: (cures.scale_inputs(evidence), slower(evidence), cures.clip(evidence)),
            "loss",
        )


def _grew(finite: np.ndarray) -> bool:
    return len(finite) > 1 and finite.max() > 2 * finite[0]


class Diverging(Symptom):
    """The loss rises instead of falling: steps are so long that they leap out of the valley."""

    icon: ClassVar = "trending_up"
    severity: ClassVar[Severity] = "error"
    reference: ClassVar = RATE
    why: ClassVar = (
        "The gradient tells the direction downhill only for short steps. Where a step is too long, the loss is higher "
        "after it than before, the gradient there is larger, and the next step longer still."
    )
    explains: ClassVar = (
        "NotLearning",
        "DeadUnits",
        "SaturatedUnits",
        "VanishingGradients",
        "DecayTooStrong",
    )
    above: float = Field(
        2.0, gt=1, description="So many times the loss before training. On ready networks an epoch's mean "
        "loss was never above 1.02 of it, on three seeds"
    )  # fmt: skip
    lost: float = Field(
        1 / 3, gt=0, le=1, description="Share of what had been gained that is lost again, over two whole epochs. On "
        "ready networks at most 0.02"
    )  # fmt: skip
    leap: float = Field(
        1000.0, gt=1, description="So many times the loss before training, at one step, where nothing is learned after "
        "it either. At a thousand times the usual rate it was 1,800 times; where units merely die, 180"
    )  # fmt: skip

    def look(self, evidence: Evidence) -> Diagnosis | None:
        """Whether the loss lies far above the start, or leapt there, or most of what was learned is lost again."""
        windows, start = evidence.windows, evidence.start
        if len(windows) < 3 or not np.isfinite(windows[-2:]).all():
            return None
        now, low = float(windows[-2:].min()), int(np.nanargmin(windows))
        best = float(windows[low])
        gained = start - best
        risen = now >= self.above * start and windows[-1] >= windows[-2] / 2
        fallen_back = gained > 0.2 * start and now - best >= self.lost * gained and now >= 3 * best
        peak = float(np.max(evidence.losses[np.isfinite(evidence.losses)]))
        leapt = peak >= self.leap * start and now >= 0.9 * start
        if not risen and not fallen_back and not leapt:
            return None
        now = float(windows[-1])
        what = (
            f"The loss has risen to {number(now)}, {times(now / start)} what it was before training ({number(start)})."
            if risen
            else f"The loss leapt to {number(peak)}, {times(peak / start)} what it was before training "
            f"({number(start)}), and is {number(now)} now: nothing was learned."
            if leapt
            else f"The loss had fallen to {number(best)} by step {evidence.step_of(low):,} and is back at "
            f"{number(now)}: {percent((now - best) / gained)} of what was learned is lost."
        )
        from_start = risen or leapt
        at = None if from_start else evidence.step_of(low)

        def candidates() -> list[Cure]:
            return [replace(one, before=at) for one in (slower(evidence), cures.clip(evidence)) if one]

        return Diagnosis(
            self.kind,
            what,
            (
                Figure("Loss of late", number(now), f"{number(start)} before training"),
                *(
                    []
                    if from_start
                    else [Figure("Best so far", number(best), f"by step {evidence.step_of(low):,}")]
                ),
                *rate_figure(evidence),
            ),
            candidates,
            "loss",
        )
