"""Where the canvas puts nodes that nobody has placed: chains in rows, what belongs together in one of them."""

from itertools import pairwise

import pytest
from playwright.sync_api import FloatRect, Locator, Page, expect

import builder
from builder.graph import Node
from tests.pages.drawing import Board
from tests.pages.storing import SCRIPT, keep, path_of
from tests.server import Server

HEIGHT, WIDTH = 120, 190
ARRANGE = """async ([script, ids, links, width, height]) => {
    const { layout } = await import(script)
    const edges = links.map(([source, node]) => ({ id: `${source} ${node}`, source, node }))
    const found = layout.arrange(ids.map((id) => ({ id })), edges, () => ({ width, height }))
    return Object.fromEntries(found)
}"""
OPENING = "async ([script, box, stage]) => (await import(script)).layout.opening(box, stage)"
Link = tuple[str, str]


@pytest.fixture
def blank(server: Server, page: Page) -> Page:
    """A page of the server that shows no canvas."""
    page.goto(f"{server.url}/api/layers")
    return page


def rows(page: Page, *links: Link) -> list[list[str]]:
    """The ids as they lie on the canvas: row after row, each from left to right."""
    ids = list(dict.fromkeys(id for link in links for id in link))
    places = page.evaluate(ARRANGE, [SCRIPT, ids, links, WIDTH, HEIGHT])
    found: dict[float, list[str]] = {}
    for id in sorted(ids, key=lambda one: (places[one][1], places[one][0])):
        found.setdefault(places[id][1], []).append(id)
    return list(found.values())


def chain(count: int, name: str = "n") -> list[Link]:
    """Connections from each of so many nodes to the next."""
    return [(f"{name}{number}", f"{name}{number + 1}") for number in range(count - 1)]


def test_short_chains_stay_in_one_line(blank: Page) -> None:
    """Six nodes need no second row."""
    assert [len(row) for row in rows(blank, *chain(4))] == [4]


@pytest.mark.parametrize("count", [7, 14, 16, 40, 300, 5000])
def test_long_chains_are_read_like_a_text(blank: Page, count: int) -> None:
    """From left to right, row after row, about one and a half times as wide as high."""
    found = rows(blank, *chain(count))
    assert [id for row in found for id in row] == [f"n{number}" for number in range(count)]
    lengths = [len(row) for row in found]
    assert max(lengths) - min(lengths) <= 1
    width = max(lengths) * WIDTH + (max(lengths) - 1) * 100
    height = len(found) * HEIGHT + (len(found) - 1) * 60
    assert 0.8 < width / height < 2.8


def test_a_skip_is_never_broken(blank: Page) -> None:
    """What a skip passes over stays in its row, however long that is."""
    found = rows(blank, *chain(20), ("n4", "n12"))
    (row,) = [row for row in found if "n4" in row]
    assert [f"n{number}" for number in range(4, 13)] == [
        id for id in row if id in {f"n{n}" for n in range(4, 13)}
    ]


def test_branches_are_never_broken(blank: Page) -> None:
    """Two ways between the same nodes lie above one another, and nothing comes between them."""
    ways = [("a", "b0"), *chain(4, "b"), ("b3", "z"), ("a", "c0"), *chain(4, "c"), ("c3", "z")]
    places = blank.evaluate(
        ARRANGE, [SCRIPT, [*dict.fromkeys(id for one in ways for id in one)], ways, WIDTH, HEIGHT]
    )
    for number in range(4):
        (left, upper), (other, lower) = sorted(places[f"{way}{number}"] for way in "bc")
        assert left == other
        assert abs(upper - lower) >= HEIGHT
    assert places["a"][0] < places["b0"][0] < places["b3"][0] < places["z"][0]


def test_parts_that_are_not_connected_lie_apart(blank: Page) -> None:
    """Each part has rows of its own."""
    found = rows(blank, *chain(8, "a"), *chain(8, "b"))
    assert all(len({id[0] for id in row}) == 1 for row in found)


LARGE = {
    "residual": [*chain(2000), *((f"n{n}", f"n{n + 8}") for n in range(0, 1990, 8))],
    "nested": [*chain(1000), *((f"n{n}", f"n{999 - n}") for n in range(490))],
    "masked": [*chain(1000), *(("mask", f"n{n}") for n in range(1, 1000, 5))],
    "branched": [
        link
        for n in range(300)
        for way in "abc"
        for link in ((f"j{n}", f"{way}{n}"), (f"{way}{n}", f"j{n + 1}"))
    ],
}


