"""Occlusion: cover a part, and see what becomes of the score."""

from __future__ import annotations

from math import ceil, prod
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from engines.attribution.method import BASELINE, Baseline, Method

if TYPE_CHECKING:
    from torch import Tensor

    from engines.attribution.question import Question

PARTS = 16
"""Into so many parts a side is cut, unless a person says otherwise."""
AT_ONCE = 64


class Occlusion(Method):
    """How much the score falls when a part of the input is covered: no gradient, only trying."""

    order: ClassVar = 40
    icon: ClassVar = "hide_source"
    reference: ClassVar = "Zeiler and Fergus (2014)"
    window: int = Field(
        0,
        ge=0,
        le=256,
        description="Side of what is covered at once, in pixels, steps or columns (0: a sixteenth of the side)",
    )
    baseline: Baseline = Field("mean", description=BASELINE)

    def passes(self, question: Question) -> int:
        """One for each place of the window."""
        if self._whole(question):
            return len({*question.columns})
        sides = zip(question.start.shape[1:], *self._window(question), strict=True)
        return prod(ceil((side - window) / stride) + 1 for side, window, stride in sides)

    def relevance(self, question: Question) -> Tensor:
        """The score minus that with a part of the baseline in its place, the mean of all windows over it, by captum.

        All features of a table's column are covered together, and share what that does.
        """
        import torch
        from captum.attr import FeatureAblation
        from captum.attr import Occlusion as Captum

        start, base = question.start, question.baseline(self.baseline)
        with torch.no_grad():
            if self._whole(question):
                names = [*dict.fromkeys(question.columns)]
                mask = torch.tensor([[names.index(one) for one in question.columns]])
                found = FeatureAblation(question.score).attribute(
                    start, base, feature_mask=mask, perturbations_per_eval=AT_ONCE
                )
                return question.folded(found / torch.bincount(mask[0])[mask])
            window, strides = self._window(question)
            found = Captum(question.score).attribute(
                start, window, strides, base, perturbations_per_eval=AT_ONCE
            )
        return question.folded(found)

    def _whole(self, question: Question) -> bool:
        """Whether the columns of a table are covered, one at a time."""
        return bool(question.columns) and self.window <= 1

    def _window(self, question: Question) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """What is covered, by dimension, and how far it moves: all channels of a pixel, all numbers of a step."""
        shape = question.start.shape[1:]
        free = {3: (1, 2), 2: (0,), 1: (0,)}.get(len(shape), (*range(len(shape)),))
        window, strides = [*shape], [*shape]
        for place in free:
            window[place] = min(self.window or max(1, shape[place] // PARTS), shape[place])
            strides[place] = max(1, window[place] // 2)
        return (*window,), (*strides,)
