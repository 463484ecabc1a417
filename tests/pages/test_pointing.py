"""The canvas under the mouse: what is dropped, taken off and unpacked, and what the view does meanwhile."""

from playwright.sync_api import Page, expect

import builder
from builder.graph import Node
from tests.pages.drawing import Board, middle
from tests.pages.storing import keep, path_of
from tests.server import Server

CHAIN = (
    Node(id="image", kind="Input", config={"shape": [1, 8, 8]}, position=(0, 0)),
    Node(id="conv", kind="Conv2d", inputs={"input": "image"}, position=(290, 0)),
    Node(id="relu", kind="ReLU", inputs={"input": "conv"}, position=(0, 260)),
    Node(id="output", kind="Output", inputs={"input": "relu"}, position=(290, 260)),
)


def opened(server: Server, page: Page, id: str) -> Board:
    """The canvas with a project."""
    page.goto(f"{server.url}/build?project={id}")
    return Board(page).ready(60)


def view(page: Page) -> str:
    """Where the view is and how large it shows things."""
    return str(page.locator(".react-flow__viewport").get_attribute("style"))


def test_a_drop_does_not_move_the_view(server: Server, page: Page) -> None:
    """Not even where the new node lies partly outside of it."""
    board = opened(server, page, keep(server))
    before = view(page)
    pane = page.locator(".react-flow__pane")
    page.locator("[data-kind='Input']").drag_to(pane, target_position={"x": 30, "y": 90})
    board.node("input1").wait_for()
    page.wait_for_timeout(400)
    assert view(page) == before


def test_a_connection_is_taken_off_at_its_end(server: Server, page: Page) -> None:
    """Let go on the canvas it is gone, said in words, and comes back with undo."""
    board = opened(server, page, keep(server, *CHAIN))
    x, y = middle(board.port("conv", "input"))
    board.drag((x, y), (x - 50, y + 90))
    expect(page.locator("[data-toast]")).to_contain_text("conv no longer reads image.")
    expect(page.locator(".react-flow__edge")).to_have_count(2)
    page.keyboard.press("Control+z")
    expect(page.locator(".react-flow__edge")).to_have_count(3)


def test_a_free_input_asks_what_stands_before_it(server: Server, page: Page) -> None:
    """The layer that is chosen leads to the port."""
    first, conv, *rest = CHAIN
    board = opened(server, page, keep(server, first, conv.model_copy(update={"inputs": {}}), *rest))
    x, y = middle(board.port("conv", "input"))
    board.drag((x, y), (x - 40, y + 90))
    expect(page.get_by_role("dialog")).to_contain_text("Add a layer before conv")
    page.keyboard.type("dropout")
    page.keyboard.press("Enter")
    expect(page.locator("[data-id='conv.input']")).to_have_attribute(
        "aria-label", "Edge from dropout1 to conv"
    )


def test_an_unpacked_block_has_room(server: Server, page: Page) -> None:
    """No node lies upon another, and one undo brings the block back."""
    id = keep(server)
    builder.save(builder.template("digits-resnet"), path_of(server, id))
    board = opened(server, page, id)
    count = len(board.ids())
    board.node("residual2").locator("[data-grip]").click()
    page.get_by_role("button", name="Unpack the block").click()
    expect(board.node("residual2")).to_have_count(0)
    page.wait_for_timeout(500)
    boxes = [one.bounding_box() for one in page.locator("[data-node]").all()]
    for place, one in enumerate(boxes):
        for other in boxes[:place]:
            assert one and other
            apart = one["x"] >= other["x"] + other["width"] or other["x"] >= one["x"] + one["width"]
            assert apart or one["y"] >= other["y"] + other["height"] or other["y"] >= one["y"] + one["height"]
    page.keyboard.press("Control+z")
    expect(page.locator("[data-node]")).to_have_count(count)
