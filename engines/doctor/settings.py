"""Settings of an engine by a path such as "optimiser.lr": read, and set in a project."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from engines.engine import Engine, engine_of
from engines.tuning import tuned

if TYPE_CHECKING:
    from builder.project import Project


def value_of(engine: Engine, path: str, default: Any = None) -> Any:
    """The setting at a path; the default if there is none."""
    value: Any = engine
    for name in path.split("."):
        value = getattr(value, name, None)
    return default if value is None else value


def with_setting(project: Project, path: str, value: Any) -> Project:
    """The project with another value of a setting, all others as they were written.

    Raises:
        BadValue: the value is refused.
    """
    engine, first = engine_of(project.engine), path.partition(".")[0]
    settings = {"kind": engine.kind, **project.engine, first: tuned(engine, {path: value}).dump()[first]}
    return project.with_fields(engine=settings)


def changed(project: Project, changes: Iterable[Mapping[str, Any]]) -> Project:
    """The project with the settings that a person changed while it was trained."""
    engine = engine_of(project.engine)
    for change in changes:
        for path, value in change["values"].items():
            if value_of(engine, path) is not None:
                project = with_setting(project, path, value)
    return project
