"""Views on known arrays."""

from xml.etree import ElementTree

import numpy as np
import pytest

import builder
from pages.views.examples import class_counts, escaped, histogram, montage, probabilities, scatter
from pages.views.picture import picture


def test_montage_puts_ink_on_paper() -> None:
    images = np.zeros((3, 1, 2, 2), np.float32)
    images[1] = 1
    sheet = montage(images, columns=2, pixels=5)
    assert sheet.dtype == np.uint8
    assert sheet.shape == (5, 5)
    assert (sheet[:2, :2] == 255).all()
    assert (sheet[:2, 3:] == 0).all()
    assert (sheet[3:, 3:] == 255).all(), "an empty place is paper"


def test_montage_of_colours_and_of_constant_images() -> None:
    assert montage(np.ones((2, 3, 4, 4), np.float32)).shape[2] == 3
    assert montage(np.ones((1, 1, 4, 4), np.float32)).ndim == 2


def test_scatter_colours_by_class() -> None:
    points = np.array([[0, 1], [2, 3], [4, 5]], np.float32)
    figure = scatter(points, np.array([0, 1, 0]), ("a", "<b>"))
    assert figure.data[0].x.tolist() == [0, 4]
    assert figure.data[1].y.tolist() == [3]
    assert figure.data[1].name == "&lt;b&gt;"


def test_counts_and_histogram() -> None:
    figure = class_counts({"train": {"a": 3, "b": 1}, "test": {"a": 1, "b": 0}})
    assert [list(trace.y) for trace in figure.data] == [[3, 1], [1, 0]]
    assert sum(histogram(np.arange(100.0), "x").data[0].y) == 100


def test_probabilities_stand_in_order() -> None:
    figure = probabilities(["a", "b", "c"], [0.2, 0.7, 0.1])
    assert list(figure.data[0].y) == ["c", "a", "b"]
    assert figure.data[0].text[-1] == "70.0%"


def test_names_cannot_hold_marks() -> None:
    assert escaped("<a href='x'>&") == "&lt;a href='x'&gt;&amp;"


@pytest.mark.parametrize("name", builder.templates())
def test_a_picture_for_every_template(name: str) -> None:
    root = ElementTree.fromstring(picture(builder.template(name).graph))
    bars = [one for one in root.iter() if one.tag.endswith("rect")]
    assert len(bars) > min(44, len(builder.template(name).graph.nodes))
    width = float(root.attrib["width"])
    assert all(0 <= float(bar.attrib.get("x", 0)) <= width for bar in bars)


def test_a_picture_of_nothing_and_of_nonsense() -> None:
    from builder.graph import Graph, Node

    assert ElementTree.fromstring(picture(Graph())) is not None
    odd = Graph(
        nodes=(
            Node(id="a", kind="Nonsense", config={"shape": "x"}),
            Node(id="b", kind="Input", config={"shape": 3}),
        )
    )
    assert ElementTree.fromstring(picture(odd)) is not None
