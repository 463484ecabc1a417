"""Methods that follow the gradient of the score."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from engines.attribution.method import BASELINE, Baseline, Method

if TYPE_CHECKING:
    from torch import Tensor

    from engines.attribution.question import Question


class Saliency(Method):
    """How much the score changes when a number of the input changes by a little: the size of its gradient."""

    order: ClassVar = 10
    signed: ClassVar = False
    icon: ClassVar = "flare"
    reference: ClassVar = "Simonyan, Vedaldi and Zisserman (2014)"

    def relevance(self, question: Question) -> Tensor:
        """|∂score/∂x|, by captum."""
        from captum.attr import Saliency as Captum

        start = question.start.clone().requires_grad_()
        return question.folded(Captum(question.differentiable).attribute(start, abs=True))


class IntegratedGradients(Method):
    """How much each number adds on the way from a baseline to the example; in all, the difference in score."""

    order: ClassVar = 20
    icon: ClassVar = "stacked_line_chart"
    reference: ClassVar = "Sundararajan, Taly and Yan (2017)"
    steps: int = Field(50, ge=5, le=500, description="Points on the way; more are more exact")
    baseline: Baseline = Field("mean", description=BASELINE)

    def passes(self, question: Question) -> int:
        """One for each point."""
        return self.steps

    def relevance(self, question: Question) -> Tensor:
        """(x − x₀) · ∫ ∂score/∂x dα on the straight way from the baseline x₀, by captum."""
        from captum.attr import IntegratedGradients as Captum

        method, base = Captum(question.differentiable), question.baseline(self.baseline)
        found = method.attribute(question.start.clone(), base, n_steps=self.steps, internal_batch_size=64)
        return question.folded(found)


class GradCam(Method):
    """Which places of a node's maps speak for the answer: its maps, weighed by the mean of their gradients."""

    order: ClassVar = 30
    signed: ClassVar = False
    icon: ClassVar = "blur_on"
    title: ClassVar = "Grad-CAM"
    reference: ClassVar = "Selvaraju et al. (2017)"
    node: str = Field(
        "", max_length=400, description="Node with maps (height and width); empty takes the last one"
    )

    def obstacle(self, question: Question) -> str:
        """It needs maps."""
        if question.inputs.ndim != 4 or not maps(question):
            return "Grad-CAM needs an image, and a node that gives maps of it, such as a convolution."
        if self.node and self.node not in maps(question):
            return f"Grad-CAM: node must be one that gives maps: {', '.join(maps(question)[:20])}. Got {self.node!r}."
        return ""

    def relevance(self, question: Question) -> Tensor:
        """ReLU(Σ mean(∂score/∂A) · A), stretched to the size of the image, the same for all its channels."""
        import torch

        found = self._map(question)
        size = question.inputs.shape[2:]
        large = torch.nn.functional.interpolate(found[None, None], size, mode="bilinear", align_corners=False)
        return large[0].expand(question.inputs.shape[1:]).detach()

    def _map(self, question: Question) -> Tensor:
        import torch

        from builder.watch import watched

        path = self.node or maps(question)[-1]
        kept: list[Tensor] = []

        def see(one: str, value: Tensor) -> Tensor | None:
            if one != path:
                return None
            kept[:] = [value if value.requires_grad else value.detach().requires_grad_()]
            return kept[0]

        with torch.enable_grad(), watched(question.module, see):
            score = question.differentiable(question.start)
        # zeros where nothing of it reaches this output
        (slope,) = torch.autograd.grad(score.sum(), kept[0], allow_unused=True, materialize_grads=True)
        weights = slope.mean(dim=(2, 3), keepdim=True)
        return (weights * kept[0]).sum(1)[0].relu().detach()


def maps(question: Question) -> list[str]:
    """The nodes that give maps of the image, (channels, height, width) of more than one place, in their order."""
    from builder.paths import placed

    found = []
    for path, place in placed(question.graph).items():
        shape = next(iter(place.outcome.outputs.values())).shape if place.outcome else ()
        if len(shape) == 4 and shape[2] * shape[3] > 1 and place.node.kind != "Input":
            found.append(path)
    return found
