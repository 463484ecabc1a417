"""The source is what trains: readable, formatted, safe, and in need of torch alone."""

import ast
import builtins
import gc
import linecache
import subprocess
import sys
import traceback
from pathlib import Path
from typing import Any

import pytest
import torch
from pydantic import ValidationError
from torch import nn

import builder
from builder.around import around
from builder.compile import _network
from builder.edits import AddNode, Rename, SetConfig
from builder.graph import RESERVED, Graph, Node
from tests.graphs import KINDS, chain, data, long, outputs

TEXTS = {f"kind {kind}": around(kind) for kind in KINDS} | {
    f"template {name}": builder.template(name).graph for name in builder.templates()
}
HOSTILE = [
    "a'b", 'a"b', "a\nb", "a b", "A", "1a", "_a", "a__b", "", "a.b", "a-b", "ä", "class", "self", "match",
    "import", "torch", "nn", "forward", "parameters", "train", "block", "a" * 65, "__class__", "a\u2028b", "a\x00",
    "ａ", "a;import os",
]  # fmt: skip


@pytest.mark.parametrize("graph", TEXTS.values(), ids=TEXTS.keys())
def test_a_source_is_readable(graph: Graph) -> None:
    """It parses, fits the page, has no tabs, imports torch alone, and documents each class."""
    text = builder.source(graph)
    tree = ast.parse(text)
    assert ast.get_docstring(tree)
    assert all(len(line) <= 100 and line == line.rstrip() and "\t" not in line for line in text.splitlines())
    assert text.endswith("\n") and not text.endswith("\n\n")
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
    assert {ast.unparse(node) for node in imports} == {"import torch", "from torch import nn"}
    classes = [node for node in tree.body if isinstance(node, ast.ClassDef)]
    assert classes[-1].name == "Model"
    assert all(ast.get_docstring(one) for one in classes)
    assert len({one.name for one in classes}) == len(classes)


def test_a_source_is_formatted(tmp_path: Path) -> None:
    """A formatter finds nothing to do, in any of them."""
    for number, graph in enumerate(TEXTS.values()):
        (tmp_path / f"source{number}.py").write_text(builder.source(graph), encoding="utf-8")
    (tmp_path / "ruff.toml").write_text("line-length = 100\n[format]\nskip-magic-trailing-comma = true\n")
    command = [sys.executable, "-m", "ruff", "format", "--no-cache", "--diff", "."]
    answer = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stdout + answer.stderr


def test_modules_are_named_by_their_nodes() -> None:
    """So activations, errors and weights point at boxes."""
    graph = builder.template("digits-cnn").graph
    module = builder.compile(graph)
    with_modules = [node.id for node in graph.nodes if node.kind not in ("Input", "Output")]
    assert [name for name, _ in module.named_children()] == with_modules
    assert "def forward(self, image: torch.Tensor) -> torch.Tensor:" in builder.source(graph)


def test_inputs_and_outputs_in_their_order() -> None:
    """Arguments are the Input nodes as placed; several answers are a tuple."""
    nodes = (
        Node(id="second", kind="Input", config={"shape": [4]}),
        Node(id="first", kind="Input", config={"shape": [3]}),
        Node(id="both", kind="Concatenate", inputs={"input1": "first", "input2": "second"}),
        Node(id="sum_up", kind="Linear", config={"units": 2}, inputs={"input": "both"}),
        Node(id="answer", kind="Output", inputs={"input": "sum_up"}),
        Node(id="raw", kind="Output", inputs={"input": "both"}),
    )
    graph = Graph(nodes=nodes)
    text = builder.source(graph)
    assert (
        "        self, second: torch.Tensor, first: torch.Tensor\n    ) -> tuple[torch.Tensor, torch.Tensor]:"
        in text
    )
    second, first = torch.randn(2, 4), torch.randn(2, 3)
    answer, raw = builder.compile(graph)(second, first)
    assert torch.equal(raw, torch.cat((first, second), 1))
    assert answer.shape == (2, 2)


def test_nodes_may_be_placed_in_any_order() -> None:
    """The source computes sources first."""
    graph = builder.template("digits-mlp").graph
    turned = Graph(nodes=graph.nodes[::-1])
    one, other = builder.compile(graph), builder.compile(turned)
    other.load_state_dict(one.state_dict())
    assert torch.equal(one(*data(graph)), other(*data(graph)))


