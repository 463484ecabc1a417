"""How templates are written down: a function draws the graph, a decorator says what it is."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from builder.graph import Graph, Node
from builder.project import Project

Draw = Callable[..., None]
"""Draws graphs on a sketch each: its parameters are the roles of a project, of which `net` stands for the model."""

COLUMN, ROW = 290.0, 250.0
"""How far apart nodes are that are laid out by column and row, in the canvas's units."""


class Sketch:
    """Draws a graph: `x = net("Linear", x, units=10)` places a node and gives its id."""

    def __init__(self, blocks: dict[str, Graph] | None = None) -> None:
        self.graph = Graph()
        self._blocks = {} if blocks is None else blocks

    def __call__(self, kind: str, *sources: str, id: str = "", shares: str = "", **config: Any) -> str:
        """Place a node behind others; sources lead to its ports in order. Its id: given, or kind and number."""
        from builder.layers import LAYERS

        layer = LAYERS[kind]
        names = (
            [f"{layer.many}{n}" for n in range(1, len(sources) + 1)]
            if layer.many
            else layer.inputs + layer.optional
        )
        return self._placed(kind, dict(zip(names, sources, strict=False)), id, shares, config)

    def input(self, id: str, *shape: int, dtype: str = "float32") -> str:
        """Place an Input."""
        return self("Input", id=id, shape=list(shape), **({"dtype": dtype} if dtype != "float32" else {}))

    def output(self, source: str, id: str = "output1") -> None:
        """Place an Output."""
        self("Output", source, id=id)

    def define(self, name: str, draw: Draw, **arguments: float) -> None:
        """Define a block, drawn with a sketch of its own; fields of its nodes may be formulas of the arguments.

        Blocks that were defined before may stand in it.
        """
        inner = Sketch(self._blocks)
        draw(inner)
        self._blocks[name] = Graph(nodes=inner.graph.nodes, arguments=arguments)

    def block(self, name: str, *sources: str, id: str = "", repeat: int = 1, **arguments: float | str) -> str:
        """Place a block."""
        ports = [node.id for node in self._blocks[name].nodes if node.kind == "Input"]
        config = (
            {"block": name}
            | ({"repeat": repeat} if repeat > 1 else {})
            | ({"arguments": arguments} if arguments else {})
        )
        return self._placed(
            "Block", dict(zip(ports, sources, strict=True)), id or self.graph.fresh(name), "", config
        )

    def places(self, columns: dict[str, tuple[float, float]]) -> None:
        """Lay nodes out by column and row, where their order alone would not show what the network is."""
        spots = {id: (column * COLUMN, row * ROW) for id, (column, row) in columns.items()}
        nodes = (node.model_copy(update={"position": spots.get(node.id)}) for node in self.graph.nodes)
        self.graph = Graph(nodes=tuple(nodes))

    def finished(self) -> Graph:
        """The graph with its blocks."""
        return Graph(nodes=self.graph.nodes, blocks=self._blocks)

    def _placed(self, kind: str, inputs: dict[str, str], id: str, shares: str, config: dict[str, Any]) -> str:
        node = Node(id=id or self.graph.fresh(kind), kind=kind, config=config, inputs=inputs, shares=shares)
        self.graph = Graph(nodes=(*self.graph.nodes, node))
        return node.id


@dataclass(frozen=True)
class Template:
    """A ready project and what a person wants to know before opening it."""

    name: str
    title: str
    about: str
    """What it is and what to look for."""
    draw: Draw
    group: str
    reference: str = ""
    data: dict[str, Any] = field(default_factory=dict)
    engine: dict[str, Any] = field(default_factory=dict)

    @property
    def trains(self) -> bool:
        """Whether it comes with data, so that one click trains it."""
        return bool(self.data)

    def project(self) -> Project:
        """The project, drawn."""
        sketches = {
            "model" if name == "net" else name: Sketch() for name in inspect.signature(self.draw).parameters
        }
        self.draw(*sketches.values())
        return Project(
            name=self.title,
            graphs={role: sketch.finished() for role, sketch in sketches.items()},
            data=self.data,
            engine=self.engine,
            notes=self.about,
        )


TEMPLATES: dict[str, Template] = {}


def ready(
    title: str, group: str, reference: str = "", data: dict[str, Any] | None = None, **engine: Any
) -> Callable[[Draw], Draw]:
    """Register a template under the function's name (`lenet_5` → lenet-5); its docstring says what to look for."""

    def register(draw: Draw) -> Draw:
        name = draw.__name__.replace("_", "-")
        settings = {"kind": "Supervised", **engine} if engine or data else {}
        TEMPLATES[name] = Template(
            name, title, " ".join((draw.__doc__ or "").split()), draw, group, reference, data or {}, settings
        )
        return draw

    return register


def from_source(kind: str, **settings: Any) -> dict[str, Any]:
    """Data settings with a data set, such as "Moons" with 500 samples."""
    return {"source": {"kind": kind, **settings}}
