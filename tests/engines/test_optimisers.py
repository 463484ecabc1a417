"""Optimisers: torch's own, with the settings that were declared, fused where torch can."""

import copy
from typing import Any

import pytest
import torch
from pydantic import ValidationError
from torch import nn

from engines.optimisers import LBFGS, SGD, Adagrad, Adam, AdamW, Optimiser, RMSprop

X = torch.linspace(-1, 1, 60).reshape(20, 3)
Y = X @ torch.tensor([[1.0], [-2.0], [0.5]]) + 0.3

ORDINARY: list[tuple[Optimiser, dict[str, Any]]] = [
    (SGD(), {"lr": 0.01}),
    (SGD(lr=0.1, momentum=0.9, nesterov=True, weight_decay=0.01),
     {"lr": 0.1, "momentum": 0.9, "nesterov": True, "weight_decay": 0.01}),
    (Adagrad(lr=0.1, weight_decay=0.1), {"lr": 0.1, "weight_decay": 0.1, "eps": 1e-10}),
    (RMSprop(momentum=0.5, alpha=0.9), {"lr": 0.001, "momentum": 0.5, "alpha": 0.9}),
    (Adam(beta1=0.8, weight_decay=0.01), {"lr": 0.001, "betas": (0.8, 0.999), "weight_decay": 0.01}),
    (AdamW(lr=0.01), {"lr": 0.01, "weight_decay": 0.01}),
    (LBFGS(lr=0.5, iterations=5, history=3), {"lr": 0.5, "max_iter": 5, "history_size": 3,
                                              "line_search_fn": "strong_wolfe"}),
]  # fmt: skip


def network() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(3, 8), nn.Tanh(), nn.Linear(8, 1))


def trained(model: nn.Module, optimiser: torch.optim.Optimizer, steps: int = 30) -> list[float]:
    """Losses of a plain loop, as a textbook writes it."""

    def measure() -> torch.Tensor:
        optimiser.zero_grad()
        loss = nn.functional.mse_loss(model(X), Y)
        loss.backward()
        return loss

    return [float(optimiser.step(measure).detach()) for _ in range(steps)]  # type: ignore[arg-type]


@pytest.mark.parametrize(("ours", "options"), ORDINARY, ids=lambda value: getattr(value, "kind", ""))
def test_every_optimiser_is_bit_equal_to_the_ordinary_torch_one(
    ours: Optimiser, options: dict[str, Any]
) -> None:
    model = network()
    twin = copy.deepcopy(model)
    fused = {"fused": True} if ours.fused else {}
    ordinary = getattr(torch.optim, ours.kind)(twin.parameters(), **options, **fused)
    losses = trained(model, ours.build(model.parameters()))
    assert losses == trained(twin, ordinary)
    assert losses[-1] < losses[0]
    assert all(torch.equal(a, b) for a, b in zip(model.parameters(), twin.parameters(), strict=True))


@pytest.mark.parametrize(
    "kind", [k for k in Optimiser.registry.values() if k.fused], ids=lambda kind: kind.__name__
)
def test_fused_steps_agree_with_plain_ones(kind: type[Optimiser]) -> None:
    model = network()
    twin = copy.deepcopy(model)
    ours = kind()
    built = ours.build(model.parameters())
    assert all(group["fused"] for group in built.param_groups)
    trained(model, built)
    trained(
        twin,
        getattr(torch.optim, ours.kind)(twin.parameters(), **ours.settings(), foreach=False, fused=False),
    )
    for a, b in zip(model.parameters(), twin.parameters(), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("kind", Optimiser.registry.values(), ids=Optimiser.registry)
def test_every_optimiser_goes_on_bit_equal_from_its_saved_state(kind: type[Optimiser]) -> None:
    model = network()
    built = kind().build(model.parameters())
    trained(model, built, 7)
    twin, state = copy.deepcopy(model), copy.deepcopy(built.state_dict())
    again = kind().build(twin.parameters())
    again.load_state_dict(state)
    assert trained(model, built, 7) == trained(twin, again, 7)


def test_the_family_is_complete() -> None:
    assert set(Optimiser.registry) == {"SGD", "Adagrad", "RMSprop", "Adam", "AdamW", "LBFGS"}


def test_frozen_parameters_stay() -> None:
    model = network()
    model[0].requires_grad_(False)  # type: ignore[index]
    before = copy.deepcopy(model[0].weight)  # type: ignore[index]
    trained(model, Adam(weight_decay=0.1).build(model.parameters()))
    assert torch.equal(before, model[0].weight)  # type: ignore[index]


def test_what_cannot_be_is_explained() -> None:
    with pytest.raises(ValidationError, match="must have momentum above 0 for nesterov"):
        SGD(nesterov=True)
    with pytest.raises(ValidationError, match="weight_decay"):
        Optimiser.parse({"kind": "LBFGS", "weight_decay": 0.1})
    with pytest.raises(ValueError, match="the network has no parameters"):
        Adam().build(nn.ReLU().parameters())


@pytest.mark.gpu
@pytest.mark.parametrize("kind", Optimiser.registry.values(), ids=Optimiser.registry)
def test_every_optimiser_steps_on_cuda(kind: type[Optimiser]) -> None:
    model = nn.Linear(3, 1).cuda()
    built = kind().build(model.parameters())
    model(X.cuda()).square().mean().backward()
    before = copy.deepcopy(model.weight)
    built.step(lambda: model(X.cuda()).square().mean())  # type: ignore[arg-type, return-value]
    assert not torch.equal(before, model.weight)
