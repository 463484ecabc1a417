"""The section Nodes: every aspect on every family, and views on known arrays."""

import io
from typing import Any

import numpy as np
import pytest
from PIL import Image

import builder
from builder.paths import placed
from engines.probes.histogram import histogram
from pages.parts.inspecting.nodes.aspect import all_aspects
from pages.parts.inspecting.nodes.aspects.attention import entropy
from pages.parts.inspecting.nodes.aspects.units import states
from pages.views.distribution import along, distribution, over_time, units
from pages.views.tensor import PALETTE, pictured, shaded
from tests.pages.seen import Open, field, trained, words

FAMILIES = {
    "xor-mlp": ("linear1", "tanh1"), "iris-mlp": ("linear1", "features"), "digits-mlp": ("linear1",),
    "digits-cnn": ("conv2", "maxpool1"), "digits-resnet": ("residual1.0.add1", "residual1", "residual2.batchnorm1"),
    "digits-transformer": ("encoder1.0.multiheadattention1", "reshape1"), "digits-lstm": ("lstm1",),
    "small-vit": ("encoder1.1.transformerencoderlayer1",), "digits-gru": ("gru1",),
    "lstm-forecaster": ("lstm1", "select1"), "diabetes-mlp": ("relu1",),
}  # fmt: skip


@pytest.mark.parametrize("name", FAMILIES)
def test_every_aspect_of_every_family(name: str, open_page: Open, workspace: Any) -> None:
    what = builder.template(name)
    what = what.with_fields(engine={**what.engine, "epochs": 1})
    run = trained(what)
    test, seen = open_page("inspect", project="mine"), set[str]()
    for path in FAMILIES[name]:
        assert path in placed(run.project.graph), path
        for aspect in all_aspects():
            test.query_params["node"], test.query_params["aspect"] = path, aspect
            test.run()
            assert not test.exception and not test.error, (path, aspect)
            seen.add(next(iter(one for one in all_aspects().values() if one.help() in words(test))).__name__)
    assert {"Values", "Spread", "Units"} <= seen
    special = {
        "digits-lstm": "Recurrent",
        "digits-gru": "Recurrent",
        "digits-cnn": "Style",
        "small-vit": "Attention",
    }
    assert special.get(name, "Values") in seen


def test_a_unit_is_chosen_and_an_input_is_made_for_it(open_page: Open, workspace: Any) -> None:
    what = builder.template("iris-mlp").with_fields(
        engine={**builder.template("iris-mlp").engine, "epochs": 1}
    )
    trained(what)
    test = open_page("inspect", project="mine", look="nodes", node="relu1", aspect="excites")
    unit = next(one for one in test.number_input if one.label.startswith("Unit"))
    unit.set_value(1).run()
    next(one for one in test.button if one.label == "Make one").click().run()
    assert not test.exception and not test.error


def test_a_planted_pattern_is_drawn_where_it_was_planted() -> None:
    maps = np.zeros((5, 4, 6))
    maps[3, 1, 5] = -1
    sheet = pixels(pictured(maps, 120))
    columns = 2
    zoom = (sheet.shape[1] // columns) // 6
    blue = np.argwhere(sheet[..., 2] - sheet[..., 0] > 100)
    top, left = 1 * (4 * zoom + 1) + zoom, 1 * (6 * zoom + 1) + 5 * zoom
    assert blue.min(0).tolist() == [top, left] and len(blue) == zoom * zoom
    marked = pixels(pictured(np.ones((2, 3)), 90, mark=4))
    dark = np.argwhere(marked.sum(-1) == 99)
    assert len(dark) and dark.min(0).tolist() == [marked.shape[0] // 2, marked.shape[1] // 3]
    for odd in (np.arange(40.0), np.zeros(0), np.array(2.0), np.array([np.nan, np.inf, 1.0])):
        assert pixels(pictured(odd)).size
    assert PALETTE[shaded(np.array([0.0, 1, -1, np.nan]))].tolist() == [
        [248, 249, 250], [232, 89, 12], [25, 113, 194], [248, 249, 250]
    ]  # fmt: skip


SHAPES = [(128, 1), (256, 8), (96, 32), (1, 2000), (2, 5000), (3, 10_000), (10, 17_000), (5000, 1), (65_536,), (24, 1),
          (64, 300, 300), (64, 1, 400), (40_000,), (7,), (3, 2, 2, 5)]  # fmt: skip


@pytest.mark.parametrize("shape", SHAPES)
def test_pictures_of_any_shape_fit_on_a_page_and_show_the_largest(shape: tuple[int, ...]) -> None:
    values = np.zeros(shape)
    values[tuple(one // 2 for one in shape)] = 1
    sheet = pixels(pictured(values, 560))
    height, width = sheet.shape[:2]
    assert 8 <= height <= 3000 and 8 <= width <= 3000 and height <= 1.4 * width and width <= 20 * height
    assert (sheet == [232, 89, 12]).all(-1).any(), "the only number that is not zero"


def pixels(picture: bytes) -> np.ndarray:
    """A PNG as (height, width, 3)."""
    return np.asarray(Image.open(io.BytesIO(picture)).convert("RGB")).astype(int)


def test_distributions_keep_their_place_and_their_number() -> None:
    import torch

    early, late = (
        histogram(torch.randn(4000) * scale + shift).numpy() for scale, shift in ((0.1, -1), (0.1, 2))
    )
    heat = over_time([1, 50], [early, late], 50).data[0]
    peaks = [float(heat.y[np.argmax(heat.z[:, place])]) for place in (0, 1)]
    assert peaks == pytest.approx([-1, 2], abs=0.2)
    bars = distribution(late, "v").data[0]
    assert bars.y.sum() == 4000 and abs(bars.x[np.argmax(bars.y)] - 2) < 0.1
    assert over_time([1], [np.zeros(66)], None).data[0].z.shape == (64, 1)


def test_dead_units_are_told_from_constant_ones() -> None:
    stats = np.array([[0.0, 3, 1], [0, 0, 1], [1, 0, 0.5], [0, 3, 4]])
    assert states(stats) == ["dead", "constant", "active"]
    marks = units(stats, np.array([True, True, False])).data[0]
    assert marks.marker.color[0] != marks.marker.color[2] and marks.y.tolist() == [0, 3, 1]
    assert along([1, 2], {"a": np.array([1, 10])}, "t", True).layout.yaxis.type == "log"


def test_entropy_of_heads_by_hand() -> None:
    assert entropy(np.array([np.eye(4), np.full((4, 4), 0.25)])) == pytest.approx([0, np.log(4)], abs=1e-6)


def test_the_numbers_of_a_map_are_shown_as_they_are(open_page: Open, workspace: Any) -> None:
    what = builder.template("xor-mlp").with_fields(engine={**builder.template("xor-mlp").engine, "epochs": 1})
    run = trained(what)
    test = open_page("inspect", project="mine", look="nodes", node="linear1", aspect="weights")
    matrix = test.dataframe[0].value.to_numpy()
    assert np.allclose(matrix, run.weights()["linear1.weight"].numpy())
    field(test.selectbox, "Parameter").set_value("bias").run()
    assert np.allclose(test.dataframe[0].value["value"], run.weights()["linear1.bias"].numpy())
