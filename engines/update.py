"""One update of the parameters: the only place that knows gradients, clipping, precision, rates and optimisers."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from builder.errors import BadFile

if TYPE_CHECKING:
    from engines.optimisers import Optimiser
    from engines.schedules import Schedule

Objective = Callable[[], Tensor]


class Update:
    """Makes an objective smaller, one step at a call.

    Attributes:
        count: steps made so far, which the schedule of the learning rate follows.
        memory: what the schedule remembers of the losses that it was shown.
        l1: how strongly each weight is pulled towards zero, whatever its size.
        length: how long the last gradient was before it was clipped, as a tensor; None where it is not clipped.
    """

    def __init__(
        self,
        optimiser: Optimiser,
        schedule: Schedule,
        model: nn.Module,
        *,
        clip: float = 0.0,
        l1: float = 0.0,
        mixed_precision: bool = False,
    ) -> None:
        self.parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]
        self.kind = optimiser.kind
        self.optimiser = optimiser.build(self.parameters)
        self.schedule, self.clip, self.l1, self.searches = schedule, clip, l1, optimiser.closure
        self.rates = [group["lr"] for group in self.optimiser.param_groups]
        self.length: Tensor | None = None
        self.count, self.memory = 0, dict[str, Any]()
        self._factor = 1.0
        self._step = unobserved(self.optimiser)
        on_cuda = bool(self.parameters) and self.parameters[0].is_cuda
        self.half = mixed_precision and on_cuda and not self.searches
        self.scaler = torch.amp.GradScaler("cuda", enabled=self.half)

    def __call__(self, objective: Objective, total: int) -> Tensor:
        """Take one step of `total`; the objective's value before it, detached."""
        self._set_rates(total)
        self.count += 1
        if self.searches:
            value = self._step(lambda: self._measure(objective))
            return torch.as_tensor(value).detach()
        value = self._measure(objective)
        if self.half:
            self.scaler.step(self.optimiser)
            self.scaler.update()
        else:
            self._step()
        return value

    def _measure(self, objective: Objective) -> Tensor:
        """The objective's value, with the gradients that belong to it in the parameters."""
        for parameter in self.parameters:  # what Optimizer.zero_grad does, without its bookkeeping
            parameter.grad = None
        if not self.half:
            value = objective()
            value.backward()
        else:
            with torch.autocast("cuda"):
                value = objective()
            self.scaler.scale(value).backward()
            self.scaler.unscale_(self.optimiser)
        if self.l1:
            self._shrink()
        if self.clip:
            self.length = nn.utils.clip_grad_norm_(self.parameters, self.clip)
        return value.detach()

    def _shrink(self) -> None:
        """Add the slope of l1 · Σ|w| over all weights; biases, which are vectors, are left alone (as in Lasso)."""
        for parameter in self.parameters:
            if parameter.ndim > 1 and parameter.grad is not None:
                parameter.grad.add_(parameter.detach().sign(), alpha=self.l1)

    def _set_rates(self, total: int) -> None:
        factor = self.schedule.factor(self.count, total, self.memory)
        if factor == self._factor:
            return
        self._factor = factor
        for group, rate in zip(self.optimiser.param_groups, self.rates, strict=True):
            group["lr"] = rate * factor

    @property
    def rate(self) -> float:
        """The learning rate of the last step."""
        return float(self.optimiser.param_groups[0]["lr"])

    def tune(self, optimiser: Optimiser, clip: float) -> None:
        """Go on with other settings of the same kind of optimiser, from the next step on; what it remembers stays."""
        settings = optimiser.settings()
        for group in self.optimiser.param_groups:
            group.update({name: value for name, value in settings.items() if name in group})
        self.rates = [group["lr"] for group in self.optimiser.param_groups]
        self.clip, self._factor = clip, math.nan  # unlike any factor, so that the next step sets the rates

    def observe(self, loss: float) -> None:
        """Show the schedule a validation loss."""
        self.memory = self.schedule.observe(self.memory, loss)

    def capture(self) -> dict[str, Any]:
        """The state as a tree of plain values and tensors."""
        return {
            "kind": self.kind,
            "optimiser": self.optimiser.state_dict(),
            "scaler": self.scaler.state_dict(),
            "count": self.count,
            "memory": self.memory,
        }

    def restore(self, tree: dict[str, Any]) -> None:
        """Go on from a captured state.

        Raises:
            BadFile: it is that of another optimiser.
        """
        was = tree.get("kind", self.kind)  # checkpoints did not always say it
        groups = zip(self.optimiser.param_groups, tree["optimiser"]["param_groups"], strict=False)
        if was != self.kind or any(one.keys() != other.keys() for one, other in groups):
            other = f"{self.kind}, where the checkpoint is one of {was}" if was != self.kind else "another"
            raise BadFile(
                f"The run's project.json was changed: its optimiser is {other}. Put the file back as it was, or train "
                "the changed project as a new run."
            )
        ours = [
            {name: group[name] for name in group if name != "params"} for group in self.optimiser.param_groups
        ]
        self.optimiser.load_state_dict(tree["optimiser"])
        for group, settings in zip(self.optimiser.param_groups, ours, strict=True):
            group.update(settings)  # a branch goes on with settings of its own
        self.scaler.load_state_dict(tree["scaler"])
        self.count, self.memory = tree["count"], tree["memory"]
        self._factor = math.nan  # unlike any factor, so that the next step sets the rates


def unobserved(optimiser: torch.optim.Optimizer) -> Callable[..., Any]:
    """The optimiser's step without torch's profiling around it, which costs a small network 7 % of its time."""
    step = type(optimiser).step
    return getattr(step, "__wrapped__", step).__get__(optimiser)
