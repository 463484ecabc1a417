"""What a network answers on a part: the same as its metrics say, in the units of the data, one loss for each."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import builder
import engines
from builder.errors import StrataError
from builder.project import Project
from engines import answers as asked
from engines.answers import Answers
from engines.runs.run import Run
from engines.trained import Trained
from tests.tiny import project


def short(name: str, **data: Any) -> Project:
    one = builder.template(name)
    return one.with_fields(engine={**one.engine, "epochs": 1}, data={**one.data, **data})


def trained(what: Project, folder: Path) -> Run:
    return engines.train(what, folder)


@pytest.mark.parametrize("name", ["iris-mlp", "breast-cancer-mlp", "diabetes-mlp"])
def test_answers_agree_with_what_the_run_measured(name: str, tmp_path: Path) -> None:
    what = short(name)
    what = what.with_fields(engine={**what.engine, "patience": 0})  # with patience the best weights come back
    run = trained(what, tmp_path / "run")
    found = asked.answers(str(run.folder), max(run.checkpoints.numbers()), None, "test")
    measured = run.curves().latest()["test"]
    if found.task == "regression":
        wrong = found.given - found.truth
        assert np.sqrt((wrong**2).mean()) == pytest.approx(measured["rmse"], rel=1e-4)
        assert found.truth.min() >= 25 and found.truth.max() <= 346 and not found.right.any()
    else:
        assert found.right.mean() == pytest.approx(measured["accuracy"]) and found.given.sum(
            1
        ) == pytest.approx(1)
    assert found.losses.mean() == pytest.approx(measured["loss"], rel=1e-4) and found.finite.all()
    assert len(found) == len(found.rows) == len(Trained.of(run).splits.test)  # type: ignore[union-attr]


def test_answers_of_a_moment_are_those_of_its_weights(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engines.runs.snapshots.EVERY", 0.0)
    monkeypatch.setattr("engines.runs.snapshots.SHARE", 1e9)
    run = trained(project(3, 20), tmp_path / "run")
    first, last = run.snapshots.numbers()[0], max(run.checkpoints.numbers())
    then, now = (asked.answers(str(run.folder), last, at, "validation") for at in (first, None))
    assert not np.array_equal(then.given, now.given) and (then.truth == now.truth).all()


def test_a_part_without_rows_and_a_network_without_data(tmp_path: Path) -> None:
    run = trained(
        project(1, 20).with_fields(data={"source": {"kind": "Moons", "samples": 60}, "validation": 0}),
        tmp_path / "run",
    )
    nothing = asked.of(Trained.of(run), "validation")
    assert (
        len(nothing) == 0
        and nothing.given.shape == (0, 2)
        and not len(nothing.right)
        and not len(nothing.losses)
    )
    (run.folder / "preprocessing.json").unlink()
    asked.trained_at.cache_clear()
    with pytest.raises(StrataError, match="There are no examples"):
        asked.answers(str(run.folder), 0, None, "test")


def test_answers_that_are_no_numbers_decide_nothing(tmp_path: Path) -> None:
    run = trained(project(1, 20), tmp_path / "run")
    one = Trained.of(run)
    with torch.no_grad():
        one.module.scores.weight.fill_(float("nan"))  # type: ignore[union-attr, operator]
    found = asked.of(one, "test")
    assert not found.finite.any() and (found.decided == -1).all() and not found.right.any()
    assert found.said(0) == "no number" and found.true(0) in found.classes


def made(task: Any, truth: Any, given: Any, **more: Any) -> Answers:
    truth, given = np.array(truth), np.array(given, float)
    count = given.shape[1] if given.ndim == 2 else 0
    classes = () if task == "regression" else tuple(f"class {n}" for n in range(count))
    losses = more.pop("losses", np.zeros(len(truth)))
    return Answers(task, classes, ("target",), truth, given, np.array(losses, float), np.arange(len(truth)))


def test_several_labels_are_right_only_together() -> None:
    found = made("multi-label", [[1, 0], [1, 1], [0, 0]], [[0.9, 0.2], [0.9, 0.4], [np.nan, 0.1]])
    assert found.decided.tolist() == [[1, 0], [1, 0], [-1, -1]] and found.right.tolist() == [
        True,
        False,
        False,
    ]
    assert found.said(0) == "class 0" and found.true(1) == "class 0, class 1" and found.true(2) == "none"
    assert found.said(2) == "no number" and found.confidence[:2] == pytest.approx([0.8, 0.6])
