"""The canvas in a real browser: LeNet-5 by mouse alone and by keyboard alone, and what may not get lost."""

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

import builder
from builder.project import Project
from tests.pages.drawing import Board, middle
from tests.pages.test_journey import press, step_of
from tests.server import Server

Settle = Callable[..., None]
LENET = (
    "Conv2d",
    "Tanh",
    "AvgPool2d",
    "Conv2d",
    "Tanh",
    "AvgPool2d",
    "Conv2d",
    "Tanh",
    "Flatten",
    "Linear",
    "Tanh",
)
PARAMETERS = 61_706
PIXELS = 4
"""How far the mouse drags a number by one."""


def new_project(url: str, page: Page, settle: Settle) -> tuple[Board, str]:
    """An empty canvas, and the id of its project."""
    page.goto(url)
    settle(page)
    press(page, "New project")
    page.wait_for_url(re.compile(r"/build\?project="))
    board = Board(page).ready()
    settle(page)
    return board, page.url.split("project=")[1].split("&")[0]


def saved(server: Server, id: str) -> Project:
    """The project as it lies on the disk."""
    return builder.load(server.home / "projects" / f"{id}.json")


def until(page: Page, holds: Callable[[], bool]) -> None:
    """Wait until something holds that is not on the screen."""
    for _ in range(100):
        if holds():
            return
        page.wait_for_timeout(100)
    raise AssertionError("it did not come to hold within 10 s")


def drag_to(board: Board, node: str, field: str, wanted: int, place: int = 0) -> None:
    """Drag a number on a node sideways until it is the wanted one."""
    number = board.node(node).locator(f"input[data-field='{field}']").nth(place)
    page = board.page
    x, y = middle(number)
    page.mouse.move(x, y)
    page.mouse.down()
    for _ in range(400):
        now = int(number.input_value())
        if now == wanted:
            break
        x += PIXELS if now < wanted else -PIXELS
        page.mouse.move(x, y)
    page.mouse.up()
    expect(number).to_have_value(str(wanted))


def test_lenet_by_mouse_alone(server: Server, page: Page, settle: Settle) -> None:
    """From an empty canvas: layers from the palette, numbers dragged, a mistake, the offered fix, a run."""
    board, id = new_project(server.url, page, settle)
    page.locator("[data-kind='Input']").drag_to(
        page.locator(".react-flow__pane"), target_position={"x": 60, "y": 120}
    )
    board.shows("input1", "B × 1 × 8 × 8")
    for place in (1, 2):
        drag_to(board, "input1", "shape", 32, place)
    for kind in LENET:
        before = len(board.ids())
        page.locator(f"[data-kind='{kind}']").click()
        expect(page.locator("[data-node]")).to_have_count(before + 1)
    for kind in ("Linear", "Output"):
        page.locator(f"[data-kind='{kind}']").click()
    page.get_by_role("button", name=re.compile("^Lay out")).click()
    for node, filters in (("conv1", 6), ("conv2", 16)):
        drag_to(board, node, "kernel", 5)
        drag_to(board, node, "filters", filters)
    drag_to(board, "conv3", "kernel", 7)  # the mistake: what reaches it is 5 × 5
    badge = board.node("conv3").get_by_role("button", name=re.compile("show and mend"))
    badge.click()
    page.get_by_role("dialog").get_by_role("button", name=re.compile("kernel to 5")).click()
    expect(badge).to_have_count(0)
    drag_to(board, "conv3", "filters", 120)
    drag_to(board, "linear1", "units", 84)
    drag_to(board, "linear2", "units", 10)
    board.shows("linear2", "B × 10")
    until(page, lambda: builder.summary(saved(server, id).graph).parameters == PARAMETERS)
    train_with_large_digits(page, settle)


