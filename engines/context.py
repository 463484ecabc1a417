"""What an engine works with: models, data, the position in the run, and the one place where parameters change.

All that must survive a kill lies here, and `capture` puts it into plain values and tensors. A run is entered again
from the top of `Engine.run`; `epochs` and `batches` then go on where they were. That holds at two kinds of moments,
the only ones at which checkpoints are taken: when the engine has yielded a `Step`, and when an epoch begins.
"""

from __future__ import annotations

import copy
import random
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from builder.project import Project
from engines.data.data import Splits
from engines.optimisers import Optimiser
from engines.runs import exact
from engines.schedules import Constant, Schedule
from engines.tuning import OPTIMISER
from engines.update import Update

LARGE = 2**29
"""Bytes from which a part is not copied in the order of an epoch but picked from batch by batch."""
DROPOUTS = (nn.Dropout, nn.Dropout1d, nn.Dropout2d, nn.Dropout3d, nn.AlphaDropout, nn.FeatureAlphaDropout)
NORMS = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d, nn.SyncBatchNorm)
Loss = Callable[[Tensor, Tensor], Tensor]


class Context:
    """The state of one training, between two yields of its engine.

    Attributes:
        models: the networks by role; `model` is the first, which for most engines is the only one.
        splits: the data as prepared; the parts that an engine sees lie on `device`.
        state: what the engine itself must not forget, in values that JSON knows.
        epoch, seen: how many epochs are complete, and how many examples of the next one.
        size: examples in a batch.
        tuned: settings that were changed while it trained, by name (see engines/tuning.py).
        step_count, steps: updates so far, and as far as can be foreseen in all.
    """

    def __init__(
        self, project: Project, splits: Splits, models: dict[str, nn.Module], device: str = "cpu"
    ) -> None:
        self.project = project
        self.splits = splits
        self.device = torch.device(device)
        self.models = {role: model.to(self.device).train() for role, model in models.items()}
        self.model = next(iter(self.models.values()))
        self.state: dict[str, Any] = {}
        self.tuned: dict[str, Any] = {}
        self.epoch = self.seen = self.size = self.step_count = self.steps = self.epoch_count = 0
        self.updates: dict[str, Update] = {}
        self.boundary: Callable[[], None] = lambda: None
        self._settings: dict[str, tuple[Optimiser, float]] = {}
        self._best: dict[str, dict[str, Tensor]] = {}
        self._parts: dict[str, tuple[Tensor, Tensor]] = {}
        self._saved_updates: dict[str, Any] = {}
        self._random: dict[str, Any] | None = None

    # -- position ------------------------------------------------------------------------------------------

    def epochs(self, count: int) -> Iterator[int]:
        """The numbers of the epochs that are left, from 0; a run that was killed goes on within its epoch."""
        self.epoch_count = self.tuned.get("epochs", count)
        if (
            self._random is not None
        ):  # only now: what the engine drew before, it has just drawn again from the seed
            exact.restore(self._random)
            self._random = None
        while self.epoch < self.epoch_count:
            yield self.epoch
            self.epoch, self.seen = self.epoch + 1, 0
            self.boundary()

    def batches(self, part: str, size: int) -> Iterator[tuple[Tensor, Tensor]]:
        """The (inputs, targets) of a part in batches of `size`, on the device.

        The training part comes in an order drawn for the epoch from the seed and the epoch's number alone, so that any
        epoch can be entered in the middle; yield a `Step` for each of its batches. The last batch may be smaller, but
        a last training batch of one example is left out where the model has batch normalisation, which needs two.
        Other parts come in the order of the file.
        """
        if part != "train":
            yield from zip(*(tensor.split(size) for tensor in self.part(part)), strict=True)
            return
        self.size = self.tuned.get("batch", size)
        if self.seen < 0:  # a checkpoint of an older version counted batches
            self.seen *= -self.size
        pick, size = self._shuffled(), 0
        while size != self.size:  # the rest of an epoch is cut anew when the size of a batch was changed
            size = self.size
            self._foresee()
            for start, end in self._cuts(self.seen):
                self.seen = end
                yield pick(start, end)
                if size != self.size:
                    break

    def _cuts(self, seen: int) -> list[tuple[int, int]]:
        """Where the rest of an epoch is cut into batches."""
        examples = len(self.part("train")[0])
        starts = [*range(seen, examples, self.size)]
        alone = starts and examples - starts[-1] == 1 and examples > 1 and self.size > 1
        if alone and any(isinstance(one, NORMS) for model in self.models.values() for one in model.modules()):
            starts.pop()
        return [(start, min(start + self.size, examples)) for start in starts]

    def _foresee(self) -> None:
        """Count the steps that there will be in all."""
        left, whole = len(self._cuts(self.seen)), len(self._cuts(0))
        later = max(self.epoch_count - self.epoch - 1, 0)
        even = not self.tuned.keys() & {"batch", "epochs"}
        self.steps = whole * self.epoch_count if even else self.step_count + left + whole * later

    def _shuffled(self) -> Callable[[int, int], tuple[Tensor, Tensor]]:
        """Picks examples from the training part in the order of this epoch."""
        inputs, targets = self.part("train")
        seed = random.Random(f"{self.project.seed}/{self.epoch}").getrandbits(63)
        generator = torch.Generator().manual_seed(seed)
        order = torch.randperm(len(inputs), generator=generator).to(self.device)
        if inputs.nbytes + targets.nbytes > LARGE:
            return lambda start, end: (inputs[order[start:end]], targets[order[start:end]])
        mixed = inputs[order], targets[order]
        return lambda start, end: (mixed[0][start:end], mixed[1][start:end])

    def part(self, name: str) -> tuple[Tensor, Tensor]:
        """The inputs and targets of the train, validation or test part, whole, on the device."""
        if name not in self._parts:
            part = getattr(self.splits, name)
            self._parts[name] = (part.inputs.to(self.device), part.targets.to(self.device))
        return self._parts[name]

    def prepare_targets(self, prepared: Callable[[int, Tensor], Tensor]) -> None:
        """Let the training targets be what a loss reads faster (`Loss.prepared`), made once for all steps."""
        inputs, targets = self.part("train")
        outputs = self.outputs(inputs[:2])
        if outputs.ndim == 2:
            self._parts["train"] = inputs, prepared(outputs.shape[1], targets)

    # -- learning ------------------------------------------------------------------------------------------

    def optimise(
        self,
        optimiser: Optimiser,
        schedule: Schedule | None = None,
        *,
        clip: float = 0.0,
        l1: float = 0.0,
        mixed_precision: bool = False,
        role: str = "",
    ) -> None:
        """Say how `step` changes the parameters of a role (the first, if none is named)."""
        role = role or next(iter(self.models))
        self._settings[role] = optimiser, clip
        optimiser, clip = self._tuned(role)
        more: dict[str, Any] = {"clip": clip, "l1": l1, "mixed_precision": mixed_precision}
        update = Update(optimiser, schedule or Constant(), self.models[role], **more)
        if role in self._saved_updates:
            update.restore(self._saved_updates.pop(role))
        self.updates[role] = update

    def step(self, objective: Callable[[], Tensor], role: str = "") -> Tensor:
        """Make `objective` smaller by one update of a role's parameters; its value before that, detached.

        The objective is a function because some optimisers (LBFGS) ask for it several times.
        """
        update = self.updates[role] if role else next(iter(self.updates.values()))
        return update(objective, self.steps)

    def tune(self, values: Mapping[str, Any]) -> None:
        """Go on with other settings, told by name; what is not known to be one is left alone."""
        self.tuned |= values
        for role, update in self.updates.items():
            update.tune(*self._tuned(role))
        self._drop_out()
        self.epoch_count = self.tuned.get("epochs", self.epoch_count)
        self.size = self.tuned.get("batch", self.size)
        if self.size:
            self._foresee()

    def _tuned(self, role: str) -> tuple[Optimiser, float]:
        """The optimiser and the clipping of a role as they are to be now."""
        optimiser, clip = self._settings[role]
        named = {
            name.removeprefix(OPTIMISER): value for name, value in self.tuned.items() if OPTIMISER in name
        }
        changed = type(optimiser).model_validate({**dict(optimiser), **named}) if named else optimiser
        return changed, self.tuned.get("clip", clip)

    def _drop_out(self) -> None:
        if "dropout" in self.tuned:
            for one in (one for model in self.models.values() for one in model.modules()):
                if isinstance(one, DROPOUTS):
                    one.p = self.tuned["dropout"]

    @property
    def rate(self) -> float | None:
        """The learning rate of the last step; None where nothing is optimised yet."""
        return next((update.rate for update in self.updates.values()), None)

    def class_weights(self) -> Tensor | None:
        """Weights that make rare classes of the training part count as much as common ones."""
        from engines.tasks import class_weights

        return class_weights(self.splits.task, self.part("train")[1], len(self.splits.classes))

    # -- measuring -----------------------------------------------------------------------------------------

    def evaluate(self, part: str, loss: Loss) -> dict[str, float]:
        """The loss and the task's metrics on a whole part, in evaluation mode; {} if the part is empty."""
        from engines.metrics import measure

        inputs, targets = self.part(part)
        if not len(inputs):
            return {}
        outputs = self.outputs(inputs)
        metrics = measure(self.splits.task, outputs, targets, len(self.splits.classes), self.splits.decode)
        return {"loss": float(loss(outputs, targets)), **metrics}

    def outputs(self, inputs: Tensor, size: int = 1024) -> Tensor:
        """What the model gives for many inputs, in evaluation mode and without gradients."""
        self.model.eval()
        try:
            with torch.no_grad():
                return torch.cat([self.model(batch) for batch in inputs.split(size)])
        finally:
            self.model.train()

    def waited(self, loss: float) -> int:
        """How many epochs ago the best validation loss was seen: 0 if it is this one, whose weights are then kept."""
        for update in self.updates.values():
            update.observe(loss)
        best = self.state.get("best")
        if best is None or loss < best["loss"]:
            self.state["best"] = {"loss": loss, "epoch": self.epoch}
            self._best = {role: copy.deepcopy(model.state_dict()) for role, model in self.models.items()}
        return self.epoch - int(self.state["best"]["epoch"])

    def restore_best(self) -> None:
        """Put back the weights of the best epoch, if there was one."""
        for role, weights in self._best.items():
            self.models[role].load_state_dict(weights)

    # -- surviving -----------------------------------------------------------------------------------------

    def capture(self) -> dict[str, Any]:
        """All of this as a tree of plain values and tensors, which are not copied."""
        return {
            "models": {role: dict(model.state_dict()) for role, model in self.models.items()},
            "best": self._best,
            "updates": {role: update.capture() for role, update in self.updates.items()}
            or self._saved_updates,
            "state": self.state,
            "tuned": self.tuned,
            "random": self._random or exact.capture(),
            "position": {
                "epoch": self.epoch,
                "seen": self.seen,
                "step": self.step_count,
                "steps": self.steps,
                "epochs": self.epoch_count,
            },
        }

    def restore(self, tree: dict[str, Any]) -> None:
        """Become what `capture` captured; the updates follow when the engine sets them up."""
        for role, weights in tree["models"].items():
            self.models[role].load_state_dict(weights)
        self._best = {
            role: {name: tensor.to(self.device) for name, tensor in weights.items()}
            for role, weights in tree["best"].items()
        }
        self._saved_updates = dict(tree["updates"])
        self._random = tree["random"]
        self.state, self.tuned = tree["state"], tree.get("tuned", {})
        self._drop_out()
        position = tree["position"]
        self.epoch, self.step_count = position["epoch"], position["step"]
        self.seen = position["seen"] if "seen" in position else -position["batch"]
        self.steps, self.epoch_count = position["steps"], position["epochs"]
