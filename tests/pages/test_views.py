"""Views on known arrays."""

from xml.etree import ElementTree

import numpy as np
import pytest

import builder
from builder.graph import Graph, Node
from builder.layers import LAYERS
from builder.shapes import infer
from pages.parts.colours import COLOURS
from pages.views.examples import class_counts, escaped, histogram, montage, probabilities, scatter
from pages.views.outline import outline
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
    assert len(bars) > len(builder.template(name).graph.nodes)
    width = float(root.attrib["width"])
    assert all(0 <= float(bar.attrib.get("x", 0)) <= width for bar in bars)


def test_a_picture_of_nothing_and_of_nonsense() -> None:
    assert ElementTree.fromstring(picture(Graph())) is not None
    odd = Graph(
        nodes=(
            Node(id="a", kind="Nonsense", config={"shape": "x"}),
            Node(id="b", kind="Input", config={"shape": 3}),
        )
    )
    assert ElementTree.fromstring(picture(odd)) is not None


def bars(graph: object, **size: int) -> list[dict[str, str]]:
    """The rectangles of a picture but its paper."""
    root = ElementTree.fromstring(picture(graph, **size))  # type: ignore[arg-type]
    return [one.attrib for one in root.iter() if one.tag.endswith("rect")][1:]


def tallest(graph: object) -> list[float]:
    """The heights of blocks and convolutions from left to right."""
    shown = [one for one in bars(graph) if one["fill"] in (COLOURS["Blocks"], COLOURS["Convolution"])]
    wide = [one for one in shown if float(one["width"]) > 6 and one.get("fill-opacity", "1") != "0.35"]
    return [float(one["height"]) for one in sorted(wide, key=lambda one: float(one["x"]))]


def test_a_classifier_is_a_funnel_and_a_u_net_a_valley() -> None:
    down = tallest(builder.template("resnet-18").graph)
    assert down == sorted(down, reverse=True) and down[0] > 2 * down[-1]
    valley = tallest(builder.template("u-net").graph)
    lowest = valley.index(min(valley))
    assert valley[:lowest] == sorted(valley[:lowest], reverse=True) and valley[lowest:] == sorted(
        valley[lowest:]
    )
    arcs = picture(builder.template("u-net").graph).count("#15AABF")
    assert arcs >= 4, "one for each skip connection"


def test_repeats_are_counted_and_roles_named() -> None:
    assert "×2" in picture(builder.template("resnet-18").graph)
    two = {role: builder.template("xor-mlp").graph for role in ("generator", "<b>")}
    drawn = picture(two)
    assert "generator" in drawn and "&lt;b>" in drawn and ElementTree.fromstring(drawn) is not None


def test_pictures_of_families_differ() -> None:
    """Networks look the same only if they are made of the same families of layers in the same order."""
    drawn: dict[str, set[tuple[str, ...]]] = {}
    for name in builder.templates():
        graphs = builder.template(name).graphs
        order = tuple(LAYERS[node.kind].category for graph in graphs.values() for node in graph.order()[0])
        drawn.setdefault(picture(graphs), set()).add(order)
    assert not [orders for orders in drawn.values() if len(orders) > 1]


@pytest.mark.parametrize("name", builder.templates())
def test_an_outline_of_images_is_about_right(name: str) -> None:
    """Their sides are within a factor of 2 of what running the layers tells; nothing is refused."""
    for graph in builder.template(name).graphs.values():
        told = outline(graph)
        for id, place in infer(graph).places.items():
            exact = next(iter(place.outcome.outputs.values())).shape if place.outcome else ()
            if len(exact) == 4:
                assert len(told[id]) == 4, id
                assert all(a <= 2 * b <= 4 * a for a, b in zip(told[id][2:], exact[2:], strict=True)), id


def test_blocks_that_hold_each_other_end() -> None:
    """Such a file is refused by the checks; its picture must still be drawn."""

    def using(block: str) -> tuple[Node, Node]:
        return Node(id="x", kind="Input"), Node(
            id="a", kind="Block", config={"block": block}, inputs={"x": "x"}
        )

    blocks = {"one": Graph(nodes=using("two")), "two": Graph(nodes=using("one"))}
    assert ElementTree.fromstring(picture(Graph(nodes=using("one"), blocks=blocks))) is not None
