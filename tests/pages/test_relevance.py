"""Views of what counts and of attacks: a planted pattern appears where it was planted."""

import numpy as np

from pages.views import attacked, relevance


def middles(sheet: np.ndarray, side: int) -> np.ndarray:
    """The colour in the middle of each pixel of an enlarged square image."""
    zoom = len(sheet) // side
    return sheet[zoom // 2 :: zoom, zoom // 2 :: zoom].astype(int)


def test_relevance_lies_on_its_pixel() -> None:
    found = np.zeros((1, 4, 4))
    found[0, 1, 2], found[0, 3, 0] = 2, -2
    sheet = middles(relevance.overlay(np.zeros((1, 4, 4)), found, 40), 4)
    assert sheet[1, 2][0] > sheet[1, 2][2] + 100 and sheet[3, 0][2] > sheet[3, 0][0] + 100  # orange, blue
    rest = np.delete(sheet.reshape(16, 3), [6, 12], 0)
    assert (rest == 255).all()
    assert relevance.overlay(np.random.rand(3, 5, 5), np.zeros((3, 5, 5))).shape[2] == 3


def test_a_map_without_a_no_begins_at_its_lowest() -> None:
    found = np.full((4, 4), 0.05)
    found[2, 1] = 0.06
    sheet = middles(relevance.overlay(np.zeros((1, 4, 4)), found, 40), 4)
    assert sheet[2, 1].tolist() == [*relevance.WARM.astype(int)] and (sheet[0, 0] == 255).all()
    even = middles(relevance.overlay(np.zeros((1, 4, 4)), np.ones((4, 4)), 40), 4)
    assert (even == relevance.WARM).all(), "where all counts the same, all of it counts"


def test_ink_darkens_a_colour_and_does_not_change_it() -> None:
    image, found = np.zeros((1, 4, 4)), np.zeros((4, 4))
    image[0, 0, 0], found[0, 0], found[0, 1] = 1, 1, 1
    sheet = middles(relevance.overlay(image, found, 40), 4)
    assert np.allclose(sheet[0, 0], sheet[0, 1] * (1 - relevance.INK), atol=1)


def test_maps_stand_side_by_side_in_their_order() -> None:
    first, second = np.zeros((4, 4)), np.zeros((4, 4))
    first[0, 0], second[3, 3] = 1, -1
    sheet = relevance.strip(np.zeros((1, 4, 4)), [first, second], 80)
    assert sheet.shape[0] == 40 and sheet.shape[2] == 4
    left, right = middles(sheet[:, :40], 4), middles(sheet[:, -40:], 4)
    assert left[0, 0][0] > left[0, 0][2] + 100 and (left[3, 3] == 255).all()
    assert right[3, 3][2] > right[3, 3][0] + 100 and (right[0, 0] == 255).all()
    assert (sheet[:, 40:-40, 3] == 0).all(), "what is between them shows the page"


def test_bars_begin_with_what_counts_most() -> None:
    figure = relevance.bars(["a", "<b>", "c"], ["1", "2", "3"], np.array([0.1, -3, 2]))
    assert [*figure.data[0].y] == ["a = 1", "c = 3", "&lt;b&gt; = 2"]
    assert figure.data[0].marker.color == (relevance.FOR, relevance.FOR, relevance.AGAINST)
    many = relevance.bars([str(n) for n in range(90)], [""] * 90, np.arange(90.0))
    assert len(many.data[0].y) == relevance.MOST_BARS


def test_series_and_curves_hold_their_numbers() -> None:
    found = np.zeros((6, 2))
    found[3, 1] = -2
    figure = relevance.series(np.arange(12.0).reshape(6, 2), found, ["<i>", "b"])
    assert figure.data[0].name == "&lt;i&gt;" and figure.data[1].y.tolist() == [1, 3, 5, 7, 9, 11]
    assert figure.data[1].marker.color.tolist() == [0, 0, 0, -2, 0, 0] and figure.data[1].marker.cmin == -2
    assert figure.data[2].y.tolist() == [0, 0, 0, -2, 0, 0] and [*figure.data[2].x] == [1, 2, 3, 4, 5, 6]
    alike = np.array([[0.4, 0.0], [0.6, 0.2]])
    figure = relevance.fading(["same", "same"], {"where it lies": alike, "with signs": -alike})
    means = {one.name: one.y for one in figure.data if one.name}
    assert np.allclose(means["where it lies"], [1, 0.5, 0.1]) and np.allclose(
        means["with signs"], [1, -0.5, -0.1]
    )
    assert [*figure.data[0].x] == [0, 1, 2] and [*figure.layout.xaxis.ticktext][1:] == ["same", "same"]


def test_lanes_have_their_own_full_colours_and_keep_what_counts() -> None:
    maps = np.zeros((2, 200))
    maps[0, 150], maps[1, 3] = 0.01, -5
    figure = relevance.lanes(["one", "two"], [str(n) for n in range(200)], maps)
    shares, numbers = np.array(figure.data[0].z), np.array(figure.data[0].customdata)
    assert shares.shape == (2, relevance.MOST_LANES) and shares.max() == 1 and shares.min() == -1
    assert np.isclose(numbers.max(), 0.01) and numbers.min() == -5


def test_the_strongest_colour_is_not_a_single_outlier() -> None:
    found = np.ones(1000)
    found[0] = 1000
    assert relevance.largest(found) == 1 and relevance.largest(np.zeros(3)) == 1
    assert relevance.largest(np.array([0, 0, -2.0])) > 1


def test_pictures_of_an_attack_can_be_compared() -> None:
    image = np.full((1, 4, 4), 0.2)
    assert (middles(attacked.picture(image, 0, 1, 40), 4)[1:3, 1:3] == 204).all(), "nothing is stretched"
    colours = middles(attacked.picture(np.stack([image[0], image[0] * 0, image[0] * 5]), 0, 1, 40), 4)
    assert colours[1, 1].tolist() == [51, 0, 255]
    delta = np.zeros((1, 4, 4))
    delta[0, 1, 1], delta[0, 2, 2], delta[0, 2, 1] = 0.1, -0.1, 0.05
    sheet = middles(attacked.change(delta, 0.1, 40), 4)
    assert sheet[1, 1].tolist() == [*relevance.WARM] and sheet[2, 2].tolist() == [*relevance.COLD]
    assert (sheet[1, 2] == 255).all() and np.allclose(sheet[2, 1], (255 + relevance.WARM) / 2, atol=1)


def test_answers_and_curves_of_an_attack_hold_their_numbers() -> None:
    chances = {
        "The example": np.array([0.9, 0.1, 0, 0]), "Attacked": np.array([0.2, 0, 0.8, 0]),
        "With random signs": np.array([0.8, 0.2, 0, 0]),
    }  # fmt: skip
    figure = attacked.answers(["a", "<b>", "c", "d"], chances, most=3)
    names = [figure.layout.yaxis.ticktext[place] for place in figure.data[0].y]
    told = {one.name: dict(zip(names, one.x.tolist(), strict=True)) for one in figure.data}
    assert np.isclose(told["Attacked"]["c"], 0.8) and np.isclose(told["The example"]["a"], 0.9)
    assert [*told["Attacked"]] == ["&lt;b&gt;", "c", "a"], "the most probable of all on top"
    curve = attacked.robustness(
        np.array([0, 0.1]), np.array([1, 0.2]), np.array([1, 0.9]), 0.1, 0.05, 0.5, values=False
    )
    assert curve.data[0].y.tolist() == [1, 0.2] and curve.data[1].y.tolist() == [1, 0.9]
    assert {one.x0 for one in curve.layout.shapes} == {0, 0.05} and curve.layout.xaxis.range[1] >= 0.5
    lines = attacked.lines({"The example": np.array([1.0, 2]), "Attacked": np.array([3.0, 4])})
    assert lines.data[1].y.tolist() == [3, 4] and [*lines.data[0].x] == [1, 2]
