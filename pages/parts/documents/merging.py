"""Merging: what one tab changed of a project is changed in its newest state, and nothing else."""

from contextlib import suppress
from typing import Any

from builder.errors import BadValue
from builder.project import Project
from engines.data import Data
from engines.engine import engine_of

_ABSENT = object()


def merged(base: Project, mine: Project, newest: Project) -> Project:
    """The newest project with what `mine` changed of `base`."""
    three = [_written_out(project) for project in (base, mine, newest)]
    return newest.with_fields(
        **{name: _taken(*(project[name] for project in three)) for name in Project.model_fields}
    )


def _written_out(project: Project) -> dict[str, Any]:
    """The fields of a project; of data and engine also those that have their defaults, where they can be read."""
    fields: dict[str, Any] = {name: getattr(project, name) for name in Project.model_fields}
    with suppress(BadValue):
        fields["engine"] = engine_of(project.engine).dump()
    with suppress(BadValue):
        fields["data"] = Data.parse(project.data).model_dump(mode="json")
    return fields


def _taken(base: Any, mine: Any, newest: Any) -> Any:
    """The newest value with what `mine` changed of `base`; field by field, unless another kind was chosen."""
    if mine == base or (mine is _ABSENT and newest != base):
        return newest
    if not all(isinstance(value, dict) for value in (base, mine, newest)):
        return mine
    if len({value["kind"] for value in (base, mine, newest) if "kind" in value}) > 1:
        return mine
    names = [*newest, *(name for name in mine if name not in newest)]
    taken = {
        name: _taken(base.get(name, _ABSENT), mine.get(name, _ABSENT), newest.get(name, _ABSENT))
        for name in names
    }
    return {name: value for name, value in taken.items() if value is not _ABSENT}
