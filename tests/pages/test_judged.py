"""Views of right and wrong: what was planted stands where it was planted."""

import numpy as np

from engines.answers import calibration, receiver
from pages.views import judged
from pages.views.examples import captioned


def test_a_planted_mistake_stands_in_its_cell() -> None:
    counts = np.diag([5, 5, 5])
    counts[2, 0] = 3
    figure = judged.confusion(counts, ["a", "<b>", "c" * 50])
    heat, marks = figure.data
    assert heat.z[2][0] < -0.3 and heat.z[0][0] > 0 and heat.z[0][2] == 0
    place = [*map(tuple, marks.customdata)].index((2, 0))
    assert (marks.x[place], marks.y[place], marks.text[place]) == (0, 2, "3")
    assert "&lt;b&gt;" in figure.layout.xaxis.ticktext and len(figure.layout.yaxis.ticktext[2]) < 20


def test_curves_begin_and_end_in_the_corners() -> None:
    figure = judged.two_curves(receiver(np.arange(2000) % 2 == 1, np.linspace(0, 1, 2000)))
    roc = figure.data[0]
    assert (roc.x[0], roc.y[0], roc.x[-1], roc.y[-1]) == (0, 0, 1, 1) and len(roc.x) < 500


def test_reliability_has_a_bar_for_each_bin() -> None:
    mean, hit, count, _ = calibration(np.array([0.95, 0.95, 0.15]), np.array([True, False, False]))
    bars = judged.reliability(mean, hit, count).data[0]
    assert bars.y[9] == 0.5 and bars.y[1] == 0 and bars.customdata[9][0] == 2 and len(bars.x) == 10


def test_points_lie_where_their_values_say() -> None:
    truth, found = np.array([1.0, 2.0, 4.0]), np.array([1.5, 2.0, 3.0])
    assert judged.predicted(truth, found, "y").data[0].customdata.tolist() == [0, 1, 2]
    assert judged.residuals(found, found - truth).data[0].y.tolist() == [0.5, 0, -1]
    assert judged.by_group(["a", "b"], [0.2, 0.9], [3, 4], 0.5, "accuracy").data[0].y[1] == "b (4)"
    assert judged.autocorrelation(np.array([0.5]), 0.2).data[0].x.tolist() == [1]


def test_captioned_pictures_lie_in_a_grid() -> None:
    images = np.zeros((7, 1, 8, 8))
    images[4, 0, 2, 6] = 1  # ink in the fifth picture
    sheet = captioned(images, ["x" * 90, *"bcdefg"])
    assert sheet.shape == (2 * 124, 6 * 108, 3)
    dark = np.argwhere(sheet[4:100, 4 * 108 + 6 : 4 * 108 + 102].sum(-1) == 0)
    assert len(dark) == 144 and dark.min(0).tolist() == [24, 72]
