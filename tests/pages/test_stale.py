"""What a browser tells that has not seen the newest page yet changes nothing: it is what widgets showed before."""

import re
from collections.abc import Callable, Iterator
from itertools import product
from typing import Any

import pytest
from playwright.sync_api import Page, WebSocketRoute, expect
from streamlit.testing.v1 import AppTest

import builder
from builder.edits import Connect, InBlock, InRole, Rename, SetConfig, SetKind
from builder.graph import Graph, Node
from builder.project import Project
from pages.parts.documents.document import document
from pages.parts.state import Opened
from tests.pages.drawing import Board
from tests.pages.seen import Open, button, choose, field, keyed, project_of, saved, words
from tests.pages.test_properties import canvas
from tests.server import Server

__all__ = ["canvas"]
VIEWS: tuple[tuple[tuple[str, ...], tuple[str, ...], str], ...] = (
    (("same",), (), "model"),
    (("same",), ("use",), "model"),
    (("same",), (), "other"),
    (("same", "linear"), (), "model"),
    (("same", "linear"), ("use",), "model"),
    (("use",), (), "model"),
    ((), ("use",), "model"),
    ((), (), "model"),
)
"""What may be selected, inside which Block nodes, and of which role."""


def alike() -> Project:
    """Two networks and a block in which nodes of the same names read, and hold, something else."""

    def graph(*chain: str, units: int) -> Graph:
        nodes = [Node(id="x", kind="Input", config={"shape": [8]})]
        for id in chain:
            kind = {"same": "Dropout", "linear": "Linear", "use": "Block"}[id]
            config = {"same": {"rate": units / 100}, "linear": {"units": units}, "use": {"block": "inner"}}[
                id
            ]
            port = "x" if kind == "Block" else "input"
            nodes.append(Node(id=id, kind=kind, config=config, inputs={port: nodes[-1].id}))
        nodes.append(Node(id="y", kind="Output", inputs={"input": nodes[-1].id}))
        return Graph(nodes=tuple(nodes))

    inner = graph("same", "linear", units=8).model_copy(update={"arguments": {"width": 4}})
    model = graph("linear", "same", "use", units=16).model_copy(update={"blocks": {"inner": inner}})
    return Project(name="Alike", graphs={"model": model, "other": graph("linear", "same", units=32)})


def looked(test: AppTest, view: tuple[tuple[str, ...], tuple[str, ...], str]) -> AppTest:
    """The page once this is selected."""
    ids, path, role = view
    test.query_params["role"] = role
    return choose(test, *ids, path=path, role=role)


def told(test: AppTest) -> Any:
    """What the browser tells of its widgets now; of a button it tells only when it is clicked."""
    states = test._tree.get_widget_states()
    kept = [one for one in states.widgets if one.WhichOneof("value") != "trigger_value"]
    del states.widgets[:]
    states.widgets.extend(kept)
    return states


def changes() -> Iterator[Any]:
    """Edits that another tab, or the canvas, may make meanwhile."""
    for role, block in (("model", ""), ("model", "inner"), ("other", "")):
        for edit in (
            SetConfig(node="same", config={"rate": 0.5}),
            SetConfig(node="linear", config={"units": 99}),
            Connect(source="x", node="same", port="input"),
            Connect(source="x", node="linear", port="input"),
            SetKind(node="same", kind="ReLU"),
            Rename(node="same", to="renamed"),
        ):
            yield InRole(role=role, inner=InBlock(block=block, inner=edit) if block else edit)


def test_what_was_open_before_changes_nothing(open_page: Open) -> None:
    """From each selection to each other one; then comes what the browser told before it heard of that."""
    test = open_page("build", project=saved(alike()))
    test.session_state["table"] = True
    for before, after in product(VIEWS, VIEWS):
        stale = told(looked(test, before))
        looked(test, after)
        test._run(stale)
        assert project_of().graphs == alike().graphs, f"{before} → {after}"
        assert "refused" not in test.session_state and not test.exception


@pytest.mark.parametrize("change", [*changes()], ids=range(18))
def test_what_was_changed_elsewhere_stays(open_page: Open, change: Any) -> None:
    """No field takes it back that has not heard of it, whatever is open by then."""
    test = open_page("build", project=saved(alike()))
    for before, after in product(VIEWS[:6], VIEWS[:2]):
        builder.save(alike(), document("mine").path)
        stale = told(looked(test, before))
        document("mine").edit(change, "another")
        wanted = document("mine").project.graphs
        test._run(stale)
        test._run(stale)
        looked(test, after)
        test._run(stale)
        assert project_of().graphs == wanted, f"{before} → {after}"
    assert not test.exception


