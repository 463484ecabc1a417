"""Attacks: small changes of an input, made to mislead; and how often a network falls for them.

ε is measured in the data's own terms (`unit`): of images as a share of the range of their pixels, as papers have it,
whatever the scaling (0.1 is 0.1 of digits from 0 to 1, and 25.5 of pixels from 0 to 255); of all else in standard
deviations of the training part, or as scaled otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from math import exp
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from engines.aside import tell
from engines.probes.sight import objective_of

if TYPE_CHECKING:
    from torch import Tensor

    from engines.context import Context
    from engines.data.data import PartName, Splits
    from engines.trained import Trained

    Objective = Callable[[Tensor, Tensor], Tensor]

AT_ONCE = 256
SURE = 12.0
"""From this margin on, of the right class's score to the next, a cross-entropy is lost in float32: it is below e⁻¹²."""
DRAWS = 5
"""Random signs are drawn so often, and the results averaged: a single draw moves the control by two percent."""
STEP = 2.5
"""A step of PGD is ε · 2.5 / steps: the whole ball can be reached (Madry et al. 2018)."""


class Unit(NamedTuple):
    """What ε = 1 is in the numbers that a network is given, and between what they may be; all broadcast with inputs."""

    size: Tensor
    low: Tensor
    high: Tensor


def unit(splits: Splits) -> Unit:
    """How ε is measured: of images by the range of all pixels, each channel as it is scaled; of all else 1, no ends."""
    import torch

    inputs = splits.train.inputs
    if inputs.ndim != 4:
        return Unit(torch.tensor(1.0), torch.tensor(float("-inf")), torch.tensor(float("inf")))
    known: Any = splits.preprocessing.inputs
    ends = torch.stack([inputs.amin((0, 2, 3)), inputs.amax((0, 2, 3))])[..., None, None].double().numpy()
    raw = known.restored(ends)
    shape = (1, *inputs.shape[1:])
    low, high = (
        torch.from_numpy(known.encode(np.full(shape, end))[:, :, :1, :1]).to(inputs)
        for end in (raw.min(), raw.max())
    )
    return Unit(high - low, low, high)


def obstacle(splits: Splits | None) -> str:
    """Why inputs cannot be attacked; "" if they can."""
    if splits is None or not splits.train.inputs.is_floating_point():
        return "an attack changes numbers by a little, which indices, such as words, do not allow"
    return ""


def perturbed(
    model: Callable[[Tensor], Tensor],
    x: Tensor,
    y: Tensor,
    loss: Objective,
    epsilon: Tensor | float,
    *,
    steps: int = 1,
    targeted: bool = False,
    low: Tensor | float = float("-inf"),
    high: Tensor | float = float("inf"),
) -> Tensor:
    """Inputs moved by at most ε each way, so that the loss grows; one step is FGSM, several are PGD.

    Goodfellow, Shlens and Szegedy (2015); Madry et al. (2018), without a random start.

    Args:
        model: gives outputs for inputs.
        x: inputs, (n, …).
        y: their targets; of a targeted attack, what they are to be taken for.
        loss: of (outputs, targets), averaged over examples.
        epsilon: in the numbers that the network is given; it and the bounds may differ by place.
        steps: how many; 1 is FGSM.
        targeted: make the loss smaller instead.
        low: no input becomes lower, or higher than `high`.
        high: see `low`.
    """
    import torch

    epsilon, low, high = (torch.as_tensor(one).to(x) for one in (epsilon, low, high))
    stride = (-1 if targeted else 1) * (epsilon if steps == 1 else STEP * epsilon / steps)
    found = x.detach()
    with torch.enable_grad(), torch.backends.cudnn.flags(enabled=False):
        for _ in range(steps if bool(epsilon.any()) else 0):
            moved = found + stride * _slope(model, found.requires_grad_(), y, loss).sign()
            found = _within(_within(moved.detach(), x - epsilon, x + epsilon), low, high)
    return found.detach()


def _slope(model: Callable[[Tensor], Tensor], x: Tensor, y: Tensor, loss: Objective) -> Tensor:
    """The gradient of the loss; of examples whose loss is so small that it is mere rounding, that of the margin.

    A network that is very sure has a loss of 0 in single precision, and would seem to be robust (Carlini and Wagner,
    2017, Towards evaluating the robustness of neural networks, section IX).
    """
    import torch

    outputs = model(x)
    (slope,) = torch.autograd.grad(loss(outputs, y), x, retain_graph=True)
    if y.is_floating_point() or y.ndim != 1 or outputs.ndim != 2:
        return slope
    if outputs.shape[1] == 1:
        margins = (2 * y - 1) * outputs[:, 0]
    else:
        others = outputs.scatter(1, y[:, None], float("-inf")).amax(1)
        margins = outputs.gather(1, y[:, None])[:, 0] - others
    sure = margins.detach() > SURE
    if not bool(sure.any()) or float(loss(outputs[sure], y[sure]).detach()) > outputs.shape[1] * exp(-SURE):
        return slope
    (away,) = torch.autograd.grad(-margins.sum(), x)
    return torch.where(sure.reshape(-1, *[1] * (x.ndim - 1)), away, slope)


