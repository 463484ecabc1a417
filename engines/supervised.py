"""Supervised learning: from examples whose answers are known."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar, Self

from pydantic import Field, model_validator

from builder.amounts import USUAL_BATCH
from builder.errors import Problem
from builder.registry import choice
from engines.engine import Engine
from engines.events import Event, Measured, Notice, Step
from engines.losses import CrossEntropy, Loss
from engines.metrics import BASELINE, baseline
from engines.optimisers import Adam, Optimiser
from engines.schedules import Constant, Schedule

if TYPE_CHECKING:
    from builder.project import Project
    from engines.context import Context
    from engines.data.data import Splits


class Supervised(Engine):
    """Learn a mapping from labelled examples.

    Each epoch shows every training example once, in batches of random order. After each batch the parameters take one
    step against the gradient of the loss (Robbins and Monro, 1951; Rumelhart, Hinton and Williams, 1986). The
    validation part says when to stop; the test part is looked at once, at the end, beside simple baselines.
    With adversarial training each batch is attacked first (Goodfellow et al., 2015; Madry et al., 2018).
    """

    roles: ClassVar[tuple[str, ...]] = ("model",)
    live: ClassVar[tuple[str, ...]] = ("batch", "epochs", "clip")
    icon: ClassVar[str] = "school"

    epochs: int = Field(10, ge=1, le=1_000_000, description="How often every training example is shown")
    batch: int = Field(USUAL_BATCH, ge=1, le=1_000_000, description="Examples in each step")
    loss: choice(Loss) = Field(CrossEntropy(), description="What training makes small")
    optimiser: choice(Optimiser) = Field(Adam(), description="How the parameters move")
    schedule: choice(Schedule) = Field(Constant(), description="How the learning rate changes over the run")
    clip: float = Field(
        0.0, ge=0, description="Largest norm of the gradient; longer ones are shortened (0: never)"
    )
    l1: float = Field(
        0.0,
        ge=0,
        le=10,
        description="L1 penalty: pulls every weight towards zero by the same force, until many are zero "
        "(Tibshirani, 1996)",
    )
    patience: int = Field(
        0,
        ge=0,
        le=1_000_000,
        description="Epochs without a better validation loss before training stops and the best "
        "weights come back (0: train to the end)",
    )
    class_weights: bool = Field(False, description="Let rare classes count as much as common ones")
    mixed_precision: bool = Field(
        False, description="Compute in half precision where that is safe (CUDA only)"
    )

    adversarial: float = Field(
        0.0,
        ge=0,
        le=10,
        description="Adversarial training: how far each input is moved to mislead the network before it learns "
        "from it, as a share of the pixels' range, or in standard deviations (0: not at all)",
    )
    adversarial_steps: int = Field(
        1, ge=1, le=100, description="Steps of the attack in adversarial training: 1 is FGSM, more are PGD"
    )

    @model_validator(mode="after")
    def _full_precision_for_closures(self) -> Self:
        if self.mixed_precision and self.optimiser.closure:
            raise ValueError(f"must have mixed_precision off with {self.optimiser.title}")
        return self

    @property
    def changeable(self) -> tuple[str, ...]:
        """Also how strong attacks are, where there are any: only then was it checked that the data can be attacked."""
        return (*self.live, "adversarial") if self.adversarial else self.live

    def run(self, ctx: Context) -> Iterator[Event]:
        """Show the examples epoch after epoch; stop early when the validation loss has stopped falling."""
        from engines.attack import attacker

        loss = self.loss.build(ctx.class_weights() if self.class_weights else None)
        ctx.optimise(
            self.optimiser, self.schedule, clip=self.clip, l1=self.l1, mixed_precision=self.mixed_precision
        )
        attack = attacker(ctx, loss, self.adversarial, self.adversarial_steps) if self.adversarial else None
        for epoch in ctx.epochs(self.epochs):
            for x, y in ctx.batches("train", self.batch):
                if attack:
                    x = attack(x, y)
                yield Step(loss=ctx.step(lambda x=x, y=y: loss(ctx.model(x), y)))  # type: ignore[misc]
            if epoch == 0:  # early, so that the curves have something to be compared with
                for name, reached in baseline(ctx.splits).items():
                    yield Measured(part=BASELINE + name, values=reached)
            values = ctx.evaluate("validation", loss)
            if not values:  # no part is kept for validation
                continue
            yield Measured(part="validation", values=values)
            waited = ctx.waited(values["loss"])
            if waited >= self.patience > 0:
                yield Notice(
                    f"Stopped after epoch {epoch + 1}: the validation loss has not fallen for {waited} "
                    f"epochs. The weights of epoch {epoch + 1 - waited} are back."
                )
                break
        if self.patience:
            ctx.restore_best()
        yield Measured(part="test", values=ctx.evaluate("test", loss))

    def check(self, project: Project, splits: Splits) -> list[Problem]:
        """Whether the network takes these data in, and gives what the loss and the task need."""
        from engines.attack import obstacle
        from engines.fit import fit

        if self.adversarial and (why := obstacle(splits)):
            told = Problem(
                f"{self.title} cannot train adversarially: {why}. Got adversarial {self.adversarial:g}.",
                field="adversarial", rule="inputs can be attacked", value=self.adversarial, fix="Set adversarial to 0.",
            )  # fmt: skip
            return [told]
        return super().check(project, splits) or fit(self, project.graphs["model"], splits)
