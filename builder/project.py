"""The one document that a person saves and shares: graphs by role, data, engine settings, a seed."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from builder.errors import BadValue, field_problems
from builder.graph import Graph, Name, Plain

MOST_NOTES = 20_000
"""Characters of what a person, or a reading, notes of a project."""


def usual_role(graphs: Mapping[str, Graph], role: str = "") -> str:
    """The role, if there is one of this name; else `model`; else the first one."""
    return role if role in graphs else "model" if "model" in graphs else next(iter(graphs))


class Project(BaseModel):
    """Everything that a run needs. Data, engine and probes are plain settings that engines/ reads."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    name: str = Field("Untitled", min_length=1, max_length=120)
    graphs: dict[Name, Graph] = Field(default_factory=lambda: {"model": Graph()})
    data: Plain = {}
    engine: Plain = {}
    probes: Plain = {}
    """Which arrays a run keeps of its nodes, and how often."""
    seed: int = Field(0, ge=0, lt=2**63)
    notes: str = Field("", max_length=MOST_NOTES)
    revision: int = Field(0, ge=0, lt=2**53)
    """How many changes made it."""

    @property
    def graph(self) -> Graph:
        """The graph of the usual role."""
        return self.graphs[usual_role(self.graphs)]

    def trains_like(self, other: "Project") -> bool:
        """Whether a run of the other would be the same; names, notes, revisions and where nodes lie do not matter."""
        ours, theirs = (
            ({role: graph.digest for role, graph in one.graphs.items()}, one.data, one.engine, one.seed)
            for one in (self, other)
        )
        return ours == theirs

    def with_graph(self, graph: Graph, role: str = "model") -> "Project":
        """The same project with another graph in a role."""
        return self.model_copy(update={"graphs": {**self.graphs, role: graph}})

    def with_fields(self, **fields: Any) -> "Project":
        """The same project with other fields.

        Raises:
            BadValue: a field is refused.
        """
        known = {name: getattr(self, name) for name in type(self).model_fields}
        try:
            return Project.model_validate({**known, **fields})
        except ValidationError as error:
            raise BadValue(field_problems(error, "Project", Project)) from None
