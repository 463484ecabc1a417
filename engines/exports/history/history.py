"""History: the family of formats in which what a run told leaves Strata."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from builder.errors import StrataError
from builder.files import write_atomically
from builder.registry import Registered
from engines.runs.run import Run


class History(Registered):
    """A format for the history of a run: losses by step, measurements, changed settings, probes."""

    icon: ClassVar = "timeline"
    needs: ClassVar[str]
    """What reads the files."""

    def files(self, run: Run) -> dict[str, bytes]:
        """The files of one run, by their paths in a folder, which hold the run's own name.

        Raises:
            BadFile: the run cannot be read.
        """
        raise NotImplementedError

    @classmethod
    def name(cls) -> str:
        """What the command line calls the format."""
        return cls.__name__.lower()


def names() -> list[str]:
    """What the command line calls the formats."""
    return [kind.name() for kind in History.registry.values()]


def by_name(name: str) -> History:
    """The format of this name.

    Raises:
        StrataError: there is none.
    """
    found = next((kind for kind in History.registry.values() if kind.name() == name), None)
    if found is None:
        raise StrataError(f"There is no format {name!r} for a history. Formats: {', '.join(names())}.")
    made: History = found()
    return made


def stem(run: Run) -> str:
    """A run's id as a file name that is safe everywhere; that of a folder elsewhere may be anything."""
    return re.sub(r"[^a-z0-9]+", "-", run.id.lower()).strip("-")[:80].strip("-") or "run"


def write(run: Run, to: str, folder: str | Path | None = None) -> list[Path]:
    """Write the history of a run into a folder, by default the run's folder `exports`; the files.

    Raises:
        StrataError: there is no such format, or the run cannot be read.
    """
    place = Path(folder or run.folder / "exports").resolve()
    written = []
    for name, content in _files(run, to).items():
        path = place / name
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, content)
        written.append(path)
    return written


def packed(runs: Sequence[Run], to: str) -> bytes:
    """The history of runs as one file: the only one as it is, several as a zip. Its name is `file_name`'s.

    Raises:
        StrataError: there is no such format, or a run cannot be read.
    """
    files = {name: content for run in runs for name, content in _files(run, to).items()}
    if len(files) == 1 and "/" not in next(iter(files)):
        return next(iter(files.values()))
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return made.getvalue()


def _files(run: Run, to: str) -> dict[str, bytes]:
    kind = by_name(to)
    assert run.about, "or it raises: a folder that holds no run has no history"
    return kind.files(run)


def file_name(runs: Sequence[Run], to: str) -> str:
    """What the one file is called."""
    if len(runs) == 1 and to == "csv":
        return f"{stem(runs[0])}.csv"
    return f"{stem(runs[0]) if len(runs) == 1 else 'runs'}-{to}.zip"
