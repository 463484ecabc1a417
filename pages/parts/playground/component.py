"""Component: what Python tells the Playground's scripts once, and what they tell back."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, lru_cache
from itertools import islice
from pathlib import Path
from typing import Any

import streamlit as st

from builder.errors import StrataError
from builder.files import load
from builder.layers import LAYERS
from builder.project import Project
from builder.templates import TEMPLATES
from engines.data.playground import EDGE, MOST_PAINTED, DrawnByHand
from engines.losses import suitable
from engines.optimisers import Optimiser
from engines.playground.design import DATA, LOSS
from engines.playground.playable import unplayable
from engines.playground.settings import (
    FEATURES,
    MOST_LAYERS,
    MOST_UNITS,
    UNIT,
    Settings,
    activations,
    data_kinds,
)
from engines.workspace import Workspace
from pages.parts.scripts import Scripts

SCRIPTS = Scripts(Path(__file__).parent, "/api/playground/scripts")
KEY = "playground"
RATES = (0.00001, 0.0001, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10)
PENALTIES = (0, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10)
FEWER = 72
"""Points of the small pictures of data sets."""
MOST_PROJECTS = 30


def play(
    query: dict[str, str], refused: str, open_in_build: Callable[[dict[str, str]], None], opened: str = ""
) -> None:
    """Mount the Playground.

    Args:
        query: the settings to begin with, as the address tells them.
        refused: why the address was refused; "" if it was not.
        open_in_build: is given the settings that are to become a project.
        opened: the project that was just made of them; the page's link to it is followed.
    """

    def asked() -> None:
        told = st.session_state[KEY].get("open")
        if isinstance(told, dict):
            open_in_build({str(name): str(value) for name, value in told.items()})

    component = st.components.v2.component("strata_playground", js=SCRIPTS.loader(), isolate_styles=False)
    data = {"query": query, "refused": refused, "opened": opened, "projects": _projects(), **choices()}
    component(key=KEY, data=data, on_open_change=asked)


def _projects() -> list[dict[str, str]]:
    """Those that were changed last, of which can be played with."""
    found = (one for one in Workspace().list_projects() if one.nodes > 0 and _playable(one.id, one.changed))
    return [{"id": one.id, "title": one.name} for one in islice(found, MOST_PROJECTS)]


@lru_cache(1000)
def _playable(id: str, changed: float) -> bool:
    """Whether a project, as its file was at that time, can be played with; a damaged one cannot."""
    try:
        return plays(load(Workspace().project_path(id)))
    except (StrataError, OSError, ValueError):
        return False


@cache
def choices() -> dict[str, Any]:
    """What may be chosen, read off the registries."""
    usual = Settings()
    return {
        "usual": {
            name: str(getattr(usual, name)) for name in ("samples", "noise", "test", "activation", "rate")
        }
        | {"problem": usual.problem, "layers": ",".join(map(str, usual.layers)), "features": "x1,x2"},
        "bounds": _bounds(),
        "features": [{"name": name, "title": told[0]} for name, told in FEATURES.items()],
        "data": [_data(name, kind) for name, kind in data_kinds().items()],
        "first": DATA,
        "losses": {
            task: [{"kind": one.__name__, "title": one.title} for one in suitable(task) if one.single]  # type: ignore[arg-type]
            for task in ("classification", "regression")
        },
        "loss": LOSS,
        "activations": [{"kind": name, "title": LAYERS[name].title} for name in activations()],
        "optimisers": [{"kind": name, "title": one.title} for name, one in Optimiser.registry.items()],
        "rates": RATES,
        "penalties": PENALTIES,
        "templates": [
            {"name": name, "title": one.title, "group": one.group}
            for name, one in TEMPLATES.items()
            if one.trains and plays(one.project())
        ],
        "edge": EDGE,
        "mostPainted": MOST_PAINTED,
        "unit": UNIT,
        "mostLayers": MOST_LAYERS,
        "mostUnits": MOST_UNITS,
    }


def plays(project: Project) -> bool:
    """Whether a project can be played with."""
    return not unplayable(project)


def _bounds() -> dict[str, list[float]]:
    """The least and the greatest value of each setting that is a slider."""
    found = {}
    for name in ("samples", "noise", "test", "batch"):
        rules = Settings.model_fields[name].metadata
        found[name] = [next(getattr(one, end) for one in rules if hasattr(one, end)) for end in ("ge", "le")]
    return found


def _data(name: str, kind: Any) -> dict[str, Any]:
    """A data set, with a few of its points to recognise it by."""
    if kind is DrawnByHand:
        return {"kind": name, "title": kind.title, "help": kind.help(), "problem": "", "points": []}
    examples = kind(samples=FEWER).load()
    points = [[round(float(one), 2) for one in row] for row in examples.inputs]
    values = examples.targets.reshape(len(points), -1)[:, 0].astype(float).round(2).tolist()
    return {
        "kind": name,
        "title": kind.title,
        "help": kind.help(),
        "problem": kind.task,
        "points": [[*point, value] for point, value in zip(points, values, strict=True)],
    }
