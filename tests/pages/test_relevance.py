"""Views of what counts: a planted pattern appears where it was planted."""

import numpy as np

from pages.views import relevance as views


def test_relevance_lies_on_its_pixel() -> None:
    found = np.zeros((1, 4, 4))
    found[0, 1, 2], found[0, 3, 0] = 2, -2
    sheet = views.overlay(np.zeros((1, 4, 4)), found, 40).reshape(4, 10, 4, 10, 3)[:, 0, :, 0].astype(int)
    assert sheet[1, 2][0] > sheet[1, 2][2] + 100 and sheet[3, 0][2] > sheet[3, 0][0] + 100  # orange, blue
    rest = np.delete(sheet.reshape(16, 3), [6, 12], 0)
    assert (rest == 255).all()
    assert views.overlay(np.random.rand(3, 5, 5), np.zeros((3, 5, 5))).shape[2] == 3


def test_bars_begin_with_what_counts_most() -> None:
    figure = views.bars(["a", "<b>", "c"], ["1", "2", "3"], np.array([0.1, -3, 2]))
    assert [*figure.data[0].y] == ["a = 1", "c = 3", "&lt;b&gt; = 2"]
    assert figure.data[0].marker.color == (views.FOR, views.FOR, views.AGAINST)
    assert (
        len(views.bars([str(n) for n in range(90)], [""] * 90, np.arange(90.0)).data[0].y) == views.MOST_BARS
    )


def test_series_and_curves_hold_their_numbers() -> None:
    figure = views.series(np.arange(6.0).reshape(6, 1), np.eye(6)[:, :1])
    assert figure.data[1].y.tolist() == [1, 0, 0, 0, 0, 0]
    assert [*views.fading(["l2", "l1"], [0.4, 0.0]).data[0].y] == [1, 0.4, 0]
    curve = views.robustness(np.array([0, 0.1]), np.array([1, 0.2]), np.array([1, 0.9]), 0.1)
    assert curve.data[0].y.tolist() == [1, 0.9] and curve.data[1].y.tolist() == [1, 0.2]


def test_the_strongest_colour_is_not_a_single_outlier() -> None:
    found = np.ones(1000)
    found[0] = 1000
    assert (
        views.largest(found) == 1
        and views.largest(np.zeros(3)) == 1
        and views.largest(np.array([0, 0, -2.0])) > 1
    )
