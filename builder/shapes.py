"""The shapes and costs of a whole graph; what a layer does with its inputs is tried once and remembered."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from itertools import takewhile

from builder.errors import Problem
from builder.fields import Arguments, given, layer_of, ports, sized
from builder.graph import Graph, Node
from builder.layer import Layer, Spec
from builder.layers.io import Block, Input, Output
from builder.setting import Scope, Setting
from builder.trial import BATCH, MOST_PARAMETERS, Outcome, in_order, size, too_large, tried

MOST_LAYERS = 20_000
UNSHARED = ("Input", "Output", "Block")
"""Kinds that have no weights of their own."""
DEEPEST = 16
"""How deep blocks may be nested."""


@dataclass(frozen=True)
class Place:
    """What is known of a node in its graph; the outcome is None where something before it is wrong."""

    node: Node
    layer: Layer | None = None
    inputs: dict[str, Spec] = field(default_factory=dict)
    outcome: Outcome | None = None
    inner: tuple["Inference", ...] = ()
    """For a block: the inference of its graph for each repeat."""
    problems: tuple[Problem, ...] = ()

    @property
    def given(self) -> tuple[Spec, ...]:
        """What reaches it, in the order of its ports."""
        return in_order(self.layer, self.inputs, self.inputs.values()) if self.layer else ()


@dataclass(frozen=True)
class Inference:
    """The shapes and costs of a whole graph: its places in the order of computation, and its problems."""

    places: dict[str, Place]
    graph: Graph
    arguments: Arguments = ()
    """Inside a block, the values of its arguments, and of `in`."""
    around: tuple[str, ...] = ()
    """The blocks that it lies in, its own included."""
    feeds: Mapping[str, Spec] = field(default_factory=dict)
    """Inside a block, what reaches it, by Input."""

    @cached_property
    def problems(self) -> list[Problem]:
        """Everything that does not fit, in the order of computation."""
        return [problem for place in self.places.values() for problem in place.problems]

    @cached_property
    def outputs(self) -> dict[str, Spec | None]:
        """What leaves the graph, by the id of the Output node."""
        return {
            place.node.id: place.outcome.outputs["output"] if place.outcome else None
            for place in self.of_kind("Output")
        }

    @cached_property
    def parameters(self) -> int:
        """How many numbers it learns; weights that are used twice count once."""
        return sum(p.outcome.parameters for p in self.places.values() if p.outcome and not p.node.shares)

    @cached_property
    def depth(self) -> int:
        """How many layers that multiply by weights lie behind one another on the longest path."""
        depth: dict[str, int] = {}
        for id, place in self.places.items():
            before = max((depth.get(source, 0) for _, source, _ in place.node.sources()), default=0)
            depth[id] = before + (place.outcome.depth if place.outcome else 0)
        return max(depth.values(), default=0)

    def of_kind(self, kind: str) -> list[Place]:
        """The places of a kind in the order in which their nodes were placed."""
        return [self.places[id] for id in self.graph.ids(kind) if id in self.places]


_recent: tuple[Inference, ...] = ()
"""Of the graphs that were last asked about: check, summary, source and pages ask about the same one in turn."""


def infer(graph: Graph) -> Inference:
    """Shapes and costs of a graph. Wrong nodes carry problems; those behind them stay unknown."""
    global _recent
    for known in _recent:
        if known.graph is graph:
            return known
    inference = _infer(graph, Setting(Scope(graph.blocks), tuple(graph.arguments.items())), ())
    _recent = (inference, *_recent[:7])
    return inference


def infer_again(inference: Inference, graph: Graph, ids: Iterable[str]) -> Inference:
    """The places of some nodes anew, in this order, in a changed graph; all others as they were."""
    setting, places = (
        Setting(Scope(graph.blocks), inference.arguments, inference.around),
        dict(inference.places),
    )
    for id in ids:
        places[id] = _place(graph[id], places, setting, inference.feeds.get(id), MOST_LAYERS)
    return replace(inference, places=places, graph=graph)


def alone(graph: Graph, around: tuple[str, ...] = ()) -> Inference:
    """Of a block's graph by itself: the shapes of its own Inputs, the defaults of its arguments."""
    arguments = sized(tuple(graph.arguments.items()), own(graph))
    return _infer(graph, Setting(Scope(graph.blocks), arguments, around, whole=True), ())


