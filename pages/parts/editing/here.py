"""What is open on the canvas: the network of a role or a block inside it, with its shapes and its problems."""

from collections.abc import Sequence
from dataclasses import dataclass

from builder.edits import Edit
from builder.errors import BadValue, Problem
from builder.fields import sized
from builder.fixes import mended
from builder.graph import Graph, Node
from builder.inside import block_at, inside
from builder.shapes import Inference, Place, infer
from pages.parts.documents.meant import Meant
from pages.parts.documents.scene import problems_at
from pages.parts.editing import view
from pages.parts.editing.formulas import Names
from pages.parts.lifespan import torch_is_ready
from pages.parts.state import Opened

WAIT = "Shapes, costs and problems come in a moment: PyTorch is still being loaded."


@dataclass(frozen=True)
class Here:
    """A graph as it is open in this tab."""

    opened: Opened
    role: str
    path: tuple[str, ...]
    """The Block nodes, outermost first, inside which it lies."""
    block: str
    """The name of the open block; "" for the network itself."""
    graph: Graph
    inference: Inference
    problems: Sequence[Problem]
    pending: bool = False
    """Whether shapes, costs and problems cannot be told yet, because torch is still being loaded."""

    @property
    def key(self) -> str:
        """What the keys of its widgets begin with: they belong to this graph, and to no other that may be open."""
        return f"{self.opened.id} {self.role} {'.'.join(self.path)}"

    @property
    def whole(self) -> Graph:
        """The network of the role as it is now, of which this is a part."""
        return self.opened.project.graphs.get(self.role, Graph())

    @property
    def names(self) -> Names:
        """What formulas may name here, with their values; nothing outside blocks."""
        return dict(self.inference.arguments)

    @property
    def errors(self) -> list[Problem]:
        """The problems that keep it from being trained."""
        return [problem for problem in self.problems if problem.severity == "error"]

    def place(self, node: Node) -> Place:
        """What is known of a node; nothing but the node itself where it lies on a circle."""
        return self.inference.places.get(node.id) or Place(node)

    def names_for(self, node: Node) -> Names:
        """What the arguments of a Block node may be formulas of."""
        return dict(sized(self.inference.arguments, [*self.place(node).inputs.values()]))

    def mended(self, problem: Problem) -> Problem:
        """A problem with the fixes that work, however much else is wrong."""
        return mended(self.inference, problem, infer(self.whole) if self.path else None)

    def edit(self, edit: Edit, *nodes: Node) -> bool:
        """Apply an edit to this graph, whatever is open by now; whether it fitted.

        It is refused if the nodes that it is about are gone or of another kind.
        """
        kinds = {node.id: node.kind for node in nodes}
        return self.opened.edit_project(Meant(self.role, edit, self.path, self.block, kinds))

    def edit_whole(self, edit: Edit) -> bool:
        """Apply an edit to the network of the role, such as one of its blocks; whether it fitted."""
        return self.opened.edit_project(Meant(self.role, edit))

    def now(self, node: Node) -> Node:
        """A node as it is now: another field of it may have been changed since the form was drawn."""
        return self._graph_now.by_id.get(node.id, node)

    def newest(self) -> tuple[str, ...]:
        """The last node that is there now, and was not when the page was drawn; () if there is none."""
        return tuple(node.id for node in self._graph_now.nodes if node.id not in self.graph)[-1:]

    @property
    def _graph_now(self) -> Graph:
        return self.whole.blocks.get(self.block, Graph()) if self.block else self.whole

    def show(self, *ids: str) -> None:
        """Select nodes of this graph, if it is still the one that is open."""
        if (self.role, self.path) == (self.opened.role, self.opened.path):
            view.show(self.opened, ids)


def here(opened: Opened) -> Here:
    """What is open in this tab; the network itself where the way to a block is lost."""
    graph, path = opened.graph, opened.path
    try:
        block, within = block_at(graph, path) if path else ("", graph)
    except BadValue:
        block, within, path = "", graph, ()
    role = opened.role
    if not torch_is_ready():
        unknown = Inference({}, within, arguments=tuple(within.arguments.items()) if path else ())
        return Here(opened, role, path, block, within, unknown, (), pending=True)
    return Here(opened, role, path, block, within, inside(graph, path), problems_at(graph, path))
