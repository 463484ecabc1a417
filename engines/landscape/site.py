"""Site: a network at a moment, the examples that it is measured on, and the loss that is measured."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import torch

from builder.errors import StrataError
from builder.watch import copied
from engines.embedding import sample
from engines.engine import engine_of
from engines.landscape.flat import Flat
from engines.tasks import class_weights

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from torch import Tensor

    from engines.data.data import PartName
    from engines.losses import Loss
    from engines.runs.run import Run
    from engines.trained import Trained

    Objective = Callable[[Tensor, Tensor], Tensor]

AT_ONCE = 2**20
"""Numbers that a batch of examples may have, about, so that what layers give stays near the processor."""
MOST_AT_ONCE = 512


@dataclass(frozen=True, eq=False)
class Site:
    """What a landscape is of. The loss is that of the training, weights of classes included, without weight decay.

    Attributes:
        flat: the network, to be moved.
        inputs, targets: the examples, (n, …).
        kind: the loss.
        weights: of classes, if they have any.
        at: the step whose weights these are, if they are not the newest.
    """

    flat: Flat
    inputs: Tensor
    targets: Tensor
    kind: Loss
    weights: Tensor | None = None
    at: int | None = None

    @classmethod
    def of(
        cls,
        trained: Trained,
        part: PartName = "train",
        most: int = 256,
        weights: Mapping[str, Tensor] | None = None,
        at: int | None = None,
    ) -> Site:
        """A trained network on a part of its data.

        Args:
            trained: the network, with its data.
            part: of its data.
            most: examples; where there are more, as many are drawn with a fixed seed.
            weights: by name, instead of the network's own.
            at: the step whose weights these are, if the network does not tell.

        Raises:
            StrataError: there are no examples, or nothing that is made small on them.
        """
        splits = trained.splits
        if splits is None or not trained.reads_rows:
            raise StrataError("There are no examples for this network: " + "; ".join(trained.notes))
        data = splits.part(part)
        if not len(data):
            raise StrataError(f"The {part} part is empty. Choose another part, or larger parts on Data.")
        engine: Any = engine_of(trained.project.engine)
        if getattr(engine, "loss", None) is None:
            raise StrataError(f"{engine.title} makes no single loss small: there is no landscape of it.")
        balance = None
        if getattr(engine, "class_weights", False):
            balance = class_weights(splits.task, splits.part("train").targets, len(splits.classes))
        numbers = torch.from_numpy(sample(len(data), most))
        flat = Flat(trained.module)
        if not flat.learned:
            raise StrataError(
                "This network has no weights: its loss is one number. Add a layer that learns on Build."
            )
        if weights is not None:
            flat.move(flat.read(weights))
        if not bool(flat.vector.isfinite().all()):
            raise StrataError(
                "The weights are no numbers any more: this training diverged. Go back to an earlier moment, or train "
                "with a smaller learning rate."
            )
        step = trained.at if at is None else at
        return cls(flat, data.inputs[numbers], data.targets[numbers], engine.loss, balance, step)

    def beside(self) -> Site:
        """The same with a network of its own, for another thread."""
        return replace(self, flat=Flat(self.flat.model))

    def precise(self) -> Site:
        """The same in double precision."""
        flat, weights = Flat(copied(self.flat.model).double()), self.weights
        inputs, targets = (
            one.double() if one.is_floating_point() else one for one in (self.inputs, self.targets)
        )
        weights = weights if weights is None else weights.double()
        return replace(self, flat=flat, inputs=inputs, targets=targets, weights=weights)

    @cached_property
    def objective(self) -> Objective:
        """The loss as a function of (outputs, targets)."""
        return self.kind.build(self.weights)

    @cached_property
    def batches(self) -> tuple[Tensor, ...]:
        """The inputs in the pieces in which they are computed."""
        size = max(1, min(MOST_AT_ONCE, AT_ONCE // max(self.inputs[0].numel(), 1)))
        inputs = self.inputs
        if inputs.ndim == 4:  # copied, for `contiguous` leaves pictures of one channel as they are
            inputs = torch.empty_like(inputs, memory_format=torch.channels_last).copy_(inputs)
        return inputs.split(size)

    def loss(self) -> Tensor:
        """The loss where the network is, over all examples at once, as a number without dimensions."""
        outputs = [self.flat.model(one) for one in self.batches]
        return self.objective(outputs[0] if len(outputs) == 1 else torch.cat(outputs), self.targets)


def newest(run: Run) -> tuple[dict[str, Tensor], int]:
    """The newest weights of a run by name, and after which step they were so.

    Raises:
        StrataError: it has not saved any yet.
    """
    tree, refused = run.checkpoints.load()
    if tree is None:
        raise StrataError(" ".join([*refused, "This run has not saved any weights yet."]))
    return tree["context"]["models"]["model"], int(tree["context"]["position"]["step"])
