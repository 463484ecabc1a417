"""Graph → a readable Python file that needs torch alone: a class for the network and one for each block."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import groupby

from builder.check import check, errors
from builder.errors import BadGraph
from builder.graph import Graph
from builder.layer import Call, Use
from builder.layers.io import Block
from builder.lines import fitted
from builder.modules import pasted
from builder.shapes import Inference, Place, infer
from builder.unify import Alike, Slot, Uses, unified

CLASS = "Model"
Statement = tuple[str, str]
"""A line of a forward method and the shape that it makes, for the comment."""


def source(graph: Graph) -> str:
    """The network as a Python file with the class `Model`. Node ids are its attributes and variables.

    Raises:
        BadGraph: the graph has errors; it carries all of them.
    """
    if wrong := errors(check(graph)):
        raise BadGraph(wrong)
    inference = infer(graph)
    writer = _Writer(_instances(inference, {}))
    network = writer.network(CLASS, [inference])
    head = '"""A network made with Strata. It needs torch alone."""\n\nimport torch\nfrom torch import nn'
    return "\n\n\n".join([head, *pasted(writer.ours), *writer.classes.values(), network]) + "\n"


def _instances(inference: Inference, found: dict[str, list[Inference]]) -> dict[str, list[Inference]]:
    """Each block's name → the inferences of its graph, one for each of the shapes and arguments it is used with."""
    for place in inference.places.values():
        for inner in place.inner:
            assert isinstance(place.layer, Block)
            uses = found.setdefault(place.layer.block, [])
            if not any(inner is other for other in uses):
                uses.append(inner)
                _instances(inner, found)
    return found


@dataclass
class _Writer:
    """Writes classes: one for all uses of a block that differ in numbers only, which become its arguments."""

    instances: dict[str, list[Inference]]
    classes: dict[str, str] = field(default_factory=dict)
    """Class name → text, in the order in which they must stand."""
    ours: dict[str, None] = field(default_factory=dict)
    """The modules of ours that the source uses."""
    _calls: dict[int, Call] = field(default_factory=dict)

    def network(self, name: str, uses: list[Inference], alike: Alike | None = None) -> str:
        """The class of a graph; of a block, for uses that agree but for the numbers that become its arguments."""
        graph = uses[0]
        made = [line for text in self._made(graph, alike.lifted if alike else {})
                for line in fitted(f"        {text}")]  # fmt: skip
        given = [
            "self",
            *(
                f"{argument}: {kind.__name__}"
                for argument, kind in (alike.arguments if alike else {}).items()
            ),
        ]
        taken = ["self", *(f"{place.node.id}: torch.Tensor" for place in graph.of_kind("Input"))]
        count = len(graph.of_kind("Output"))
        back = "torch.Tensor" if count == 1 else f"tuple[{', '.join(['torch.Tensor'] * count)}]"
        lines = [f"class {name}(nn.Module):", f'    """{_about(uses)}"""', ""]
        if made:
            lines += [
                *fitted(f"    def __init__({', '.join(given)}) -> None:"),
                "        super().__init__()",
                *made,
                "",
            ]
        lines += fitted(f"    def forward({', '.join(taken)}) -> {back}:")
        for statements in zip(*(_forward(one) for one in uses), strict=True):
            lines += fitted(statements[0][0], statements[0][1] if len(set(statements)) == 1 else "")
        return "\n".join(lines)

    def call(self, name: str, inference: Inference) -> Call:
        """The call that makes a use of a block; its class is written when it is first asked for."""
        if id(inference) not in self._calls:
            uses = [Uses(one, list(self._constructed(one)), [*_prepared(one), *(text for text, _ in _forward(one))])
                    for one in self.instances[name]]  # fmt: skip
            for alike in unified(uses):
                chosen = _free("".join(part.capitalize() for part in name.split("_")) + "Block", self.classes)
                self.classes[chosen] = self.network(chosen, [use.inference for use in alike.uses], alike)
                for use, values in zip(alike.uses, alike.values, strict=True):
                    self._calls[id(use.inference)] = Call(chosen, (), tuple(values.items()))
        return self._calls[id(inference)]

    def _constructed(self, inference: Inference) -> Iterator[tuple[str, list[Call]]]:
        """The nodes that own modules, with their calls: one, or for a repeated block one for each repeat."""
        for place in _computed(inference):
            if place.node.shares or place.outcome is None:
                continue
            if isinstance(place.layer, Block):
                yield place.node.id, [self.call(place.layer.block, one) for one in place.inner]
            elif place.outcome.call is not None:
                yield place.node.id, [place.outcome.call]

    def _made(self, graph: Inference, lifted: Mapping[Slot, dict[str, str]]) -> Iterator[str]:
        """The statements that construct a graph's modules, and make them ready."""
        for node, calls in self._constructed(graph):
            place = graph.places[node]
            if not isinstance(place.layer, Block):
                self.ours |= {call.target: None for call in calls if "." not in call.target}
            texts = [call.text(lifted.get((node, number), {})) for number, call in enumerate(calls)]
            yield f"self.{node} = {_repeated(texts, len(place.inputs)) if len(calls) > 1 else texts[0]}"
            yield from _ready(place)


