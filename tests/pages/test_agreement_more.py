"""Whatever is done in whatever order: canvas, server, file and history agree, and the canvas foresees the answer."""

import itertools
import json
import urllib.request
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test
from playwright.sync_api import Page
from pydantic import TypeAdapter

from builder.edits import Edit, History, InRole
from builder.edits.copies import Free
from builder.errors import StrataError
from builder.graph import Graph, Node
from tests.pages.storing import Store, keep, on_disk, plain
from tests.server import Server

EDIT: TypeAdapter[Any] = TypeAdapter(Edit)
START = (
    Node(id="image", kind="Input", config={"shape": [4]}),
    Node(id="relu1", kind="ReLU", inputs={"input": "image"}),
    Node(id="add1", kind="Add", inputs={"input1": "relu1", "input2": "image"}),
)
KINDS = ("ReLU", "Linear", "Add", "Output", "Flatten")
PORTS = ("input", "input1", "input2")
ANY = st.integers(0, 10_000)
SOME = st.lists(ANY, min_size=1, max_size=3)
SPOT = st.tuples(st.integers(-500, 500), st.integers(-500, 500))
GESTURE = st.sampled_from(["", "", "drag 1", "drag 2"])
FORESEEN = {"add", "remove", "connect", "disconnect", "move", "config", "share", "several"}


class Person(RuleBasedStateMachine):
    """Somebody who works on the canvas without ever waiting, and a history in Python that does the same."""

    def __init__(self, page: Page, server: Server, tabs: "itertools.count[int]") -> None:
        super().__init__()
        self.tabs = tabs
        self.store = Store(page, server, keep(server, *START), f"tab{next(tabs)}")
        page.evaluate("() => window.store?.stop()")
        self.store.start()
        self.history = History({"model": Graph(nodes=START)})
        self.foreseen = True
        """Whether only edits are waiting whose outcome the canvas knows before the server says it."""

    @property
    def nodes(self) -> list[dict[str, Any]]:
        return plain(self.history.now["model"])

    def id(self, number: int) -> str:
        ids = [node["id"] for node in self.nodes] or ["nobody"]
        return str(ids[number % len(ids)])

    def do(self, edit: dict[str, Any]) -> None:
        self.store.do(edit)
        try:
            self.history.do(InRole(role="model", inner=EDIT.validate_python(edit)))
        except StrataError:
            self.foreseen &= edit["edit"] != "several"
        self.foreseen &= edit["edit"] in FORESEEN
        if self.foreseen:
            assert self.store.nodes == self.nodes, edit

    @rule(kind=st.sampled_from(KINDS), source=ANY, spot=st.none() | SPOT)
    def add(self, kind: str, source: int, spot: tuple[int, int] | None) -> None:
        id = self.history.now["model"].fresh(kind)
        inputs = {"input1" if kind == "Add" else "input": self.id(source)} if source % 3 else {}
        self.do({"edit": "add", "node": {"id": id, "kind": kind, "inputs": inputs, "position": spot}})

    @rule(numbers=SOME, bridge=st.booleans())
    def remove(self, numbers: list[int], bridge: bool) -> None:
        self.do({"edit": "remove", "ids": [self.id(number) for number in numbers], "bridge": bridge})

    @rule(source=ANY, node=ANY, port=st.sampled_from(PORTS))
    def connect(self, source: int, node: int, port: str) -> None:
        self.do({"edit": "connect", "source": self.id(source), "node": self.id(node), "port": port})

    @rule(node=ANY, port=st.sampled_from(PORTS))
    def disconnect(self, node: int, port: str) -> None:
        self.do({"edit": "disconnect", "node": self.id(node), "port": port})

    @rule(numbers=SOME, spot=SPOT, gesture=GESTURE)
    def move(self, numbers: list[int], spot: tuple[int, int], gesture: str) -> None:
        places = {self.id(number): [spot[0] + number % 7, spot[1]] for number in numbers}
        self.do({"edit": "move", "positions": places, "gesture": gesture})

    @rule(node=ANY, units=st.integers(1, 64), gesture=GESTURE)
    def config(self, node: int, units: int, gesture: str) -> None:
        self.do({"edit": "config", "node": self.id(node), "config": {"units": units}, "gesture": gesture})

    @rule(node=ANY, owner=ANY, spot=SPOT)
    def several(self, node: int, owner: int, spot: tuple[int, int]) -> None:
        one, other = self.id(node), self.id(owner)
        share = {"edit": "share", "node": one, "owner": other}
        self.do({"edit": "several", "edits": [share, {"edit": "move", "positions": {one: spot}}]})

    @rule(numbers=SOME, spot=SPOT)
    def paste(self, numbers: list[int], spot: tuple[int, int]) -> None:
        chosen = {self.id(number) for number in numbers}
        copies = [node for node in self.nodes if node["id"] in chosen and node["kind"] != "Block"]
        self.do({"edit": "paste", "nodes": copies, "by": spot})

    @rule(numbers=SOME, name=st.sampled_from(["part", "whole"]))
    def make_block(self, numbers: list[int], name: str) -> None:
        ids = [*dict.fromkeys(self.id(number) for number in numbers)]
        self.do({"edit": "make_block", "ids": ids, "name": name})

    @rule(way=st.sampled_from(["undo", "undo", "redo"]))
    def step(self, way: str) -> None:
        self.store.call(way)
        getattr(self.history, way)()
        self.foreseen = False

    @rule()
    def wait(self) -> None:
        self.store.until("saved")
        self.foreseen = True
        assert self.store.nodes == self.nodes

    @rule()
    def reload(self) -> None:
        self.store.tab = f"tab{next(self.tabs)}"
        self.store.open()
        self.wait()

    def teardown(self) -> None:
        """Everybody agrees; and so they do when all is undone, and when all is done again."""
        self.agree()
        for way in ("undo", "redo"):
            while getattr(self.history, f"can_{way}"):
                self.store.call(way)
                getattr(self.history, way)()
            self.agree()

    def agree(self) -> None:
        self.store.until("saved")
        id, server = self.store.project, self.store.server
        with urllib.request.urlopen(f"{server.url}/api/projects/{id}/scene") as answer:
            scene = json.load(answer)
        told = [{name: node[name] for name in Node.model_fields} for node in scene["nodes"]]
        assert self.store.nodes == self.nodes == told == plain(on_disk(server, id))
        assert on_disk(server, id) == self.history.now["model"]
        steps = (scene["can_undo"], scene["can_redo"])
        assert steps == (self.history.can_undo, self.history.can_redo)
        assert self.store.get("scene.revision") == scene["revision"]