def own(graph: Graph) -> tuple[Spec, ...]:
    """What a block's Inputs say that they are given, up to the first that cannot be read."""
    layers = (layer_of(graph[id].key, tuple(graph.arguments.items()))[0] for id in graph.ids("Input"))
    known = takewhile(lambda layer: isinstance(layer, Input), layers)
    return tuple(Spec((BATCH, *layer.shape), layer.dtype) for layer in known if isinstance(layer, Input))


def opened(inference: Inference, id: str) -> Inference:
    """The inference of the block that a node uses, with what reaches its first repeat; alone if nothing does."""
    node, blocks = inference.graph[id], inference.graph.blocks
    place, around = inference.places.get(id), (*inference.around, node.config["block"])
    graph = blocks[node.config["block"]].model_copy(update={"blocks": blocks})
    if place is None or not isinstance(place.layer, Block) or not (place.outcome or place.problems):
        return alone(graph, around)
    specs = tuple(place.inputs.values())
    arguments, wrong = given(place.layer.arguments, graph.arguments, inference.arguments, specs)
    if wrong:
        return alone(graph, around)
    return _infer(graph, Setting(Scope(blocks), arguments, around, whole=True), specs)


def _infer(graph: Graph, setting: Setting, feeds: tuple[Spec, ...]) -> Inference:
    places: dict[str, Place] = {}
    fed = dict(zip(graph.ids("Input"), feeds, strict=False))
    layers = 0
    for node in graph.order()[0]:
        place = places[node.id] = _place(node, places, setting, fed.get(node.id), MOST_LAYERS - layers)
        layers += place.outcome.layers if place.outcome else 0
        if place.problems and setting.around and not setting.whole:
            break  # the block is refused with the first problem inside, and hostile nesting ends here
    return Inference(places, graph, setting.arguments, setting.around, fed)


def _place(node: Node, places: Mapping[str, Place], setting: Setting, fed: Spec | None, room: int) -> Place:
    layer, problems = layer_of(node.key, setting.arguments)
    if layer is None:
        return Place(node, problems=tuple(_at(node, problem) for problem in problems))
    if isinstance(layer, Input):
        spec = fed or Spec((BATCH, *layer.shape), layer.dtype)
        return Place(node, layer, {}, Outcome({"output": spec}, activation_bytes=0 if fed else size([spec])))
    inputs = _inputs(node, layer, places, setting.scope)
    if inputs is None:
        return Place(node, layer)
    if isinstance(layer, Output):
        return Place(node, layer, inputs, Outcome({"output": inputs["input"]}))
    if isinstance(layer, Block):
        return _block(node, layer, inputs, setting, room)
    return _tried(node, layer, inputs, places, setting)


def _tried(
    node: Node, layer: Layer, inputs: dict[str, Spec], places: Mapping[str, Place], setting: Setting
) -> Place:
    specs, maker, borrowed = tuple(inputs.values()), node, None
    made_for: tuple[Spec, ...] = ()
    if layer.borrows and not node.shares:
        return Place(node, layer, inputs)  # check says so
    if node.shares:
        owner = places.get(node.shares)
        if owner is None or owner.outcome is None or owner.layer is None or not lends(owner.node.kind, layer):
            return Place(node, layer, inputs)
        made_for = owner.given
        if layer.borrows:
            borrowed = setting.key(owner.node, owner.layer)
        else:
            maker, layer = owner.node, owner.layer
    outcome = tried(setting.key(maker, layer), tuple(inputs), specs, made_for, borrowed)
    if not outcome.refusal:
        return Place(node, layer, inputs, outcome)
    named = outcome.refusal.partition(" ")[0]
    where = named if named in type(layer).model_fields else ""
    message = f"{layer.kind} '{node.id}': {outcome.refusal}"
    given = [list(spec.shape[1:]) for spec in specs]
    rule = "must not be too large" if outcome.parameters > MOST_PARAMETERS else "shape"
    return Place(node, layer, inputs, problems=(Problem(message, node.id, where, rule, given),))


def lends(owner: str, layer: Layer | type[Layer]) -> bool:
    """Whether a node of this kind can share its weights with a layer: one of its own kind, or one that borrows."""
    own = layer.kind if isinstance(layer, Layer) else layer.__name__
    return owner in (layer.borrows or (own,)) and owner not in UNSHARED


