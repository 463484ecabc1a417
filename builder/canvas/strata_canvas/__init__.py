"""The canvas as Streamlit mounts it; its front end is built when pip installs this package."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import streamlit as st

_STATIC = Path(__file__).parent / "static"
_FILES = ("index.js", "index.css")


def built() -> bool:
    """Whether the front end is there; it is not where npm could not be reached while pip installed this package."""
    return all((_STATIC / name).is_file() for name in _FILES)


def canvas(data: dict[str, Any], *, key: str, on_change: Callable[[], None] | None = None) -> None:
    """Show the canvas of a project; under `key`, session state has what a person looks at there.

    That is {"view": {"role", "path", "nodes", "revision"}}, or {"view": {}} as long as nothing is told.
    It is as high as the CSS property --canvas-height says, which it inherits from the page.

    Args:
        data: {"project", "tab", "role", "path", "revision"}, and "select" to select nodes from outside.
        key: of the element.
        on_change: called when the selection, the role, the open block or the revision has changed.
    """
    # Registered on every run: the components of a restarted runtime know nothing of what was registered before.
    mount = st.components.v2.component("strata-canvas.canvas", js=_FILES[0], css=_FILES[1])
    mount(key=key, data=data, default={"view": {}}, on_view_change=on_change or (lambda: None))


def difference(data: dict[str, Any], *, key: str) -> None:
    """Show the difference between two graphs, to be looked at; as high as --canvas-height says.

    Args:
        data: {"nodes", "edges"} with a `mark` each; `label`, what it shows in words; `first` and `second`, the names
            of the two.
        key: of the element.
    """
    mount = st.components.v2.component("strata-canvas.canvas", js=_FILES[0], css=_FILES[1])
    mount(key=key, data={"difference": data})
