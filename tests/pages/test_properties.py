"""The form beside the canvas: one node, several nodes, a block, the network at a glance."""

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

import builder
from builder.edits import InBlock, MakeBlock
from builder.graph import Graph, Node
from builder.inside import way_to
from builder.layers import LAYERS
from builder.project import Project
from pages.parts.editing.blocks import uses
from pages.parts.editing.several import common
from tests.pages.seen import Open, button, choose, field, keyed, project_of, saved, words


@pytest.fixture(autouse=True)
def canvas(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What the canvas was told each time; it stands for one that was built, and tells what the test says."""
    told: list[dict[str, Any]] = []

    monkeypatch.setattr("pages.parts.canvas.canvas", lambda data, **rest: told.append(data))
    monkeypatch.setattr("pages.parts.canvas.built", lambda: True)
    return told


def nested() -> Project:
    """`x → one → two → y`, where both are the block `stem` with its argument `width`."""
    stem = Graph(
        nodes=(
            Node(id="a", kind="Input", config={"shape": [8]}),
            Node(id="linear", kind="Linear", config={"units": "width"}, inputs={"input": "a"}),
            Node(id="b", kind="Output", inputs={"input": "linear"}),
        ),
        arguments={"width": 4},
    )
    nodes = (
        Node(id="x", kind="Input", config={"shape": [8]}),
        Node(id="one", kind="Block", config={"block": "stem"}, inputs={"a": "x"}),
        Node(id="two", kind="Block", config={"block": "stem"}, inputs={"a": "one"}),
        Node(id="y", kind="Output", inputs={"input": "two"}),
    )
    return Project(name="Nested", graphs={"model": Graph(nodes=nodes, blocks={"stem": stem})})


def name_field(test: AppTest) -> Any:
    """The field with the name of the node; the one before it holds the name of the project."""
    return [one for one in test.text_input if one.label == "Name"][-1]


def test_nothing_selected_says_what_to_do_next(open_page: Open) -> None:
    test = open_page("build", project=saved(builder.template("digits-mlp")))
    assert "Everything fits" in words(test) and not test.exception
    assert button(test, "Train")


def test_an_empty_network_says_how_to_begin(open_page: Open) -> None:
    test = open_page("build", project=saved(Project(graphs={"model": Graph()})))
    assert "This network is empty" in words(test) and not test.exception


@pytest.mark.parametrize("kind", LAYERS)
def test_every_kind_has_properties(open_page: Open, kind: str) -> None:
    """Its help, what it expects, its formula and its source."""
    graph = Graph(nodes=(Node(id="one", kind=kind),))
    test = choose(open_page("build", project=saved(Project(graphs={"model": graph}))), "one")
    assert not test.exception
    shown = words(test)
    assert LAYERS[kind].help() in shown
    assert LAYERS[kind].reference in shown
    assert [one.value for one in test.get("latex")] == (
        [f"$$\n{LAYERS[kind].formula}\n$$"] * bool(LAYERS[kind].formula)
    )


def test_a_node_shows_what_flows_through_it(open_page: Open) -> None:
    test = choose(open_page("build", project=saved(builder.template("digits-cnn"))), "conv1")
    shown = words(test)
    assert "Expects] batch × channels × height × width, real numbers" in shown
    assert "In] B × 1 × 8 × 8" in shown and "Out] B ×" in shown and "Parameters]" in shown


def test_a_selected_node_has_its_fixes_however_much_is_wrong(open_page: Open) -> None:
    """The canvas looks for them in the first problems only."""
    data = Node(id="x", kind="Input", config={"shape": [1, 6, 6]})
    large = [
        Node(id=f"c{one}", kind="Conv2d", config={"filters": one + 1, "kernel": 7}, inputs={"input": "x"})
        for one in range(70)
    ]
    test = open_page("build", project=saved(Project(graphs={"model": Graph(nodes=(data, *large))})))
    fix = next(one for one in choose(test, "c69").button if one.label.startswith("Set kernel"))
    fix.click().run()
    assert project_of().graph["c69"].config["kernel"] < 7 and not test.exception


def test_what_is_gone_is_not_shown(open_page: Open) -> None:
    """Another tab may have removed the selected node, or the block that was open."""
    test = choose(open_page("build", project=saved(builder.template("digits-mlp"))), "ghost", path=("lost",))
    assert not test.exception and "Everything fits" in words(test)


def test_a_copy_is_selected(open_page: Open, canvas: list[dict[str, Any]]) -> None:
    test = choose(open_page("build", project=saved(builder.template("digits-mlp"))), "linear1")
    keyed(test, "linear1 duplicate").click().run()
    new = next(node for node in project_of().graph.nodes if node.id == "linear4")
    assert new.config == project_of().graph["linear1"].config
    assert canvas[-1]["select"]["ids"] == ["linear4"] and not test.exception


def test_a_new_name_is_followed(open_page: Open, canvas: list[dict[str, Any]]) -> None:
    test = choose(open_page("build", project=saved(builder.template("digits-mlp"))), "linear1")
    name_field(test).set_value("first").run()
    assert "first" in project_of().graph and canvas[-1]["select"]["ids"] == ["first"]
    name = name_field(test)  # before the canvas has told of it
    name.set_value("not a name").run()
    assert "A name must begin with a letter" in words(test)


def test_several_nodes_of_a_kind_are_set_as_one(open_page: Open) -> None:
    """Fields that differ are empty; what is put in is one edit, which one undo takes back."""
    project = builder.template("digits-mlp")
    test = choose(open_page("build", project=saved(project)), "linear1", "linear2")
    units = field(test.number_input, "Units")
    same = project.graph["linear1"].config["units"] == project.graph["linear2"].config["units"]
    assert (units.value is None) is not same
    units.set_value(24).run()
    assert [project_of().graph[id].config["units"] for id in ("linear1", "linear2")] == [24, 24]
    field(test.toggle, "Bias").set_value(False).run()
    assert project_of().graph["linear2"].config["bias"] is False
    test.session_state["table"] = True
    button(test.run(), "Undo").click().run()
    assert "bias" not in project_of().graph["linear1"].config
    assert project_of().graph["linear1"].config["units"] == 24 and not test.exception


@pytest.mark.parametrize("kind", LAYERS)
def test_any_kind_may_differ_in_any_field(open_page: Open, kind: str) -> None:
    """Whatever the field holds, nothing is committed by looking."""
    config = dict.fromkeys(LAYERS[kind].model_fields, "odd")
    graph = Graph(nodes=(Node(id="one", kind=kind), Node(id="two", kind=kind, config=config)))
    project = Project(graphs={"model": graph})
    test = choose(open_page("build", project=saved(project)), "one", "two")
    assert not test.exception
    assert project_of().graph == graph
    assert common(graph.nodes)[1] == set(config)


def test_nodes_of_several_kinds_have_totals_and_become_a_block(open_page: Open) -> None:
    test = choose(open_page("build", project=saved(builder.template("digits-mlp"))), "linear1", "relu1")
    assert "2 nodes" in words(test) and "Parameters]" in words(test)
    field(test.text_input, "Block of these nodes").set_value("first").run()
    button(test, "Make block").click().run()
    graph = project_of().graph
    assert "linear1" not in graph and [node.kind for node in graph.blocks["first"].nodes].count("Linear") == 1
    assert not builder.check(graph) and not test.exception


def test_the_name_of_a_block_that_is_taken_is_not_offered(open_page: Open) -> None:
    project = builder.template("digits-mlp")
    graph = MakeBlock(ids=("linear1", "relu1"), name="block1").apply(project.graph)
    test = choose(open_page("build", project=saved(project.with_graph(graph))), "linear2", "relu2")
    assert field(test.text_input, "Block of these nodes").value == "block2"


def test_inside_a_block_numbers_are_formulas(open_page: Open) -> None:
    test = choose(open_page("build", project=saved(nested())), "linear", path=("one",))
    units = field(test.text_input, "Units")
    assert units.value == "width" and "= 4" in words(test)
    units.set_value("2*width + in").run()
    assert project_of().graph.blocks["stem"]["linear"].config["units"] == "2*width + in"
    assert "= 16" in words(test)
    field(test.text_input, "Units").set_value("12").run()
    assert project_of().graph.blocks["stem"]["linear"].config["units"] == 12
    field(test.text_input, "Units").set_value("2*widht").run()
    assert "widht" in words(test) and not test.exception


def test_arguments_of_a_use(open_page: Open) -> None:
    """A number, a formula of what comes in, or nothing for the default."""
    test = choose(open_page("build", project=saved(nested())), "two")
    width = field(test.text_input, "width")
    assert width.value == "" and "4" in width.placeholder
    width.set_value("2*in").run()
    assert project_of().graph["two"].config["arguments"] == {"width": "2*in"}
    assert "= 8" in words(test)
    field(test.text_input, "width").set_value("6").run()
    assert project_of().graph["two"].config["arguments"] == {"width": 6}
    field(test.text_input, "width").set_value(" ").run()
    assert not project_of().graph["two"].config["arguments"] and not test.exception


def test_a_block_is_opened_and_unpacked(open_page: Open, canvas: list[dict[str, Any]]) -> None:
    test = choose(open_page("build", project=saved(nested())), "two")
    button(test, "Open").click().run()
    assert canvas[-1]["select"]["path"] == ["two"]
    test = choose(open_page("build", project="mine"), "two")
    button(test, "Unpack").click().run()
    assert "two" not in project_of().graph and not builder.check(project_of().graph)
    assert not test.exception


def test_the_definition_of_a_block(open_page: Open) -> None:
    """Its name, its uses, and its arguments, which every use follows."""
    test = choose(open_page("build", project=saved(nested())), path=("one",))
    assert "2 places" in words(test)
    field(test.text_input, "width").set_value("7").run()
    assert project_of().graph.blocks["stem"].arguments == {"width": 7}
    field(test.text_input, "New argument").set_value("rate").run()
    assert project_of().graph.blocks["stem"].arguments == {"width": 7, "rate": 1}
    field(test.text_input, "New argument").set_value("import").run()
    assert "must not be 'import'" in words(test)
    field(test.text_input, "rate").set_value("wide").run()
    assert "must be a number" in words(test)
    keyed(test, "stem rate remove").click().run()
    field(test.text_input, "Name of the block").set_value("core").run()
    graph = project_of().graph
    assert [*graph.blocks] == ["core"] and graph["one"].config["block"] == "core" and not test.exception


def test_a_block_that_is_not_used_can_go(open_page: Open) -> None:
    project = nested()
    graph = project.graph.model_copy(
        update={"blocks": {**project.graph.blocks, "spare": project.graph.blocks["stem"]}}
    )
    test = open_page("build", project=saved(project.with_graph(graph)))
    assert "not used" in words(test)
    keyed(test, "spare remove").click().run()
    assert [*project_of().graph.blocks] == ["stem"] and not test.exception


def test_problems_inside_a_block_are_mended_there(open_page: Open) -> None:
    project = nested()
    graph = InBlock(block="stem", inner=builder.edits.SetKind(node="linear", kind="BatchNorm2d")).apply(
        project.graph
    )
    test = choose(open_page("build", project=saved(project.with_graph(graph))), "linear", path=("one",))
    fix = next(one for one in test.button if "BatchNorm1d" in one.label)
    fix.click().run()
    assert project_of().graph.blocks["stem"]["linear"].kind == "BatchNorm1d" and not test.exception


def test_ways_and_uses() -> None:
    graph = nested().graph
    assert uses(graph, "stem") == 2 and way_to(graph, "stem") == ("one",)
    assert uses(graph, "none") == 0 and way_to(graph, "none") == ()


def test_text_is_shown_as_text(open_page: Open) -> None:
    """What stands in a file is no markup, wherever it is shown."""
    evil = "<img src=x onerror=alert(1)> **b** [l](http://example.com)"
    nodes = (Node(id="one", kind="Linear", config={"units": evil}), Node(id="two", kind=evil[:60]))
    for ids in (("one",), ("two",), ("one", "two"), ()):
        test = choose(open_page("build", project=saved(Project(graphs={"model": Graph(nodes=nodes)}))), *ids)
        assert not test.exception
        assert not [one.value for one in (*test.markdown, *test.caption) if "**b**" in str(one.value)]


def test_networks_by_role(open_page: Open, canvas: list[dict[str, Any]]) -> None:
    """Each is opened, renamed and removed; the last one stays."""
    graph = builder.template("digits-mlp").graph
    test = open_page("build", project=saved(Project(graphs={"generator": graph, "critic": Graph()})))
    assert canvas[-1]["role"] == "generator"
    test.button(key="role mine critic open").click().run()
    assert canvas[-1]["role"] == "critic" and "This network is empty" in words(test)
    field(test.text_input, "Role of network critic").set_value("judge").run()
    assert [*project_of().graphs] == ["generator", "judge"] and canvas[-1]["role"] == "judge"
    test.button(key="role mine judge remove").click().run()
    assert [*project_of().graphs] == ["generator"] and canvas[-1]["role"] == "generator"
    assert not test.exception


def test_nobody_waits_for_torch(open_page: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    """Until it is loaded, forms come without shapes and say so; what is set in them is set."""
    monkeypatch.setattr("pages.parts.editing.here.torch_is_ready", lambda: False)
    monkeypatch.setattr("pages.parts.lifespan.torch_is_ready", lambda: False)
    for name in ("inside", "problems_at"):
        monkeypatch.setattr(
            f"pages.parts.editing.here.{name}", lambda *asked: pytest.fail("it was waited for")
        )
    test = open_page("build", project=saved(nested()))
    test.session_state["table"] = test.session_state["source"] = True
    for ids, path in (
        ((), ()),
        (("two",), ()),
        (("one", "two"), ()),
        ((), ("one",)),
        (("linear",), ("one",)),
    ):
        test = choose(test, *ids, path=path)
        assert not test.exception and "still being loaded" in words(test)
    field(test.text_input, "Units").set_value("2*width").run()
    assert project_of().graph.blocks["stem"]["linear"].config["units"] == "2*width" and not test.exception