@pytest.mark.parametrize("links", LARGE.values(), ids=LARGE)
def test_large_graphs_lie_in_order(blank: Page, links: list[Link]) -> None:
    """Whatever their connections: in a row each node lies right of what it reads, and none upon another."""
    ids = list(dict.fromkeys(id for link in links for id in link))
    places = blank.evaluate(ARRANGE, [SCRIPT, ids, links, WIDTH, HEIGHT])
    assert all(
        places[source][0] + WIDTH < places[node][0] or places[source][1] + HEIGHT < places[node][1]
        for source, node in links
    )
    columns: dict[float, list[float]] = {}
    for x, y in places.values():
        columns.setdefault(x, []).append(y)
    for column in map(sorted, columns.values()):
        assert all(low - high >= HEIGHT for high, low in pairwise(column))


def test_a_circle_of_thousands_is_laid_out(blank: Page) -> None:
    """A faulty network is seen as well."""
    assert sum(len(row) for row in rows(blank, *chain(3000), ("n2999", "n0"))) == 3000


def test_a_graph_opens_whole_if_its_names_can_be_read(blank: Page) -> None:
    """Else its beginning is shown, large enough for every word."""
    stage = {"width": 640, "height": 560}
    box = {"x": 0, "y": 0, "width": 1350, "height": 700}
    view = blank.evaluate(OPENING, [SCRIPT, box, stage])
    assert view["zoom"] * box["width"] <= stage["width"]
    view = blank.evaluate(OPENING, [SCRIPT, {**box, "width": 9000}, stage])
    assert view["zoom"] >= 0.5
    assert 0 < view["x"] < 64


def opened(server: Server, page: Page, id: str) -> Board:
    """The canvas with a project."""
    page.goto(f"{server.url}/build?project={id}")
    return Board(page).ready(60)


def outline(one: Locator) -> FloatRect:
    """Where it is seen."""
    box = one.bounding_box()
    assert box
    return box


def meet(one: FloatRect, other: FloatRect) -> bool:
    """Whether one is seen upon the other."""
    across = one["x"] < other["x"] + other["width"] and other["x"] < one["x"] + one["width"]
    return across and one["y"] < other["y"] + other["height"] and other["y"] < one["y"] + one["height"]


@pytest.mark.parametrize("name", ["digits-cnn", "digits-resnet", "resnet-18"])
def test_every_connection_tells_its_shape(server: Server, page: Page, name: str) -> None:
    """As the network opens, whole, and upon no node and no other shape."""
    id = keep(server)
    builder.save(builder.template(name), path_of(server, id))
    opened(server, page, id)
    expect(page.locator(".cable.unknown")).to_have_count(0, timeout=60_000)
    labels = page.locator(".cable-label text")
    assert labels.count() == page.locator(".cable").count()
    assert not any("…" in text for text in labels.all_text_contents())
    boxes = [outline(one) for one in labels.all()]
    nodes = [outline(one) for one in page.locator("[data-node]").all()]
    for place, box in enumerate(boxes):
        assert not any(meet(box, other) for other in [*nodes, *boxes[:place]])


@pytest.mark.parametrize(("width", "height"), [(1440, 900), (1920, 1080)])
def test_canvas_and_settings_use_the_window(server: Server, page: Page, width: int, height: int) -> None:
    """They end just above its lower edge, also after it got another size."""
    opened(server, page, keep(server))
    page.set_viewport_size({"width": width, "height": height})
    page.wait_for_timeout(500)
    for part in (".board", ".react-flow", ".st-key-board_side"):
        box = outline(page.locator(part))
        assert height - 90 < box["y"] + box["height"] < height
    page.set_viewport_size({"width": 1024, "height": 768})
    page.wait_for_timeout(500)
    assert outline(page.locator(".st-key-board_side"))["y"] < 768 - 80


def test_a_long_row_ends(server: Server, page: Page) -> None:
    """What is added behind its last node begins the next row, and more goes on there."""
    nodes = [Node(id="n0", kind="Input", config={"shape": [8]}, position=(0, 0))]
    nodes += [
        Node(id=f"n{number}", kind="ReLU", inputs={"input": f"n{number - 1}"}, position=(290 * number, 0))
        for number in range(1, 6)
    ]
    board = opened(server, page, keep(server, *nodes))
    board.node("n5").locator("[data-grip]").click()
    for number in (1, 2):
        page.keyboard.press("/")
        page.keyboard.type("dropout")
        page.keyboard.press("Enter")
        board.node(f"dropout{number}").wait_for()
    page.wait_for_timeout(500)
    first, then, more = [outline(board.node(id)) for id in ("n0", "dropout1", "dropout2")]
    assert abs(then["x"] - first["x"]) < 2
    assert then["y"] > first["y"] + first["height"]
    assert more["x"] > then["x"] + then["width"]
    assert abs(more["y"] - then["y"]) < 2
