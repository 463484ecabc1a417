"""Recorded: which arrays a run keeps; a person may change that while it trains, in a file of the run's folder."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from builder.errors import StrataError
from builder.files import write_atomically
from engines.once import once
from engines.runs.disk import read_json

if TYPE_CHECKING:
    from engines.probes import Recording

FILE = "recording.json"


def recorded(folder: Path, usual: Any) -> Recording:
    """What the run in a folder is to keep: as was last said, or else as its project says.

    Raises:
        BadValue: the project's settings are refused.
    """
    from engines.probes import Recording

    with suppress(OSError, StrataError):  # never said, or damaged: as the project says
        if told := once(folder / FILE, read_json):
            return Recording.of(told)
    return Recording.of(usual)


def record(folder: Path, recording: Recording) -> None:
    """Say what the run in a folder is to keep from now on; its worker takes it up at its next look."""
    write_atomically(folder / FILE, recording.model_dump_json().encode())
