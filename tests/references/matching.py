"""The weights of one module in another that computes the same, and how far their outputs are apart."""

from typing import Any

import torch
from torch import nn

import builder
from tests.graphs import outputs


def matched(ours: nn.Module, theirs: nn.Module) -> None:
    """Give our module the weights of theirs: tensors of each shape in their order, and none is left over.

    Sides of 1 do not count: a 1 × 1 convolution does what a linear layer does.
    """
    left: dict[torch.Size, list[torch.Tensor]] = {}
    for value in tensors(theirs):
        left.setdefault(value.squeeze().shape, []).append(value)
    state = {
        name: left[value.squeeze().shape].pop(0).reshape(value.shape) for name, value in unique(ours).items()
    }
    ours.load_state_dict(state, strict=False)
    assert not any(left.values())


def tensors(module: nn.Module) -> list[torch.Tensor]:
    """Weights and running statistics, each once."""
    return [*unique(module).values()]


def unique(module: nn.Module) -> dict[str, torch.Tensor]:
    """Weights and running statistics by name; of those that are tied the first name."""
    known = {**dict(module.named_parameters()), **dict(module.named_buffers())}
    return {name: known[name] for name in module.state_dict() if name in known}


def randomised(module: nn.Module) -> nn.Module:
    """The module in evaluation, with weights and statistics such that all of them matter."""
    torch.manual_seed(0)
    for name, value in module.state_dict().items():
        if name.endswith("running_var"):
            value.uniform_(0.5, 2)
        elif name.endswith(("running_mean", "bias")):
            value.normal_(0, 0.1)
    return module.eval()


def difference(name: str, theirs: nn.Module, *given: torch.Tensor, role: str = "model") -> float:
    """How far a ready network is from theirs, relative to the largest output, with the same weights."""
    ours = builder.compile(builder.template(name).graphs[role])
    matched(ours, randomised(theirs))
    with torch.no_grad():
        return apart(outputs(ours.eval(), given), answered(theirs(*given)))


def answered(answer: Any) -> tuple[torch.Tensor, ...]:
    """What a module of any make answers, as a tuple."""
    return answer if isinstance(answer, tuple) else (answer,)


def apart(ours: tuple[torch.Tensor, ...], theirs: tuple[torch.Tensor, ...]) -> float:
    """The largest difference by the largest output."""
    assert len(ours) == len(theirs)
    return max(
        float((one - other).abs().max() / other.abs().max()) for one, other in zip(ours, theirs, strict=True)
    )
