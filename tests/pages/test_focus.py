"""Who has the keyboard on Build: the canvas wherever nothing else has it, and no dialog that tells what it tells."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.pages.storing import keep
from tests.pages.test_pointing import CHAIN, Settle, opened
from tests.server import Server


def test_a_ready_network_comes_into_view_and_under_the_keys(
    server: Server, page: Page, settle: Settle
) -> None:
    """The button that brought it is gone, and with it the focus: the keys are the canvas's."""
    board = opened(server, page, keep(server))
    settle(page)
    page.get_by_role("button", name="Add an Input").click()
    board.node("input1").wait_for()
    page.keyboard.press("/")
    expect(page.get_by_role("dialog")).to_contain_text("Add a layer")
    page.keyboard.press("Escape")
    page.keyboard.press("Control+z")
    expect(page.locator("[data-node]")).to_have_count(0)
    settle(page)
    page.get_by_role("button", name="Begin with a small network").click()
    expect(page.locator("[data-node]")).to_have_count(4)
    page.wait_for_timeout(300)
    stage = page.locator(".board-stage").bounding_box()
    for box in (one.bounding_box() for one in page.locator("[data-node]").all()):
        assert box and stage and stage["x"] + 8 < box["x"] and stage["y"] + 8 < box["y"]
        assert box["x"] + box["width"] < stage["x"] + stage["width"]
        assert box["y"] + box["height"] < stage["y"] + stage["height"]
    page.keyboard.press("Control+z")
    expect(page.locator("[data-node]")).to_have_count(0)


def test_undo_in_a_field_beside_the_canvas(server: Server, page: Page, settle: Settle) -> None:
    """Of the text while it is typed, of the project once it has been taken; box and network agree."""
    board = opened(server, page, keep(server, *CHAIN))
    board.node("conv").locator("[data-grip]").click()
    settle(page)
    # While the panel is drawn anew, the field of before may still be there beside the new one.
    fields = page.locator(".st-key-board_side").get_by_role("spinbutton", name="Filters")
    field = fields.first
    field.fill("12")
    page.keyboard.press("Enter")
    board.shows("conv", "B × 12 ×")
    settle(page)
    page.keyboard.type("3")
    page.keyboard.press("Control+z")
    expect(field).to_have_value("12")
    page.keyboard.press("Enter")
    settle(page)
    page.keyboard.press("Control+z")
    board.shows("conv", "B × 32 ×")
    expect(field).to_have_value("32")
    expect(fields).to_have_count(1)
    settle(page)
    page.keyboard.press("Control+Shift+Z")
    board.shows("conv", "B × 12 ×")
    expect(field).to_have_value("12")


def test_without_a_server_the_canvas_alone_tells(
    start_server: Callable[[], Server], page: Page, settle: Settle
) -> None:
    """No dialog lies over it; what waits for the server is said in words."""
    server = start_server()
    board = opened(server, page, keep(server, *CHAIN))
    settle(page)
    board.node("relu").locator("[data-grip]").click()
    settle(page)
    server.kill()
    page.locator(".board-offline").wait_for()
    page.wait_for_timeout(4000)
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.keyboard.press("Control+d")
    expect(page.locator("[data-toast]")).to_contain_text("relu1 will be added when the server is back.")
    page.keyboard.press("Control+z")
    expect(page.locator("[data-toast]")).to_contain_text("will be undone when the server is back.")
    page.faults.clear()  # type: ignore[attr-defined]  # a lost connection is told on the console


def test_a_network_is_never_lost_and_a_refused_role_stays(server: Server, page: Page) -> None:
    """Dragged wildly, the map still shows some of the graph; a role that there is can be named another way."""
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    opened(server, page, keep(server, *CHAIN))
    pane = page.locator(".react-flow__pane").bounding_box()
    assert pane
    page.mouse.move(pane["x"] + 5, pane["y"] + 5)
    page.mouse.down()
    page.mouse.move(pane["x"] + 155, pane["y"] + 205, steps=4)
    page.mouse.up()
    overview = page.locator(".board-map").bounding_box()
    assert overview
    page.mouse.move(overview["x"] + 70, overview["y"] + 40)
    page.mouse.down()
    page.mouse.move(overview["x"] - 400, overview["y"] - 300, steps=8)
    page.mouse.up()
    expect(page.locator("[data-node]").first).to_be_in_viewport()
    page.locator(".board-stage").focus()
    page.keyboard.press("f")
    page.wait_for_timeout(400)
    straight = page.locator(".react-flow__edge-interaction").first.bounding_box()
    assert straight
    page.mouse.click(straight["x"] + straight["width"] / 2, straight["y"] + straight["height"] / 2)
    page.keyboard.press("Delete")
    expect(page.locator("[data-edge]")).to_have_count(2)
    page.get_by_label("Add a network (role)").click()
    name = page.locator(".board-naming")
    name.fill("model")
    page.keyboard.press("Enter")
    expect(page.locator("[data-toast]")).to_contain_text("There is a network 'model' already")
    name.fill("critic")
    page.keyboard.press("Enter")
    expect(page.get_by_role("tab", name="critic")).to_have_attribute("aria-selected", "true")
    assert not faults
