"""Files that a trained network leaves as, each checked in a fresh process as it is made. See README.md."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from builder.errors import StrataError
from engines.exports.bundle import Bundle, load_bundle
from engines.exports.export import Export, Report, by_name, file_name, names
from engines.exports.onnx import Onnx
from engines.exports.pt2 import Pt2
from engines.exports.python import Python
from engines.exports.safetensors import Safetensors

if TYPE_CHECKING:
    from builder.project import Project
    from engines.runs.run import Run

__all__ = [
    "Bundle", "Export", "Onnx", "Pt2", "Python", "Report", "Safetensors", "by_name", "load_bundle", "names", "write",
    "write_untrained",
]  # fmt: skip
STARTS = "These are the weights with which training would start; nothing was trained."


def write(run: Run, to: str, path: str | Path | None = None, at: int | None = None) -> Report:
    """Write the network of a run in the format that is named, and check the file.

    Args:
        run: what was trained.
        to: one of `names()`.
        path: the file, or a folder for it; by default the run's folder `exports`.
        at: the step of a snapshot; the newest weights if none is given.

    Raises:
        StrataError: there is no such format, the network cannot be written in it, or the file does not give what the
            network gives.
    """
    from engines.trained import Trained

    trained = Trained.of(run, at=at)
    return by_name(to).write(trained, path or run.folder / "exports" / file_name(trained, by_name(to).suffix))


def write_untrained(project: Project, to: str, path: str | Path | None = None, role: str = "") -> Report:
    """Write a network of a project as it starts, in the format that is named, and check the file.

    Args:
        project: whose seed draws the weights.
        to: one of `names()`.
        path: the file, or a folder for it; by default the folder where one is.
        role: which of its graphs; by default the first.

    Raises:
        StrataError: as `write`; or the project has no such graph.
    """
    from engines.trained import Trained

    role = role or next(iter(project.graphs), "")
    if role not in project.graphs:
        raise StrataError(
            f"The project has no graph {role!r}. Its graphs: {', '.join(project.graphs) or 'none'}."
        )
    trained = replace(Trained.untrained(project, role), notes=(STARTS,))
    return by_name(to).write(trained, path or Path.cwd())
