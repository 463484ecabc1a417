"""Attacks: small changes of an input, made to mislead; and how often a network falls for them.

ε is measured in the data's own terms (`unit`): of images as a share of the range of their pixels, so that 0.1 of digits
from 0 to 16 is 1.6; of all else in standard deviations of the training part, or as scaled otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engines.aside import tell

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor

    from engines.data.data import PartName, Splits
    from engines.trained import Trained

    Objective = Callable[[Tensor, Tensor], Tensor]

AT_ONCE = 256
DRAWS = 5
"""Random signs are drawn so often, and the results averaged: a single draw moves the control by two percent."""
STEP = 2.5
"""A step of PGD is ε · 2.5 / steps: the whole ball can be reached (Madry et al. 2018)."""


def unit(splits: Splits) -> tuple[float, float, float]:
    """What ε = 1 is in the numbers that a network is given, and the lowest and highest that they may be.

    Of images the range of the pixels and its ends, as they are scaled; of all else 1 and no ends.
    """
    inputs = splits.train.inputs
    if inputs.ndim == 4:
        low, high = float(inputs.min()), float(inputs.max())
        return high - low, low, high
    return 1.0, float("-inf"), float("inf")


def obstacle(splits: Splits | None) -> str:
    """Why inputs cannot be attacked; "" if they can."""
    if splits is None or not splits.train.inputs.is_floating_point():
        return "an attack changes numbers by a little, which indices, such as words, do not allow"
    return "" if splits.task != "regression" else "an attack needs classes or labels to mislead about"


def perturbed(
    model: Callable[[Tensor], Tensor],
    x: Tensor,
    y: Tensor,
    loss: Objective,
    epsilon: float,
    *,
    steps: int = 1,
    targeted: bool = False,
    low: float = float("-inf"),
    high: float = float("inf"),
) -> Tensor:
    """Inputs moved by at most ε each way, so that the loss grows; one step is FGSM, several are PGD.

    Goodfellow, Shlens and Szegedy (2015); Madry et al. (2018), without a random start.

    Args:
        model: gives outputs for inputs.
        x: inputs, (n, …).
        y: their targets; of a targeted attack, what they are to be taken for.
        loss: of (outputs, targets), averaged over examples.
        epsilon: in the numbers that the network is given.
        steps: how many; 1 is FGSM.
        targeted: make the loss smaller instead.
        low: no input becomes lower, or higher than `high`.
        high: see `low`.
    """
    import torch

    stride = epsilon if steps == 1 else STEP * epsilon / steps
    found = x.detach()
    with torch.enable_grad(), torch.backends.cudnn.flags(enabled=False):
        for _ in range(steps if epsilon else 0):
            found = found.detach().requires_grad_()
            (slope,) = torch.autograd.grad(loss(model(found), y), found)
            moved = found.detach() + (-stride if targeted else stride) * slope.sign()
            found = torch.clamp(torch.minimum(torch.maximum(moved, x - epsilon), x + epsilon), low, high)
    return found.detach()


def noise(
    x: Tensor, epsilon: float, seed: int, low: float = float("-inf"), high: float = float("inf")
) -> Tensor:
    """Inputs moved by ε each way at random: the control, as large as FGSM's change."""
    import torch

    draw = torch.Generator().manual_seed(seed)
    signs = torch.randint(0, 2, x.shape, generator=draw).to(x) * 2 - 1
    return torch.clamp(x + epsilon * signs, low, high)


def curve(
    trained: Trained,
    part: PartName,
    epsilons: Sequence[float],
    steps: int = 1,
    most: int = 512,
    seed: int = 0,
) -> dict[str, Any]:
    """How often a network is right on examples that were attacked, and on such with random noise, by ε.

    Args:
        trained: the network.
        part: of its data.
        epsilons: as the data measure them (`unit`).
        steps: of PGD; 1 is FGSM.
        most: how many examples of the part, from its beginning.
        seed: of the noise.

    Returns:
        `epsilon`, `attacked`, `control`: arrays of one length; `count`: examples.
    """
    import numpy as np

    from engines.probes.sight import objective_of

    splits, loss = trained.splits, objective_of(trained.project)
    assert splits is not None and loss is not None
    here, (size, low, high) = splits.part(part), unit(splits)
    x, y = here.inputs[:most], here.targets[:most]
    rows: list[tuple[float, float]] = []
    for place, epsilon in enumerate(epsilons):
        tell(place / len(epsilons), f"ε = {epsilon:g}")
        drawn = [noise(x, epsilon * size, seed + draw, low, high) for draw in range(DRAWS)]
        right = [0.0, 0.0]
        for some in range(0, len(x), AT_ONCE):
            these = slice(some, some + AT_ONCE)
            bent = perturbed(
                trained.module, x[these], y[these], loss, epsilon * size, steps=steps, low=low, high=high
            )
            right[0] += _right(trained, splits, bent, y[these])
            right[1] += sum(_right(trained, splits, one[these], y[these]) for one in drawn) / DRAWS
        rows.append((right[0] / len(x), right[1] / len(x)))
    told: np.ndarray = np.array(rows)
    return {
        "epsilon": np.array(epsilons, float),
        "attacked": told[:, 0],
        "control": told[:, 1],
        "count": len(x),
    }


def _right(trained: Trained, splits: Splits, x: Tensor, y: Tensor) -> float:
    """How many answers are right."""
    from engines.tasks import classes_of

    found = classes_of(splits.task, trained.answers((x,))[0])
    same = found == y.long()
    return float((same if same.ndim == 1 else same.all(1)).sum())


def curve_of(
    folder: str, checkpoint: int, at: int | None, part: PartName, steps: int, epsilons: list[float]
) -> dict[str, Any]:
    """`curve` of a run by its folder; to be called aside. `checkpoint` is its newest one, which tells weights apart."""
    from engines.runs.run import Run
    from engines.trained import Trained

    tell(0.0, "Loading the network and its data")
    return curve(Trained.of(Run(Path(folder)), at=at), part, epsilons, steps)
