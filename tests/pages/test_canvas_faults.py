"""What may not get lost on the canvas, whatever breaks (faults 24 to 26), and text that runs nothing (56)."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page, WebSocketRoute, expect

import builder
from builder.graph import Graph, Node
from builder.project import Project
from tests.pages.drawing import Board, middle
from tests.pages.test_canvas import saved, until
from tests.server import Server

Settle = Callable[..., None]
HOSTILE = "<img src=x onerror=window.hacked=1>"
CUTS = 100


def opened(page: Page, server: Server, project: Project, id: str, settle: Settle) -> Board:
    """The canvas of a project that was just put into the home folder."""
    builder.save(project, server.home / "projects" / f"{id}.json")
    page.goto(f"{server.url}/build?project={id}")
    board = Board(page).ready()
    settle(page)
    return board


def chain(*kinds: str) -> Project:
    """A chain of layers behind an Input, side by side."""
    nodes = [Node(id="input1", kind="Input", config={"shape": [8]}, position=(0, 0))]
    for number, kind in enumerate(kinds, 1):
        nodes.append(
            Node(id=f"n{number}", kind=kind, inputs={"input": nodes[-1].id}, position=(300 * number, 0))
        )
    return Project(name="Chain", graphs={"model": Graph(nodes=tuple(nodes))})


def test_24_a_websocket_that_is_cut_loses_no_edit(server: Server, page: Page, settle: Settle) -> None:
    """Cut in the middle of a drag, then a hundred times while a node moves: each move is saved, the form comes back."""
    sockets: list[WebSocketRoute] = []

    def watched(socket: WebSocketRoute) -> None:
        socket.connect_to_server()
        sockets.append(socket)

    page.route_web_socket(re.compile("stream"), watched)
    board = opened(page, server, chain("Linear", "ReLU"), "cut", settle)
    x, y = middle(board.node("n2").locator("[data-grip]"))
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 30, y + 40, steps=4)
    sockets[-1].close()
    page.mouse.move(x + 30, y + 90, steps=4)
    page.mouse.up()
    until(page, lambda: (saved(server, "cut").graph["n2"].position or (0, 0))[1] > 40)
    board.node("n1").locator("[data-grip]").click()
    start = saved(server, "cut").graph["n1"].position or (0, 0)
    for _ in range(CUTS):
        sockets[-1].close()
        page.keyboard.press("Alt+ArrowDown")
    until(page, lambda: saved(server, "cut").graph["n1"].position == (start[0], start[1] + 10 * CUTS))
    settle(page, 60)
    page.keyboard.press("ArrowLeft")
    expect(page.locator(".st-key-board_side")).to_contain_text("input1")
    page.faults.clear()  # type: ignore[attr-defined]  # a lost connection is told on the console


def test_25_a_refresh_at_once_keeps_what_was_dropped(server: Server, page: Page, settle: Settle) -> None:
    board = opened(page, server, chain("Linear"), "refresh", settle)
    page.locator("[data-kind='ReLU']").drag_to(
        page.locator(".react-flow__pane"), target_position={"x": 200, "y": 60}
    )
    page.reload()
    board.ready()
    board.node("relu1").wait_for()
    assert "relu1" in saved(server, "refresh").graph


def test_a_hundred_quick_edits(server: Server, page: Page, settle: Settle) -> None:
    """Each is saved; and each is undone."""
    board = opened(page, server, chain("Linear"), "quick", settle)
    board.node("n1").locator("[data-grip]").click()
    for _ in range(50):
        page.keyboard.press("Alt+ArrowDown")
        page.keyboard.press("Control+d")
    until(page, lambda: len(saved(server, "quick").graph.nodes) == 52)
    board.page.locator("[data-status='saved']").wait_for()
    for _ in range(100):
        page.keyboard.press("Control+z")
    until(page, lambda: [node.position for node in saved(server, "quick").graph.nodes] == [(0, 0), (300, 0)])


def test_26_two_tabs_on_one_project(server: Server, browser: Browser, page: Page, settle: Settle) -> None:
    """Each sees what the other does and is told; both edits stay, and none is undone by the other."""
    board = opened(page, server, chain("Linear", "ReLU"), "tabs", settle)
    other = browser.new_page(viewport={"width": 1440, "height": 900})
    other.goto(f"{server.url}/build?project=tabs")
    second = Board(other).ready()
    settle(other)
    second.node("n2").locator("[data-grip]").click()
    other.keyboard.press("Delete")
    expect(board.node("n2")).to_have_count(0)
    expect(page.get_by_text(re.compile("another tab")).first).to_be_visible()
    board.node("n1").locator("[data-grip]").click()
    page.keyboard.press("Control+d")
    expect(second.node("n2")).to_have_count(1)
    other.close()
    assert [node.id for node in saved(server, "tabs").graph.nodes] == ["input1", "n1", "n2"]


def test_56_text_in_every_field_is_shown_as_text(server: Server, page: Page, settle: Settle) -> None:
    """Names, kinds, ports, fields, formulas and what is typed into the canvas: nothing of it runs."""
    inner = Graph(
        nodes=(
            Node(id="a", kind="Input"),
            Node(id="l", kind="Linear", config={"units": HOSTILE}, inputs={"input": "a"}),
            Node(id="b", kind="Output", inputs={"input": "l"}),
        ),
        arguments={"width": 3},
    )
    nodes = (
        Node(id="x", kind="Input", config={"shape": HOSTILE, "dtype": HOSTILE}),
        Node(id="c", kind="Conv2d", config={"filters": HOSTILE, HOSTILE: HOSTILE}, inputs={HOSTILE: HOSTILE}),
        Node(id="k", kind=HOSTILE, inputs={"input": "x"}),
        Node(
            id="u", kind="Block", config={"block": "one", "arguments": {"width": HOSTILE}}, inputs={"a": "x"}
        ),
    )
    project = Project(
        name=HOSTILE, notes=HOSTILE, graphs={"model": Graph(nodes=nodes, blocks={"one": inner})}
    )
    page.on("dialog", lambda dialog: pytest.fail(dialog.message))
    board = opened(page, server, project, "xss", settle)
    for id in ("x", "c", "k", "u"):
        board.node(id).locator("[data-grip]").click()
        expect(page.locator(".st-key-board_side")).to_contain_text(id)
        settle(page)
    page.keyboard.press("/")
    page.keyboard.type(HOSTILE)
    expect(page.get_by_role("dialog")).to_contain_text(HOSTILE)
    page.keyboard.press("Escape")
    page.keyboard.press("m")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    board.node("u").locator("[data-grip]").click()
    page.keyboard.press("o")
    board.node("l").wait_for()
    settle(page)
    assert page.evaluate("window.hacked") is None
    assert page.locator("img[src='x']").count() == 0
