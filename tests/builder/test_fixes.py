"""Fixes: each that is offered mends its node in the graph as it is; finding them costs an edit elsewhere nothing."""

import random
from collections.abc import Sequence
from typing import Any

import pytest

import builder
from builder.edits import AddNode, Connect, Disconnect, Edit, RemoveNodes, SetConfig, SetKind, Share
from builder.errors import Problem
from builder.fixes import mended, offered
from builder.graph import Graph, Node
from builder.inside import inside, problems_inside
from builder.layers import LAYERS
from builder.shapes import infer
from builder.trial import tried
from tests.graphs import KINDS, chain, node

Shape = tuple[int, ...]
NAMED = [kind for kind in KINDS if kind not in ("Input", "Output", "Block")]


def errors(graph: Graph) -> list[Problem]:
    return [problem for problem in builder.check(graph) if problem.severity == "error"]


def joined(kind: str, *shapes: Shape, ports: Sequence[str] = (), **config: Any) -> Graph:
    """A layer that several Inputs lead to."""
    names = ports or [f"input{number}" for number, _ in enumerate(shapes, 1)]
    ids = [f"x{number}" for number, _ in enumerate(shapes, 1)]
    inputs = [node(id, "Input", shape=list(shape)) for id, shape in zip(ids, shapes, strict=True)]
    layer = Node(id="layer", kind=kind, config=config, inputs=dict(zip(names, ids, strict=True)))
    return Graph(nodes=(*inputs, layer, node("y", "Output", "layer")))


def behind(*layers: tuple[str, dict[str, Any]], shape: Shape, skip: str) -> Graph:
    """A chain whose end is added to an earlier node."""
    graph = chain(*layers, shape=shape)
    last = graph.nodes[-2].id
    added = AddNode(node=node("sum", "Add", last, skip)).apply(graph)
    return Connect(source="sum", node="output1", port="input").apply(added)