@pytest.mark.slow
@pytest.mark.timeout(7200)
def test_two_hundred_sequences_of_edits_keep_everybody_in_agreement(page: Page, server: Server) -> None:
    """Canvas, document, file and a history that did the same."""
    Store(page, server, keep(server, *START), "first").open()
    tabs = itertools.count()
    run_state_machine_as_test(
        lambda: Person(page, server, tabs),
        settings=settings(
            max_examples=800,
            stateful_step_count=15,
            deadline=None,
            phases=(Phase.explicit, Phase.reuse, Phase.generate),
            suppress_health_check=[*HealthCheck],
        ),
    )


@pytest.mark.timeout(300)
def test_names_and_circles_are_told_as_python_tells_them(page: Page, server: Server) -> None:
    """`fresh` and `leadsTo` are written twice, and say the same."""
    Store(page, server, keep(server, *START)).open()

    @settings(max_examples=60, deadline=None, suppress_health_check=[*HealthCheck])
    @given(
        st.lists(st.tuples(st.sampled_from(["conv", "conv1d", "relu"]), st.integers(0, 30)), max_size=12), ANY
    )
    def agree(names: list[tuple[str, int]], seed: int) -> None:
        ids = [*dict.fromkeys(f"{stem}{number}" for stem, number in names)]
        nodes = tuple(
            Node(id=id, kind="Add", inputs={f"input{place}": ids[(seed * place) % (place + 1)]})
            for place, id in enumerate(ids)
        )
        graph = Graph(nodes=nodes)
        said = page.evaluate(
            """([nodes, kinds]) => [kinds.map((kind) => graph.fresh(nodes, kind)),
               nodes.map((one) => nodes.map((other) => graph.leadsTo(nodes, one.id, other.id)))]""",
            [plain(graph), ["Conv2d", "Conv1d", "ReLU", "conv1d", "MultiheadAttention", "12"]],
        )
        kinds = ["Conv2d", "Conv1d", "ReLU", "conv1d", "MultiheadAttention", "12"]
        assert said[0] == [graph.fresh(kind) for kind in kinds]
        reads = {node.id: {source for _, source, _ in node.sources()} for node in nodes}

        def leads(one: str, other: str, seen: frozenset[str] = frozenset()) -> bool:
            before = reads[other] - seen
            return one == other or any(leads(one, source, seen | {other}) for source in before)

        assert said[1] == [[leads(one, other) for other in ids] for one in ids]

    agree()


@pytest.mark.timeout(300)
def test_copies_are_named_as_python_names_them(page: Page, server: Server) -> None:
    """`copied` and `Free` are one rule, written twice."""
    Store(page, server, keep(server, *START)).open()
    stems, numbers = st.sampled_from(["f", "conv", "a_1_", "n" * 57]), st.sampled_from(["", "1", "6", "007"])
    names = st.builds("{}{}".format, stems, numbers | st.integers(1, 9) | st.just("999999"))

    @settings(max_examples=60, deadline=None, suppress_health_check=[*HealthCheck])
    @given(st.lists(names, max_size=12), st.lists(names, min_size=1, max_size=8))
    def agree(taken: list[str], wished: list[str]) -> None:
        said = page.evaluate(
            """([taken, wished]) => {
                const all = new Set(taken)
                return wished.map((id) => { const given = graph.copied(id, all); all.add(given); return given })
            }""",
            [taken, wished],
        )
        free = Free(taken)
        assert said == [free(one) for one in wished]

    agree()
