"""Trying cures before they are offered: only what can be trained is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from builder.errors import Problem, StrataError
from engines.doctor.network import ROLE
from engines.doctor.symptom import Cure

if TYPE_CHECKING:
    from builder.project import Project


def tried(candidates: Iterable[Cure | None]) -> tuple[Cure, ...]:
    """The cures whose projects can be trained: network, engine and data were checked together.

    Where the network no longer fits the data, such as its Input when a column is left out, it is mended.
    """
    return tuple(
        replace(cure, project=project)
        for cure in candidates
        if cure is not None and (project := _mended(cure.project)) is not None
    )


def _mended(project: Project, more: int = 2) -> Project | None:
    """The project if it can be trained, after at most `more` of the fixes that are known; else None."""
    try:
        problems = _problems(project)
        if not problems:
            return project
        if not more or not problems[0].edits:
            return None
        graph = problems[0].edits[0].apply(project.graphs[ROLE])
    except (StrataError, KeyError):
        return None
    return _mended(project.with_graph(graph, ROLE), more - 1)


def _problems(project: Project) -> list[Problem]:
    from builder.check import check, errors
    from engines.data.data import Data, prepare
    from engines.engine import engine_of

    engine = engine_of(project.engine)
    if wrong := [one for role in engine.roles for one in errors(check(project.graphs[role]))]:
        return wrong
    return errors(engine.check(project, prepare(Data.parse(project.data))))
