"""The health of layers: what is said of a layer for which measures, at both sides of each threshold."""

from typing import Any

import pytest

from engines.health import (
    ALL_DEAD,
    DEAD,
    EXPLODING,
    HARDLY_MOVES,
    MOVES_TOO_FAR,
    SATURATED,
    VANISHING_SHARE,
    fraction,
    health,
    share,
)  # fmt: skip

HEALTHY = {"gradient": 0.5, "weight": 3.0, "update": 1e-3}


def rows(*layers: dict[str, Any], times: int = 5) -> list[dict[str, Any]]:
    """So many probes of a healthy layer and of others, named `layer1`, `layer2` …"""
    told = {"healthy": HEALTHY} | {f"layer{number}": values for number, values in enumerate(layers, 1)}
    return [{"step": 10 * step, "layers": told} for step in range(times)]


def told(**measures: float | None) -> tuple[str, str, str]:
    """State, level and words of a layer with these measures beside a healthy one."""
    found = health(rows(measures))
    assert found["healthy"].state == "learning"
    return found["layer1"].state, found["layer1"].level, found["layer1"].words


@pytest.mark.parametrize(
    ("measures", "state", "level", "words"),
    [
        (HEALTHY, "learning", "good", "learning"),
        ({"mean": 0.1, "std": 1.0, "dead": 0.0}, "active", "good", "active"),
        ({**HEALTHY, "update": 1e-6}, "slow", "warning", "hardly moves: its updates are a millionth of its weights"),
        ({**HEALTHY, "update": 0.0}, "slow", "warning", "hardly moves: its weights do not change"),
        ({**HEALTHY, "update": 0.5}, "fast", "warning", "moves too far: a step is 50 % of its weights' size"),
        ({"dead": 0.75}, "dying", "warning", "75 % of the units are dead: they give 0 for every example"),
        ({"dead": 1.0}, "dead", "error", "all units are dead: they give 0 for every example"),
        ({"saturated": 0.9}, "saturated", "warning", "saturated: 90 % of the outputs lie where the curve is flat"),
        ({**HEALTHY, "gradient": 5e3}, "exploding", "error", "gradient explodes: its norm is above 1,000"),
        ({**HEALTHY, "gradient": None}, "exploding", "error", "gradient explodes: it is not a finite number any more"),
        ({**HEALTHY, "gradient": 0.0}, "vanishing", "warning", "no gradient arrives: nothing here can learn"),
        ({**HEALTHY, "gradient": 1e-9}, "vanishing", "warning",
         "gradient vanishes: it is too small to change a weight"),
        (
            {**HEALTHY, "gradient": 5e-7}, "vanishing", "warning",
            "gradient vanishes: it is a millionth of the largest in the network",
        ),
    ],
)  # fmt: skip
def test_a_layer_in_words(measures: dict[str, Any], state: str, level: str, words: str) -> None:
    assert told(**measures) == (state, level, words)


@pytest.mark.parametrize(
    ("measure", "inside", "outside", "state"),
    [
        ("update", HARDLY_MOVES * 1.01, HARDLY_MOVES * 0.99, "slow"),
        ("update", MOVES_TOO_FAR * 0.99, MOVES_TOO_FAR * 1.01, "fast"),
        ("gradient", 0.5 * VANISHING_SHARE * 1.01, 0.5 * VANISHING_SHARE * 0.99, "vanishing"),
        ("gradient", EXPLODING * 0.99, EXPLODING * 1.01, "exploding"),
        ("dead", DEAD * 0.99, DEAD * 1.01, "dying"),
        ("dead", ALL_DEAD * 0.99, ALL_DEAD * 1.0001, "dead"),
        ("saturated", SATURATED * 0.99, SATURATED * 1.01, "saturated"),
    ],
)
def test_each_threshold_parts_two_states(measure: str, inside: float, outside: float, state: str) -> None:
    assert told(**{**HEALTHY, measure: inside})[0] != state
    assert told(**{**HEALTHY, measure: outside})[0] == state


def test_one_odd_batch_changes_nothing() -> None:
    told = rows(HEALTHY, times=9) + rows({**HEALTHY, "gradient": 900.0, "update": 0.9}, times=1)
    assert health(told)["layer1"].state == "learning"


def test_a_gradient_that_grows_a_hundred_times_explodes() -> None:
    told = rows(HEALTHY, times=50) + rows({**HEALTHY, "gradient": 60.0}, times=5)
    found = health(told)["layer1"]
    assert (found.state, found.words) == (
        "exploding",
        "gradient explodes: it is 100 times what it was before",
    )


def test_a_schedule_may_make_updates_small() -> None:
    told = rows({**HEALTHY, "update": 2e-6})
    assert health(told)["layer1"].state == "slow"
    assert health(told, pace=0.1)["layer1"].state == "learning"


def test_layers_come_and_go() -> None:
    assert health([]) == {}
    changed = [*rows(HEALTHY), {"step": 99, "layers": {"other": {"gradient": 1.0, "update": 1e-3}}}]
    assert [*health(changed)] == ["other"]


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (0.75, "75 % of the"),
        (0.998, "99.8 % of the"),
        (0.001, "0 % of the"),
        (1.0, "all"),
        (2.5, "2.5 times all"),
    ],
)
def test_shares(value: float, words: str) -> None:
    assert share(value) == words


@pytest.mark.parametrize(
    ("value", "words"),
    [(1e-6, "a millionth"), (1e-7, "a ten-millionth"), (3e-5, "a hundred-thousandth"), (1e-12, "almost nothing")],
)  # fmt: skip
def test_fractions(value: float, words: str) -> None:
    assert fraction(value) == words