WORKING = [
    (chain(("LSTM", {}), shape=(3, 8, 8)), "Insert Flatten (start 2) and Permute (order [2, 1])"),
    (chain(("Dropout2d", {}), shape=(8,)), "Make it Dropout"),
    (chain(("BatchNorm1d", {}), shape=(3, 8, 8)), "Make it BatchNorm2d"),
    (chain(("BatchNorm1d", {}), shape=(3, 8, 8)), "insert Flatten"),
    (chain(("Conv2d", {}), shape=(28, 28, 1)), "Insert Permute (order [3, 1, 2])"),
    (chain(("Conv1d", {}), shape=(50, 2)), "Insert Permute (order [2, 1])"),
    (chain(("MaxPool1d", {"kernel": 4}), shape=(50, 2)), "Insert Permute (order [2, 1])"),
    (chain(("MultiheadAttention", {"heads": 4}), shape=(8, 5)), "insert Permute (order [2, 1])"),
    (chain(("MultiheadAttention", {"heads": 4}), shape=(8, 5)), "Set heads to 5"),
    (chain(("Conv2d", {"kernel": 9}), shape=(1, 8, 8)), "Set kernel to 8"),
    (chain(("Conv2d", {"kernel": 9}), shape=(1, 8, 8)), "set padding to same"),
    (chain(("Conv2d", {"kernel": 9, "stride": 2}), shape=(1, 8, 8)), "set padding to 1"),
    (chain(("Conv2d", {"kernel": 4, "dilation": 3}), shape=(1, 9, 9)), "set dilation to 1"),
    (chain(("Conv2d", {"padding": "same", "stride": 2}), shape=(1, 8, 8)), "et stride to 1"),
    (chain(("Conv2d", {"groups": 3}), shape=(3, 8, 8)), "Set filters to 33"),
    (chain(("Conv2d", {"groups": 3}), shape=(4, 8, 8)), "Set groups to 2"),
    (chain(("GroupNorm", {"groups": 5}), shape=(8, 4, 4)), "Set groups to 4"),
    (chain(("MaxPool2d", {"padding": 5}), shape=(3, 8, 8)), "padding to 1"),
    (chain(("LSTM", {"dropout": 0.5}), shape=(5, 8)), "Set layers to 2"),
    (chain(("Reshape", {"shape": [4, 3]}), shape=(8,)), "Set shape to [4, -1]"),
    (chain(("Slice", {"start": 9}), shape=(8,)), "Set start to 0"),
    (chain(("Select", {"index": 9}), shape=(8,)), "Set index to -1"),
    (chain(("Permute", {}), shape=(3, 4, 5)), "Set order to [2, 3, 1]"),
    (chain(("Linear", {}), shape=(5,), dtype="int64"), "Insert Embedding"),
    (chain(("Embedding", {}), shape=(5,)), "Let 'input1' give indices (int64)"),
    (chain(("Conv2d", {}), shape=(3 * 32 * 32,)), "Insert Reshape (shape [3, 32, 32])"),
    (chain(("Flatten", {}), ("Conv2d", {}), shape=(3, 8, 8)), "Move it before 'flatten1'"),
    (chain(("Flatten", {}), ("BatchNorm2d", {}), shape=(3, 8, 8)), "ove it before 'flatten1'"),
    (chain(("Flatten", {}), ("LSTM", {}), shape=(8, 5)), "Move it before 'flatten1'"),
    (chain(("Conv2d", {}), shape=(28, 28)), "insert Reshape (shape [1, 28, 28])"),
    (chain(("Conv3d", {}), shape=(4, 8, 8)), "insert Reshape (shape [1, 4, 8, 8])"),
    (joined("MatMul", (3, 4), (5, 4), ports=("a", "b")), "Set transpose to True"),
    (joined("MatMul", (4, 3), (4, 5), ports=("a", "b")), "nsert Permute (order [2, 1])"),
    (joined("MatMul", (3, 4), (6, 5), ports=("a", "b")), "Insert Linear (units 6)"),
    (joined("Add", (5, 8), (8, 5)), "nsert Permute (order [2, 1])"),
    (joined("Add", (8, 16, 16), (4, 16, 16)), "Insert Conv2d (filters 4, kernel 1)"),
    (joined("Concatenate", (8, 16, 16), (4, 8, 8)), "nsert Upsample (factor 2)"),
    (joined("Concatenate", (5, 8), (4, 8), dim=2), "Set dim to 1"),
    (joined("Concatenate", (3, 4, 4), (7,)), "nsert Flatten"),
    (joined("GRU", (5, 8), (1, 16), ports=("input", "hidden")), "Set units to 16"),
    (joined("GRU", (5, 8), (16,), ports=("input", "hidden"), units=16), "nsert Reshape (shape [1, 16])"),
    (joined("LSTM", (5, 8), (1, 32), ports=("input", "hidden")), "isconnect 'hidden'"),
    (behind(("Linear", {"units": 64}), shape=(8,), skip="input1"), "Set units of 'linear1' to 8"),
    (behind(("Conv2d", {"padding": 1}), shape=(3, 8, 8), skip="input1"), "Set filters of 'conv1' to 3"),
]


@pytest.mark.parametrize(("wrong", "words"), WORKING)
def test_what_helps_is_offered_and_helps(wrong: Graph, words: str) -> None:
    """In words, and each edit by itself makes the whole graph right."""
    (problem,) = errors(wrong)
    assert words in problem.fix
    for edit in problem.edits:
        assert errors(edit.apply(wrong)) == []


@pytest.mark.parametrize("shape", [(8,), (10, 16), (3, 12, 12), (12, 12, 1), (4, 6, 6, 6)])
def test_every_fix_of_every_kind_works(shape: Shape) -> None:
    """Whatever arrives."""
    for kind in NAMED:
        for dtype in ("float32", "int64"):
            mend_all(chain((kind, {}), shape=shape, dtype=dtype))


def mend_all(graph: Graph) -> int:
    """Apply each offered fix by itself: the problem is gone; and how many there were."""
    count = 0
    for problem in builder.check(graph):
        for edit in problem.edits:
            count += 1
            left = builder.check(edit.apply(graph))
            if problem.rule == "shape":
                left = [one for one in left if (one.node, one.rule) == (problem.node, "shape")]
                assert not left, (str(problem), edit)
            assert problem.message not in [one.message for one in left], (str(problem), edit)
    return count


