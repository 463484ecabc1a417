"""The doctor's parts: what is measured of data, how evidence is read, what cures do, and that it waits."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import builder
import engines
from builder import Project
from builder.templates.sketch import from_source
from engines.data.data import Data, prepare
from engines.doctor import Symptom, examine
from engines.doctor.constant import constant_loss
from engines.doctor.data import measure
from engines.doctor.evidence import Evidence
from engines.doctor.network import linear_only, normalised, path_of
from engines.doctor.settings import changed, with_setting
from engines.doctor.trying import tried
from engines.engine import engine_of
from engines.runs import exact
from engines.runs.curves import Curves
from engines.runs.status import Status
from tests.tiny import equal, project


def evidence(of: Project, folder: Path, losses: list[float] | None = None, **status: Any) -> Evidence:
    """Evidence of a project that has told these losses."""
    (folder / "events.jsonl").write_text("")
    curves = Curves(folder / "events.jsonl")
    if losses is not None:
        row = {"type": "steps", "first": 1, "values": {"loss": losses}}
        (folder / "events.jsonl").write_text(builder.files.json.dumps(row) + "\n")
    return Evidence.of(of, curves.read(), Status(**status))


def test_causes_are_in_no_circle() -> None:
    """Two symptoms that explained each other would both go untold."""

    def follows(name: str, seen: tuple[str, ...] = ()) -> None:
        assert name in Symptom.registry and name not in seen
        for other in Symptom.registry[name].explains:
            follows(other, (*seen, name))

    for name in Symptom.registry:
        follows(name)


@pytest.mark.parametrize("kind", Symptom.registry.values())
def test_a_symptom_says_what_it_is(kind: type[Symptom]) -> None:
    """Title, reason and source for people; every threshold with where it comes from."""
    assert kind.title and kind.why and kind.reference and kind.icon != "widgets"
    assert all(info.description for info in kind.model_fields.values())


def test_it_waits(tmp_path: Path) -> None:
    """There is nothing to say of a run that has told nothing, or only a few steps."""
    assert examine(project(), Curves(tmp_path / "none.jsonl"), Status()) == []
    few = evidence(project(), tmp_path, [0.7, 0.9, 1.5], steps=300, epochs=100, step=3)
    assert [kind for kind, one in Symptom.registry.items() if one().look(few)] == []


def test_evidence_changes_no_bit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run whose data were measured has the same losses and weights as one whose were not."""
    with exact.exact(3):
        before = exact.capture()
        measure(prepare(Data.parse({"source": {"kind": "Moons", "samples": 60}})))
        assert torch.equal(exact.capture()["torch"], before["torch"])
    measured = engines.train(project(), tmp_path / "measured", device="cpu", threads=1)
    monkeypatch.setattr("engines.runs.worker.measure", lambda splits: {})
    blind = engines.train(project(), tmp_path / "blind", device="cpu", threads=1)
    assert measured.curves().evidence()["rows"]["train"] and not blind.curves().evidence()
    assert measured.curves().steps == blind.curves().steps
    assert not equal(measured, blind)  # only the marks differ
    left, right = measured.weights(), blind.weights()
    assert all(torch.equal(left[name], right[name]) for name in left)


@pytest.mark.parametrize("kind", ["Digits", "Iris", "Wine", "BreastCancer", "Diabetes", "Spirals"])
@pytest.mark.parametrize("scaling", ["none", "standard"])
def test_what_is_measured_is_plain_and_true(kind: str, scaling: str) -> None:
    """Counts and sizes are those of the training part."""
    splits = prepare(Data.parse({"source": {"kind": kind}, "scaling": scaling}))
    told = measure(splits)
    assert builder.files.json.loads(builder.files.json.dumps(told, allow_nan=False)) == told
    assert told["rows"]["train"] == len(splits.train) and told["classes"] == splits.counts("train")
    size = float(splits.train.inputs.double().pow(2).mean().sqrt())
    assert told["scale"]["size"] == pytest.approx(size, rel=1e-3)
    assert all(one["score"] < 0.95 for one in told["alone"].get("best", []))