def test_blocks_are_classes_and_repeats_loops() -> None:
    """Uses that differ in numbers share a class; the numbers are its arguments."""
    text = builder.source(builder.template("resnet-18").graph)
    classes = [node.name for node in ast.parse(text).body if isinstance(node, ast.ClassDef)]
    assert classes == ["BasicBlock", "DownBlock", "Model"]
    assert len(text.splitlines()) < 100
    text = builder.source(builder.template("digits-transformer").graph)
    assert "for _ in range(2)" in text


def test_the_executed_source_is_the_module() -> None:
    """The text in a namespace of its own gives the same numbers with the same weights, also for gradients."""
    graph = builder.template("digits-resnet").graph
    module, world = builder.compile(graph), dict[str, Any]()
    exec(builder.source(graph), world)
    alone = world["Model"]()
    alone.load_state_dict(module.state_dict())
    (x,) = data(graph)
    answers = [one(x) for one in (module, alone)]
    assert torch.equal(*answers)
    for answer in answers:
        answer.square().sum().backward()
    pairs = zip(module.parameters(), alone.parameters(), strict=True)
    assert all(torch.equal(one.grad, other.grad) for one, other in pairs)


def test_equal_seeds_give_equal_weights() -> None:
    """Initialisation takes torch's generator, in the order of the nodes."""
    graph, states = around("Block"), []
    for _ in range(2):
        torch.manual_seed(7)
        states.append(builder.compile(graph).state_dict())
    assert all(torch.equal(states[0][name], states[1][name]) for name in states[0])


def test_a_traceback_shows_the_line() -> None:
    """linecache knows the text, and forgets it with the class."""
    module = builder.compile(chain(("Linear", {"units": 77})))
    try:
        module(torch.randn(2, 9))
    except RuntimeError as error:
        shown = "".join(traceback.format_exception(error))
    assert "linear1 = self.linear1(input1)  # B × 77" in shown
    assert "<strata " in shown
    assert any(name.startswith("<strata ") for name in linecache.cache)


def test_the_lines_outlast_an_earlier_class_of_the_same_text() -> None:
    """A class that is gone takes its own lines along, not those of its successor."""
    graph = chain(("Linear", {"units": 78}))
    name = type(builder.compile(graph)).forward.__code__.co_filename
    _network.cache_clear()
    module = builder.compile(graph)
    gc.collect()
    assert "self.linear1" in "".join(linecache.getlines(name))
    del module
    _network.cache_clear()
    gc.collect()
    assert name not in linecache.cache


def test_on_the_meta_device_nothing_is_allocated() -> None:
    """VGG-16 has half a gigabyte of weights."""
    module = builder.compile(builder.template("vgg-16").graph, "meta")
    assert all(weight.is_meta for weight in module.parameters())


@pytest.mark.parametrize("name", HOSTILE)
def test_55_names_that_could_break_out_of_the_source(name: str) -> None:
    """Refused wherever a name enters: nodes, blocks, arguments, renaming."""
    inner = around("ReLU").model_dump()
    for make in (
        lambda: Node(id=name, kind="ReLU"),
        lambda: Rename(node="a", to=name),
        lambda: Graph.model_validate({"blocks": {name: inner}}),
        lambda: Graph.model_validate({"arguments": {name: 1}}),
        lambda: builder.Project.model_validate({"graphs": {name: inner}}),
    ):
        with pytest.raises(ValidationError):
            make()


def test_55_every_attribute_of_a_module_is_reserved() -> None:
    """A node named like one would hide it; Python's own words are refused as well."""
    names = {name for name in dir(nn.Module()) if name == name.lower() and name[0] != "_"}
    assert names <= RESERVED


