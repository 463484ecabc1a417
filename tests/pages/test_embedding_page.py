"""The embedding on its page: points where they were planted, coloured as chosen, and the examples behind them."""

from typing import Any

import numpy as np
import pytest

from engines.runs.run import Run
from pages.views.embedded import embedded
from tests.pages.seen import Open, field, trained, words
from tests.tiny import project, until


def drawn(**more: Any) -> Any:
    points = np.array([[0.0, 0], [1, 0], [0, 1], [5, 5]])
    given = {"points": points, "numbers": np.array([3, 5, 7, 11]), "told": ["a", "b<i>", "c", "d"]}
    return embedded(**{**given, "colours": ["cat", "dog", "cat", "<b>"], "called": "class", **more})


def test_points_lie_in_their_groups() -> None:
    figure = drawn(marked=[11])
    named = {trace.name: trace for trace in figure.data}
    assert [*named] == ["&lt;b&gt;", "cat", "dog", "chosen"]
    assert named["cat"].customdata.tolist() == [3, 7] and named["cat"].y.tolist() == [0, 1]
    assert named["dog"].hovertext.tolist() == ["b&lt;i&gt;"] and named["chosen"].x.tolist() == [5]


def test_numbers_become_a_scale_and_three_dimensions_a_space() -> None:
    figure = drawn(colours=np.array([0.0, 1, 2, np.nan]), points=np.arange(12.0).reshape(4, 3))
    [trace] = figure.data
    assert trace.type == "scatter3d" and trace.z.tolist() == [2, 5, 8, 11] and trace.marker.color[2] == 2


def test_rare_groups_share_one_colour() -> None:
    names = [f"class {number:02}" for number in range(100) for _ in range(1 + (number < 9))]
    count = len(names)
    figure = drawn(points=np.zeros((count, 2)), numbers=np.arange(count), told=[""] * count, colours=names)
    assert len(figure.data) == 10 and figure.data[-1].name == "91 others" and len(figure.data[-1].x) == 91


@pytest.fixture
def run(workspace: object) -> Run:
    """A finished run."""
    what = project(2, 20)
    return trained(what)


def settled(test: Any) -> Any:
    """The page once both layouts are there."""
    until(lambda: words(test.run()).count("nearest neighbours") == 2)
    assert not test.exception and not test.error
    return test


def test_both_layouts_say_how_far_they_can_be_trusted(open_page: Open, run: Run) -> None:
    test = settled(open_page("inspect", project="mine", look="embedding", node="scores", part="train"))
    told = words(test)
    assert (
        "by all 2 values" in told and "It shows 100 % of the variance" in told and "trustworthiness" in told
    )
    assert len(test.get("plotly_chart")) == 2
    for way in field(test.selectbox, "Colour by").options:
        test = settled(field(test.selectbox, "Colour by").set_value(way).run())
    test.query_params["node"] = "hidden"
    assert "by all 16 values" in words(settled(test.run()))


def test_what_is_chosen_shows_its_examples(
    open_page: Open, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "pages.parts.inspecting.sections.embedding.chosen",
        lambda *data, key, **more: [2, 4] if "node layout" in key else [4],
    )
    test = settled(open_page("inspect", project="mine", look="embedding", node="scores", part="train"))
    assert "2 chosen" in words(test)
    assert test.dataframe[0].value["#"].tolist() == [3, 5]