def _within(values: Tensor, low: Tensor, high: Tensor) -> Tensor:
    """Numbers as they are, or the bound that they have passed."""
    import torch

    return torch.minimum(torch.maximum(values, low), high)


def attacker(
    ctx: Context, loss: Objective, epsilon: float, steps: int = 1
) -> Callable[[Tensor, Tensor], Tensor]:
    """Moves a training batch by at most ε, or what was set meanwhile, so that the model errs, in evaluation mode."""
    size, low, high = (one.to(ctx.device) for one in unit(ctx.splits))

    def attack(x: Tensor, y: Tensor) -> Tensor:
        far = ctx.tuned.get("adversarial", epsilon) * size
        ctx.model.eval()
        try:
            return perturbed(ctx.model, x, y, loss, far, steps=steps, low=low, high=high)
        finally:
            ctx.model.train()

    return attack


def noise(
    x: Tensor,
    epsilon: Tensor | float,
    seed: int,
    low: Tensor | float = float("-inf"),
    high: Tensor | float = float("inf"),
) -> Tensor:
    """Inputs moved by ε each way at random: the control, as large as FGSM's change."""
    import torch

    draw = torch.Generator().manual_seed(seed)
    signs = torch.randint(0, 2, x.shape, generator=draw).to(x) * 2 - 1
    epsilon, low, high = (torch.as_tensor(one).to(x) for one in (epsilon, low, high))
    return _within(x + epsilon * signs, low, high)


def curve(
    trained: Trained,
    part: PartName,
    epsilons: Sequence[float],
    steps: int = 1,
    most: int = 512,
    seed: int = 0,
) -> dict[str, Any]:
    """How good a network is on examples that were attacked, and on such with random noise, by ε.

    Args:
        trained: the network.
        part: of its data.
        epsilons: as the data measure them (`unit`).
        steps: of PGD; 1 is FGSM.
        most: how many examples of the part, from its beginning.
        seed: of the noise.

    Returns:
        `epsilon`, `attacked`, `control`: arrays of one length, the accuracy, or of values the root mean squared error
        in their own units; `simple`: what the commonest class, or the mean, of the training part reaches; `count`:
        examples.
    """
    splits, loss = trained.splits, objective_of(trained.project)
    assert splits is not None and loss is not None
    here, (size, low, high) = splits.part(part), unit(splits)
    x, y = here.inputs[:most], here.targets[:most]
    told: dict[str, Any] = {"simple": _simple(splits, y), "count": len(x)}
    attacked, control = list[float](), list[float]()
    for place, epsilon in enumerate(epsilons):
        tell(place / len(epsilons), f"ε = {epsilon:g}", _curves(told, epsilons, attacked, control))
        bent = [
            perturbed(trained.module, some, those, loss, epsilon * size, steps=steps, low=low, high=high)
            for some, those in zip(x.split(AT_ONCE), y.split(AT_ONCE), strict=True)
        ]
        attacked.append(_reached(trained, splits, bent, y))
        drawn = [noise(x, epsilon * size, seed + draw, low, high).split(AT_ONCE) for draw in range(DRAWS)]
        control.append(sum(_reached(trained, splits, one, y) for one in drawn) / DRAWS)
    return _curves(told, epsilons, attacked, control)


def _curves(
    told: dict[str, Any], epsilons: Sequence[float], attacked: list[float], control: list[float]
) -> dict[str, Any]:
    """What is known so far."""
    known = {"epsilon": epsilons[: len(attacked)], "attacked": attacked, "control": control}
    return {**told, **{name: np.array(values, float) for name, values in known.items()}}


def _reached(trained: Trained, splits: Splits, batches: Iterable[Tensor], y: Tensor) -> float:
    """The accuracy, or the root mean squared error in the targets' own units."""
    import torch

    return _measured(splits, torch.cat([trained.answers((some,))[0] for some in batches]), y)


def _measured(splits: Splits, outputs: Tensor, y: Tensor) -> float:
    from engines.tasks import classes_of

    if splits.task == "regression":
        off = splits.decode(outputs.double()) - splits.decode(y.double()).reshape(outputs.shape)
        return float((off**2).mean() ** 0.5)
    same = classes_of(splits.task, outputs) == y.long()
    return float((same if same.ndim == 1 else same.all(1)).double().mean())


def _simple(splits: Splits, y: Tensor) -> float:
    """What an answer reaches that is always the same: the commonest class or labels, or the mean, of training."""
    import torch

    learned = splits.train.targets
    if splits.task == "regression":
        return _measured(splits, learned.mean(0, keepdim=True).expand_as(y), y)
    if splits.task == "multi-label":
        return float((y.long() == (learned.double().mean(0) > 0.5)).all(1).double().mean())
    return float((y == torch.mode(learned).values).double().mean())


def curve_of(
    folder: str, checkpoint: int, at: int | None, part: PartName, steps: int, epsilons: list[float]
) -> dict[str, Any]:
    """`curve` of a run's moment, to be called aside."""
    from engines.trained import at_moment

    tell(0.0, "Loading the network and its data")
    return curve(at_moment(folder, checkpoint, at), part, epsilons, steps)
