"""Views of landscapes on known arrays: what was planted appears where it was planted."""

from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest

from pages.views.landscape import HERE, PATH, caption, contours, profile, surface

ALPHA, BETA = np.linspace(-1, 1, 9), np.linspace(-2, 2, 5)


def found(**more: Any) -> dict[str, Any]:
    """A tilted bowl with a path of three moments."""
    values = ALPHA[:, None] ** 2 + 10 * BETA[None] + 30
    return {
        "alpha": ALPHA, "beta": BETA, "values": values, "centre": 30.0, "names": ["first", "second"],
        "marks": np.array([[-1.0, 2.0], [0.5, 1.0], [0.0, 0.0]]), "off": np.array([0.0, 0.25, 0.0]),
        "titles": ["step 0", "step 5", "step 9"], "steps": np.array([0, 5, 9]), "true": np.array([50.0, 41.0, 30.0]),
        "explained": [0.9, 0.05], "places": 45, "examples": 256, "part": "train", "mode": "evaluation mode", **more,
    }  # fmt: skip


def trace(figure: go.Figure, name: str) -> Any:
    return next(one for one in figure.data if one.name == name)


@pytest.mark.parametrize("draw", [surface, contours])
def test_heights_stand_over_their_places(draw: Any) -> None:
    one = trace(draw(found()), "loss")
    assert one.z.shape == (5, 9), "rows go along the second axis, as Plotly has it"
    assert one.z[4, 0] == 1 + 20 + 30 and one.z[0, 8] == 1 - 20 + 30
    assert one.x[0] == -1 and one.y[4] == 2


@pytest.mark.parametrize("draw", [surface, contours])
def test_a_logarithm_is_of_the_loss_and_the_bar_tells_losses(draw: Any) -> None:
    one = trace(draw(found(), True), "loss")
    assert one.z[2, 4] == pytest.approx(np.log10(30)) and one.customdata[2, 4] == 30
    assert float(one.colorbar.ticktext[-1]) == pytest.approx(51, rel=0.02)


def test_a_rim_is_cut_off_and_a_loss_of_zero_has_a_logarithm() -> None:
    assert np.nanmax(trace(contours(found(), top=30), "loss").z) <= 30
    values = found()["values"].copy()
    values[4, 2] = 0
    assert np.isfinite(trace(contours(found(values=values), True), "loss").z).all()


def test_a_path_lies_on_the_ground() -> None:
    figure = surface(found())
    path, kept = trace(figure, "path"), trace(figure, "where it was kept")
    lift = 0.01 * np.ptp(found()["values"])
    assert (path.x[0], path.y[0], path.x[-1], path.y[-1]) == (-1, 2, 0, 0)
    assert path.z[0] == pytest.approx(1 + 20 + 30 + lift) and path.z[-1] == pytest.approx(30 + lift)
    assert len(path.x) > 3, "it follows the ground between its corners"
    assert kept.z[1] == pytest.approx(0.25 + 10 + 30 + lift)
    assert "step 5" in kept.text[1] and "true loss 41" in kept.text[1] and "25% of its way" in kept.text[1]
    assert "beside" not in kept.text[0]


def test_every_step_takes_the_place_of_the_straight_lines() -> None:
    way = np.random.default_rng(0).normal(size=(50, 2))
    path = trace(contours(found(path=way)), "path")
    assert np.array_equal(np.stack([path.x, path.y], 1), way) and path.mode == "lines"


def test_a_plane_that_was_not_made_for_it_shows_no_path() -> None:
    none = found(marks=np.zeros((0, 2)), titles=[], off=np.zeros(0), true=np.zeros(0), explained=[])
    assert [one.name for one in surface(none).data] == ["loss", "this network"]
    assert trace(surface(none), "this network").marker.color == HERE != PATH


def test_the_way_since_then_begins_where_the_network_was() -> None:
    figure = contours(found(trail=np.array([[0.2, 0.1], [0.4, 0.3]])))
    since, now = trace(figure, "since then"), trace(figure, "now")
    assert (since.x[0], since.y[0]) == (0, 0) and (now.x[0], now.y[0]) == (0.4, 0.3)


def test_nothing_is_drawn_outside_and_a_hole_swallows_no_neighbour() -> None:
    values = found()["values"].copy()
    values[5, 2] = np.nan  # beside the network, which stands exactly on a place of the grid
    figure = surface(found(values=values, trail=np.array([[0.0, 0.0], [9.0, 0.0]]), beside=0.4))
    assert np.isfinite(trace(figure, "this network").z).all() and np.isnan(trace(figure, "now").z).all()
    assert "40% of its way" in trace(figure, "now").text[0]


def test_slices_go_through_the_network() -> None:
    figure = profile(found())
    first, second = figure.data
    assert np.array_equal(first.y, ALPHA**2 + 30) and np.array_equal(second.y, 10 * BETA + 30)
    line = found(beta=np.zeros(1), values=(ALPHA**2)[:, None], marks=np.array([[0.0, 0], [1, 0]]),
                 titles=["here", "<b>"], names=["to <b>"], explained=[])  # fmt: skip
    drawn = profile(line, True)
    assert len(drawn.data) == 1 and drawn.layout.yaxis.type == "log" and drawn.data[0].y[4] > 0
    assert [one.text for one in drawn.layout.annotations][:2] == ["here", "&lt;b&gt;"]


def test_what_it_is_of_stands_on_the_figure() -> None:
    told = "45 networks measured on 256 train examples · evaluation mode · the plane holds 95% of the path's variance"
    assert caption(found()) == told
    assert told.split(" · ") in [one.text.split("<br>") for one in surface(found()).layout.annotations]


def test_the_eye_looks_along_the_path() -> None:
    """From the side of the network, not from behind the start."""
    eye = surface(found()).layout.scene.camera.eye
    assert eye.x * -1 + eye.y * 2 < 0
