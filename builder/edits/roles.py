"""Edits of a project's graphs by role, such as generator and critic."""

from typing import Annotated, Literal

from pydantic import Field

from builder.edits.edit import Edit
from builder.edits.record import Record
from builder.errors import BadValue, Problem
from builder.graph import Graph, Name

Graphs = dict[str, Graph]
MOST_ROLES = 20


class RolesEdit(Record):
    """A change of a project's graphs."""

    def apply(self, graphs: Graphs) -> Graphs:
        """The graphs after the edit.

        Raises:
            BadValue: the edit does not fit them.
        """
        raise NotImplementedError


class InRole(RolesEdit):
    """An edit of the graph of one role."""

    edit: Literal["in_role"] = "in_role"
    role: str
    inner: Edit

    @property
    def undone_with(self) -> str:
        """The gesture of the edit inside."""
        return self.inner.undone_with

    def apply(self, graphs: Graphs) -> Graphs:
        """Edit that graph."""
        return {**graphs, self.role: self.inner.apply(_known(graphs, self.role))}


class AddRole(RolesEdit):
    """A network more, empty."""

    edit: Literal["add_role"] = "add_role"
    role: Name

    def apply(self, graphs: Graphs) -> Graphs:
        """Behind the others."""
        _free(graphs, self.role)
        if len(graphs) >= MOST_ROLES:
            raise _refused(self.role, f"A project must have at most {MOST_ROLES} networks.", "Remove one.")
        return {**graphs, self.role: Graph()}


class RemoveRole(RolesEdit):
    """Take a network away, unless it is the last."""

    edit: Literal["remove_role"] = "remove_role"
    role: str

    def apply(self, graphs: Graphs) -> Graphs:
        """With all that is in it."""
        _known(graphs, self.role)
        if len(graphs) == 1:
            raise _refused(self.role, "A project must have a network.", "Add another one first.")
        return {role: graph for role, graph in graphs.items() if role != self.role}


class RenameRole(RolesEdit):
    """Give a network another name."""

    edit: Literal["rename_role"] = "rename_role"
    role: str
    to: Name

    def apply(self, graphs: Graphs) -> Graphs:
        """At its place."""
        _known(graphs, self.role)
        if self.to != self.role:
            _free(graphs, self.to)
        return {self.to if role == self.role else role: graph for role, graph in graphs.items()}


ProjectEdit = Annotated[InRole | AddRole | RemoveRole | RenameRole, Field(discriminator="edit")]
"""A change of a project's graphs."""


def _known(graphs: Graphs, role: str) -> Graph:
    if role not in graphs:
        raise _refused(
            role, f"There is no network '{role}'; there is {', '.join(graphs)}.", "It may have been removed."
        )
    return graphs[role]


def _free(graphs: Graphs, role: str) -> None:
    if role in graphs:
        raise _refused(role, f"There is a network '{role}' already.", "Choose another name.")


def _refused(role: str, message: str, fix: str) -> BadValue:
    return BadValue([Problem(message, field="role", rule="role", value=role, fix=fix)])
