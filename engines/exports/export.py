"""Export: the family of formats in which a network leaves, and Report, what is told about a file that was made."""

from __future__ import annotations

import re
import tempfile
import time
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import builder
from builder.errors import StrataError
from builder.registry import Registered

if TYPE_CHECKING:
    from engines.trained import Trained

BATCHES = (1, 5)
"""The file is tried on as many examples at a time. Neither is the number it was made with, so the batch is free."""
SHOWN = 4
"""Columns whose treatment is told with a file; all of it lies in the file's own metadata, where it has some."""
ALLOWED = 1e-4
"""The largest difference that is put down to rounding, as a share of the largest output (or of 1)."""


@dataclass(frozen=True)
class Report:
    """What was written, and how well it agrees with the network."""

    path: Path
    bytes: int
    largest_difference: float
    """Between the outputs of the file, read in a fresh process, and the network's: 0 if they are the same bits."""
    seconds: float
    notes: tuple[str, ...] = ()
    """What a person should know about the file."""

    def __str__(self) -> str:
        same = "the same outputs to the last bit" if self.largest_difference == 0 else (
            f"outputs within {self.largest_difference:.1e}")  # fmt: skip
        lines = [f"Wrote {self.path} ({self.bytes:,} bytes, {self.seconds:.1f} s).",
                 f"Read back in a fresh process: {same}."]  # fmt: skip
        return "\n".join([*lines, *self.notes])


class Export(Registered):
    """A format in which a network leaves Strata."""

    icon: ClassVar = "download"
    suffix: ClassVar[str]
    """The end of the file's name."""
    needs: ClassVar[str]
    """What has to be installed where the file is used."""

    def make(self, trained: Trained, path: Path) -> tuple[str, ...]:
        """Write the file, unchecked; what a person should know about it.

        Raises:
            StrataError: the format cannot hold this network; the message names the node and another way.
        """
        raise NotImplementedError

    def write(self, trained: Trained, path: str | Path) -> Report:
        """Write the file, read it back in a fresh process, compare, and only then put it in its place.

        Args:
            trained: the network.
            path: the file; or a folder (one that exists, or a path without an ending), where it gets a name of its own.

        Raises:
            StrataError: the format cannot hold this network, or the file does not give what the network gives.
        """
        from engines.exports.fresh import Fresh

        began, place = time.monotonic(), self.place(Path(path), trained)
        place.parent.mkdir(parents=True, exist_ok=True)
        with (
            tempfile.TemporaryDirectory(dir=place.parent, prefix=".export-") as folder,
            Fresh(type(self).name()) as fresh,
        ):
            made = Path(folder) / file_name(trained, self.suffix)
            notes = self.make(trained, made)
            difference, largest = fresh.compare(made, trained, BATCHES)
            if not difference <= ALLOWED * max(1.0, largest):
                raise StrataError(
                    f"{self.title}: the file was made, but its outputs differ from the network's by {difference:.2g}, "
                    "so it was thrown away. This should not happen: please report it with the project."
                )
            size = self.settle(made, place)
        return Report(place, size, difference, time.monotonic() - began, (*trained.notes, *notes))

    def place(self, path: Path, trained: Trained) -> Path:
        """Where the file goes."""
        folder = path.is_dir() or not path.suffix
        return (path / file_name(trained, self.suffix) if folder else path).resolve()

    def settle(self, made: Path, place: Path) -> int:
        """Put the checked file in its place; its size in bytes."""
        made.replace(place)
        return place.stat().st_size

    @classmethod
    def name(cls) -> str:
        """What the command line calls the format."""
        return cls.__name__.lower()


def names() -> list[str]:
    """What the command line calls the formats."""
    return [kind.name() for kind in Export.registry.values()]


def by_name(name: str) -> Export:
    """The format of this name, with its default settings.

    Raises:
        StrataError: there is none.
    """
    found = next((kind for kind in Export.registry.values() if kind.name() == name), None)
    if found is None:
        raise StrataError(f"There is no format {name!r}. Formats: {', '.join(names())}.")
    return found()


def file_name(trained: Trained, suffix: str) -> str:
    """A file name that is safe everywhere, made of the project's name, and of the step where that is not the last."""
    stem = re.sub(r"[^a-z0-9]+", "-", trained.project.name.lower()).strip("-")[:40].strip("-")
    step = "" if trained.at is None else f"-step-{trained.at}"
    return f"{stem or 'network'}{step}{suffix}"


@cache
def strata() -> str:
    """The version of this Strata."""
    ground = Path(builder.__file__).parent.parent / "pyproject.toml"
    return str(tomllib.loads(ground.read_text(encoding="utf-8"))["project"]["version"])


def as_trained(trained: Trained) -> tuple[str, ...]:
    """For files that hold the network alone: what was done to rows before it saw them, and what its outputs are."""
    known = trained.preprocessing
    if known is None:
        return ()
    rows = known.describe()
    changed = [
        f"{row['column']} {row['treatment']}" for row in rows if row["type"] not in ("target", "left out")
    ]
    shown = "; ".join(changed[:SHOWN]) + (f"; and {len(changed) - SHOWN} more" * (len(changed) > SHOWN))
    targets = [
        f"{row['column']} {row['treatment'].partition(';')[0]}" for row in rows if row["type"] == "target"
    ]
    if trained.splits is not None and len(known.input_shape) == 3:
        pixels = trained.splits.raw("train")
        shown = f"pixels from {pixels.min():g} to {pixels.max():g}, {shown}"
    gives = f"scores (logits) for {', '.join(known.classes[:20])}" if known.classes else "; ".join(targets)
    return (
        f"This file holds the network alone. Give it what it was trained on: {shown}.",
        f"It gives {gives}. The Python export does all of this by itself.",
    )
