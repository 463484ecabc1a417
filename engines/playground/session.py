"""Session: one network that learns, from its settings on; the same settings and step always give the same bits."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import torch

from builder import compile
from builder.errors import BadValue, StrataError
from builder.shapes import infer
from builder.summary import Summary
from engines.context import Context
from engines.data.data import Data, prepare
from engines.engine import engine_of
from engines.playground.design import project_of
from engines.playground.plane import Plane
from engines.playground.settings import MOST_STEPS, Change, Settings, refused
from engines.runs import exact

if TYPE_CHECKING:
    from torch import Tensor

    from engines.optimisers import Optimiser

LARGEST = 3_000_000
"""Parameters of a network that is played with: each frame computes all of them some thousand times."""
BACK = 0.5
"""Seconds that a session may take at once to train anew until its last good step: others wait for their turn."""
AT_ONCE = 64
"""Steps between two looks at clock and losses."""


class Session:
    """A training in memory. It makes the steps that a run of the same project makes, bit by bit, but see `without`.

    Attributes:
        project: what is trained.
        splits: its data.
        plane: where it is drawn.
        context: the module, the optimiser and the position.
        step: how many steps it has made.
        broken: the step after which its loss was no number any more; None while it is one. It goes no further.
    """

    def __init__(self, settings: Settings, until: int | None = None) -> None:
        """The network before its first step.

        Args:
            settings: what is trained.
            until: the last step that is good, where that is known.

        Raises:
            StrataError: the network cannot be trained on the data; the problems say why.
        """
        self.settings = settings.still()
        self.project = project_of(settings)
        self.engine = engine_of(self.project.engine)
        self.broken, self._until, self.step = None if until is None else until, until, 0
        with exact.exact(self.project.seed):
            self.splits = prepare(Data.parse(self.project.data))
            self._check()
            self.plane = Plane.of(self.splits, settings.plane)
            exact.seed_all(self.project.seed)
            model = compile(self.project.graph)
            self.context = Context(self.project, self.splits, {"model": model})
            self._random = exact.capture()
        self.loss = self.engine.loss.build(  # type: ignore[attr-defined]
            self.context.class_weights() if self.engine.class_weights else None  # type: ignore[attr-defined]
        )
        self._steps = self._learn()
        self._waiting = [*self.settings.changes]
        next(self._steps)
        self._change()

    def _check(self) -> None:
        problems = self.engine.check(self.project, self.splits)
        if wrong := [one for one in problems if one.severity == "error"]:
            raise BadValue(wrong)
        count = Summary(infer(self.project.graph)).parameters
        if count > LARGEST:
            raise refused(
                f"This network has {count:,} parameters; the Playground draws networks of at most {LARGEST:,}.",
                "project",
                "Train it on its Train page; Inspect shows what it computes.",
                count,
            )

    def _learn(self) -> Iterator[Tensor | None]:
        """What Supervised.run does, without its measurements: a loss for each step."""
        ctx, engine = self.context, self.engine
        ctx.optimise(engine.optimiser, clip=engine.clip, l1=engine.l1)  # type: ignore[attr-defined]
        if not engine.class_weights:  # type: ignore[attr-defined]
            ctx.prepare_targets(engine.loss.prepared)  # type: ignore[attr-defined]
        yield None
        for _ in ctx.epochs(MOST_STEPS):
            for x, y in ctx.batches("train", engine.batch):  # type: ignore[attr-defined]
                yield ctx.step(lambda x=x, y=y: self.loss(ctx.model(x), y))  # type: ignore[misc]

    @property
    def without(self) -> str:
        """What of the project's training is left out here, in words; "" if nothing is."""
        engine: Any = self.engine
        left = [f"the schedule {engine.schedule.title}"] if engine.schedule.kind != "Constant" else []
        left += ["adversarial training"] if engine.adversarial else []
        return f"The Playground trains without {' and without '.join(left)} of the project." if left else ""

    def take(self, settings: Settings) -> bool:
        """Go on with other settings, if only changes by hand from this step on differ; whether it does."""
        known, wanted = self.settings.changes, settings.changes
        if settings.still() != self.settings.model_copy(update={"changes": wanted}):
            return False
        if wanted == known:
            return True
        before = [[one for one in some if one.step < self.step] for some in (known, wanted)]
        now = [one for one in wanted if one.step >= self.step]
        made = {one.name for one in known if one.step == self.step}
        undone = made - {one.name for one in now if one.step == self.step}
        if before[0] != before[1] or undone or self.broken is not None:  # a change may be what mends it
            return False
        self.settings = settings.still()
        self._waiting = now  # those made at this step are made again: of one name the last counts
        self._change()
        return True

    @property
    def epoch(self) -> float:
        """How often each training example has been shown, so far."""
        return self.context.epoch + self.context.seen / max(len(self.splits.train), 1)

    @property
    def per_epoch(self) -> int:
        """Steps in an epoch."""
        return -(-len(self.splits.train) // self.engine.batch)  # type: ignore[attr-defined]

    def advance(self, to: int, seconds: float = float("inf")) -> None:
        """Train until step `to`, but no longer than so many seconds (and at least one step).

        When a loss is not finite, the session goes back to the last step whose loss was.
        """
        end = time.monotonic() + seconds
        to = min(to, MOST_STEPS if self._until is None else self._until)
        good: int | None = None
        states = exact.capture()
        exact.restore(self._random)
        try:
            while self.step < to and good is None:
                good = self._some(min(to, self._next_change(), self.step + AT_ONCE), end)
                if time.monotonic() >= end:
                    break
        finally:
            self._random = exact.capture()
            exact.restore(states)
        if good is not None:
            self.go_back(good)

    def _some(self, to: int, end: float) -> int | None:
        """Make a few steps, until a moment; the last whose loss was a number, if that of a later one was none."""
        first, losses = self.step, []
        while self.step < to:
            losses.append(next(self._steps))
            self.step += 1
            if time.monotonic() >= end:
                break
        told = torch.stack([loss for loss in losses if loss is not None]).isfinite()
        if not bool(told.all()):
            return max(first + int((~told).nonzero()[0, 0]) - 1, 0)
        self._change()
        return None

    def go_back(self, good: int) -> None:
        """Be again what this was at the last step whose loss was a number: train anew until there."""
        other = Session(self.settings, until=good)
        other.advance(good, BACK)  # where that is not enough, whoever asks next goes on
        self.__dict__ = other.__dict__

    def _next_change(self) -> int:
        return self._waiting[0].step if self._waiting else MOST_STEPS

    def _change(self) -> None:
        """Make the changes that were made by hand before the next step."""
        while self._waiting and self._waiting[0].step <= self.step:
            self._apply(self._waiting.pop(0))

    def _apply(self, change: Change) -> None:
        update = self.context.updates["model"]
        if change.name in ("lr", "rate"):
            update.l1, optimiser = self._tuned(change)
            update.tune(optimiser, update.clip)
            return
        node, _, rest = change.name.partition(".")
        name, *places = rest.split(".")
        found = dict(self.context.model.named_parameters()).get(f"{node}.{name}")
        where = tuple(map(int, places))
        if (
            found is None
            or found.ndim != len(where)
            or any(a >= b for a, b in zip(where, found.shape, strict=True))
        ):
            raise refused(
                f"Changes: {change.name!r} is no weight of this network.",
                "changes",
                "Reset the network.",
                change.name,
            )
        with torch.no_grad():
            found[where] = change.value

    @property
    def _penalty(self) -> str:
        """The regularisation whose rate can be changed: what was chosen, or what the project has."""
        engine = self.project.engine
        has = "L1" if engine["l1"] else "L2" if engine["optimiser"].get("weight_decay") else "none"
        return self.settings.penalty or has

    def _tuned(self, change: Change) -> tuple[float, Optimiser]:
        """The L1 rate and the optimiser after a change of the learning rate or of the regularisation."""
        engine = self.engine.dump()
        l1, fields = engine["l1"], engine["optimiser"]
        if change.name == "lr":
            fields["lr"] = change.value
        elif self._penalty == "L1":
            l1 = change.value
        elif self._penalty == "L2":
            fields["weight_decay"] = change.value
        self.engine = engine_of({**engine, "l1": l1, "optimiser": fields})
        return l1, self.engine.optimiser  # type: ignore[attr-defined]


def started(settings: Settings) -> Session:
    """A session at its start; errors of a network's shapes are told in words, too."""
    try:
        return Session(settings)
    except (RuntimeError, ValueError) as error:
        if isinstance(error, StrataError):
            raise
        raise StrataError(f"This cannot be trained: {error}") from None
