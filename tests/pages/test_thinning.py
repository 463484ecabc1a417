"""Thinning: long curves keep their peaks, gaps stay gaps, and time lies where it was told."""

import math

import numpy as np
import pytest

from pages.parts.thinning import MOST_POINTS, numbers, seconds, spread, stride_of, thinned


@pytest.mark.parametrize("count", [10, MOST_POINTS, MOST_POINTS + 1, 1_000_000])
def test_long_runs_are_thinned_but_keep_their_extremes(count: int) -> None:
    losses = [1.0] * count
    losses[count // 3], losses[count // 2] = 9.0, -9.0
    sent = thinned({"loss": losses}, 0, count, stride_of(count))
    assert len(sent["x"]) <= MOST_POINTS + 2
    assert {max(sent["loss"]), min(sent["loss"])} == {9.0, -9.0}
    assert sent["x"] == sorted(set(sent["x"]))


def test_each_stride_is_told_by_its_lowest_and_highest() -> None:
    losses = np.random.default_rng(0).normal(size=103)
    sent = thinned({"loss": losses, "lr": -losses}, 20, 103, 10)
    told = dict(zip(sent["x"], sent["loss"], strict=True))
    for first in range(20, 103, 10):
        part = losses[first : min(first + 10, 103)]
        assert {first + 1 + int(part.argmin()), first + 1 + int(part.argmax())} <= told.keys()
    assert sent["lr"] == [-loss for loss in sent["loss"]]
    assert len(told) <= 18


def test_what_is_no_number_is_a_gap() -> None:
    assert thinned({"loss": [1.0, float("nan")]}, 0, 2, 1)["loss"] == [1.0, None]
    assert thinned({"loss": [float("nan")] * 10}, 0, 10, 5)["loss"] == [None, None]
    assert numbers([1 / 3, float("inf")]) == [0.333333, None]


def test_a_column_that_began_late_or_ended_early_has_gaps() -> None:
    sent = thinned({"loss": [1.0, 2.0, 3.0], "lr": [0.1]}, 0, 3, 1)
    assert sent["lr"] == [0.1, None, None]


def test_time_lies_between_what_the_clock_told() -> None:
    clock = [(10, 1.0), (20, 3.0)]
    assert seconds(clock, [5, 10, 15, 20, 25]) == [0.5, 1.0, 2.0, 3.0, 3.0]
    assert seconds(clock, [12]) == [1.4]
    assert seconds([], [1, 2]) == [None, None] and seconds(clock, []) == []


@pytest.mark.parametrize(("count", "most"), [(0, 5), (3, 5), (5, 5), (6, 5), (1000, 300)])
def test_places_are_spread_and_end_with_the_last(count: int, most: int) -> None:
    places = spread(count, most)
    assert len(places) <= most and places[-1:] == [count - 1][: count and 1]


def test_the_mean_of_a_stretch_is_that_of_all_its_losses() -> None:
    """Not of its lowest and highest, which are drawn: noise that is wide to one side would look like a rise."""
    losses = [0.1] * 9 + [5.0] + [0.2] * 10 + [math.nan, 0.4]
    told = thinned({"loss": losses}, 0, len(losses), 10)
    assert sorted(set(told["mean"])) == pytest.approx([0.2, 0.4, 0.59])
    assert "mean" not in thinned({"loss": losses}, 0, len(losses), 1)
