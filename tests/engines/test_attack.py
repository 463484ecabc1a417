"""Attacks: closed forms on linear models, captum's own, bounds, and adversarial training."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import builder
import engines
from builder.errors import BadValue
from builder.graph import Graph, Node
from engines.attack import curve, noise, obstacle, perturbed, unit
from engines.data import Data, prepare
from engines.data.inputs import Arrays
from engines.engine import engine_of
from engines.runs.branch import branch
from engines.trained import Trained
from tests.tiny import equal, project

LOSS = nn.functional.cross_entropy
EPSILON = 0.05


def test_the_margin_of_a_linear_model_falls_by_epsilon_times_the_l1_norm() -> None:
    torch.manual_seed(0)
    model = nn.Linear(20, 2).double()
    x, y = torch.randn(5, 20).double(), torch.zeros(5, dtype=torch.long)
    found = perturbed(model, x, y, LOSS, EPSILON)
    margins = [(out := model(one))[:, 0] - out[:, 1] for one in (x, found)]
    wanted = EPSILON * (model.weight[0] - model.weight[1]).abs().sum()
    assert torch.allclose(margins[0] - margins[1], wanted.expand(5), atol=1e-6)
    back = perturbed(model, x, 1 - y, LOSS, EPSILON, targeted=True)
    assert torch.allclose(back, found), "towards the other class is away from this one, where there are two"


def test_steps_are_captums() -> None:
    from captum.robust import FGSM, PGD

    torch.manual_seed(1)
    model = nn.Sequential(nn.Linear(6, 8), nn.Tanh(), nn.Linear(8, 3))
    x, y = torch.randn(9, 6), torch.randint(0, 3, (9,))
    theirs = FGSM(model, lambda out, target: LOSS(out, target, reduction="none"), -1.0, 1.0)
    assert torch.allclose(
        perturbed(model, x, y, LOSS, 0.1, low=-1, high=1), theirs.perturb(x, 0.1, y), atol=1e-6
    )
    pgd = PGD(model, lambda out, target: LOSS(out, target, reduction="none"))
    wanted = pgd.perturb(x, 0.1, 2.5 * 0.1 / 7, 7, y)
    assert torch.allclose(perturbed(model, x, y, LOSS, 0.1, steps=7), wanted, atol=1e-5)


def test_no_input_leaves_its_bounds() -> None:
    model, x = nn.Linear(6, 3), torch.rand(50, 6)
    y = torch.randint(0, 3, (50,))
    for found in (perturbed(model, x, y, LOSS, 0.3, steps=5, low=0, high=1), noise(x, 0.3, 0, 0, 1)):
        assert (
            float((found - x).abs().max()) <= 0.3 + 1e-6
            and 0 <= float(found.min()) <= float(found.max()) <= 1
        )
    assert torch.equal(perturbed(model, x, y, LOSS, 0.0), x)
    assert (noise(x, 0.1, 3) - x).abs().std() < 1e-6 and torch.equal(noise(x, 0.1, 3), noise(x, 0.1, 3))


def test_the_unit_is_the_range_of_pixels_or_a_deviation() -> None:
    digits, iris = (prepare(Data.parse(builder.template(name).data)) for name in ("digits-mlp", "iris-mlp"))
    size, low, high = unit(digits)
    assert torch.equal(size, high - low) and float(low) == pytest.approx(float(digits.train.inputs.min()))
    assert float(unit(iris).size) == 1 and not obstacle(iris)
    assert "indices" in obstacle(None)


def test_channels_are_moved_alike_however_they_are_scaled() -> None:
    """One channel holds 0 and 255, the other mostly 5."""
    draw = np.random.default_rng(0)
    pixels = np.stack(
        [draw.choice([0.0, 255.0], (40, 4, 4)), draw.choice([5.0, 250.0], (40, 4, 4), p=[0.95, 0.05])], 1
    )
    known = Arrays.fit(pixels, (), "standard")
    inputs = torch.from_numpy(known.encode(pixels)).float()
    splits = prepare(Data.parse(builder.template("digits-mlp").data))
    preprocessing = splits.preprocessing.model_copy(update={"inputs": known})
    size, low, high = unit(
        replace(splits, train=replace(splits.train, inputs=inputs), preprocessing=preprocessing)
    )
    moved = known.restored((inputs[:1] + 0.1 * size).numpy()) - pixels[:1]
    assert np.allclose(moved, 25.5, atol=1e-3)
    ends = known.restored(torch.cat([low, high]).double().numpy())
    assert np.allclose(ends[0], 0, atol=1e-4) and np.allclose(ends[1], 255, atol=1e-4)


@pytest.mark.parametrize("steps", [1, 5])
def test_a_network_is_not_robust_because_it_is_sure(steps: int) -> None:
    torch.manual_seed(2)
    model, x = nn.Linear(20, 2, bias=False), torch.randn(200, 20)
    y = model(x).argmax(1)
    reached = []
    for size in (1, 100, 1000):
        found = perturbed(lambda one, size=size: size * model(one), x, y, LOSS, 0.2, steps=steps)
        reached.append(float((model(found).argmax(1) == y).float().mean()))
    assert max(reached) - min(reached) < 0.01 < reached[0] < 0.9


def test_words_cannot_be_attacked(tmp_path: Path) -> None:
    what = builder.template("iris-mlp")
    splits = prepare(Data.parse(what.data))
    words = replace(splits, train=replace(splits.train, inputs=splits.train.inputs.long()))
    (problem,) = engine_of({**what.engine, "adversarial": 0.1}).check(what, words)
    assert problem.field == "adversarial" and "Set adversarial to 0" in problem.fix
    assert "indices, such as words" in problem.message
    with pytest.raises(BadValue):
        engine_of({**what.engine, "adversarial": -1.0})


def linear_regression(folder: Path) -> tuple[Trained, Tensor]:
    """A linear model of the diabetes data, after one epoch, and its weights."""
    what = builder.template("diabetes-mlp")
    nodes = (
        Node(id="x", kind="Input", config={"shape": [10]}),
        Node(id="lin", kind="Linear", config={"units": 1}, inputs={"input": "x"}),
        Node(id="out", kind="Output", inputs={"input": "lin"}),
    )
    what = what.with_fields(graphs={"model": Graph(nodes=nodes)}, engine={**what.engine, "epochs": 1})
    trained = Trained.of(engines.train(what, folder))
    return trained, trained.module.lin.weight[0].detach()  # type: ignore[union-attr, index, return-value]


def test_values_are_pushed_away_from_the_truth_in_closed_form(tmp_path: Path) -> None:
    trained, weights = linear_regression(tmp_path / "run")
    told = curve(trained, "test", [0.0, 0.3])
    splits = trained.splits
    assert splits is not None
    outputs, y = trained.answers((splits.test.inputs,))[0], splits.test.targets
    off = (outputs - y + 0.3 * weights.abs().sum() * (outputs - y).sign()) * splits.preprocessing.scale[0]
    assert told["attacked"][1] == pytest.approx(float((off**2).mean() ** 0.5), rel=1e-4)
    truth = splits.raw_targets("test")
    simple = float(((truth - splits.raw_targets("train").mean()) ** 2).mean() ** 0.5)
    assert told["simple"] == pytest.approx(simple, rel=1e-4)
    assert told["attacked"][1] > told["control"][1] and told["attacked"][0] == told["control"][0]


def test_a_curve_tells_what_it_knows_already(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trained = Trained.of(engines.train(project(3, 20), tmp_path / "run"))
    known: list[Any] = []
    monkeypatch.setattr("engines.attack.tell", lambda share, words, partial: known.append(partial))
    told = curve(trained, "train", [0.0, 0.5, 1.0])
    assert [len(one["epsilon"]) for one in known] == [0, 1, 2]
    assert told["attacked"][:2].tolist() == known[-1]["attacked"].tolist()
    counts = trained.splits.counts("train") if trained.splits else {}
    assert told["simple"] == pytest.approx(max(counts.values()) / told["count"])


@pytest.mark.parametrize("optimiser", ["LBFGS", "SGD"])
def test_values_and_closures_train_adversarially(optimiser: str, tmp_path: Path) -> None:
    what = builder.template("diabetes-mlp")
    settings = {"epochs": 2, "optimiser": {"kind": optimiser}, "adversarial": 0.2}
    run = engines.train(what.with_fields(engine={**what.engine, **settings}), tmp_path / "run")
    assert run.status().state == "finished"


@pytest.mark.parametrize("layer", ["Dropout", "BatchNorm1d"])
def test_adversarial_training_goes_on_bit_exact(
    layer: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    what = project(6, 20, layer=layer, adversarial=0.1, adversarial_steps=2)
    monkeypatch.setattr("engines.runs.driver.TICK", 0.0)
    monkeypatch.setattr("engines.runs.snapshots.EVERY", 0.0)
    monkeypatch.setattr("engines.runs.snapshots.SHARE", 1e9)
    whole = engines.train(what, tmp_path / "whole")
    at = whole.snapshots.numbers()[len(whole.snapshots.numbers()) // 2]
    run = branch(whole, tmp_path / "branch", what, at, of="mine")
    engines.resume(run.folder)
    assert run.status().state == "finished" and 0 < at < whole.status().step
    assert equal(whole, run)
    plain = engines.train(project(6, 20, layer=layer), tmp_path / "plain")
    assert not equal(whole, plain)


def test_the_strength_of_attacks_can_be_changed_while_it_trains(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from engines.runs.run import Run
    from engines.tuning import tunables

    asked: list[float] = []
    monkeypatch.setattr("engines.runs.driver.TICK", 0.0)

    def noted(model: Any, x: Tensor, y: Tensor, loss: Any, epsilon: Tensor, **more: Any) -> Tensor:
        asked.append(float(epsilon))
        return perturbed(model, x, y, loss, epsilon, **more)

    monkeypatch.setattr("engines.attack.perturbed", noted)
    what = project(3, 20, adversarial=0.5)
    run = Run.create(tmp_path / "run", what)
    run.send("set", values={"adversarial": 0.25})
    engines.resume(run.folder)
    assert run.status().state == "finished" and {*asked} <= {0.5, 0.25} and asked[-1] == 0.25
    assert run.curves().changes()[0]["values"] == {"adversarial": 0.25}
    known = [[one.name for one in tunables(engine_of(w.engine))] for w in (what, project(3, 20))]
    assert "adversarial" in known[0] and "adversarial" not in known[1], "where data were not checked for it"


def robust(seed: int, folder: Path, **engine: Any) -> tuple[np.ndarray, np.ndarray]:
    """Accuracy of the digits' MLP on attacked test examples, and with noise, at ε = 0.1 and 0.2."""
    what = builder.template("digits-mlp").with_fields(seed=seed)
    run = engines.train(what.with_fields(engine={**what.engine, **engine}), folder)
    told = curve(Trained.of(run), "test", [0.0, 0.1, 0.2])
    assert told["control"][0] == pytest.approx(told["attacked"][0]) and told["attacked"][0] >= 0.95
    return told["attacked"], told["control"]


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_an_attack_misleads_where_noise_does_not_and_training_helps(seed: int, tmp_path: Path) -> None:
    attacked, control = robust(seed, tmp_path / "plain")
    assert attacked[1] <= 0.65 and control[2] >= 0.9
    hardened, _ = robust(seed, tmp_path / "hardened", adversarial=0.1)
    assert hardened[1] >= 0.70


@pytest.mark.gpu
@pytest.mark.parametrize("name", ["digits-cnn", "digits-lstm"])
def test_adversarial_training_keeps_arrays_and_learns_on_cuda(name: str, tmp_path: Path) -> None:
    what = builder.template(name)
    what = what.with_fields(engine={**what.engine, "epochs": 6, "adversarial": 0.02})
    run = engines.train(what, tmp_path / "run", device="cuda")
    assert run.about["device"].startswith("cuda") and run.status().measured["test"]["accuracy"] > 0.8
    assert len(run.arrays.steps()) > 2 and "No more arrays" not in str(run.curves().notices())