def test_measuring_never_fails() -> None:
    """Evidence is a help."""
    assert measure(None) == {}  # type: ignore[arg-type]


def test_the_loss_of_a_constant_answer() -> None:
    """Entropy of the classes; its maximum when they are weighed; the variance, which is 1; unknown for others."""
    data = {"task": "classification", "classes": {"a": 30, "b": 10}}
    plain, weighed = engine_of({}), engine_of({"kind": "Supervised", "class_weights": True})
    assert constant_loss(plain, data) == pytest.approx(-0.75 * np.log(0.75) - 0.25 * np.log(0.25))
    assert constant_loss(weighed, data) == pytest.approx(np.log(2))
    assert constant_loss(plain, {"task": "multi-label", "classes": {"a": 3}}) is None
    squares = engine_of({"kind": "Supervised", "loss": {"kind": "MSE"}})
    assert constant_loss(squares, {"task": "regression"}) == 1.0
    assert (
        constant_loss(engine_of({"kind": "Supervised", "loss": {"kind": "MAE"}}), {"task": "regression"})
        is None
    )


def test_layers_are_found_in_blocks() -> None:
    """Numbers of repeats, and modules inside torch's layers, are no nodes."""
    graph = builder.template("digits-transformer").graph
    assert path_of(graph, "encoder1.1.multiheadattention1.out_proj") == ("encoder1", "multiheadattention1")
    assert path_of(builder.template("digits-resnet").graph, "residual2.conv1") == ("residual2", "conv1")
    assert path_of(graph, "nowhere") == ()


def test_normalisation_fits_everywhere(tmp_path: Path) -> None:
    """Behind dense layers, convolutions, layers of a sequence and those in blocks; the result trains."""
    for name in ("digits-mlp", "digits-cnn", "lenet-5", "digits-transformer"):
        cure = normalised(evidence(builder.template(name), tmp_path))
        assert cure and tried([cure]), name
    resnet = evidence(builder.template("digits-resnet"), tmp_path)
    cure = normalised(resnet)  # only two of its convolutions have none yet
    assert cure and cure.words == "Put batch normalisation behind 2 layers"


def test_settings_are_changed_alone() -> None:
    """Other settings stay as they were written, defaults unwritten."""
    of = project(optimiser={"kind": "SGD", "lr": 0.5})
    after = with_setting(of, "optimiser.lr", 0.05)
    assert after.engine["optimiser"]["lr"] == 0.05 and "clip" not in after.engine
    assert {**after.engine, "optimiser": None} == {**of.engine, "optimiser": None}
    changes = [
        {"step": 5, "values": {"optimiser.lr": 0.1, "dropout": 0.3}},
        {"step": 9, "values": {"clip": 1.0}},
    ]
    now = engine_of(changed(of, changes).engine)
    assert (now.optimiser.lr, now.clip) == (0.1, 1.0)  # type: ignore[attr-defined]


def test_a_cure_that_cannot_train_is_not_offered(tmp_path: Path) -> None:
    """It was tried."""
    from engines.doctor.symptom import Cure

    good, of = Cure("good", project()), project()
    bad = Cure("bad", of.with_fields(data=from_source("Digits")))  # an Input of 2 features, and images
    lost = Cure("lost", of.with_fields(data={"source": {"kind": "Csv", "file": "gone-0123456789abcdef.csv"}}))
    assert [one.words for one in tried([None, good, lost])] == ["good"]
    assert all(one.words != "bad" or one.project != bad.project for one in tried([bad]))


def test_a_network_without_a_bend_is_known() -> None:
    """Nothing that is linear bends; an LSTM or a pooling by maxima does."""
    names = {"spiral-linear": True, "spiral-mlp": False, "digits-lstm": False, "digits-resnet": False}
    assert {name: linear_only(builder.template(name).graph) for name in names} == names
