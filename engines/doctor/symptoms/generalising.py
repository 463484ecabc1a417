"""What is learned by heart does not help with new examples."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from pydantic import Field

from engines.doctor import cures
from engines.doctor.figures import number, percent
from engines.doctor.network import dropout
from engines.doctor.symptom import Diagnosis, Figure, Symptom
from engines.metrics import primary

if TYPE_CHECKING:
    from engines.doctor.evidence import Evidence

PATIENCE = 5


class Overfitting(Symptom):
    """The validation loss rises, or stays far behind, while the training loss falls."""

    icon: ClassVar = "call_split"
    reference: ClassVar = "Prechelt (1998), Early stopping – but when?"
    why: ClassVar = (
        "The network learns the training examples by heart, their noise included, and what it learns so does not help "
        "with examples that it has not seen."
    )
    rise: float = Field(0.25, gt=0, description="Share by which the validation loss has risen over its best")
    matter: float = Field(
        0.1,
        gt=0,
        description="The rise as a share of the loss before training: a smaller one changes no answer",
    )
    nats: float = Field(
        30.0, gt=0, description="The rise times the validation examples. A confident wrong answer costs about 10, so "
        "that three examples may explain less. On ready networks it was 11 at most (iris: 17 examples)"
    )  # fmt: skip
    apart: float = Field(
        0.2, gt=0, lt=1, description="By how much the validation loss lies above the training loss, as a share of the "
        "loss before training, where it does not rise. Ready networks whose training loss is so low: 0.34 (iris), "
        "which is 7 nats; the most nats are 19 (Digits CNN)"
    )  # fmt: skip
    heart: float = Field(
        0.1, gt=0, lt=1, description="Share of the validation loss that the training loss is then at most"
    )  # fmt: skip
    epochs: int = Field(5, ge=2, description="Epochs since the best, of which the last three are all above")

    def look(self, evidence: Evidence) -> Diagnosis | None:
        """Whether the validation loss has risen for epochs, or stays behind, for more than a few examples' sake."""
        losses = evidence.metric("loss")
        rows = evidence.data.get("rows", {}).get("validation", 0)
        if (
            len(losses) <= self.epochs
            or not rows
            or evidence.setting("patience", 0)
            or not len(evidence.windows)
        ):
            return None
        return self._risen(evidence, losses, rows) or self._behind(evidence, losses, rows)

    def _risen(self, evidence: Evidence, losses: list[float], rows: int) -> Diagnosis | None:
        best = int(np.argmin(losses))
        low, now = losses[best], float(np.median(losses[-3:]))
        if len(losses) - 1 - best < self.epochs or min(losses[-3:]) < (1 + self.rise) * low:
            return None
        if now - low < self.matter * evidence.start or (now - low) * rows < self.nats:
            return None
        windows, at = evidence.windows, evidence.validation[best]["step"]
        then = windows[min(int(at / max(evidence.steps, 1) * len(windows)), len(windows) - 1)]
        if not windows[-1] < then:
            return None
        number_of = evidence.validation[best]["epoch"] + 1
        figures = [
            Figure("Validation loss", number(now), f"{number(low)} after epoch {number_of}"),
            Figure("Training loss", number(windows[-1]), f"{number(then)} then"),
        ]
        name, shown, scores = _scores(evidence)
        if scores:
            figures.append(Figure(f"Validation {name}", shown(scores[-1]), f"{shown(scores[best])} then"))
        return Diagnosis(
            self.kind,
            f"The validation loss was best after epoch {number_of} ({number(low)}) and has risen by "
            f"{percent(now / low - 1)} since, to {number(now)}, while the training loss fell from {number(then)} to "
            f"{number(windows[-1])}.",
            tuple(figures),
            lambda: (
                cures.patience(evidence, PATIENCE),
                dropout(evidence),
                cures.weight_decay(evidence, _more(evidence)),
            ),
            "loss",
        )

    def _behind(self, evidence: Evidence, losses: list[float], rows: int) -> Diagnosis | None:
        now, train = float(np.median(losses[-3:])), float(evidence.windows[-1])
        behind = now - train
        if not train <= self.heart * now or behind < self.apart * evidence.start or behind * rows < self.nats:
            return None
        figures = [
            Figure("Validation loss", number(now), f"{number(evidence.start)} before training"),
            Figure("Training loss", number(train)),
        ]
        name, shown, scores = _scores(evidence)
        if scores:
            figures.append(Figure(f"Validation {name}", shown(scores[-1])))
        return Diagnosis(
            self.kind,
            f"The training loss has fallen to {number(train)}, but on examples that it does not learn from the network "
            f"has still {number(now)}.",
            tuple(figures),
            lambda: (dropout(evidence), cures.weight_decay(evidence, _more(evidence))),
            "loss",
        )


def _scores(evidence: Evidence) -> tuple[str, Callable[[float], str], list[float]]:
    """The usual metric of the task: its name, how it is written, and its values on the validation part."""
    name, _ = primary(evidence.data.get("task", "classification"))
    return name, percent if name in ("accuracy", "f1") else number, evidence.metric(name)


def _more(evidence: Evidence) -> float:
    """Ten times the weight decay, or what is usual to begin with."""
    now = evidence.setting("optimiser.weight_decay", 0.0)
    usual = 0.1 if evidence.setting("optimiser").kind == "AdamW" else 0.01
    return min(now * 10, 1.0) if now else usual
