"""Nothing is learned, or far too slowly, although numbers stay in bounds."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np
from pydantic import Field

from engines.doctor import cures
from engines.doctor.figures import number, percent
from engines.doctor.network import ROLE, bend, linear_only
from engines.doctor.symptom import Cure, Diagnosis, Figure, Symptom
from engines.doctor.symptoms.diverging import RATE, fast, rate_figure, slower
from engines.health import HEALTHY_UPDATE, MOVES_TOO_FAR
from engines.metrics import primary

if TYPE_CHECKING:
    from engines.doctor.evidence import Evidence


class RateTooSmall(Symptom):
    """Steps so short that the network hardly moves."""

    title: ClassVar = "Learning rate too small"
    icon: ClassVar = "speed"
    reference: ClassVar = "Karpathy, CS231n notes: ratio of weights and updates, about 1e-3"
    why: ClassVar = (
        "The gradient points somewhere, but the weights hardly follow: at this pace they are still where they began "
        "when the run is over. A longer step costs nothing."
    )
    explains: ClassVar = ("NotLearning",)
    update: float = Field(
        HEALTHY_UPDATE / 10, gt=0, description="Largest update ÷ weight of any layer. On ready networks it is 0.008 to "
        "0.08 while they learn, and below 1e-4 only at the end of a run that has learned"
    )  # fmt: skip
    fallen: float = Field(0.1, gt=0, lt=1, description="Share by which the loss must not yet have fallen")
    epochs: int = Field(
        3, ge=1, description="Epochs to wait; the ready networks had gained a tenth after one to three"
    )

    def look(self, evidence: Evidence) -> Diagnosis | None:
        """Whether all layers move far less than is usual, and the loss stays where it was."""
        windows, moved = evidence.windows, evidence.layers("update")
        if evidence.epochs < self.epochs or len(windows) < 3 or not moved:
            return None
        largest = max(max(moved.values()), max(evidence.layers_before("update").values(), default=0.0))
        if largest >= self.update or windows[-1] < (1 - self.fallen) * windows[0] or not largest:
            return None
        factor = min(max(cures.rounded(HEALTHY_UPDATE * 5 / largest), 10.0), 1e6)
        fall = 1 - windows[-1] / windows[0]
        return Diagnosis(
            self.kind,
            f"A step changes the weights by {number(largest)} of their size at most, where about {HEALTHY_UPDATE:g} is "
            f"usual, and after {evidence.epochs:.0f} epochs the loss has fallen by only {percent(max(fall, 0.0))}.",
            (
                Figure("Update ÷ weight", number(largest), f"usual: about {HEALTHY_UPDATE:g}"),
                Figure("Loss of late", number(windows[-1]), f"{number(windows[0])} at the beginning"),
                *rate_figure(evidence),
            ),
            lambda: (cures.rate(evidence, factor), cures.rate(evidence, 10.0) if factor > 10 else None),
            "loss",
        )


class FewSteps(Symptom):
    """Batches so large that the whole run takes only a few steps."""

    icon: ClassVar = "stacks"
    reference: ClassVar = "Masters and Luschi (2018), Revisiting small batch training"
    why: ClassVar = (
        "A network learns once a step, not once an example. A small batch points a little less exactly downhill, but "
        "there are many more steps for the same work."
    )
    explains: ClassVar = ("NotLearning", "RateTooSmall")
    steps: int = Field(
        50, ge=1, description="Steps of the whole run, below which little can be learned. The ready network with the "
        "fewest (LeNet-5) takes 144"
    )  # fmt: skip
    left: float = Field(0.5, gt=0, le=1, description="Share of the loss that must still be there")
    epochs: int = Field(5, ge=1, description="Epochs to wait")

    def look(self, evidence: Evidence) -> Diagnosis | None:
        """Whether an epoch has one or two steps, there are few epochs, and the loss is still high."""
        size, rows = evidence.setting("batch", 0), evidence.data.get("rows", {}).get("train", 0)
        if not 0 < evidence.status.steps < self.steps or evidence.per_epoch > 2 or size <= 32 or rows < 64:
            return None
        if evidence.epochs < self.epochs or getattr(evidence.setting("optimiser"), "closure", False):
            return None
        now = float(np.mean(evidence.losses[-3:]))
        if not now >= self.left * evidence.start:
            return None
        what = (
            f"A batch of {size:,} holds {'all' if size >= rows else 'half'} of the {rows:,} training examples, so the "
            f"whole run has only {evidence.status.steps} steps. The loss is still {number(now)}, from "
            f"{number(evidence.start)}."
        )
        return Diagnosis(
            self.kind,
            what,
            (
                Figure("Steps in an epoch", str(evidence.per_epoch)),
                Figure("Steps in all", str(evidence.status.steps), "hundreds, at least"),
                Figure("Loss of late", number(now), f"{number(evidence.start)} before training"),
            ),
            lambda: (cures.batch(evidence, 32), cures.batch(evidence, 8)),
            "loss",
        )


class DecayTooStrong(Symptom):
    """Weight decay that pulls the weights to zero faster than they learn."""

    title: ClassVar = "Weight decay too strong"
    icon: ClassVar = "compress"
    reference: ClassVar = "Krogh and Hertz (1992), A simple weight decay can improve generalization"
    why: ClassVar = (
        "Each step shortens all weights a little, and the gradient has to make up for it. Where the pull wins, all "
        "weights go to zero, and nothing passes through the network any more."
    )
    explains: ClassVar = ("VanishingGradients", "NotLearning", "DeadUnits")
    left: float = Field(
        0.3, gt=0, lt=1, description="Share that is left of the size of all weights. The ready network with the "
        "strongest decay (Digits MLP) keeps more than all of it"
    )  # fmt: skip

    def look(self, evidence: Evidence) -> Diagnosis | None:
        """Whether weights have shrunk a lot, weight decay is on, and the loss is still that of knowing nothing."""
        decay, windows = evidence.setting("optimiser.weight_decay", 0.0), evidence.windows
        if not decay or len(evidence.probes) < 2 or len(windows) < 3 or windows[-1] < 0.8 * evidence.level:
            return None
        left = shrunk(evidence)
        if left > self.left:
            return None
        return Diagnosis(
            self.kind,
            f"The weights have shrunk to {percent(left)} of their size at the beginning, and the loss is "
            f"{number(windows[-1])}, from {number(evidence.start)}.",
            (
                Figure("Size of all weights", percent(left), "100 % at the beginning, or more"),
                Figure("Weight decay", number(decay)),
                Figure("Loss of late", number(windows[-1]), f"{number(evidence.start)} before training"),
            ),
            lambda: (
                slower(evidence) if strode(evidence) else None,  # the pull is rate × decay
                cures.weight_decay(evidence, 0.0),
                cures.weight_decay(evidence, cures.rounded(decay / 50)),
            ),
            "loss",
        )


class NotLearning(Symptom):
    """The loss stays where it was: the network answers as if it had not seen the inputs."""

    title: ClassVar = "Plateau: nothing is learned"
    icon: ClassVar = "trending_flat"
    reference: ClassVar = RATE
    why: ClassVar = (
        "A network that always gives the same answer, the commonest class or the mean, reaches this loss too. All "
        "that lies between inputs and outputs is not in use yet."
    )
    epochs: int = Field(5, ge=1, description="Epochs to wait")
    steps: int = Field(
        200,
        ge=1,
        description="Steps to wait. The ready networks gained a tenth within 60 steps, on three seeds",
    )
    near: float = Field(
        0.97, gt=0, le=1, description="Share of the loss of a constant answer that is not learning"
    )

    def look(self, evidence: Evidence) -> Diagnosis | None:
        """Whether loss and metric are those of a constant answer, and stay so."""
        windows = evidence.windows
        if evidence.epochs < self.epochs or evidence.steps < self.steps or len(windows) < 4:
            return None
        level = evidence.constant if evidence.constant is not None else float(windows[0])
        now = float(windows[-3:].min())
        if not now >= self.near * level or (told := self._guessing(evidence)) is None:
            return None
        return Diagnosis(
            self.kind,
            f"After {evidence.epochs:.0f} epochs the loss is {number(now)}, and an answer that is always the same "
            f"has {number(level)}.",
            (
                Figure("Loss of late", number(now), f"constant answer: {number(level)}"),
                *told,
                *rate_figure(evidence),
            ),
            lambda: self._candidates(evidence),
            "loss",
        )

    @staticmethod
    def _guessing(evidence: Evidence) -> tuple[Figure, ...] | None:
        """The metric beside that of a constant answer; None if it is better than chance."""
        task = evidence.data.get("task", "classification")
        name, _ = primary(task)
        told, rows = evidence.metric(name)[-3:], evidence.data.get("rows", {}).get("validation", 0)
        if not told or not rows:
            return () if evidence.constant is not None else None
        if task == "regression":
            r2 = float(np.mean(evidence.metric("r2")[-3:] or [1.0]))
            return (Figure("Explained variance R²", number(r2), "mean: 0"),) if r2 <= 0.05 else None
        simple = evidence.baselines.get("Most frequent", {}).get(name)
        if simple is None:
            return None
        reached, doubt = float(np.mean(told)), 2 * float(np.sqrt(simple * (1 - simple) / rows))
        if reached > simple + max(doubt, 0.02):
            return None
        return (Figure(f"Validation {name}", percent(reached), f"commonest class: {percent(simple)}"),)

    @staticmethod
    def _candidates(evidence: Evidence) -> tuple[Cure, ...]:
        """By what the probes tell: a network without a bend, steps too long or too short."""
        moved = max(evidence.layers("update").values(), default=HEALTHY_UPDATE)
        found: list[Cure | None] = []
        if linear_only(evidence.project.graphs[ROLE]):
            found.append(bend(evidence))
        too_fast = fast(evidence)
        if too_fast or moved > MOVES_TOO_FAR / 2:
            found.append(slower(evidence))
        if not too_fast:
            found += [cures.rate(evidence, 10.0), slower(evidence)]
        words = "Take Adam, whose steps do not depend on the size of the gradient, at 0.001"
        found.append(cures.optimiser(evidence, "Adam", 0.001, words))
        distinct = {cure.words: cure for cure in found if cure}
        return tuple(distinct.values())[:3]


def strode(evidence: Evidence) -> bool:
    """Whether the first step that was looked at changed a layer far too much."""
    return max(evidence.layers_before("update").values(), default=0.0) > MOVES_TOO_FAR


def shrunk(evidence: Evidence) -> float:
    """The size of all weights now beside what it was at the first probe."""
    layers = evidence.layers_before("weight")
    was = sum(value**2 for value in layers.values()) ** 0.5
    now = sum(evidence.watched("weight", layer)[-1] ** 2 for layer in layers) ** 0.5
    return now / was if was else 1.0