def _ready(place: Place) -> tuple[str, ...]:
    return place.layer.prepare(f"self.{place.node.id}") if place.layer and not place.node.shares else ()


def _prepared(inference: Inference) -> list[str]:
    return [text for place in _computed(inference) for text in _ready(place)]


def _computed(inference: Inference) -> Iterable[Place]:
    return (place for place in inference.places.values() if place.node.kind not in ("Input", "Output"))


def _forward(inference: Inference) -> list[Statement]:
    read = _read(inference)
    statements = [one for place in _computed(inference) for one in _statements(place, inference, read)]
    results = [_expression(place.node.inputs["input"], inference) for place in inference.of_kind("Output")]
    return [*statements, (f"        return {', '.join(results)}", "")]


def _statements(place: Place, inference: Inference, read: dict[str, frozenset[str]]) -> list[Statement]:
    node, layer, outcome = place.node, place.layer, place.outcome
    if layer is None or outcome is None:
        return []
    inputs = {port: _expression(node.inputs[port], inference) for port in place.inputs}
    first = next(iter(outcome.outputs))
    used = read.get(node.id, frozenset())
    names = {
        port: _variable(node.id, "" if port == first else port) if port in used else "_"
        for port in outcome.outputs
    }
    shape = str(outcome.outputs[first])
    if isinstance(layer, Block):
        return _through_block(node.id, layer.repeat, [*inputs.values()], ", ".join(names.values()), shape)
    targets = "_" if set(names.values()) == {"_"} else layer.targets(names)
    owner = inference.graph[node.shares].kind if node.shares else node.kind
    use = Use(f"self.{node.shares or node.id}", inputs, used, owner)
    return [(f"        {targets} = {layer.forward(use)}", shape)]


def _through_block(id: str, repeat: int, inputs: list[str], target: str, shape: str) -> list[Statement]:
    if repeat == 1 or len(inputs) == 1:
        return [(f"        {target} = self.{id}({', '.join(inputs)})", shape)]
    return [(f"        {target} = {inputs[0]}", ""), (f"        for block in self.{id}:", ""),
            (f"            {target} = block({', '.join([target, *inputs[1:]])})", shape)]  # fmt: skip


def _expression(reference: str, inference: Inference) -> str:
    """How the source reads an output: a variable, or what the layer makes of it."""
    id, _, port = reference.partition(".")
    place = inference.places[id]
    if place.layer is None or place.outcome is None:
        raise AssertionError(f"{id} was not inferred")
    first = next(iter(place.outcome.outputs))
    return place.layer.port(port or first, _variable(id, "" if port in ("", first) else port))


def _variable(id: str, port: str) -> str:
    return f"{id}__{port}" if port else id


def _read(inference: Inference) -> dict[str, frozenset[str]]:
    """The outputs of each node that somebody reads."""
    found: dict[str, set[str]] = {}
    for place in inference.places.values():
        for _, source, port in place.node.sources():
            outcome = inference.places[source].outcome if source in inference.places else None
            if outcome:
                found.setdefault(source, set()).add(port or next(iter(outcome.outputs)))
    return {id: frozenset(ports) for id, ports in found.items()}


def _repeated(texts: list[str], inputs: int) -> str:
    runs = [(text, len(list(run))) for text, run in groupby(texts)]
    parts = [f"*({text} for _ in range({count}))" if count > 1 else text for text, count in runs]
    return f"nn.Sequential({', '.join(parts)})" if inputs == 1 else f"nn.ModuleList([{', '.join(parts)}])"


def _free(stem: str, taken: Iterable[str]) -> str:
    names = [stem, *(f"{stem}{number}" for number in range(2, len(list(taken)) + 3))]
    return next(name for name in names if name not in taken)


def _about(uses: list[Inference]) -> str:
    """The parameters of a class; from the smallest to the largest use of a block."""
    counts = {sum(place.outcome.parameters for place in one.places.values() if place.outcome and not place.node.shares)
              for one in uses}  # fmt: skip
    shown = f"{min(counts):,}" if len(counts) == 1 else f"{min(counts):,} to {max(counts):,}"
    return f"{shown} parameters."
