"""The store of the canvas in a page that shows nothing else, and what lies on the disk."""

import time
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

from builder.files import load, save
from builder.graph import Graph, Node
from builder.project import Project
from tests.server import Server

SCRIPT = "/_stcore/bidi-components/strata-canvas.canvas/index.js"
START = """async ([script, base, project, tab]) => {
    const { createStore, graph } = await import(script)
    window.graph = graph
    window.store = createStore({ base, project, tab })
}"""
SHOWN = """() => store.get().nodes.map(({ id, kind, config, inputs, position, shares }) =>
    ({ id, kind, config, inputs, position, shares }))"""
Plain = dict[str, Any]


class Store:
    """The store of a project in a browser tab."""

    def __init__(self, page: Page, server: Server, project: str, tab: str = "one") -> None:
        self.page, self.server, self.project, self.tab = page, server, project, tab

    def open(self) -> "Store":
        """Go to the server and start the store anew, as a reload does."""
        self.page.goto(f"{self.server.url}/api/layers")
        return self.start()

    def start(self) -> "Store":
        """Start a store on a page that is there already."""
        self.page.evaluate(START, [SCRIPT, self.server.url, self.project, self.tab])
        return self.until("saved")

    def do(self, *edits: Plain) -> "Store":
        """Make edits in a row, without waiting in between."""
        self.page.evaluate("(edits) => { for (const edit of edits) store.do(edit) }", list(edits))
        return self

    def call(self, name: str, argument: Any = None) -> "Store":
        """Call a function of the store."""
        self.page.evaluate("([name, argument]) => { store[name](argument) }", [name, argument])
        return self

    def until(self, status: str) -> "Store":
        """Wait for a status."""
        self.page.wait_for_function("(status) => store.get().status === status", arg=status)
        return self

    def shaped(self) -> "Store":
        """Wait until the server has loaded what it needs to tell shapes."""
        self.page.wait_for_function("() => !store.get().scene.pending", timeout=60_000)
        return self.until("saved")

    def get(self, expression: str) -> Any:
        """A piece of the state."""
        return self.page.evaluate(f"() => store.get().{expression}")

    @property
    def nodes(self) -> list[Plain]:
        """The nodes as the canvas shows them."""
        return list(self.page.evaluate(SHOWN))

    @property
    def ids(self) -> list[str]:
        """The ids of the nodes that the canvas shows."""
        return [node["id"] for node in self.nodes]

    @property
    def told(self) -> str:
        """The last message."""
        return str(self.page.evaluate("() => store.get().told?.text ?? ''"))


def keep(server: Server, *nodes: Node, **more: Any) -> str:
    """A project with these nodes in the home of a server; its id."""
    id = f"stored-{time.time_ns():x}"[:60]
    project = Project(name="Stored", graphs={"model": Graph(nodes=nodes), **more})
    save(project, path_of(server, id))
    return id


def path_of(server: Server, id: str) -> Path:
    """Where a project lies."""
    return server.home / "projects" / f"{id}.json"


def on_disk(server: Server, id: str, role: str = "model") -> Graph:
    """A graph of a project as it was saved last."""
    return load(path_of(server, id)).graphs[role]


def plain(graph: Graph) -> list[Plain]:
    """The nodes of a graph as the canvas tells them."""
    return [node.model_dump(mode="json") for node in graph.nodes]


def add(id: str, kind: str = "ReLU", source: str = "", **config: Any) -> Plain:
    """The edit that places a node."""
    node = {"id": id, "kind": kind, "config": config, "inputs": {"input": source} if source else {}}
    return {"edit": "add", "node": node}
