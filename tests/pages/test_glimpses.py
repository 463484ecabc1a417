"""What the canvas shows of a run: small pictures of what nodes give, and how strong connections are."""

import base64
import io
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import engines
from builder.project import Project
from engines.runs.run import Run
from engines.workspace import Workspace
from pages.parts.documents.glimpses import in_words, norms_of
from pages.views.glimpse import SIDE, address, bars, glimpse
from pages.views.strength import shares, width
from tests.pages.asking import ask
from tests.pages.seen import project_of, saved
from tests.tiny import project

ONE = "/api/projects/mine/glimpses"


@pytest.fixture
def run(workspace: Path) -> Run:
    """A finished run of a saved project."""
    what = project(2, 20)
    saved(what)
    run = Run.create(Workspace().runs / "000001-moons", what, of="mine")
    engines.resume(run.folder)
    return run


def changed(what: Project, node: str, **config: object) -> Project:
    """The project with other settings of a node."""
    graph = what.graphs["model"]
    nodes = tuple(
        one.model_copy(update={"config": {**one.config, **config}}) if one.id == node else one
        for one in graph.nodes
    )
    return what.model_copy(update={"graphs": {"model": graph.model_copy(update={"nodes": nodes})}})


def test_a_planted_number_is_seen_where_it_lies() -> None:
    """In a matrix, in a list, and in the right one of several maps."""
    matrix = np.zeros((4, 4))
    matrix[1, 2] = 3
    picture = glimpse(matrix)
    assert picture.shape == (48, 48, 3)
    marked = (picture != glimpse(np.zeros((4, 4)))).any(2)
    assert marked[12:24, 24:36].all() and marked.sum() == 144
    maps = np.zeros((16, 5, 5))
    maps[4] = -1
    rows, columns = np.nonzero(glimpse(maps)[..., 2] > glimpse(maps)[..., 0].astype(int) + 20)
    assert 15 < rows.mean() < 30 and 15 < columns.mean() < 30  # the middle of three by three


@pytest.mark.parametrize("shape", [(), (1,), (700,), (3, 500), (64, 200, 90), (2, 3, 4, 5), (1, 1)])
def test_every_shape_becomes_a_small_picture(shape: tuple[int, ...]) -> None:
    values = np.random.default_rng(0).normal(size=shape).astype(np.float16)
    picture = glimpse(values)
    assert picture.dtype == np.uint8 and max(picture.shape[:2]) <= SIDE
    assert len(address(picture)) <= 4096 * 4 / 3


def test_what_is_not_finite_does_not_hide_the_rest() -> None:
    assert glimpse(np.array([[np.nan, 1.0], [np.inf, -1.0]])).shape == (48, 48, 3)


def test_a_histogram_stands_where_its_numbers_are() -> None:
    counts = np.zeros(66, np.float32)
    counts[:2] = -1, 3
    counts[2 + 32] = 10
    drawn = (bars(counts) == (76, 110, 245)).all(2)
    assert drawn[:, 24].all() and drawn.any(0).sum() == 1
    assert (bars(counts)[0, 12] == 150).all()


def test_strength_is_relative_to_the_largest() -> None:
    assert shares({"a": 2.0, "b": 1.0, "c": float("nan")}) == {"a": 1.0, "b": 0.5}
    assert shares({"a": 1.0, "b": 0.01, "c": 1e-9, "d": 0}, decades=4) == {"a": 1, "b": 0.5, "c": 0, "d": 0}
    assert (width(0), width(0.5), width(1)) == (1, 3.5, 6) and shares({}) == {}


def test_a_block_is_as_strong_as_all_layers_in_it() -> None:
    """Repeats too; a layer whose name only begins alike is another."""
    layers = {"stage.0.conv": {"weight": 3.0}, "stage.1.conv": {"weight": 4.0}, "stage2": {"weight": 1.0}}
    assert norms_of(layers, "weight", (), ["stage", "stage2", "relu"]) == {"stage": 5.0, "stage2": 1.0}
    assert norms_of(layers, "weight", ("stage",), ["conv"]) == {"conv": 5.0}
    assert norms_of({"a": {"weight": None}}, "weight", (), ["a"]) == {}


