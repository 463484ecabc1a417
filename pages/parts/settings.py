"""Changing a project's engine and data settings: what does not fit is refused with its reason, and nothing is lost."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from builder.errors import BadValue, Problem
from builder.project import Project
from engines.data import Data
from engines.engine import Engine, engine_of
from pages.parts.state import Opened


def engine(opened: Opened) -> Engine:
    """The project's engine; the usual one if its settings cannot be read."""
    try:
        return engine_of(opened.project.engine)
    except BadValue:
        return engine_of({})


def data(opened: Opened) -> Data:
    """The project's data settings; the usual ones if they cannot be read."""
    try:
        return Data.parse(opened.project.data)
    except BadValue:
        return Data()


def unreadable(project: Project) -> list[Problem]:
    """What cannot be read of a project's engine and data settings; until they are changed, the usual ones are shown."""
    problems: list[Problem] = []
    for read, value in ((engine_of, project.engine), (Data.parse, project.data)):
        try:
            read(value)
        except BadValue as error:
            problems += error.problems
    return problems


def set_engine(opened: Opened, name: str, value: Any) -> None:
    """Set a field of the engine."""
    known = opened.project.engine if not unreadable(opened.project) else {}
    changed = {"kind": engine(opened).kind, **known, name: value}
    try:
        engine_of(changed)
    except BadValue as error:
        _refuse("engine", error.problems)
        return
    _accept("engine")
    opened.keep(opened.project.with_fields(engine=changed))


def set_data(opened: Opened, name: str, value: Any) -> None:
    """Set a field of the data settings."""
    changed = {**(data(opened).model_dump(mode="json", exclude_defaults=True)), name: value}
    try:
        Data.parse(changed)
    except BadValue as error:
        _refuse("data", error.problems)
        return
    _accept("data")
    opened.keep(opened.project.with_fields(data=changed))


def set_seed(opened: Opened, seed: int) -> None:
    """Set the seed of everything that is random."""
    opened.keep(opened.project.with_fields(seed=seed))


def refused(what: str) -> list[Problem]:
    """Why the last change of "engine" or "data" was refused; [] if it was not."""
    return st.session_state.get(f"refused {what}", [])


def _refuse(what: str, problems: list[Problem]) -> None:
    st.session_state[f"refused {what}"] = problems


def _accept(what: str) -> None:
    st.session_state.pop(f"refused {what}", None)


def values(chosen: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a choice, without its kind."""
    return {name: value for name, value in chosen.items() if name != "kind"}
