"""What a test puts into the home folder, and what it sees on a page."""

from collections.abc import Callable, Iterable
from typing import Any

from streamlit.testing.v1 import AppTest

import builder
import engines
from builder.project import Project
from engines.runs.run import Run
from engines.workspace import Workspace

Open = Callable[..., AppTest]


def saved(project: Project, id: str = "mine") -> str:
    """The id of a project that lies in the home folder."""
    builder.save(project, Workspace().projects / f"{id}.json")
    return id


def trained(what: Project, id: str = "mine") -> Run:
    """A finished run of a project, both in the home folder."""
    saved(what, id)
    run = Run.create(Workspace().runs / f"000001-{id}", what, of=id)
    engines.resume(run.folder)
    return run


def project_of(id: str = "mine") -> Project:
    """What lies in the home folder."""
    return builder.load(Workspace().projects / f"{id}.json")


def button(test: AppTest, label: str) -> object:
    """The first button with this label."""
    return next(one for one in test.button if one.label == label)


def keyed(test: AppTest, ending: str) -> Any:
    """The first button whose key ends like this."""
    return next(one for one in test.button if one.key and one.key.endswith(ending))


def field(widgets: Iterable[Any], label: str) -> Any:
    """The first widget with this label."""
    return next(one for one in widgets if one.label == label)


def words(test: AppTest) -> str:
    """All texts of a page."""
    kinds = ("markdown", "caption", "error", "warning", "info", "subheader")
    return "\n".join(str(one.value) for kind in kinds for one in test.get(kind)).replace("\\", "")


def choose(
    test: AppTest, *ids: str, path: tuple[str, ...] = (), role: str = "model", id: str = "mine"
) -> AppTest:
    """The page once these nodes are selected on the canvas, inside these Block nodes."""
    test.session_state[f"canvas {id}"] = {
        "view": {"nodes": [*ids], "path": [*path], "role": role, "revision": 0}
    }
    return test.run()
