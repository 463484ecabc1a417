"""Optimisers: how the parameters move against the gradient. Each is torch.optim's own, with its settings declared."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, ClassVar, Self

from pydantic import Field, model_validator

from builder.registry import Registered

if TYPE_CHECKING:
    from torch.nn import Parameter
    from torch.optim import Optimizer

RATE = "Learning rate: length of a step"
DECAY = "Weight decay: pulls every parameter towards zero"


class Optimiser(Registered):
    """A rule that turns gradients into steps."""

    fused: ClassVar[bool] = False
    """Whether torch has a kernel that updates all parameters at once. It changes the speed, and the bits at the last
    place, so it is used wherever it exists: runs on one kind of device agree with each other."""
    closure: ClassVar[bool] = False
    """Whether a step evaluates the loss several times."""
    live: ClassVar[tuple[str, ...]] = ("lr",)
    """Fields that may be changed while a run trains."""

    reference: ClassVar[str] = ""
    """Paper or textbook."""
    formula: ClassVar[str] = ""
    """The update of the parameters w by the gradient g at learning rate η, in LaTeX."""

    lr: float = Field(0.01, gt=0, le=1000, description=RATE)

    def build(self, parameters: Iterable[Parameter]) -> Optimizer:
        """The torch optimiser of this kind and these settings.

        Raises:
            ValueError: there is no parameter to train.
        """
        import torch

        found = [parameter for parameter in parameters if parameter.requires_grad]
        if not found:
            raise ValueError(f"{self.title} has nothing to train: the network has no parameters")
        settings: dict[str, Any] = self.settings()
        if self.fused and _fits_fused(found):
            settings["fused"] = True
        return getattr(torch.optim, self.kind)(found, **settings)

    def settings(self) -> dict[str, Any]:
        """The fields as torch.optim names them."""
        return self.model_dump()


class _Decaying(Optimiser):
    live: ClassVar[tuple[str, ...]] = ("lr", "weight_decay")
    weight_decay: float = Field(0.0, ge=0, le=10, description=DECAY)


class SGD(_Decaying):
    """Stochastic gradient descent: a step against the gradient of a batch.

    Momentum keeps part of the last step; Nesterov's looks ahead before it measures.
    """

    reference: ClassVar[str] = (
        "Robbins and Monro (1951); momentum: Polyak (1964); Nesterov: Sutskever et al. (2013)"
    )
    formula: ClassVar[str] = r"v \leftarrow \mu v + g,\quad w \leftarrow w - \eta v"
    title: ClassVar[str] = "SGD"
    fused: ClassVar[bool] = True
    momentum: float = Field(0.0, ge=0, lt=1, description="Part of the last step that is kept")
    nesterov: bool = Field(False, description="Look ahead along the momentum (needs momentum)")

    @model_validator(mode="after")
    def _momentum_for_nesterov(self) -> Self:
        if self.nesterov and self.momentum == 0:
            raise ValueError("must have momentum above 0 for nesterov, for example 0.9, or nesterov off")
        return self


class Adagrad(_Decaying):
    """Divides each step by the root of all squared gradients so far, so rare features move more.

    Its steps only ever shrink.
    """

    reference: ClassVar[str] = "Duchi, Hazan and Singer (2011), Adaptive subgradient methods"
    formula: ClassVar[str] = r"s \leftarrow s + g^2,\quad w \leftarrow w - \eta\, g / (\sqrt{s} + \epsilon)"
    fused: ClassVar[bool] = True
    eps: float = Field(1e-10, gt=0, le=1, description="Added to the denominator, against division by zero")


class RMSprop(_Decaying):
    """Divides each step by a running root mean square of the gradients."""

    reference: ClassVar[str] = "Tieleman and Hinton (2012), Neural networks for machine learning, lecture 6.5"
    formula: ClassVar[str] = (
        r"s \leftarrow \alpha s + (1 - \alpha) g^2,\quad w \leftarrow w - \eta\, g / (\sqrt{s} + \epsilon)"
    )
    title: ClassVar[str] = "RMSprop"
    lr: float = Field(0.001, gt=0, le=1000, description=RATE)
    alpha: float = Field(0.99, ge=0, lt=1, description="How slowly the running mean square forgets")
    momentum: float = Field(0.0, ge=0, lt=1, description="Part of the last step that is kept")
    eps: float = Field(1e-8, gt=0, le=1, description="Added to the denominator, against division by zero")


class Adam(_Decaying):
    """Running means of the gradient and of its square set the step of each parameter."""

    reference: ClassVar[str] = "Kingma and Ba (2015), Adam"
    formula: ClassVar[str] = (
        r"m \leftarrow \beta_1 m + (1 - \beta_1) g,\; s \leftarrow \beta_2 s + (1 - \beta_2) g^2,\; "
        r"w \leftarrow w - \eta\, \hat m / (\sqrt{\hat s} + \epsilon)"
    )
    fused: ClassVar[bool] = True
    lr: float = Field(0.001, gt=0, le=1000, description=RATE)
    beta1: float = Field(0.9, ge=0, lt=1, description="How slowly the mean of the gradient forgets")
    beta2: float = Field(0.999, ge=0, lt=1, description="How slowly the mean of its square forgets")
    eps: float = Field(1e-8, gt=0, le=1, description="Added to the denominator, against division by zero")

    def settings(self) -> dict[str, Any]:
        """The fields as torch.optim names them."""
        fields = self.model_dump()
        betas = fields.pop("beta1"), fields.pop("beta2")
        return {**fields, "betas": betas}


class AdamW(Adam):
    """Adam whose weight decay shrinks the parameters themselves, not through the gradient."""

    reference: ClassVar[str] = "Loshchilov and Hutter (2019), Decoupled weight decay regularization"
    formula: ClassVar[str] = r"w \leftarrow w - \eta \lambda w - \eta\, \hat m / (\sqrt{\hat s} + \epsilon)"
    title: ClassVar[str] = "AdamW"
    weight_decay: float = Field(0.01, ge=0, le=10, description=DECAY)


class LBFGS(Optimiser):
    """Estimates curvature from the last gradients and searches along the line.

    Made for smooth losses of a whole data set: take a batch as large as the training part. One step computes the loss
    several times.
    """

    reference: ClassVar[str] = "Liu and Nocedal (1989), On the limited memory BFGS method"
    formula: ClassVar[str] = r"w \leftarrow w - \eta H g,\quad H \approx (\nabla^2 L)^{-1}"
    title: ClassVar[str] = "LBFGS"
    closure: ClassVar[bool] = True
    lr: float = Field(1.0, gt=0, le=1000, description=RATE)
    iterations: int = Field(20, ge=1, le=1000, description="Most updates in one step")
    history: int = Field(10, ge=1, le=1000, description="Updates that the curvature is estimated from")
    line_search: bool = Field(True, description="Search each step's length by the strong Wolfe conditions")

    def settings(self) -> dict[str, Any]:
        """The fields as torch.optim names them."""
        return {
            "lr": self.lr,
            "max_iter": self.iterations,
            "history_size": self.history,
            "line_search_fn": "strong_wolfe" if self.line_search else None,
        }


def _fits_fused(parameters: list[Parameter]) -> bool:
    return all(
        parameter.device.type in ("cpu", "cuda") and parameter.is_floating_point() for parameter in parameters
    )
