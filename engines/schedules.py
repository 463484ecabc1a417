"""Schedules: how the learning rate changes over a run. Each is a function of the step, so a resumed run agrees.

The rate at a step is the optimiser's own `lr` times the schedule's factor. Factors depend on the share of the run that
is done, so a schedule keeps its form when the number of epochs changes.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import Field

from builder.registry import Registered

FINAL = "Share of the learning rate that is left at the end"


class Schedule(Registered):
    """A factor for the learning rate at each step."""

    reference: ClassVar[str] = ""
    """Paper or textbook."""
    formula: ClassVar[str] = ""
    """The factor at step s of S, in LaTeX."""
    watches: ClassVar[bool] = False
    """Whether it follows the validation loss."""

    warmup: int = Field(
        0,
        ge=0,
        le=1_000_000,
        description="Steps in which the rate first rises in a straight line (Goyal et al., 2017)",
    )

    def factor(self, step: int, total: int, memory: Mapping[str, Any] | None = None) -> float:
        """What the learning rate is multiplied with at `step` of `total` (0 is the first).

        `memory` is what `observe` last returned, for schedules that watch the validation loss.
        """
        if step < self.warmup:
            return (step + 1) / (self.warmup + 1) * self.shape(0, max(total - self.warmup, 1), memory or {})
        return self.shape(step - self.warmup, max(total - self.warmup, 1), memory or {})

    def shape(self, step: int, total: int, memory: Mapping[str, Any]) -> float:
        """The factor at `step` of the `total` after the warm-up."""
        raise NotImplementedError

    def observe(self, memory: Mapping[str, Any], loss: float) -> dict[str, Any]:
        """What to remember (plain JSON) after a validation loss was measured."""
        return dict(memory)


class Constant(Schedule):
    """The same learning rate all the time."""

    formula: ClassVar[str] = r"1"

    def shape(self, step: int, total: int, memory: Mapping[str, Any]) -> float:
        """1 at every step."""
        return 1.0


class StepDecay(Schedule):
    """Drops the rate at once, at evenly spaced points of the run."""

    formula: ClassVar[str] = r"\gamma^{\lfloor (d + 1)\, s / S \rfloor}"
    drops: int = Field(2, ge=1, le=100, description="How often the rate drops over the run")
    gamma: float = Field(0.1, gt=0, le=1, description="What each drop multiplies the rate with")

    def shape(self, step: int, total: int, memory: Mapping[str, Any]) -> float:
        """γ to the power of the drops so far: with 2 drops the thirds of the run have rates 1, γ and γ²."""
        return self.gamma ** min(step * (self.drops + 1) // total, self.drops)


class Exponential(Schedule):
    """Multiplies the rate with the same number after every step."""

    formula: ClassVar[str] = r"f^{s / S}"
    final: float = Field(0.01, gt=0, le=1, description=FINAL)

    def shape(self, step: int, total: int, memory: Mapping[str, Any]) -> float:
        """final^(step / total)."""
        return self.final ** min(step / total, 1.0)


class Cosine(Schedule):
    """Falls along half a cosine: slowly, then fast, then slowly again."""

    reference: ClassVar[str] = "Loshchilov and Hutter (2017), SGDR"
    formula: ClassVar[str] = r"f + (1 - f)\, \frac{1 + \cos(\pi s / S)}{2}"
    final: float = Field(0.0, ge=0, le=1, description=FINAL)

    def shape(self, step: int, total: int, memory: Mapping[str, Any]) -> float:
        """final + (1 − final) · (1 + cos(π step / total)) / 2."""
        return _cosine(1.0, self.final, step / total)


class OneCycle(Schedule):
    """Rises from a small rate to the full one, then falls to almost nothing."""

    reference: ClassVar[str] = "Smith and Topin (2018), Super-convergence"
    rise: float = Field(0.3, gt=0, lt=1, description="Share of the run in which the rate rises")
    start: float = Field(0.04, gt=0, le=1, description="Share of the learning rate at the first step")
    final: float = Field(4e-6, ge=0, le=1, description=FINAL)

    def shape(self, step: int, total: int, memory: Mapping[str, Any]) -> float:
        """Half a cosine from start to 1, and another from 1 to final at the last step."""
        peak = max(self.rise * total - 1, 0.0)
        if step < peak:
            return _cosine(self.start, 1.0, step / peak)
        return _cosine(1.0, self.final, (step - peak) / max(total - 1 - peak, 1.0))


class ReduceOnPlateau(Schedule):
    """Lowers the rate whenever the validation loss has stopped falling."""

    watches: ClassVar[bool] = True
    gamma: float = Field(0.1, gt=0, lt=1, description="What each drop multiplies the rate with")
    patience: int = Field(
        5, ge=0, le=100_000, description="Measurements without a better loss that are let pass"
    )
    threshold: float = Field(1e-4, ge=0, lt=1, description="Relative fall that counts as better")
    final: float = Field(0.0, ge=0, le=1, description="Share of the learning rate below which it never falls")

    def shape(self, step: int, total: int, memory: Mapping[str, Any]) -> float:
        """The factor that the measurements so far have left."""
        return float(memory.get("factor", 1.0))

    def observe(self, memory: Mapping[str, Any], loss: float) -> dict[str, Any]:
        """Count a measurement as better, or as bad; lower the factor when too many in a row were bad."""
        best, bad, factor = memory.get("best"), int(memory.get("bad", 0)), float(memory.get("factor", 1.0))
        if best is None or loss < best - abs(best) * self.threshold:
            return {"best": loss, "bad": 0, "factor": factor}
        if bad < self.patience:
            return {"best": best, "bad": bad + 1, "factor": factor}
        return {"best": best, "bad": 0, "factor": max(factor * self.gamma, self.final)}


def _cosine(start: float, end: float, share: float) -> float:
    return end + (start - end) * (1 + math.cos(math.pi * min(share, 1.0))) / 2
