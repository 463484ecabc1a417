"""The home folder: where projects, runs and uploads lie."""

from __future__ import annotations

import os
import re
import time
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock

from builder.errors import BadFile
from engines.runs.disk import read_json
from engines.runs.run import Run

if TYPE_CHECKING:
    from builder.project import Project

HOME = "STRATA_HOME"
"""The environment variable that names the home folder; without it, `.strata` in the current folder."""
ID = re.compile(r"[a-z0-9][a-z0-9-]{0,79}")


class Workspace:
    """A home folder with projects/, runs/ and uploads/, which are made when they are needed."""

    def __init__(self, home: str | Path | None = None) -> None:
        self.home = Path(home or os.environ.get(HOME) or ".strata").resolve()

    @property
    def projects(self) -> Path:
        """Where project files lie."""
        return self._folder("projects")

    @property
    def runs(self) -> Path:
        """Where runs lie, a folder each."""
        return self._folder("runs")

    @property
    def uploads(self) -> Path:
        """Where uploaded files lie."""
        return self._folder("uploads")

    def run(self, id: str) -> Run:
        """The run with an id.

        Raises:
            BadFile: there is none (an id that could lead out of the folder is none either).
        """
        run = Run(self.runs / id) if ID.fullmatch(id) else None
        if run is None or not run.exists():
            raise BadFile(f"There is no run {id[:80]!r}.")
        return run

    def list_runs(self, of: str = "") -> list[Run]:
        """All runs, or those of one project, newest first."""
        runs = [Run(path) for path in sorted(self.runs.iterdir(), reverse=True) if ID.fullmatch(path.name)]
        return [
            run
            for run in runs
            if run.exists() and (not of or read_json(run.folder / "run.json").get("of") == of)
        ]

    def start(self, project: Project, of: str, *, device: str = "auto") -> Run:
        """Start to train a project, unless it is being trained (or paused) already; the run, either way.

        However many ask at the same moment, one run starts: a double click, or two tabs, make no second one.

        Args:
            project: what to train.
            of: the project's id; runs with the same id are runs of the same project.
            device: "auto", "cpu", "cuda" …
        """
        with FileLock(self.runs / ".lock"):
            for run in self.list_runs(of):
                if not (status := run.status()).over:
                    if status.state == "created":  # the server died before it could start it
                        run.start()
                    return run
            run = Run.create(self.runs / self._new_id(project.name), project, device=device, of=of)
            run.start()
            return run

    def _new_id(self, name: str) -> str:
        numbers = [int(path.name[:6]) for path in self.runs.iterdir() if re.match(r"\d{6}-", path.name)]
        slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:40].strip("-")
        return f"{max(numbers, default=0) + 1:06d}-{slug or time.strftime('%Y%m%d')}"

    def _folder(self, name: str) -> Path:
        folder = self.home / name
        folder.mkdir(parents=True, exist_ok=True)
        return folder
