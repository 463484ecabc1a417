"""What the canvas is told of a graph: agrees with the builder, and is quick."""

import json
import time
from pathlib import Path
from typing import Any

import pytest

import builder
from builder.around import around
from builder.edits import InRole, MakeBlock, SetArguments, SetConfig
from builder.graph import Graph, Node
from builder.layers import LAYERS
from builder.project import Project
from pages.parts.documents.document import Document, document
from pages.parts.documents.kinds import kinds
from pages.parts.documents.scene import moved_to, output, scene
from tests.graphs import KINDS, chain, long
from tests.pages.seen import saved


def opened(graph: Graph, **graphs: Graph) -> Document:
    return document(saved(Project(graphs={"model": graph, **graphs})))


def nodes_of(document: Document, *path: str) -> dict[str, Any]:
    return {node["id"]: node for node in scene(document, "model", path)["nodes"]}


def blocked() -> Document:
    """Two Linear layers in a block `pair` whose first width is an argument."""
    layers = [("Linear", {"units": 12}), ("ReLU", {}), ("Linear", {"units": 12}), ("Softmax", {})]
    one = opened(chain(*layers, shape=(12,)))
    first = MakeBlock(ids=("linear1", "relu1", "linear2"), name="pair")
    one.edit(InRole(role="model", inner=first), "t")
    one.edit(InRole(role="model", inner=SetArguments(block="pair", arguments={"width": 24})), "t")
    return one


def block_of(one: Document) -> str:
    return next(node.id for node in one.project.graph.nodes if node.kind == "Block")


@pytest.mark.parametrize("name", builder.templates())
def test_a_scene_agrees_with_the_summary(workspace: Path, name: str) -> None:
    """Shapes, costs and totals of every ready network; and all of it is JSON."""
    one = document(saved(builder.template(name)))
    seen, summary = scene(one, ""), builder.summary(one.project.graph)
    rows = {row.node: row for row in summary.rows}
    assert [node["id"] for node in seen["nodes"]] == [node.id for node in one.project.graph.nodes]
    for node in seen["nodes"]:
        row, about = rows[node["id"]], node["about"]
        costs = (about["shape"], about["parameters"], about["multiply_adds"], about["bytes"])
        assert costs == (row.shape, row.parameters, row.multiply_adds, row.activation_bytes)
        assert len(about["fields"]) <= 4 and not about["problems"]
    totals = seen["totals"]
    assert (totals["parameters"], totals["depth"]) == (summary.parameters, summary.depth)
    assert totals["training_bytes"] == summary.training_bytes(totals["batch"])
    assert json.loads(json.dumps(seen, allow_nan=False))["roles"][0]["errors"] == 0


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_shown_with_its_ports(workspace: Path, kind: str) -> None:
    """As the builder sees them; a kind with many inputs has a free one more."""
    graph = around(kind)
    about = nodes_of(opened(graph))["layer"]["about"]
    assert [port["name"] for port in about["inputs"]][: len(graph["layer"].inputs)] == [
        *graph["layer"].inputs
    ]
    assert about["category"] == LAYERS[kind].category and not about["problems"]
    for port in about["inputs"]:
        assert (port["shape"] is None) == (port["name"] not in graph["layer"].inputs)
    assert bool(about["outputs"]) == (kind != "Output")
    assert all(port["shape"] and port["bytes"] for port in about["outputs"])
    for field in about["fields"]:
        assert field["kind"] in ("int", "float", "bool", "choice", "sizes", "text") and field["label"]
        assert ("options" in field) == (field["kind"] == "choice")
    if kind != "Block":
        known = kinds()["kinds"][kind]
        assert known["icon"] and known["help"] and kind.lower() in known["search"]


def test_kinds_have_categories_with_colours() -> None:
    """Each one is offered somewhere."""
    told = kinds()
    names = [category["name"] for category in told["categories"]]
    assert names[0] == "Dense" and {kind["category"] for kind in told["kinds"].values()} == {*names}
    assert all(category["colour"] != "" and category["colour_dark"] for category in told["categories"])


def test_fields_that_lead_then_those_that_were_changed(workspace: Path) -> None:
    """Guards against division by zero are no choices of a design; lists are typed."""
    shown = nodes_of(
        opened(
            chain(
                ("Conv2d", {"padding": "same", "bias": False, "stride": 1}),
                ("BatchNorm2d", {}),
                ("Dropout", {"rate": 0.2}),
                shape=(1, 8, 8),
            )
        )
    )
    fields = {id: [(one["name"], one["value"], one["kind"]) for one in node["about"]["fields"]]
              for id, node in shown.items()}  # fmt: skip
    assert fields["input1"][0] == ("shape", [1, 8, 8], "sizes")
    conv = [
        ("filters", 32, "int"),
        ("kernel", 3, "int"),
        ("padding", "same", "text"),
        ("bias", False, "bool"),
    ]
    assert fields["conv1"] == conv
    assert fields["batchnorm1"] == [] and fields["dropout1"] == [("rate", 0.2, "float")]
    assert shown["conv1"]["about"]["fields"][1]["sides"], "1, 7 may be typed for a kernel"
    conv1 = shown["conv1"]["about"]["fields"][0]
    assert (conv1["min"], conv1["max"], conv1["label"]) == (1, 65536, "Filters")