def _inputs(node: Node, layer: Layer, places: Mapping[str, Place], scope: Scope) -> dict[str, Spec] | None:
    """The specs that reach the node, in the order of its ports; None if one is not known."""
    required, optional, _ = ports(layer, node, scope.blocks)
    wanted = required + optional
    connected = [port for port in wanted if port in node.inputs]
    if not {*required} <= {*connected}:
        return None
    found: dict[str, Spec] = {}
    for port in connected:
        source, _, output = node.inputs[port].partition(".")
        place = places.get(source)
        if place is None or place.outcome is None:
            return None
        outputs = place.outcome.outputs
        spec = outputs.get(output) if output else next(iter(outputs.values()), None)
        if spec is None:
            return None
        found[port] = spec
    return found


def _at(node: Node, problem: Problem) -> Problem:
    message = problem.message.replace(f"{node.kind}:", f"{node.kind} '{node.id}':", 1)
    if message == problem.message:
        message = f"'{node.id}': {message}"
    return Problem(message, node.id, problem.field, problem.rule, problem.value, problem.fix)


def _block(node: Node, layer: Block, inputs: dict[str, Spec], setting: Setting, room: int) -> Place:
    """Run a block's graph as often as it is repeated, as long as there is room for its layers."""

    def refused(message: str, name: str = "") -> Place:
        problem = Problem(f"Block '{node.id}': {message}", node.id, name, "block", layer.block)
        return Place(node, layer, inputs, problems=(problem,))

    if wrong := _unusable(layer, setting):
        return refused(wrong, wrong.partition(" ")[0])
    graph = setting.scope.blocks[layer.block]
    around = (*setting.around, layer.block)
    inner: list[Inference] = []
    specs = tuple(inputs.values())
    for number in range(layer.repeat):
        arguments, wrong = given(layer.arguments, graph.arguments, setting.arguments, specs)
        if wrong:
            return refused(wrong, "arguments")
        one = _inside(Setting(setting.scope, arguments, around), layer.block, specs)
        inner.append(one)
        if one.problems:
            again = f" (repeat {number + 1})" if number else ""
            return refused(f"inside '{layer.block}'{again}: {one.problems[0]}")
        if not one.outputs or None in one.outputs.values():
            return refused(f"inside '{layer.block}': something is not connected.")
        if len(one.outputs) > 1 and layer.repeat > 1:
            return refused(
                f"repeat must be 1 for a block with several outputs. Got {layer.repeat}.", "repeat"
            )
        room -= sum(place.outcome.layers for place in one.places.values() if place.outcome)
        if room < 0:
            return refused(f"must not bring the network to more than {MOST_LAYERS:,} layers.")
        specs = (*(spec for spec in one.outputs.values() if spec), *specs[1:])
    outcome = _sum(inner)
    if outcome.parameters > MOST_PARAMETERS:
        return refused(too_large(outcome.parameters))
    return Place(node, layer, inputs, outcome, tuple(inner))


def _unusable(layer: Block, setting: Setting) -> str:
    """Why a block cannot stand here, beginning with the field at fault."""
    blocks = setting.scope.blocks
    if layer.block not in blocks:
        return f"block must name a block of this graph ({', '.join(blocks) or 'it has none'}). Got {layer.block!r}."
    if layer.block in setting.around or len(setting.around) >= DEEPEST:
        return f"block must not contain itself, nor be nested more than {DEEPEST} deep. Got {layer.block!r}."
    return ""


@lru_cache(1024)
def _inside(setting: Setting, block: str, feeds: tuple[Spec, ...]) -> Inference:
    return _infer(setting.scope.blocks[block], setting, feeds)


def _sum(inner: list[Inference]) -> Outcome:
    """The costs of all repeats together, and what the last one gives."""
    outcomes = [place.outcome for one in inner for place in one.places.values() if place.outcome]
    owned = [p.outcome for one in inner for p in one.places.values() if p.outcome and not p.node.shares]
    return Outcome(
        {id: spec for id, spec in inner[-1].outputs.items() if spec},
        parameters=sum(outcome.parameters for outcome in owned),
        weight_bytes=sum(outcome.weight_bytes for outcome in owned),
        multiply_adds=sum(outcome.multiply_adds for outcome in outcomes),
        activation_bytes=sum(outcome.activation_bytes for outcome in outcomes),
        depth=sum(one.depth for one in inner),
        layers=sum(outcome.layers for outcome in outcomes),
    )
