"""What excites a unit: the examples of the data that do so most, and an input that is made to.

A unit is a channel of maps, or a feature of vectors and sequences; of several places the most excited one counts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from builder.paths import channels_first
from engines.probes.kinds.activations import by_unit

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from torch import Tensor

    from engines.data.data import PartName
    from engines.trained import Trained

AT_ONCE = 256
STEPS = 200
JITTER, DECAY, BLUR = 1, 0.01, 0.35
"""Of activation maximisation: pixels by which the image is shifted at each step, how much of it fades, and the
deviation of the blur in pixels, every fourth step (Yosinski et al. 2015, Understanding neural networks through deep
visualization)."""


def given(trained: Trained, inputs: Tensor, path: str) -> Tensor:
    """What a node gives for many inputs, (n, …)."""
    import torch

    from builder.watch import watched

    found: list[Tensor] = []
    for some in inputs.split(AT_ONCE):
        kept: list[Tensor] = []
        with watched(trained.module, _keep(path, kept)):
            trained.answers((some,))
        found.append(kept[-1])
    return torch.cat(found)


def _keep(path: str, kept: list[Tensor]) -> Callable[[str, Tensor], None]:
    """Notes what one node gives."""

    def see(one: str, value: Tensor) -> None:
        if one == path:
            kept.append(value)

    return see


def most_exciting(
    trained: Trained, inputs: Tensor, path: str, unit: int, count: int
) -> tuple[np.ndarray, np.ndarray]:
    """The places of the inputs that excite a unit most, the most exciting first, and what the unit gives for them."""
    import torch

    values = _most(trained, inputs, path, unit)
    top = torch.topk(values, min(count, len(values)))
    return top.indices.numpy(), top.values.numpy()


def maximise(
    trained: Trained, inputs: Tensor, path: str, unit: int, steps: int = STEPS, seed: int = 0,
    tell: Callable[[float, str], None] = lambda share, words: None,
) -> dict[str, Any]:  # fmt: skip
    """An input that excites a unit, by gradient ascent from noise, within what the data hold.

    Erhan et al. (2009), Visualizing higher-layer features of a deep network; images are shifted, blurred and faded on
    the way.

    Args:
        trained: the network.
        inputs: of the data, as the network takes them: they tell the range, and the mean to begin near.
        path: of the node.
        unit: the number of the channel or feature.
        steps: of the ascent.
        seed: of the noise.
        tell: is told how far it is.

    Returns:
        `input` (…) as the network takes it, `reached` by step, and `best`, what the best of the inputs reaches.
    """
    import numpy as np
    import torch

    low, high, spread = inputs.amin(0), inputs.amax(0), inputs.std() + 1e-6
    draw = torch.Generator().manual_seed(seed)
    made = (inputs.mean(0) + 0.1 * spread * torch.randn(inputs.shape[1:], generator=draw)).clamp(
        low.min(), high.max()
    )
    reached: list[float] = []
    channels = path in channels_first(trained.graph)
    image = inputs.ndim == 4 and min(inputs.shape[2:]) > 4
    for step in range(steps):
        if step % 20 == 0:
            tell(step / steps, f"Step {step} of {steps}")
        shift = (
            [int(torch.randint(-JITTER, JITTER + 1, (), generator=draw)) for _ in range(2)]
            if image
            else [0, 0]
        )
        moved = (torch.roll(made, shift, (-2, -1)) if image else made)[None].clone().requires_grad_()
        value = _unit(trained, moved, path, unit, channels)
        reached.append(float(value.detach()))
        (slope,) = torch.autograd.grad(value, moved)
        size = slope.norm()
        if not bool(size > 0):  # the unit is silent here: look elsewhere
            made = (made + 0.3 * spread * torch.randn(made.shape, generator=draw)).clamp(
                low.min(), high.max()
            )
            continue
        ascent = slope[0] / size * spread * (0.04 * slope[0].numel() ** 0.5)
        made = made + (torch.roll(ascent, [-one for one in shift], (-2, -1)) if image else ascent)
        made = ((1 - DECAY) * made + DECAY * inputs.mean()).clamp(low.min(), high.max())
        if image and step % 4 == 3 and step < steps - 20:
            made = _blurred(made)
    with torch.no_grad():
        reached.append(float(_unit(trained, made[None], path, unit, channels)))
    best = float(_most(trained, inputs, path, unit).max())
    return {"input": made.numpy(), "reached": np.array(reached), "best": best}


def _unit(trained: Trained, inputs: Tensor, path: str, unit: int, channels: bool) -> Tensor:
    """What the unit gives for one input, differentiable: the mean over its places, so that all of the image counts."""
    import torch

    from builder.watch import watched

    kept: list[Tensor] = []
    with torch.enable_grad(), watched(trained.module, _keep(path, kept)):
        trained.module(inputs)
    return by_unit(kept[-1], channels)[0, unit].mean()


def _most(trained: Trained, inputs: Tensor, path: str, unit: int) -> Tensor:
    """What a unit gives for each input where it gives most, (n,)."""
    import torch

    channels = path in channels_first(trained.graph)
    # batch by batch: all that a large node gives would not fit
    some = (given(trained, batch, path) for batch in inputs.split(AT_ONCE))
    return torch.cat([by_unit(one, channels)[:, unit].float().amax(1) for one in some])


def _blurred(image: Tensor) -> Tensor:
    import torch
    from scipy.ndimage import gaussian_filter

    return torch.from_numpy(gaussian_filter(image.numpy(), (0, BLUR, BLUR)))


def maximise_of(
    folder: str, checkpoint: int, at: int | None, part: PartName, path: str, unit: int, seed: int
) -> dict[str, Any]:
    """`maximise` for a run by its folder, for work beside the server."""
    from engines.aside import tell
    from engines.runs.run import Run
    from engines.trained import Trained

    trained = Trained.of(Run(folder), at=at)
    assert trained.splits is not None
    return maximise(trained, trained.splits.part(part).inputs[:2000], path, unit, seed=seed, tell=tell)
