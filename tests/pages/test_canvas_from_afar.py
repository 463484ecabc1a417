"""The canvas from any distance: thousands of nodes, names that can be read, errors that are seen; a failure is told."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

import builder
from builder.graph import Node
from tests.pages.drawing import Board
from tests.pages.storing import keep, path_of
from tests.server import Server

Settle = Callable[..., None]
MANY = 2600
LEGIBLE = 7.5
"""Pixels on the screen that letters have at least."""
LETTERS = """(all) => all.map((name) => {
    const zoom = new DOMMatrix(getComputedStyle(name.closest('.react-flow__viewport')).transform).a
    const cut = name.scrollWidth > name.clientWidth + 1 || name.scrollHeight > 1.25 * name.clientHeight
    return [name.textContent, Math.round(10 * zoom * parseFloat(getComputedStyle(name).fontSize)) / 10, cut]
})"""
FRAMES = """() => new Promise((done) => {
    const start = performance.now()
    let count = 0
    const next = () => ((count += 1), performance.now() - start < 1000 ? requestAnimationFrame(next) : done(count))
    requestAnimationFrame(next)
})"""
NETWORKS = (
    "resnet-50", "transformer-base", "u-net", "vgg-16", "densenet-121", "googlenet", "siamese", "gpt2-small",
)  # fmt: skip


def row(count: int, *, placed: bool = False, fault: int = 0) -> list[Node]:
    """A chain of ReLUs; side by side if `placed`, and with a layer that cannot be there at `fault`."""
    nodes = [Node(id="x", kind="Input", config={"shape": [4]}, position=(0, 0) if placed else None)]
    for number in range(1, count):
        kind = "Conv2d" if fault == number else "ReLU"
        place = (290 * number, 0) if placed else None
        nodes.append(Node(id=f"n{number}", kind=kind, inputs={"input": nodes[-1].id}, position=place))
    return nodes


def opened(server: Server, page: Page, id: str) -> Board:
    """The canvas with a project."""
    page.goto(f"{server.url}/build?project={id}")
    return Board(page).ready(60)


def zoom(page: Page) -> float:
    """How large the nodes are seen."""
    return float(page.locator(".board-percent").inner_text().split()[0]) / 100


def panned(board: Board) -> int:
    """How many pictures there are in a second in which the pointer pulls the canvas to the left."""
    box = board.node("n1").bounding_box()
    assert box
    x, y = box["x"] + 20, box["y"] + box["height"] + 12
    counted = board.page.evaluate_handle(f"() => ({{ frames: ({FRAMES})() }})")
    board.drag((x, y), (x - 300, y), steps=30)
    return int(counted.evaluate("(it) => it.frames"))


def test_thousands_of_nodes_are_drawn_and_panned(server: Server, page: Page) -> None:
    """Only those that are seen are drawn, so they move as a few do; and all of them where all are seen."""
    few = opened(server, page, keep(server, *row(60)))
    expect(page.locator(".cable.unknown")).to_have_count(0, timeout=60_000)
    smooth = panned(few)
    board = opened(server, page, keep(server, *row(MANY)))
    board.shows("n1", "B × 4")
    assert 10 < page.locator("[data-node]").count() < 200
    assert panned(board) > 0.4 * smooth
    expect(board.node("n1")).to_have_count(0)
    expect(board.node("n5")).to_be_visible()
    page.keyboard.press("f")
    expect(page.locator("[data-node]")).to_have_count(MANY)
    expect(page.locator(".board-threads path")).to_have_count(1)


def test_a_connection_drawn_along_the_border_lands(server: Server, page: Page) -> None:
    """The board must not move away under it: a large graph opens at its beginning, close to the border."""
    whole = [
        one.model_copy(update={"position": (one.position[0] % 3480, one.position[0] // 3480 * 170)})
        for one in row(150, placed=True)
        if one.position
    ]
    nodes = [one.model_copy(update={"inputs": {}}) if one.id == "n1" else one for one in whole]
    board = opened(server, page, keep(server, *nodes))
    board.connect("x", "n1")
    board.shows("n1", "B × 4")


@pytest.mark.parametrize("width", [1440, 420])
@pytest.mark.parametrize("name", NETWORKS)
def test_every_name_can_be_read_as_a_network_opens(server: Server, page: Page, name: str, width: int) -> None:
    """In full, whole network or its beginning, on a desk and on a phone."""
    id = keep(server)
    builder.save(builder.template(name), path_of(server, id))
    page.set_viewport_size({"width": width, "height": 900})
    opened(server, page, id)
    expect(page.locator(".cable.unknown")).to_have_count(0, timeout=60_000)
    found = page.locator(".layer-id").evaluate_all(LETTERS)
    assert found
    assert [one for one in found if one[1] < LEGIBLE or one[2]] == []
    labels = page.locator(".layer-label").evaluate_all(LETTERS)
    assert [one for one in labels if one[1] < LEGIBLE] == []


def test_a_phone_shows_a_whole_network(server: Server, page: Page) -> None:
    """U-Net opens with both of its arms."""
    id = keep(server)
    builder.save(builder.template("u-net"), path_of(server, id))
    page.set_viewport_size({"width": 420, "height": 900})
    board = opened(server, page, id)
    for node in board.ids():
        box = board.node(node).bounding_box()
        assert box and box["x"] > 0 and box["x"] + box["width"] < 420


def test_a_phone_tells_shapes_in_full(server: Server, page: Page) -> None:
    """What a ready network takes and gives goes on in the next line."""
    page.set_viewport_size({"width": 420, "height": 900})
    page.goto(f"{server.url}/network?name=u-net")
    taken = page.get_by_test_id("stMetricValue").filter(has_text="B × 1 × 572 × 572")
    taken.wait_for(timeout=60_000)
    words = taken.locator("p")
    cut, lines = words.evaluate(
        """(one) => {
            const { scrollWidth, clientWidth, clientHeight } = one.parentElement
            return [scrollWidth > clientWidth, clientHeight / parseFloat(getComputedStyle(one).fontSize)]
        }"""
    )
    assert not cut and lines > 2


def test_errors_are_seen_from_every_distance(server: Server, page: Page) -> None:
    """The badge of a node at fault keeps its size; it opens what can be done."""
    board = opened(server, page, keep(server, *row(7, placed=True, fault=3)))
    badge = board.node("n3").locator(".layer-badge.error")
    seen = []
    for _ in range(9):
        box = badge.bounding_box()
        assert box
        seen.append((zoom(page), box["width"]))
        page.get_by_role("button", name="Zoom out").click()
        page.wait_for_timeout(150)
    assert seen[0][0] < 0.5
    assert [one for one in seen if one[0] > 0.1 and not 16 < one[1] < 34] == []
    page.get_by_role("button", name="Zoom in").click()
    badge.click()
    expect(page.get_by_role("dialog")).to_contain_text("n3")


def test_a_front_end_that_fails_says_so(server: Server, page: Page, settle: Settle) -> None:
    """In words, in place of a white area; and it is drawn again where that can be done."""
    id = keep(server, *row(3))
    page.route("**/api/layers", lambda route: route.fulfill(json={"kinds": {}, "categories": None}))
    page.goto(f"{server.url}/build?project={id}")
    told = page.get_by_role("alert").filter(has_text="The canvas could not be drawn")
    expect(told).to_contain_text("nothing is lost")
    page.unroute("**/api/layers")
    told.get_by_role("button", name="Draw it again").click()
    Board(page).ready()
    expect(told).to_have_count(0)
    page.faults.clear()  # type: ignore[attr-defined]  # React tells of it on the console
