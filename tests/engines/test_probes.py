"""Probes: what they read, against what autograd and arithmetic say, and that they change no bit."""

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

import builder
import engines
from engines.context import Context
from engines.data import Data, prepare
from engines.data.small import Iris
from engines.optimisers import SGD
from engines.probes import Look, all_probes
from engines.probes.look import layers_of
from engines.runs import Run
from tests.tiny import equal, project


def looked(
    model: nn.Module, clip: float = 0.0, lr: float = 0.1
) -> tuple[Context, dict[str, dict[str, float]]]:
    """A context after one step on the training part, and what probes read of it."""
    context = Context(builder.Project(), prepare(Data(source=Iris())), {"model": model})
    context.optimise(SGD(lr=lr), clip=clip)
    look = Look(context)
    inputs, targets = context.part("train")
    context.step(lambda: nn.functional.cross_entropy(context.model(inputs), targets))
    return context, look.read()


def net(*layers: nn.Module) -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(4, 8), *layers, nn.Linear(8, 3))


@pytest.mark.parametrize("clip", [0.0, 1e-3, 1e3])
def test_gradients_are_autograds_also_when_they_were_clipped(clip: float) -> None:
    model = net(nn.ReLU())
    inputs, targets = prepare(Data(source=Iris())).train.inputs, prepare(Data(source=Iris())).train.targets
    grads = torch.autograd.grad(nn.functional.cross_entropy(model(inputs), targets), [*model[0].parameters()])
    expected = torch.cat([one.flatten() for one in grads]).norm()
    assert looked(model, clip)[1]["0"]["gradient"] == pytest.approx(float(expected), rel=1e-4)


def test_updates_are_what_the_step_changed() -> None:
    model = net(nn.ReLU())
    before = torch.cat([one.detach().clone().flatten() for one in model[2].parameters()])
    _, told = looked(model)
    after = torch.cat([one.detach().flatten() for one in model[2].parameters()])
    assert told["2"]["update"] == pytest.approx(float((after - before).norm() / before.norm()), rel=1e-5)
    assert told["2"]["weight"] == pytest.approx(float(after.norm()), rel=1e-5)


def test_large_tensors_are_compared_in_a_sample(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = looked(net(nn.ReLU()))[1]["0"]["update"]
    monkeypatch.setattr("engines.probes.look.SAMPLED", 16)
    assert looked(net(nn.ReLU()))[1]["0"]["update"] == pytest.approx(whole, rel=0.5)


def test_dead_units_are_counted() -> None:
    model = net(nn.ReLU())
    with torch.no_grad():
        model[0].bias[:2] = -100.0  # two of eight can never fire
        model[0].bias[2:] = 100.0
    assert looked(model, lr=1e-6)[1]["1"]["dead"] == 0.25


@pytest.mark.parametrize("shape", ["channels", "features"])
def test_dead_channels_and_features_of_sequences(shape: str) -> None:
    from engines.probes.kinds.activations import _dead

    silent = torch.zeros(5, 4, 6, dtype=torch.bool)
    (silent[:, 1] if shape == "channels" else silent[:, :, :3]).fill_(True)
    assert float(_dead([silent])) == (0.25 if shape == "channels" else 0.5)


@pytest.mark.parametrize("activation", [nn.Tanh(), nn.Sigmoid()])
def test_saturation_is_the_share_of_flat_outputs(activation: nn.Module) -> None:
    model = net(activation)
    with torch.no_grad():
        model[0].weight.zero_()
        model[0].bias.copy_(torch.tensor([-50.0, 50.0, 0, 0, 0, 0, 0, 0]))
    _, told = looked(model, lr=1e-9)
    assert told["1"]["saturated"] == 0.25
    assert told["1"]["mean"] == pytest.approx(0.0 if isinstance(activation, nn.Tanh) else 0.5, abs=1e-3)


def test_layers_are_what_is_placed_on_the_canvas() -> None:
    paths = dict(layers_of(builder.compile(builder.template("resnet-18").graph)))
    assert {"conv1", "basic1.0.conv1", "basic1.1.relu2"} <= paths.keys() and "basic1" not in paths
    attention = nn.Sequential(nn.MultiheadAttention(8, 2))
    assert [path for path, _ in layers_of(attention)] == ["0"], "what torch is made of inside is one layer"


def test_every_measure_belongs_to_one_probe_and_is_explained() -> None:
    names = [name for probe in all_probes().values() for name in probe.measures]
    assert len(names) == len(set(names))
    assert all(words for probe in all_probes().values() for words in probe.measures.values())
    _, told = looked(net(nn.ReLU(), nn.Linear(8, 8), nn.Tanh()))
    assert {name for values in told.values() for name in values} == set(names)


@pytest.mark.parametrize("layer", ["Dropout", "BatchNorm1d", "ReLU"])
def test_looking_changes_no_bit(layer: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    what = project(6, 20, layer=layer, clip=1.0)
    monkeypatch.setattr("engines.runs.probing.EVERY", 1e9)
    monkeypatch.setattr("engines.runs.probing.FREE", 0.0)
    seldom = engines.train(what, tmp_path / "seldom")
    for place, value in (
        ("probing.EVERY", 0.0),
        ("probing.SHARE", 1e9),
        ("probing.SPREAD", 0.0),
        ("driver.TICK", 0.0),
    ):
        monkeypatch.setattr(f"engines.runs.{place}", value)
    often = engines.train(what, tmp_path / "often")
    assert len(seldom.curves().probes) == 1 and len(often.curves().probes) == often.status().steps
    assert equal(seldom, often)


def test_probes_that_are_told_again_are_told_once(tmp_path: Path) -> None:
    run = Run.create(tmp_path / "run", project())
    rows: list[dict[str, Any]] = [
        {"type": "steps", "first": 1, "values": {"loss": [3.0, 2.0]}, "elapsed": 0.5, "rate": 0.1},
        {"type": "probed", "step": 2, "layers": {"hidden": {"gradient": 1.0}}},
        {"type": "resumed", "step": 1, "marks": 0},
        {"type": "steps", "first": 2, "values": {"loss": [2.0, 1.0]}, "elapsed": 0.9, "rate": 0.2},
        {"type": "probed", "step": 3, "layers": {"hidden": {"gradient": None}}},
    ]
    from engines.runs.disk import Lines

    Lines(run.folder / "events.jsonl").add(*rows)
    curves = run.curves()
    assert [row["step"] for row in curves.probes] == [3]
    assert curves.clock == [(3, 0.9)] and curves.rates == [(3, 0.2)]
    assert [curves.seconds(step) for step in (0, 3, 9)] == [0.0, 0.9, 0.9]
