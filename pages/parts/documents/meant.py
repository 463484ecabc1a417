"""Meant: an edit for the graph and the nodes that a form was drawn for, whatever is open or has changed since."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from builder.edits import Edit, InBlock, InRole
from builder.errors import BadValue, Problem
from builder.graph import Graph
from builder.inside import block_at


@dataclass(frozen=True)
class Meant:
    """A project edit that is refused where its graph or its nodes are no longer what they were on the screen."""

    role: str
    inner: Edit
    path: tuple[str, ...] = ()
    """The Block nodes, outermost first, inside which the graph lies."""
    block: str = ""
    """The name of the block there."""
    kinds: Mapping[str, str] = field(default_factory=dict)
    """The kinds of the nodes that it is about, by id."""

    @property
    def undone_with(self) -> str:
        """The gesture of the edit inside."""
        return self.inner.undone_with

    def apply(self, graphs: dict[str, Graph]) -> dict[str, Graph]:
        """The graphs after the edit.

        Raises:
            BadValue: the edit does not fit them, or was meant for what is not there any more.
        """
        if self.role in graphs:
            self._look(graphs[self.role])
        inner = InBlock(block=self.block, inner=self.inner) if self.block else self.inner
        return InRole(role=self.role, inner=inner).apply(graphs)

    def _look(self, graph: Graph) -> None:
        name, here = block_at(graph, self.path)
        if name != self.block:
            raise _other(self.path[-1], f"'{self.path[-1]}' uses the block '{name}' now, not '{self.block}'.")
        for id, kind in self.kinds.items():
            if id not in here:
                raise _other(id, f"There is no node '{id}' any more.")
            if here[id].kind != kind:
                raise _other(id, f"'{id}' is a {here[id].kind} now, not a {kind}.")


def _other(node: str, message: str) -> BadValue:
    return BadValue([Problem(f"{message} Nothing was changed.", node, rule="meant", value=node)])
