"""Where the canvas puts nodes that nobody has placed: chains in rows, what belongs together in one of them."""

import pytest
from playwright.sync_api import Page

from tests.pages.storing import SCRIPT
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


@pytest.mark.parametrize("count", [7, 14, 16, 40, 300])
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


def test_a_graph_opens_whole_if_its_names_can_be_read(blank: Page) -> None:
    """Else its beginning is shown, large enough for every word."""
    stage = {"width": 640, "height": 560}
    box = {"x": 0, "y": 0, "width": 1350, "height": 700}
    view = blank.evaluate(OPENING, [SCRIPT, box, stage])
    assert view["zoom"] * box["width"] <= stage["width"]
    view = blank.evaluate(OPENING, [SCRIPT, {**box, "width": 9000}, stage])
    assert view["zoom"] >= 0.5
    assert 0 < view["x"] < 64