def random_edit(graph: Graph, chance: random.Random) -> Edit:
    """A change such as people make, often a bad one."""
    ids = [one.id for one in graph.nodes]
    kind, one, other = chance.choice(NAMED), chance.choice(ids), chance.choice(ids)
    port = chance.choice([*LAYERS[graph[one].kind].port_names(graph[one].inputs), "input"])
    fields = {"units": 6, "heads": 3, "kernel": 5, "groups": 3, "dim": 3, "filters": 9, "padding": "same"}
    mine = [name for name in fields if name in LAYERS[graph[one].kind].model_fields]
    ports = LAYERS[kind].port_names({})
    new = Node(id=graph.fresh(kind), kind=kind, inputs={name: chance.choice(ids) for name in ports[:2]})
    field = chance.choice(mine) if mine else ""
    edits: list[Edit] = [
        AddNode(node=new), AddNode(node=new), Connect(source=other, node=one, port=port),
        Disconnect(node=one, port=port), RemoveNodes(ids=(one,), bridge=True), Share(node=one, owner=other),
        SetConfig(node=one, config={field: fields[field]} if mine else {}),
    ]  # fmt: skip
    if graph[one].kind in NAMED:
        edits.append(SetKind(node=one, kind=kind))
    return chance.choice(edits)


@pytest.mark.parametrize("seed", range(6))
def test_after_random_edits_every_offered_fix_still_works(seed: int) -> None:
    """What is remembered of one graph is true in another."""
    chance, count = random.Random(seed), 0
    graph = start = chain(("Conv2d", {}), ("Flatten", {}), ("Linear", {}), shape=(3, 12, 12))
    for _ in range(40):
        graph = random_edit(graph, chance).apply(graph)
        graph = graph if len(graph.nodes) > 2 else start
        count += mend_all(graph)
    assert count > 20


def test_an_input_that_is_fed_is_not_set() -> None:
    """Inside a block its numbers come from outside; its own choice mends nothing."""
    block = Graph(nodes=(
        node("a", "Input", shape=[5]), node("look", "Embedding", "a"), node("b", "Output", "look"),
    ))  # fmt: skip
    use = Node(id="use", kind="Block", config={"block": "words"}, inputs={"a": "x"})
    graph = Graph(
        nodes=(node("x", "Input", shape=[5]), use, node("y", "Output", "use")), blocks={"words": block}
    )
    (problem,) = problems_inside(graph, ("use",))
    assert problem.node == "look" and not problem.edits
    assert mended(inside(graph, ("use",)), problem) is problem


def broken(count: int, **common: Any) -> Graph:
    """So many convolutions that do not fit, each another one, beside a chain that does."""
    wrong = [node(f"c{one}", "Conv2d", "x", filters=one + 1, kernel=9, **common) for one in range(count)]
    return Graph(nodes=(
        node("x", "Input", shape=[1, 8, 8]), *wrong, node("dense", "Linear", "x"), node("y", "Output", "dense"),
    ))  # fmt: skip


def test_fixes_are_sought_in_few_at_once_and_remembered() -> None:
    """Each check brings some more; who is asked about gets its own at once; an edit elsewhere tries nothing."""
    offered._known.clear()
    graph = broken(20)
    first = [bool(problem.edits) for problem in errors(graph)]
    assert first == [number < offered.MOST_SOUGHT for number in range(20)]
    more = {problem.node: problem for problem in errors(graph)}
    assert more["c15"].edits and not more["c16"].edits
    assert mended(infer(graph), more["c16"]).edits
    while not all(problem.edits for problem in errors(graph)):
        pass
    fixed = builder.check(graph)
    SetConfig(node="dense", config={"units": 3}).apply(graph)
    before = tried.cache_info().misses
    again = builder.check(SetConfig(node="dense", config={"units": 4}).apply(graph))
    assert tried.cache_info().misses - before == 1, "the layer that was changed"
    assert again == fixed


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """The oldest goes."""
    monkeypatch.setattr(offered, "MOST_KNOWN", 5)
    offered._known.clear()
    errors(broken(20))
    assert len(offered._known) == 5


