"""Kept: landscapes in the folder of a run, so that nobody computes one twice."""

from __future__ import annotations

import hashlib
import io
import json
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from builder.errors import BadFile
from builder.files import write_atomically

if TYPE_CHECKING:
    from torch import Tensor

    from engines.landscape.plane import Plane
    from engines.runs.run import Run

FOLDER, MOST = "landscapes", 40
"""In a run's folder; and how many of the newest stay."""
LARGEST = 4_000_000
"""Numbers of a network's weights up to which the plane itself is kept, 48 MB with its two directions."""


def name_of(arguments: dict[str, Any]) -> str:
    """The name of a landscape: all that it depends on, in short."""
    return hashlib.sha256(json.dumps(arguments, sort_keys=True).encode()).hexdigest()[:20]


class Landscapes:
    """The landscapes of a run: `<name>.npz` with all numbers, and `<name>.safetensors` with the plane."""

    def __init__(self, run: Run) -> None:
        self.folder = run.folder / FOLDER

    def read(self, name: str) -> dict[str, Any] | None:
        """A landscape: arrays and plain values by name; None if it is not there, or damaged."""
        import zipfile

        import numpy as np

        try:
            with np.load(self._path(name, "npz"), allow_pickle=False) as file:
                arrays = {key: file[key] for key in file.files if key != "about"}
                return {**json.loads(str(file["about"])), **arrays}
        except (OSError, ValueError, KeyError, zipfile.BadZipFile):
            return None

    def write(self, name: str, found: dict[str, Any], plane: Plane) -> None:
        """Keep a landscape, and its plane if that is not too large.

        Raises:
            OSError: the disk is full.
        """
        from safetensors.torch import save

        self.folder.mkdir(exist_ok=True)
        write_atomically(self._path(name, "npz"), npz(found), durable=False)
        if len(plane.centre) <= LARGEST:
            vectors = {"centre": plane.centre, **{f"to {n}": one for n, one in enumerate(plane.directions)}}
            data = save({key: one.contiguous() for key, one in vectors.items()})
            write_atomically(self._path(name, "safetensors"), data, durable=False)
        self._forget()

    def plane(self, name: str) -> tuple[Tensor, tuple[Tensor, ...]]:
        """The centre and the directions of a landscape.

        Raises:
            BadFile: they were not kept.
        """
        from safetensors import SafetensorError
        from safetensors.torch import load_file

        try:
            known = load_file(self._path(name, "safetensors"))
            return known["centre"], tuple(known[f"to {n}"] for n in range(len(known) - 1))
        except (OSError, KeyError, SafetensorError) as error:
            raise BadFile("The plane of this landscape was not kept. Compute the landscape again.") from error

    def has_plane(self, name: str) -> bool:
        """Whether the centre and the directions of a landscape were kept."""
        return bool(name) and self._path(name, "safetensors").is_file()

    def _forget(self) -> None:
        files: list[Path] = []
        with suppress(FileNotFoundError):  # others forget at the same time
            files = sorted(self.folder.glob("*.npz"), key=lambda one: one.stat().st_mtime)
        for old in files[:-MOST]:
            old.with_suffix(".safetensors").unlink(missing_ok=True)
            old.unlink(missing_ok=True)

    def _path(self, name: str, kind: str) -> Path:
        if not name.isalnum():
            raise BadFile(f"There is no landscape {name!r}.")
        return self.folder / f"{name}.{kind}"


def npz(found: dict[str, Any]) -> bytes:
    """A landscape as an .npz file: its arrays by name, and `about`, all else as JSON."""
    import numpy as np

    arrays = {key: one for key, one in found.items() if isinstance(one, np.ndarray)}
    about = {key: one for key, one in found.items() if key not in arrays}
    file = io.BytesIO()
    np.savez(file, about=np.array(json.dumps(about)), **arrays)  # type: ignore[arg-type]
    return file.getvalue()