def test_words_agree_with_all_numbers_at_once() -> None:
    values = np.random.default_rng(1).normal(2, 3, (500, 4))
    values[:, 0] = 0
    units = np.stack([values.mean(0), values.std(0), (values == 0).mean(0), values.max(0)])
    said = in_words(units)
    assert f"mean {values.mean():.3g}, deviation {values.std():.3g}, 25% of 4 units dead" in said


def test_nodes_show_what_they_gave(run: Run) -> None:
    """The picture is of the newest array that was kept."""
    answer = ask(f"{ONE}?nodes=values&edges=weights")
    told = answer.json()
    step = run.arrays.steps()[-1]
    assert told["step"] == step and told["over"] and not told["first"]
    assert {"point", "hidden", "middle", "scores"} <= {*told["nodes"]}
    picture = base64.b64decode(told["nodes"]["hidden"]["image"].partition(",")[2])
    expected = glimpse(run.arrays.read(step, "activations/example/hidden"))
    assert (np.asarray(Image.open(io.BytesIO(picture)).convert("RGB")) == expected).all()
    assert "mean" in told["nodes"]["hidden"]["words"]
    assert {*told["edges"]} == {"hidden", "scores"}
    assert max(one["width"] for one in told["edges"].values()) == 6
    weight = run.weights(at=step)["hidden.weight"]
    assert f"weights from {weight.min():.3g} to {weight.max():.3g}" in told["edges"]["hidden"]["words"]


def test_a_planted_weight_makes_its_edge_the_widest(run: Run) -> None:
    with (run.folder / "events.jsonl").open("a") as file:
        layers = {"hidden": {"weight": 1.0, "gradient": 1e-2}, "scores": {"weight": 100.0, "gradient": 1.0}}
        file.write(json.dumps({"type": "probed", "step": 10**6, "layers": layers}) + "\n")
    edges = ask(f"{ONE}?edges=weights").json()["edges"]
    assert edges["scores"]["width"] == 6 and edges["hidden"]["width"] == 1.05
    assert ask(f"{ONE}?edges=gradients").json()["edges"]["hidden"]["share"] == 0.5


def test_what_did_not_change_is_not_sent_again(run: Run) -> None:
    first = ask(f"{ONE}?nodes=histogram")
    again = ask(f"{ONE}?nodes=histogram", if_none_match=first.headers["etag"])
    assert (again.status, again.body) == (304, b"")
    run.arrays.keep(10**6, {"activations/histogram/hidden": np.ones(66, np.float32)}, 0.0, 1.0)
    newer = ask(f"{ONE}?nodes=histogram", if_none_match=first.headers["etag"])
    assert newer.status == 200 and [*newer.json()["nodes"]] == ["hidden"]


def test_a_node_that_was_changed_since_shows_nothing(run: Run) -> None:
    """Never a picture of another network."""
    saved(changed(project_of(), "hidden", units=17))
    told = ask(f"{ONE}?nodes=values&edges=weights").json()
    assert "hidden" not in told["nodes"] and "hidden" not in told["edges"] and "scores" in told["nodes"]


def test_without_a_run_nothing_is_shown(workspace: Path) -> None:
    saved(project())
    assert ask(f"{ONE}?nodes=values").json() == {"run": None, "nodes": {}, "edges": {}}


def test_nobody_else_sees_it(run: Run) -> None:
    """Other names of this machine are refused, and so are projects that are not there."""
    assert ask(f"{ONE}?nodes=values", host="evil.example:8501").status == 403
    assert ask("/api/projects/other/glimpses?nodes=values").status == 404
    assert ask("/api/projects/..%2Fmine/glimpses").status == 404