def test_names_that_were_taken_since_are_not_used() -> None:
    """What is remembered has no names in it."""
    graph = chain(("Linear", {}), ("BatchNorm1d", {}), shape=(3, 8, 8))
    (problem,) = errors(graph)
    taken = AddNode(node=node("flatten1", "Flatten", "input1")).apply(graph)
    again = next(one for one in errors(taken) if one.node == problem.node)
    assert again.edits != problem.edits and len(again.edits) == len(problem.edits)
    mend_all(taken)


def test_shared_weights_may_be_given_up() -> None:
    """A layer made for other features; its owner's kind is not changed under it."""
    nodes = (
        node("x", "Input", shape=[8]), node("a", "Linear", "x", units=4), node("b", "Linear", "a", units=4),
        node("y", "Output", "b"),
    )  # fmt: skip
    shared = Share(node="b", owner="a").apply(Graph(nodes=nodes))
    (problem,) = errors(shared)
    assert problem.fix.startswith("Give 'b' weights of its own")
    for edit in problem.edits:
        assert errors(edit.apply(shared)) == []


def test_a_free_port_is_led_to_from_the_nearest_that_nobody_reads() -> None:
    """If that fits; nothing is offered that would lead in a circle."""
    graph = Graph(nodes=(
        node("x", "Input", shape=[8]), node("far", "Linear", "x"), node("near", "Linear", "x"),
        node("loose", "ReLU"), node("y", "Output", "loose"),
    ))  # fmt: skip
    (problem,) = errors(graph)
    assert problem.fix == "Connect it to 'near'."
    assert problem.edits == (Connect(source="near", node="loose", port="input"),)
    assert errors(problem.edits[0].apply(graph)) == []
    image = SetKind(node="loose", kind="Conv2d").apply(graph)
    assert errors(image)[0].edits == ()
    ring = Graph(nodes=(node("x", "Input", shape=[8]), node("a", "ReLU"), node("b", "ReLU", "a")))
    assert errors(ring)[0].fix == "Connect it to 'x'."


def test_what_a_graph_lacks_is_placed_where_it_belongs() -> None:
    """An Output behind what nobody reads, an Input of a shape that fits before the first."""
    headless = Graph(
        nodes=(node("x", "Input"), node("a", "ReLU", "x"), node("b", "Tanh", "a", position=(10, 20)))
    )
    (problem,) = errors(headless)
    assert problem.fix == "Add an Output behind 'b'."
    done = problem.edits[0].apply(headless)
    assert errors(done) == [] and done.nodes[-1].position == (260, 20)
    for kind in NAMED:
        free = Graph(nodes=(Node(id="first", kind=kind), node("y", "Output", "first")))
        (problem,) = (one for one in errors(free) if one.rule == "must have an Input")
        if LAYERS[kind].many or len(LAYERS[kind].inputs) > 1 or LAYERS[kind].borrows:
            assert problem.fix == "Add an Input node.", "one alone does not do"
        else:
            assert problem.fix == "Add an Input before 'first'."
            assert errors(problem.edits[0].apply(free)) == []


def test_a_circle_is_cut_wherever_it_leads() -> None:
    """Through each port, and through shared weights."""
    start = (node("x", "Input", shape=[8]), node("y", "Output", "sum"))
    twice = Graph(nodes=(*start, node("sum", "Add", "sum", "sum")))
    shared = Graph(nodes=(*start, Node(id="sum", kind="Linear", inputs={"input": "x"}, shares="sum")))
    for graph in (twice, shared):
        problem = next(one for one in errors(graph) if one.rule == "no cycles")
        assert "circle" not in str(builder.check(problem.edits[0].apply(graph)))


def test_what_is_moved_before_another_takes_its_place() -> None:
    """On the canvas, too; and who read it reads the other."""
    graph = chain(("Flatten", {}), ("Conv2d", {}), ("ReLU", {}), shape=(3, 8, 8))
    placed = graph.with_nodes(
        tuple(
            one.model_copy(update={"position": (250.0 * place, 0.0)}) for place, one in enumerate(graph.nodes)
        )
    )
    (problem,) = errors(placed)
    after = problem.edits[0].apply(placed)
    assert [*infer(after).places] == ["input1", "conv1", "flatten1", "relu1", "output1"] and not errors(after)
    assert (after["conv1"].position, after["flatten1"].position) == ((250.0, 0.0), (500.0, 0.0))