@pytest.mark.parametrize("text", ["'); import os #", '"\n', "\\", "{x}", "%s", "\u202e", "__import__('os')"])
def test_55_what_a_person_types_never_reaches_the_text(text: str) -> None:
    """In any field, port, source, owner or kind, it is refused before anything is written."""
    graph = around("Block")
    for kind in KINDS:
        for field in around(kind)["layer"].config.keys() | set(
            builder.layer.Layer.registry[kind].model_fields
        ):
            wrong = SetConfig(node="layer", config={field: text}).apply(around(kind))
            assert builder.check(wrong), (kind, field)
    nodes = [
        Node(id="bad", kind=text, inputs={"input": "input1"}),
        Node(id="bad", kind="ReLU", inputs={text: "input1"}),
        Node(id="bad", kind="ReLU", inputs={"input": text}),
        Node(id="bad", kind="ReLU", inputs={"input": f"input1.{text}"}),
        Node(id="bad", kind="ReLU", inputs={"input": "input1"}, shares=text),
    ]
    for bad in nodes:
        with pytest.raises(builder.BadGraph):
            builder.source(AddNode(node=bad).apply(graph))
    inner = graph.blocks["skip"]
    units = SetConfig(node="linear1", config={"units": text}).apply(inner)
    with pytest.raises(builder.BadGraph):
        builder.source(graph.model_copy(update={"blocks": {"skip": units}}))


def test_a_name_like_a_builtin_does_no_harm() -> None:
    """Ids become attributes and local variables, nothing else."""
    for id in ("print", "int", "list", "x", "len", "object", "input", "id", "float32"):
        nodes = (
            Node(id=id, kind="Input", config={"shape": [8]}),
            Node(id="dense", kind="Linear", inputs={"input": id}),
            Node(id="y", kind="Output", inputs={"input": "dense"}),
        )
        assert outputs(builder.compile(Graph(nodes=nodes)), (torch.randn(2, 8),))[0].shape == (2, 64)


def test_long_lines_are_broken() -> None:
    """Many inputs with long names still fit the page."""
    names = [f"a_rather_long_name_number_{number}" for number in range(12)]
    nodes = [Node(id=name, kind="Input", config={"shape": [4]}) for name in names]
    ports = {f"input{number}": name for number, name in enumerate(names, 1)}
    nodes += [
        Node(id="all_of_them", kind="Concatenate", inputs=ports),
        Node(id="sum_of_them", kind="Add", inputs=ports),
        Node(id="y", kind="Output", inputs={"input": "all_of_them"}),
        Node(id="z", kind="Output", inputs={"input": "sum_of_them"}),
    ]
    graph = Graph(nodes=tuple(nodes))
    text = builder.source(graph)
    builtins.compile(text, "source", "exec")
    assert max(map(len, text.splitlines())) <= 100
    given = data(graph)
    first, second = builder.compile(graph)(*given)
    assert torch.equal(first, torch.cat(given, 1))
    assert torch.allclose(second, torch.stack(given).sum(0), atol=1e-5)


def test_a_repeat_with_many_arguments_is_broken_as_a_formatter_does(tmp_path: Path) -> None:
    """No comma may stand behind a generator, nor a repeat of a block leave the page."""
    names = [f"rather_long_argument_{number}" for number in range(5)]
    inner = [Node(id="a", kind="Input", config={"shape": [4]})]
    for number, name in enumerate(names):
        units = {"units": name}
        inner.append(Node(id=f"dense{number}", kind="Linear", config=units, inputs={"input": inner[-1].id}))
    inner.append(Node(id="b", kind="Output", inputs={"input": inner[-1].id}))
    block = Graph(nodes=tuple(inner), arguments=dict.fromkeys(names, 8))
    other = {
        "block": "deep",
        "repeat": 3,
        "arguments": {name: 1000 + place for place, name in enumerate(names)},
    }
    nodes = (
        Node(id="x", kind="Input", config={"shape": [4]}),
        Node(id="first", kind="Block", config={"block": "deep"}, inputs={"a": "x"}),
        Node(id="second", kind="Block", config=other, inputs={"a": "first"}),
        Node(id="y", kind="Output", inputs={"input": "second"}),
    )
    graph = Graph(nodes=nodes, blocks={"deep": block})
    text = builder.source(graph)
    assert "for _ in range(2)" in text and max(map(len, text.splitlines())) <= 100
    assert builder.compile(graph)(torch.randn(2, 4)).shape == (2, 1004)
    path = tmp_path / "source.py"
    path.write_text(text, encoding="utf-8")
    (tmp_path / "ruff.toml").write_text("line-length = 100\n[format]\nskip-magic-trailing-comma = true\n")
    command = [sys.executable, "-m", "ruff", "format", "--no-cache", "--diff", "."]
    answer = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stdout + answer.stderr


def test_a_deep_network_runs() -> None:
    """A thousand layers are a thousand lines, not a recursion."""
    module = builder.compile(long(1_000))
    assert module(torch.randn(2, 16)).shape == (2, 16)
