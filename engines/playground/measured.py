"""Measured: the losses of a session at a moment, and what they say about its learning rate."""

from __future__ import annotations

import time
from math import isfinite
from typing import TYPE_CHECKING, Any

from engines.playground.settings import RATES
from engines.tasks import classes_of

if TYPE_CHECKING:
    from torch import Tensor

    from engines.playground.session import Session

MOST, FEW = 2000, 256
"""Examples of a part that are measured; and where that takes too long."""
LONG = 0.02
"""Seconds of computing that measuring a part may take."""
FAR = 10
"""A loss so many times the one at the start is far above it."""


class Measured:
    """Loss, and share of right answers, of both parts of a session's data.

    Attributes:
        most: how many examples of a part are measured, the first ones.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self.most = FEW
        begun = time.thread_time()
        self._began = self.of("train")["loss"]
        took, count = time.thread_time() - begun, len(self._examples("train")[0])
        if took * min(count, MOST) / max(min(count, FEW), 1) <= LONG:
            self.most = MOST

    def _examples(self, part: str) -> tuple[Tensor, Tensor]:
        known = self._session.splits.part(part)  # type: ignore[arg-type]
        return known.inputs, known.targets

    def of(self, part: str) -> dict[str, float | None]:
        """Loss and, of classes, the share that is right; None where there is none, or it is no number."""
        inputs, targets = (one[: self.most] for one in self._examples(part))
        if not len(inputs):
            return {"loss": None, "right": None}
        outputs = self._session.context.outputs(inputs)
        loss = float(self._session.loss(outputs, targets).detach())
        right = None
        if self._session.splits.task == "classification":
            right = float((classes_of("classification", outputs) == targets).float().mean())
        return {"loss": loss if isfinite(loss) else None, "right": right}

    def told(self) -> dict[str, Any]:
        """The losses of both parts; a session whose loss is no number goes back to its last good step first."""
        session, train = self._session, self.of("train")
        while train["loss"] is None and session.step:
            session.go_back(session.step - 1)
            train = self.of("train")
        return {
            "train": train,
            "test": self.of("test"),
            "broken": self._broken(),
            "far": self._far(train["loss"]),
        }

    def words(self) -> str:
        """What the losses are of, where that is not plain."""
        told, session = [], self._session
        count = len(self._examples("train")[0])
        if count > self.most:
            told.append(f"Of the first {self.most:,} of {count:,} training examples.")
        if session.splits.task == "regression":
            told.append("Of standardised targets.")
            scale = session.splits.preprocessing.scale
            if session.engine.loss.kind == "MSE" and len(scale) == 1:  # type: ignore[attr-defined]
                told.append(
                    "Who always answers their mean has 1. "
                    f"Multiply by {scale[0] ** 2:.3g} for the targets' own units."
                )
        return " ".join(told)

    def _broken(self) -> dict[str, Any] | None:
        """Why the session goes no further, in words, and what mends it; None while it does."""
        session = self._session
        if session.broken is None or session.step < session.broken:
            return None
        rate = session.context.rate or 0.0
        words = (
            f"After step {session.step:,} the loss was no number any more: steps of the learning rate {rate:g} are so "
            "long that they overshoot, each further than the one before, until the numbers overflow. You see the last "
            "good step."
        )
        return {"words": words, "lr": _lower(rate)}

    def _far(self, loss: float | None) -> dict[str, Any] | None:
        """That the learning rate is likely too high: the loss is far above where it began, and no weight was set."""
        session, rate = self._session, self._session.context.rate
        by_hand = any(one.name not in RATES for one in session.settings.changes)
        if loss is None or not self._began or not rate or by_hand or loss <= FAR * self._began:
            return None
        words = (
            f"The training loss is {loss:.3g}, far above the {self._began:.3g} where it began: "
            f"the learning rate {rate:g} is likely too high."
        )
        return {"words": words, "lr": _lower(rate)}


def _lower(rate: float) -> float:
    """The learning rate to try instead."""
    return float(f"{rate / 10:.3g}")
