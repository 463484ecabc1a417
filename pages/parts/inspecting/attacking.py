"""One example under attack, beside the same change at random, and what the network makes of both."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from pages.parts.inspecting.subject import Example, Subject, truth
from pages.parts.words import figure, short

if TYPE_CHECKING:
    from torch import Tensor

    from engines.attack import Unit
    from engines.data.data import Splits
    from engines.tasks import Task

LARGEST = {True: 0.5, False: 2.0}
"""The largest ε that is offered, of images (a share of the range of pixels) and of all else (deviations)."""
TITLES = ("The example", "Attacked", "With random signs")


@dataclass(frozen=True, eq=False)
class Attacked:
    """Inputs (1, …) by title, and what the network makes of them."""

    subject: Subject
    example: Example
    epsilon: float
    inputs: dict[str, Tensor]
    towards: str

    @property
    def splits(self) -> Splits:
        """The data."""
        assert self.subject.splits is not None
        return self.subject.splits

    @property
    def task(self) -> Task:
        """What is predicted."""
        return self.splits.task

    @property
    def key(self) -> str:
        """What the keys of its charts begin with."""
        return f"{self.subject.key} attack"

    @property
    def unit(self) -> Unit:
        """What ε = 1 is, and the lowest and highest number."""
        from engines.attack import unit

        return unit(self.splits)

    @property
    def names(self) -> tuple[str, ...]:
        """Of classes or labels."""
        return self.splits.classes

    @cached_property
    def _outputs(self) -> dict[str, Tensor]:
        return {title: self.subject.trained.answers((given,))[0] for title, given in self.inputs.items()}

    @cached_property
    def chances(self) -> dict[str, np.ndarray]:
        """The probability of each class or label, by title."""
        from engines.tasks import probabilities

        return {
            title: probabilities(self.task, one.double())[0].numpy() for title, one in self._outputs.items()
        }

    def answer(self, title: str) -> str:
        """What the network answers, in words."""
        from engines.tasks import classes_of

        if self.task == "regression":
            return ", ".join(
                figure(float(one)) for one in self.splits.decode(self._outputs[title].double())[0]
            )
        return truth(self.splits, classes_of(self.task, self._outputs[title])[0].numpy())

    @property
    def sentence(self) -> str:
        """What came of it."""
        before, after, chance = (short(self.answer(title), 40) for title in TITLES)
        true = short(self.example.truth, 40)
        if self.task == "regression":
            moved = f"The attack moves the answer from {before} to {after}, chance to {chance}."
            return f"{moved} In the data it is {true}."
        if self.towards.isdecimal():
            wanted = short(self.names[int(self.towards)], 40)
            if after == wanted:
                return f"The attack succeeds: {before} is taken for {wanted}."
            return (
                f"It was to look like {wanted}, but is taken for {after}. A larger ε, or more steps, may do."
            )
        if before != true:
            then = f"after the attack it is {'still ' if after == before else ''}{after}"
            return f"It takes this {true} for {before} without any attack; {then}."
        if after == before:
            return f"The attack fails: it is still {before}. A larger ε, or more steps, may do."
        control = "random signs of the same size do not" if chance == before else "so do random signs"
        return f"The attack turns {before} into {after}; {control}."


def attacked(subject: Subject, example: Example, epsilon: float, steps: int, towards: str) -> Attacked:
    """Attack an example: towards the number of a class, "higher" or "lower", or away from the truth."""
    import torch

    from engines.attack import noise, perturbed, unit
    from engines.probes.sight import objective_of

    trained, splits, loss = subject.trained, subject.splits, objective_of(subject.trained.project)
    assert splits is not None and loss is not None
    size, low, high = unit(splits)
    wanted, targeted = example.target, towards.isdecimal()
    if targeted:
        wanted = torch.full_like(example.target, int(towards))
    elif towards in ("higher", "lower"):
        sign = 1.0 if towards == "higher" else -1.0

        def loss(outputs: Tensor, _: Tensor) -> Tensor:
            return sign * outputs.mean()

    bent = perturbed(
        trained.module, example.inputs, wanted, loss, epsilon * size, steps=steps, targeted=targeted, low=low, high=high
    )  # fmt: skip
    control = noise(example.inputs, epsilon * size, 0, low, high)
    given = dict(zip(TITLES, (example.inputs, bent, control), strict=True))
    return Attacked(subject, example, epsilon, given, towards)
