"""The canvas under the mouse: what is dropped, taken off and unpacked, and what the view does meanwhile."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

import builder
from builder.graph import Node
from tests.pages.drawing import Board, middle
from tests.pages.storing import keep, on_disk, path_of
from tests.server import Server

Settle = Callable[..., None]
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


def apart(page: Page) -> None:
    """No node lies upon another."""
    boxes = [one.bounding_box() for one in page.locator("[data-node]").all()]
    for place, one in enumerate(boxes):
        for other in boxes[:place]:
            assert one and other
            aside = one["x"] >= other["x"] + other["width"] or other["x"] >= one["x"] + one["width"]
            assert aside or one["y"] >= other["y"] + other["height"] or other["y"] >= one["y"] + one["height"]


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
    apart(page)
    page.keyboard.press("Control+z")
    expect(page.locator("[data-node]")).to_have_count(count)


def test_a_repeated_block_is_unpacked_in_view(server: Server, page: Page) -> None:
    """Each of its nodes is seen, and none lies upon another."""
    id = keep(server)
    builder.save(builder.template("resnet-18"), path_of(server, id))
    board = opened(server, page, id)
    board.node("basic1").locator("[data-grip]").click()
    page.keyboard.press("Control+Shift+G")
    expect(board.node("basic1")).to_have_count(0)
    page.wait_for_timeout(500)
    apart(page)
    stage = page.locator(".board-stage").bounding_box()
    inner = page.locator(".layer.chosen")
    assert stage and inner.count() == 14
    for box in (one.bounding_box() for one in inner.all()):
        assert box and stage["x"] < box["x"] and box["x"] + box["width"] < stage["x"] + stage["width"]
        assert stage["y"] < box["y"] and box["y"] + box["height"] < stage["y"] + stage["height"]


def test_what_is_put_into_a_connection_gets_room(server: Server, page: Page) -> None:
    """Also where other nodes lie in the way of those that give way; one undo brings all back to their places."""
    nodes = (
        Node(id="image", kind="Input", config={"shape": [8]}, position=(0, 0)),
        Node(id="first", kind="Linear", inputs={"input": "image"}, position=(290, 0)),
        Node(id="upper", kind="ReLU", inputs={"input": "first"}, position=(580, 0)),
        Node(id="lower", kind="Tanh", inputs={"input": "first"}, position=(580, 120)),
        Node(id="alone", kind="Input", config={"shape": [8]}, position=(870, 60)),
    )
    id = keep(server, *nodes)
    board = opened(server, page, id)
    line = page.locator("[data-id='first.input'] .react-flow__edge-interaction")
    x, y = middle(line)
    pane = page.locator(".board-stage").bounding_box()
    assert pane
    page.locator("[data-kind='Linear']").drag_to(
        page.locator(".board-stage"), target_position={"x": x - pane["x"], "y": y - pane["y"]}
    )
    board.node("linear1").wait_for()
    expect(page.locator("[data-id='first.input']")).to_have_attribute(
        "aria-label", "Edge from linear1 to first"
    )
    board.shows("linear1", "B × ")
    apart(page)
    page.locator("[data-status='saved']").wait_for()
    assert on_disk(server, id)["alone"].position != (870, 60)
    page.keyboard.press("Control+z")
    expect(board.node("linear1")).to_have_count(0)
    page.locator("[data-status='saved']").wait_for()
    assert on_disk(server, id).nodes == nodes


def test_copies_lie_beside_the_originals(server: Server, page: Page) -> None:
    """However fast they are made."""
    board = opened(server, page, keep(server, *CHAIN))
    board.node("conv").locator("[data-grip]").click()
    for _ in range(3):
        page.keyboard.press("Control+d")
    expect(page.locator("[data-node]")).to_have_count(7)
    page.locator("[data-status='saved']").wait_for()
    page.wait_for_timeout(500)
    apart(page)


def test_a_name_that_no_block_may_have_is_refused_in_the_dialog(server: Server, page: Page) -> None:
    """With the reason, and with what was typed; another name then makes the block."""
    board = opened(server, page, keep(server, *CHAIN))
    board.node("conv").locator("[data-grip]").click()
    page.keyboard.press("Control+g")
    dialog = page.get_by_role("dialog")
    page.keyboard.type("torch")
    page.keyboard.press("Enter")
    expect(dialog).to_contain_text("which Python or PyTorch uses itself")
    expect(dialog.get_by_role("textbox")).to_have_value("torch")
    expect(page.locator("[data-toast]")).to_have_count(0)
    page.keyboard.type("es")
    page.keyboard.press("Enter")
    expect(dialog).to_have_count(0)
    expect(board.node("torches1")).to_have_count(1)


def test_a_large_network_shows_its_shapes_at_once(server: Server, page: Page) -> None:
    """Small as it is, large enough to be read."""
    id = keep(server)
    builder.save(builder.template("inception-v3"), path_of(server, id))
    board = opened(server, page, id)
    shape = board.node("factorised2").locator(".layer-shape")
    expect(shape).to_have_text("768×17×17")
    box = shape.bounding_box()
    assert box and box["height"] >= 9


def test_shift_draws_a_box_wherever_the_focus_was(server: Server, page: Page, settle: Settle) -> None:
    """After a click beside the canvas too; the view stays, and neither the drag nor a click marks text of the page."""
    board = opened(server, page, keep(server, *CHAIN))
    settle(page)
    before = view(page)
    page.locator(".st-key-board_side p").first.click()
    (left, top), (x, y) = middle(board.node("image")), middle(board.node("output"))
    page.keyboard.down("Shift")
    board.drag((left - 60, top - 80), (x, y))
    page.keyboard.up("Shift")
    expect(page.locator(".layer.chosen")).to_have_count(4)
    assert view(page) == before
    page.keyboard.press("Escape")
    page.locator(".st-key-board_side p").first.click()
    board.node("conv").locator("[data-grip]").click(modifiers=["Shift"])
    expect(page.locator(".layer.chosen")).to_have_count(1)
    assert page.evaluate("getSelection().toString()") == ""


def test_what_is_offered_at_a_port_can_be_connected_to_it(server: Server, page: Page) -> None:
    """Behind an output nothing without an input, before an input nothing without an output."""
    first, conv, *rest = CHAIN
    board = opened(server, page, keep(server, first, conv.model_copy(update={"inputs": {}}), *rest))
    for port, far, never in (
        (board.port("relu", "output", "source"), 40, "Input"),
        (board.port("conv", "input"), -40, "Output"),
    ):
        x, y = middle(port)
        board.drag((x, y), (x + far, y + 110))
        expect(page.locator("[data-option='ReLU']")).to_have_count(1)
        expect(page.locator(f"[data-option='{never}']")).to_have_count(0)
        page.keyboard.press("Escape")


def test_nodes_pasted_into_another_project(server: Server, page: Page) -> None:
    """Again and again, they never lie upon one another; what is told last is what is spoken, and goes with Escape."""
    board = opened(server, page, keep(server, *CHAIN))
    page.locator(".board-stage").focus()
    page.keyboard.press("Control+a")
    page.keyboard.press("Control+c")
    expect(page.locator(".spoken")).to_have_text("4 nodes copied.")
    board = opened(server, page, keep(server))
    page.locator(".board-stage").focus()
    for times in range(1, 5):
        page.keyboard.press("Control+v")
        if times != 2:  # the third comes at once
            expect(page.locator("[data-node]")).to_have_count(4 * times)
            page.locator("[data-status='saved']").wait_for()
    page.wait_for_timeout(500)
    apart(page)
    conv = board.node("conv").locator("[data-field='filters']")
    for value in ("8", "9"):
        conv.fill(value)
        page.keyboard.press("Enter")
        expect(page.locator(".spoken")).to_have_text(f"Filters of conv: {value}.")
    for _ in range(3):  # out of the field, away with what is told, and nothing selected
        page.keyboard.press("Escape")
    expect(page.locator(".react-flow__node.selected")).to_have_count(0)
    page.keyboard.press("c")
    expect(page.locator("[data-toast]")).to_contain_text("Select a node first")
    page.keyboard.press("Escape")
    expect(page.locator("[data-toast]")).to_have_count(0)
