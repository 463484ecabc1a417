"""The smallest network whose loss can be seen whole: two weights, two axes."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from engines.race.surface import Bounds, Point, Surface

if TYPE_CHECKING:
    from torch import Tensor

EXAMPLES = (-2.0, -1.5, -1.0, -0.5, 0.5, 1.0, 1.5, 2.0)
"""The inputs."""
TRUTH = (1.0, 1.5)
"""The weights that the targets were computed with, so the lowest loss, 0, lies there."""


class TwoWeights(Surface):
    """The loss of a network of two weights, y = w₂ tanh(w₁ x), on eight examples: two minima and a saddle between.

    tanh is odd, so both weights with the other sign compute the same: each minimum has a twin, as in every network
    with hidden units.
    """

    title: ClassVar = "A network of two weights"
    order: ClassVar = 60
    reference: ClassVar = (
        "Bishop (2006), Pattern Recognition and Machine Learning, section 5.1.1, on the symmetry"
    )
    formula: ClassVar = r"\tfrac18 \sum_i \left(w_2 \tanh(w_1 x_i) - y_i\right)^2"

    @property
    def bounds(self) -> Bounds:
        """Both minima."""
        return (-3.0, 3.0), (-3.0, 3.0)

    @property
    def start(self) -> Point:
        """Where the weights have different signs, so that the saddle must be passed."""
        return -2.0, 0.5

    @property
    def minima(self) -> tuple[Point, ...]:
        """The weights that made the targets, and their twin."""
        return TRUTH, (-TRUTH[0], -TRUTH[1])

    @property
    def rate(self) -> float:
        """A twelfth of what is stable at the minima."""
        return 0.1

    def value(self, points: Tensor) -> Tensor:
        """The mean squared error over the examples."""
        import torch

        x = torch.tensor(EXAMPLES, dtype=points.dtype, device=points.device)
        targets = TRUTH[1] * torch.tanh(TRUTH[0] * x)
        answers = points[..., 1:2] * torch.tanh(points[..., 0:1] * x)
        return ((answers - targets) ** 2).mean(-1)
