"""How a model learns: the family of engines, and the question whether one suits a project."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import ValidationError

from builder.errors import BadValue, Problem, field_problems
from builder.registry import Registered

if TYPE_CHECKING:
    from builder.project import Project
    from engines.context import Context
    from engines.data.data import Splits
    from engines.events import Event


class Engine(Registered):
    """A way of learning: its fields are what a person sets, `run` is the algorithm.

    An engine never draws, prints, sleeps or saves, and keeps nothing between two yields but what lies in the context:
    a run that is killed anywhere is entered again from the top of `run` and must go on to the same bits.
    """

    roles: ClassVar[tuple[str, ...]] = ("model",)
    live: ClassVar[tuple[str, ...]] = ()
    """Fields that may be changed while a run trains; the context honours them (see engines/tuning.py)."""

    @property
    def changeable(self) -> tuple[str, ...]:
        """Those of them that may be changed in a run that began with these settings."""
        return self.live

    def run(self, ctx: Context) -> Iterator[Event]:
        """Train the context's models, yielding an event for whatever happens."""
        raise NotImplementedError

    def check(self, project: Project, splits: Splits) -> list[Problem]:
        """Everything that keeps this engine from training this project on these data, and what would mend it."""
        missing = [
            Problem(
                f"{self.title} needs a network for the role {role!r}.",
                rule="role",
                value=role,
                fix=f"Add a graph named {role!r} to the project.",
            )
            for role in self.roles
            if role not in project.graphs
        ]
        return [*_recording(project), *missing]


def _recording(project: Project) -> list[Problem]:
    """What is wrong with the project's choice of what a run keeps of its nodes."""
    from engines.probes.recording import Recording

    try:
        Recording.of(project.probes)
    except BadValue as error:
        return error.problems
    return []


def engine_of(value: Any) -> Engine:
    """The engine that a project's JSON describes; {} gives the usual one.

    Raises:
        BadValue: the kind is unknown, or a field is refused.
    """
    import engines.supervised  # noqa: F401  (the kinds enter the registry as their modules are imported)

    try:
        return Engine.parse(value or {"kind": "Supervised"})
    except ValidationError as error:
        kind = Engine.registry[value["kind"]]
        raise BadValue(field_problems(error, kind.title, kind)) from None
    except ValueError as error:
        raise BadValue(
            [Problem(f"The engine {error}.", field="kind", rule=str(error), value=value)]
        ) from None