@pytest.mark.parametrize("view", VIEWS, ids=str)
def test_no_widget_waits_for_its_value(open_page: Open, view: Any) -> None:
    """One that is set beside the element gets lost where the next run overtakes this one: the field is then empty."""
    test = open_page("build", project=saved(alike()))
    test.session_state["table"] = True
    looked(test, view)
    kinds = ("number_input", "selectbox", "toggle", "text_input", "multiselect")
    assert not [one.label for kind in kinds for one in test.get(kind) if one.proto.set_value]
    assert not test.exception


def test_an_edit_goes_to_what_the_form_was_drawn_for(open_page: Open) -> None:
    """A person types, and enters the block before Python has heard of it: both come with one request."""
    test = looked(open_page("build", project=saved(alike())), VIEWS[0])
    field(test.number_input, "Rate").set_value(0.25)
    looked(test, VIEWS[1])
    graph = project_of().graphs["model"]
    assert graph["same"].config == {"rate": 0.25}
    assert graph.blocks["inner"]["same"].config == {"rate": 0.08} and not test.exception


def test_a_button_is_of_the_node_that_it_was_drawn_for(open_page: Open) -> None:
    test = looked(open_page("build", project=saved(alike())), VIEWS[0])
    keyed(test, "same remove").click()
    looked(test, VIEWS[1])
    graph = project_of().graphs["model"]
    assert "same" not in graph and "same" in graph.blocks["inner"] and not test.exception


@pytest.mark.parametrize(
    ("edit", "why"),
    [
        (Rename(node="same", to="renamed"), "no node 'same' any more"),
        (SetKind(node="same", kind="ReLU"), "a ReLU now"),
    ],
)
def test_a_node_that_is_gone_is_told_of(open_page: Open, edit: Any, why: str) -> None:
    """What is meant for a node is done to that node, or not at all."""
    test = looked(open_page("build", project=saved(alike())), VIEWS[0])
    Opened(document("mine"), "another").edit_project(InRole(role="model", inner=edit))
    wanted = document("mine").project.graphs
    field(test.selectbox, "Reads from").set_value("x").run()
    assert project_of().graphs == wanted
    assert why in words(test) and "Nothing was changed" in words(test) and not test.exception


def test_the_table_adds_to_what_is_open(open_page: Open) -> None:
    """A click on Add inside a block, which is left with the same request."""
    test = open_page("build", project=saved(alike()))
    test.session_state["table"] = True
    looked(test, VIEWS[1])
    button(test, "Add after same").click()
    looked(test, VIEWS[0])
    graph = project_of().graphs["model"]
    assert len(graph.nodes) == 5 and len(graph.blocks["inner"].nodes) == 5 and not test.exception


def test_a_slow_line_writes_nothing(server: Server, page: Page, settle: Callable[..., None]) -> None:
    """Into a block and out again, from one node to another of the same name, while the browser hears nothing."""
    late: list[tuple[WebSocketRoute, str | bytes]] = []
    slow = False

    def routed(socket: WebSocketRoute) -> None:
        def heard(message: str | bytes) -> None:
            late.append((socket, message)) if slow else socket.send(message)

        socket.connect_to_server().on_message(heard)

    page.route_web_socket(re.compile("stream"), routed)
    posts: list[str] = []
    page.on("request", lambda one: posts.append(one.url) if one.method == "POST" else None)
    builder.save(alike(), server.home / "projects" / "alike.json")
    page.goto(f"{server.url}/build?project=alike")
    board = Board(page).ready()
    settle(page)
    board.node("same").locator("[data-grip]").click()
    expect(page.locator(".st-key-board_side")).to_contain_text("Dropout")
    settle(page)
    slow = True
    for ids, key in ((("use",), "o"), (("same", "linear", "same"), "Escape"), (("same", "linear"), "")):
        for id in ids:
            board.node(id).locator("[data-grip]").click()
            page.wait_for_timeout(250)
        page.keyboard.press(key) if key else None
        page.wait_for_timeout(250)
    slow = False
    for socket, message in late:
        socket.send(message)
    settle(page)
    board.node("same").locator("[data-grip]").click()
    settle(page)
    assert not posts
    assert builder.load(server.home / "projects" / "alike.json").graphs == alike().graphs