def test_problems_stand_at_their_nodes_with_edits_that_mend_them(workspace: Path) -> None:
    """A fix is an edit as the canvas sends it; problems of the whole graph stand apart."""
    one = opened(chain(("Conv2d", {}), ("LSTM", {}), shape=(1, 8, 8)))
    problem = nodes_of(one)["lstm1"]["about"]["problems"][0]
    assert problem["severity"] == "error" and problem["fixes"]
    assert all(fix["words"] and fix["edit"]["edit"] for fix in problem["fixes"])
    assert scene(one, "")["totals"]["errors"] == 1 == scene(one, "")["roles"][0]["errors"]
    empty = scene(opened(Graph()), "")
    assert len(empty["problems"]) == 2 and empty["nodes"] == []


def test_hopeless_graphs_are_shown(workspace: Path) -> None:
    """Circles, unknown kinds, ports and sources that do not exist, fields of any sort."""
    graph = Graph(
        nodes=(
            Node(id="a", kind="Linear", inputs={"input": "b", "left": "gone.x"}),
            Node(id="b", kind="Linear", config={"units": [1, {"x": None}]}, inputs={"input": "a"}),
            Node(id="c", kind="Nothing", config={"x": 1}, inputs={"y": "c"}),
            Node(id="d", kind="Block", config={"block": 7, "repeat": "x", "arguments": 3}),
            Node(id="e", kind="Add", inputs={"input3": "a"}),
        )
    )
    shown = nodes_of(opened(graph))
    assert [port["name"] for port in shown["a"]["about"]["inputs"]] == ["input", "left"]
    assert [port["required"] for port in shown["e"]["about"]["inputs"]] == [True, True, False, False]
    assert all(node["about"]["problems"] for node in shown.values())


def test_the_inside_of_a_block(workspace: Path) -> None:
    """With the shapes that reach it; a path that leads nowhere is followed as far as it goes."""
    one = blocked()
    id = block_of(one)
    seen = scene(one, "model", (id,))
    assert seen["path"] == [{"node": id, "block": "pair", "repeat": 1}]
    assert {"Input", "Linear", "ReLU", "Output"} == {node["kind"] for node in seen["nodes"]}
    assert all(node["about"]["shape"] for node in seen["nodes"])
    told = seen["blocks"][0]
    assert (told["name"], told["uses"], told["arguments"]) == ("pair", 1, {"width": 24})
    assert scene(one, "model", (id, "gone"))["path"] == seen["path"]
    assert scene(one, "model", ("gone", id))["path"] == []
    about = nodes_of(one)[id]["about"]
    assert (about["block"], about["repeat"]) == ("pair", 1)
    assert [field["name"] for field in about["fields"]] == ["repeat", "arguments.width"]
    spec = output(one, "model", (id,), "linear1", "")
    assert spec is not None and spec.shape[1:] == (12,)


def test_after_an_undo_the_canvas_looks_where_something_changed(workspace: Path) -> None:
    """Another role, another block, or where it was."""
    one = blocked()
    id = block_of(one)
    before = one.project.graphs
    inner = before["model"].blocks["pair"]
    other = inner.with_nodes(inner.nodes[:-1])
    within = {"model": before["model"].model_copy(update={"blocks": {"pair": other}})}
    assert moved_to(before, within, "model", ()) == ("model", (id,))
    assert moved_to(before, within, "model", (id,)) == ("model", (id,))
    outside = {"model": before["model"].with_nodes(before["model"].nodes[:1])}
    assert moved_to(before, outside, "model", ()) == ("model", ())
    two = {**before, "critic": Graph()}
    assert moved_to(before, two, "model", (id,)) == ("critic", ())
    assert moved_to(two, before, "critic", ()) == ("model", ())


def test_without_torch_the_graph_is_shown_at_once(workspace: Path) -> None:
    """Names, fields and ports, but no shapes yet; the canvas asks again."""
    seen = scene(opened(long(20)), "", shapes=False)
    assert seen["pending"] and seen["totals"] is None and len(seen["nodes"]) == 20
    about = seen["nodes"][1]["about"]
    assert about["shape"] is None and about["fields"][0]["value"] == 16 and not about["problems"]


@pytest.mark.parametrize(("length", "most"), [(20, 0.02), (300, 0.06)])
def test_a_scene_is_quick(workspace: Path, length: int, most: float) -> None:
    """After an edit, the median; measured 1 and 6 ms on a quiet machine."""
    one, took = opened(long(length)), []
    for value in range(9):
        edit = SetConfig(node="n1", config={"units": 8 + value % 2})
        one.edit(InRole(role="model", inner=edit), "t")
        began = time.perf_counter()
        scene(one, "")
        took.append(time.perf_counter() - began)
    assert sorted(took)[4] < most
