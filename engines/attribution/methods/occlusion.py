"""Occlusion: cover a part, and see what becomes of the score."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from engines.attribution.method import Method

if TYPE_CHECKING:
    from torch import Tensor

    from engines.attribution.question import Question


class Occlusion(Method):
    """How much the score falls when a part of the input is covered: no gradient, only trying."""

    order: ClassVar = 40
    icon: ClassVar = "hide_source"
    reference: ClassVar = "Zeiler and Fergus (2014)"
    window: int = Field(1, ge=1, le=64, description="Side of what is covered, in pixels, columns or steps")

    def relevance(self, question: Question) -> Tensor:
        """The score minus that with a window of zeros, the mean of standardised data, by captum."""
        import torch
        from captum.attr import Occlusion as Captum

        start = question.start
        shape = list(start.shape[1:])
        window: tuple[int, ...]
        if len(shape) == 3:
            window = (shape[0], min(self.window, shape[1]), min(self.window, shape[2]))
        elif len(shape) == 2:  # all numbers of a step, or of a word
            window = (min(self.window, shape[0]), shape[1])
        else:
            window = (min(self.window, shape[0]),)
        with torch.no_grad():
            found = Captum(question.score).attribute(start, window, perturbations_per_eval=64)
        return question.folded(found)
