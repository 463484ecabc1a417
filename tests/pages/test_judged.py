"""Views of right and wrong: what was planted stands where it was planted."""

import base64
import io

import numpy as np
import pytest
from PIL import Image

from engines.answers import calibration, receiver
from pages.views import judged
from pages.views.gallery import gallery


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


def test_pictures_lie_in_a_grid_as_one_with_words_below() -> None:
    images = np.zeros((7, 1, 8, 8))
    images[4, 0, 2, 6] = 1  # ink in the fifth picture
    figure = gallery(images, ["<b>", *"bcdefg"], ["a\nb"] * 7, np.arange(10, 17))
    words, marks = figure.data
    assert (
        words.text[0] == "&lt;b&gt;" and marks.hovertext[0] == "a<br>b" and marks.customdata.tolist()[4] == 14
    )
    assert (marks.x[4], marks.y[4]) == (4.46, 0.5) and words.y[6] > words.y[0] > marks.y[0]
    [sheet] = figure.layout.images
    pixels = np.asarray(Image.open(io.BytesIO(base64.b64decode(sheet.source.split(",")[1]))))
    dark = np.argwhere((pixels[..., :3].sum(-1) == 0) & (pixels[..., 3] == 255))
    height, width, _ = pixels.shape
    assert len(dark) == 144, "one pixel, twelve times as wide and as high"
    centre = dark.mean(0) / [height, width] * [sheet.sizey, sheet.sizex]
    assert centre == pytest.approx([2.5 / 8, 4 + 6.5 / 8 * 96 / 104], abs=0.03)


def test_a_group_has_its_range_and_a_threshold_its_line() -> None:
    figure = judged.by_group(["a", "b"], [0.2, 0.9], [(0.1, 0.4), (0.8, 1)], [3, 4], 0.5, "accuracy")
    [points] = figure.data
    assert figure.layout.yaxis.ticktext[1] == "b (4)" and points.y.tolist() == [0, 1]
    assert points.error_x.array.tolist() == pytest.approx([0.2, 0.1])
    assert points.error_x.arrayminus.tolist() == pytest.approx([0.1, 0.1])
    steps = np.linspace(0, 1, 3)
    lines = judged.thresholds(steps, {"precision": steps, "recall": 1 - steps}, 0.25)
    assert lines.data[1].y.tolist() == [1, 0.5, 0] and lines.layout.shapes[0].x0 == 0.25
    rhythm = judged.autocorrelation(np.array([2, 4]), np.array([0.5, -0.1]), np.array([0.2, 0.3]))
    assert rhythm.data[0].x.tolist() == [2, 4] and rhythm.data[2].y.tolist() == [-0.2, -0.3]
