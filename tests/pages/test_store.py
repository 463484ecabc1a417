"""The store of the canvas: an edit is shown at once, and whatever happens it is made once, in its place."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route

from builder.graph import Node
from tests.pages.storing import Store, add, keep, on_disk, path_of, plain
from tests.server import Server

Start = Callable[[], Server]
IMAGE = Node(id="image", kind="Input", config={"shape": [4]})


@pytest.fixture
def store(page: Page, server: Server) -> Store:
    """A store on a project with one Input, on the server that the tests share."""
    return Store(page, server, keep(server, IMAGE)).open()


def kept(store: Store) -> list[str]:
    """The ids of the nodes on the disk; they are those that the canvas shows, and nothing else differs."""
    graph = on_disk(store.server, store.project)
    assert store.nodes == plain(graph)
    return [node.id for node in graph.nodes]


def test_an_edit_is_shown_at_once_and_then_saved(store: Store) -> None:
    """The answer brings its shape."""
    shown = store.page.evaluate(
        "(edit) => { store.do(edit); return [store.get().nodes.length, store.get().status, store.get().pending] }",
        add("relu1", source="image"),
    )
    assert shown == [2, "saving", 1]
    assert kept(store.until("saved").shaped()) == ["image", "relu1"]
    assert store.get("nodes[1].about.shape") == "B × 4"
    assert store.get("edges") == [
        {"id": "relu1.input", "source": "image", "output": "", "node": "relu1", "port": "input"}
    ]
    assert store.get("scene.revision") == 1


def test_a_hundred_quick_edits_all_arrive(store: Store) -> None:
    """In their order, in few requests, with few bytes."""
    sent: list[str] = []
    store.page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    names = [f"relu{number}" for number in range(1, 101)]
    edits = [add(name, source=before) for name, before in zip(names, ["image", *names], strict=False)]
    assert kept(store.do(*edits).until("saved")) == ["image", *names]
    assert len(sent) < 10


def test_nodes_that_are_one_layer_change_together_at_once(store: Store) -> None:
    """Before the server has said so, as after."""
    store.do(add("linear1", "Linear", "image", units=3), add("linear2", "Linear", "linear1", units=4))
    store.do(add("linear3", "Linear", "linear1", units=5)).until("saved")
    shown = store.page.evaluate(
        """() => {
            store.do({ edit: 'share', node: 'linear2', owner: 'linear1' })
            store.do({ edit: 'config', node: 'linear2', config: { bias: false } })
            store.do({ edit: 'share', node: 'linear3', owner: 'nobody' })
            return [store.get().status, store.get().nodes.map(({ config, shares }) => [config, shares])]
        }"""
    )
    one = {"units": 3, "bias": False}
    assert shown == ["saving", [[{"shape": [4]}, ""], [one, ""], [one, "linear1"], [{"units": 5}, ""]]]
    assert kept(store.until("saved")) == ["image", "linear1", "linear2", "linear3"]
    assert "nobody" in store.told


def test_what_an_answer_leaves_alone_stays_the_same_object(store: Store) -> None:
    """So React draws only what changed."""
    store.do(add("relu1", source="image"), add("relu2", source="relu1")).until("saved").shaped()
    store.page.evaluate("() => { window.before = store.get() }")
    store.do({"edit": "move", "positions": {"relu2": [10, 20]}}).until("saved")
    same = "() => store.get().nodes.map((node, place) => node === before.nodes[place])"
    assert store.page.evaluate(same) == [True, True, False]
    assert store.page.evaluate("() => store.get().edges === before.edges && store.get() !== before")


def test_edits_wait_while_the_server_is_away(page: Page, start_server: Start) -> None:
    """They are made when it is back, once, in their order; the canvas goes on meanwhile."""
    server = start_server()
    store = Store(page, server, keep(server, IMAGE)).open()
    server.kill()
    names = [f"relu{number}" for number in range(20)]
    for name in names:
        store.do(add(name))
    store.until("offline")
    assert (store.ids, store.get("pending")) == (["image", *names], 20)
    server.start()
    assert kept(store.until("saved")) == ["image", *names]
    assert not store.told


def test_a_reload_at_once_loses_nothing(store: Store) -> None:
    """Neither what is on its way nor what was made just now; and nothing is made twice."""
    for number in range(5):
        store.do(*(add(f"relu{number}{letter}") for letter in "123"))
        store.do({"edit": "paste", "nodes": [{"id": f"copy{number}", "kind": "Tanh"}]})
        store.tab = f"reloaded{number}"
        store.open()
    assert [id for id in kept(store) if id.startswith("relu")] == [
        f"relu{number}{letter}" for number in range(5) for letter in "123"
    ]
    assert [id for id in kept(store) if id.startswith("copy")] == [f"copy{number}" for number in range(5)]


def test_an_edit_before_a_reload_outlives_a_server_that_is_away(page: Page, start_server: Start) -> None:
    """The tab keeps it."""
    server = start_server()
    store = Store(page, server, keep(server, IMAGE)).open()
    server.kill()
    store.do(add("relu1"), {"edit": "paste", "nodes": [{"id": "relu1", "kind": "ReLU"}]}).until("offline")
    page.on("dialog", lambda dialog: dialog.accept())
    page.goto("about:blank")
    server.start()
    store.tab = "two"
    assert kept(store.open()) == ["image", "relu1", "relu2"]


def test_an_answer_that_is_lost_makes_no_edit_twice(store: Store) -> None:
    """The server knows the numbers that it has made."""

    def lose(route: Route) -> None:
        route.fetch()
        route.abort()

    store.page.route("**/edits", lose, times=2)
    store.do({"edit": "paste", "nodes": [{"id": "relu1", "kind": "ReLU"}]}).until("offline")
    assert kept(store.until("saved")) == ["image", "relu1"]


def test_a_server_that_dies_before_it_answers_makes_no_edit_twice(page: Page, start_server: Start) -> None:
    """What it has saved it knows to have made when it comes back."""
    server = start_server()
    store = Store(page, server, keep(server, IMAGE)).open()

    def die(route: Route) -> None:
        route.fetch()
        server.kill()
        route.abort()

    page.route("**/edits", die, times=1)
    store.do({"edit": "paste", "nodes": [{"id": "relu1", "kind": "ReLU"}]}).until("offline")
    server.start()
    assert kept(store.until("saved")) == ["image", "relu1"]


def test_a_slow_network_changes_nothing_but_the_wait(store: Store) -> None:
    """Edits go on being shown at once."""
    devtools = store.page.context.new_cdp_session(store.page)
    slow = {"offline": False, "latency": 700, "downloadThroughput": 50_000, "uploadThroughput": 20_000}
    devtools.send("Network.emulateNetworkConditions", slow)
    for number in range(1, 11):
        store.do(add(f"relu{number}"))
        assert len(store.ids) == 1 + number
        store.page.wait_for_timeout(100)
    assert store.get("pending") > 0
    assert kept(store.until("saved")) == ["image", *(f"relu{number}" for number in range(1, 11))]


def test_two_tabs_see_each_other(store: Store, page: Page) -> None:
    """None overwrites the other, and none takes back what the other did."""
    other = Store(page.context.new_page(), store.server, store.project, "two").open()
    store.do(add("mine", source="image")).until("saved")
    other.page.wait_for_function("() => store.get().nodes.length === 2")
    assert "another tab" in other.told
    store.page.evaluate("() => { window.wait = store.get().told?.n ?? 0 }")
    store.page.route("**/revision", lambda route: route.abort())  # it does not hear of what comes next
    store.page.route("**/scene*", lambda route: route.abort())
    other.do({"edit": "config", "node": "image", "config": {"shape": [9]}}).until("saved")
    store.call("undo")
    store.page.wait_for_function("() => (store.get().told?.n ?? 0) > wait")
    assert "nothing was undone" in store.told
    store.page.wait_for_function("() => store.get().nodes[0].config.shape[0] === 9")
    assert kept(store) == ["image", "mine"]


def test_a_refused_edit_is_told_and_holds_up_nothing(store: Store) -> None:
    """What does not fit is taken back on the canvas; what came after it is made."""
    store.do(
        {"edit": "connect", "source": "image", "node": "nowhere", "port": "input"},
        add("image", "Tanh"),
        {"edit": "no such edit"},
        {"edit": "config", "node": "image", "config": {"shape": [7]}},
        add("relu1"),
    ).until("saved")
    assert kept(store) == ["image", "relu1"]
    assert store.get("told.kind") == "refused"
    assert "There is a node" in store.told


def test_a_request_that_is_no_good_is_taken_apart(store: Store) -> None:
    """The one edit that the server cannot read is given up; it does not stand in the way for ever."""
    deep = """([first, last]) => {
        let deep = { edit: 'several', edits: [] }
        for (let depth = 0; depth < 400; depth++) deep = { edit: 'several', edits: [deep] }
        for (const edit of [first, deep, last]) store.do(edit)
    }"""
    store.page.evaluate(deep, [add("relu1"), add("relu2")])
    store.until("saved")
    assert kept(store) == ["image", "relu1", "relu2"]
    assert store.told


def test_undo_shows_what_it_undid(store: Store) -> None:
    """Also where that lies in another role."""
    store.do({"edit": "add_role", "role": "critic"}).call("open", {"role": "critic"}).until("saved")
    store.page.wait_for_function("() => store.get().role === 'critic'")
    assert store.ids == []
    store.do(add("relu1")).until("saved").call("open", {"role": "model"})
    store.page.wait_for_function("() => store.get().role === 'model'")
    store.call("undo")
    store.page.wait_for_function("() => store.get().status === 'saved' && store.get().role === 'critic'")
    assert store.ids == []
    store.call("redo")
    store.page.wait_for_function("() => store.get().nodes.length === 1")
    assert store.get("pending") == 0


def test_a_project_that_is_gone_is_told(store: Store) -> None:
    """And what was not saved waits for it."""
    path = path_of(store.server, store.project)
    text = path.read_bytes()
    path.unlink()
    store.do(add("relu1")).until("gone")
    path.write_bytes(text)
    assert kept(store.until("saved")) == ["image", "relu1"]


def test_a_revision_that_streamlit_tells_of_is_fetched(store: Store) -> None:
    """At once, not at the next look."""
    other = Store(store.page.context.new_page(), store.server, store.project, "two").open()
    other.do(add("relu1")).until("saved")
    store.call("known", 1)
    store.page.wait_for_function("() => store.get().nodes.length === 2", timeout=1500)


def test_a_role_is_followed_under_its_new_name(store: Store) -> None:
    """And under the old one, if the new one was refused."""
    store.do({"edit": "add_role", "role": "critic"}).until("saved")
    store.do({"edit": "rename_role", "role": "model", "to": "actor"})
    store.page.wait_for_function("() => store.get().role === 'actor' && store.get().status === 'saved'")
    assert store.ids == ["image"]
    store.do({"edit": "rename_role", "role": "actor", "to": "critic"}).until("saved")
    store.page.wait_for_function("() => store.get().told && store.get().role === 'actor'")
    assert store.ids == ["image"]
