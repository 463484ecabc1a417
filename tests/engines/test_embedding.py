"""Layouts of what nodes give: PCA against an SVD, clusters that were planted, neighbours counted by hand."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import engines
from builder.errors import StrataError
from engines.data import Data, prepare
from engines.embedding import METHODS, layout, neighbours, project, sample
from engines.runs.run import Run
from engines.trained import Trained
from tests.tiny import project as moons

draw = np.random.default_rng(0)


def planted(each: int = 30, width: int = 8) -> tuple[np.ndarray, np.ndarray]:
    """Three clusters, far apart, and which is which."""
    centres = 20 * np.eye(3, width)
    group = np.repeat(np.arange(3), each)
    return (centres[group] + draw.standard_normal((3 * each, width))).astype(np.float32), group


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return engines.train(moons(2, 20), tmp_path / "run")


def test_pca_is_a_singular_value_decomposition() -> None:
    values = (draw.standard_normal((80, 12)) * np.arange(1, 13)).astype(np.float32)
    points, explained = layout(values, "PCA", 3)
    centred = values.astype(np.float64) - values.astype(np.float64).mean(0)
    left, singular, _ = np.linalg.svd(centred, full_matrices=False)
    assert np.abs(points) == pytest.approx(np.abs(left[:, :3] * singular[:3]), abs=1e-8)
    assert explained == pytest.approx((singular**2 / (singular**2).sum())[:3])


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("dimensions", [2, 3])
def test_clusters_that_were_planted_stay_apart(method: Any, dimensions: int) -> None:
    values, group = planted()
    points, _ = layout(values, method, dimensions)
    assert points.shape == (90, dimensions)
    centres = np.stack([points[group == number].mean(0) for number in range(3)])
    found = np.linalg.norm(points[:, None] - centres[None], axis=2).argmin(1)
    assert (found == group).all()
    again, _ = layout(values, method, dimensions)
    assert np.array_equal(points, again), "the same picture again"


@pytest.mark.parametrize("method", METHODS)
def test_few_examples_and_a_single_value_are_laid_out(method: Any) -> None:
    assert layout(draw.standard_normal((5, 1)).astype(np.float32), method)[0].shape == (5, 2)
    wide, _ = layout(draw.standard_normal((6, 300)).astype(np.float32), method)
    assert wide.shape == (6, 2) and np.isfinite(wide).all()


def test_what_cannot_be_laid_out_is_told() -> None:
    with pytest.raises(StrataError, match="the same for every example"):
        layout(np.ones((9, 3), np.float32), "t-SNE")
    with pytest.raises(StrataError, match="not all numbers"):
        layout(np.full((9, 3), np.nan, np.float32), "PCA")
    with pytest.raises(StrataError, match=r"one of PCA, t-SNE, UMAP\. Got 'x'"):
        layout(np.ones((9, 3), np.float32), "x")  # type: ignore[arg-type]


def test_neighbours_tell_the_class_where_classes_lie_apart() -> None:
    splits = prepare(Data.parse({"source": {"kind": "Iris"}}))
    values, group = planted()
    assert neighbours(values, group, splits) == 1
    noise = neighbours(draw.standard_normal((900, 2)), draw.integers(0, 3, 900), splits)
    assert 0.2 < noise < 0.45
    line = np.array([[0.0], [1.0], [2.0], [10.0], [11.0], [12.0]])
    alone = np.array([0, 0, 1, 1, 1, 1])  # of five others of each, most are of class 1
    assert neighbours(line, alone, splits) == pytest.approx(4 / 6)
    values = prepare(Data.parse({"source": {"kind": "Diabetes"}}))
    near = np.arange(200.0)[:, None]
    assert neighbours(near, near, values) > 0.99 and neighbours(draw.permutation(near), near, values) < 0.2


def test_a_node_is_laid_out_as_it_computes(run: Run) -> None:
    moment = {"folder": str(run.folder), "checkpoint": 1, "at": None, "part": "train"}
    found = project(**moment, node="hidden", method="PCA")  # type: ignore[arg-type]
    trained = Trained.of(run)
    assert trained.splits is not None
    inputs = trained.splits.train.inputs
    hidden = trained.module.hidden(inputs).detach().numpy()  # type: ignore[operator, union-attr]
    assert found["points"] == pytest.approx(layout(hidden, "PCA")[0], abs=1e-4) and found["width"] == 16
    assert found["numbers"].tolist() == [*range(len(inputs))] and 0 < found["near"] <= 1
    own = project(**moment, node="", method="PCA")  # type: ignore[arg-type]
    assert own["width"] == 2 and sum(own["explained"]) == pytest.approx(1) and own["kept"] == pytest.approx(1)
    assert own["near"] == own["shown"], "a plane is shown as it is"


def test_a_node_that_is_not_there_and_too_few_examples(run: Run) -> None:
    moment = {"folder": str(run.folder), "checkpoint": 1, "at": None, "part": "train"}
    with pytest.raises(StrataError, match="'nowhere' does not give values for each example"):
        project(**moment, node="nowhere")  # type: ignore[arg-type]
    with pytest.raises(StrataError, match=r"at least 5 examples\. Got 3"):
        project(**moment, node="hidden", most=3)  # type: ignore[arg-type]


def test_a_sample_is_the_same_each_time() -> None:
    assert sample(7, 10).tolist() == [*range(7)]
    some = sample(1000, 100)
    assert (
        len(some) == 100 == len({*some})
        and (np.diff(some) > 0).all()
        and np.array_equal(some, sample(1000, 100))
    )