def train_with_large_digits(page: Page, settle: Settle) -> None:
    """Choose pictures of 32 × 32 pixels, then train until the first epoch is over."""
    page.get_by_role("link", name="Data").click()
    settle(page)
    page.get_by_role("combobox", name=re.compile("Side")).click()
    page.get_by_role("option", name="32", exact=True).click()
    settle(page)
    page.get_by_role("link", name="Train").click()
    settle(page)
    page.locator(".st-key-train button").first.click()
    step_of(page, "Epoch 2|Finished")


FOCUSED = """() => {
  let one = document.activeElement
  while (one?.shadowRoot?.activeElement) one = one.shadowRoot.activeElement
  const named = one.labels?.length ? one.labels[0].innerText : ''
  return [one.getAttribute('aria-label') ?? named, one.innerText].filter(Boolean).join(' ').replace(/\\s+/g, ' ')
}"""


def tab_to(page: Page, name: str) -> None:
    """Press Tab until something of this name has the focus."""
    for _ in range(80):
        page.keyboard.press("Tab")
        if re.search(name, page.evaluate(FOCUSED)):
            return
    raise AssertionError(f"Tab does not lead to {name}")


def turned(page: Page, link: str, to: str, settle: Settle) -> None:
    """Go to another page by its link."""
    tab_to(page, link)
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(to))
    settle(page)


def typed(board: Board, kind: str, id: str, *values: int | str) -> None:
    """Add a layer by its name, and type its first fields."""
    keys = board.page.keyboard
    keys.press("/")
    board.page.get_by_role("dialog").wait_for()
    keys.type(kind)
    board.page.get_by_role("option", selected=True).filter(has_text=kind).wait_for()
    keys.press("Enter")
    board.node(id).wait_for()
    if not values:
        return
    board.node(id).locator("[data-field]").first.wait_for()
    keys.press("Enter")
    for place, value in enumerate(values):
        if place:
            keys.press("Tab")
        keys.press("Control+a")
        keys.type(str(value))
    keys.press("Enter")


def test_lenet_by_keyboard_alone(server: Server, page: Page, settle: Settle) -> None:
    """The same without a mouse, from the start page to a run."""
    page.goto(server.url)
    settle(page)
    tab_to(page, "^add New project$")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/build\?project="))
    board = Board(page).ready()
    settle(page)
    id = page.url.split("project=")[1].split("&")[0]
    tab_to(page, "^model$")
    typed(board, "Input", "input1", "1, 32, 32")
    board.shows("input1", "B × 1 × 32 × 32")
    for number, filters in ((1, 6), (2, 16)):
        typed(board, "Conv2d", f"conv{number}", filters, 5)
        typed(board, "Tanh", f"tanh{number}")
        typed(board, "AvgPool2d", f"avgpool{number}")
    typed(board, "Conv2d", "conv3", 120, 7)  # the mistake: what reaches it is 5 × 5
    board.node("conv3").get_by_role("button", name=re.compile("show and mend")).wait_for()
    page.keyboard.press("m")
    page.get_by_role("dialog").get_by_role("button", name=re.compile("kernel to 5")).wait_for()
    page.keyboard.press("Enter")
    board.shows("conv3", "B × 120 × 1 × 1")
    typed(board, "Tanh", "tanh3")
    typed(board, "Flatten", "flatten1")
    typed(board, "Linear", "linear1", 84)
    typed(board, "Tanh", "tanh4")
    typed(board, "Linear", "linear2", 10)
    typed(board, "Output", "output1")
    until(page, lambda: builder.summary(saved(server, id).graph).parameters == PARAMETERS)
    turned(page, "^database Data$", "/data", settle)
    tab_to(page, "^Side")
    page.keyboard.press("ArrowDown")
    page.get_by_role("option", name="32", exact=True).wait_for()
    page.keyboard.type("32")
    page.keyboard.press("Enter")
    settle(page)
    turned(page, "^monitoring Train$", "/train", settle)
    tab_to(page, "^play_arrow Train")
    page.keyboard.press("Enter")
    step_of(page, "Epoch 2|Finished")
