"""Method: a way to say what counts for an answer; a class in a file of `methods/` is found by itself."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, ClassVar, Literal

from builder.registry import Registered, gather
from engines.attribution import methods

if TYPE_CHECKING:
    from torch import Tensor

    from engines.attribution.question import Question


Baseline = Literal["mean", "lowest", "zeros"]
"""What stands for nothing: the mean training example; the lowest values there are, an empty image; zeros."""
BASELINE = "What stands for nothing: the mean training example, the lowest values (an empty image), or zeros"


class Method(Registered):
    """A way to say what counts for an answer; its fields are what a person sets."""

    reference: ClassVar[str] = ""
    """Paper."""
    order: ClassVar[int] = 100
    signed: ClassVar[bool] = True
    """Whether what speaks against the answer is told apart from what speaks for it."""

    def obstacle(self, question: Question) -> str:
        """Why this network cannot be asked in this way; "" if it can."""
        return ""

    def passes(self, question: Question) -> int:
        """How many times, about, the network is run for it."""
        return 1

    def relevance(self, question: Question) -> Tensor:
        """How much each number of the input counts, in the input's shape without the batch; of indices one for each."""
        raise NotImplementedError


@cache
def all_methods() -> dict[str, type[Method]]:
    """The methods by name, in their order."""
    gather(methods)
    return dict(sorted(Method.registry.items(), key=lambda pair: pair[1].order))
