"""What was deleted and can be restored: for 30 days it lies in a folder of its own, as ID.MILLISECONDS."""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

ID = re.compile(r"[a-z0-9][a-z0-9-]{0,79}")
KEPT_FOR = 30 * 86_400.0
"""Seconds for which what was deleted can be restored."""


class Deleted(NamedTuple):
    """A project or a run that was deleted and can be restored."""

    key: str
    """By which it is restored."""
    id: str
    name: str
    deleted: float
    """When (seconds since 1970)."""


class Kept:
    """The deleted things of one sort: files that end alike, or folders.

    Each came here by one rename, so a kill leaves it there or here, and nothing between.
    """

    def __init__(self, folder: Path, suffix: str, name: Callable[[Path], str]) -> None:
        """`suffix` ends the names of these files, "" those of folders; `name` tells what one is called."""
        self._folder = folder
        self._suffix = suffix
        self._name = name

    def new_key(self, id: str) -> str:
        """The key of what is deleted now."""
        return f"{id}.{time.time_ns() // 1_000_000}"

    def path(self, key: str) -> Path:
        """Where a key lies."""
        return self._folder / f"{key}{self._suffix}"

    def all(self) -> list[Deleted]:
        """What can be restored, the last deleted first."""
        found = [
            Deleted(key, id, self._name(self.path(key)) or id, moment)
            for key, id, moment in self._keys()
            if time.time() - moment < KEPT_FOR
        ]
        return sorted(found, key=lambda one: -one.deleted)

    def find(self, key: str) -> Deleted | None:
        """What a key leads to, or an id: the last that was deleted with it; None if it is not kept (any more)."""
        return next((one for one in self.all() if key in (one.key, one.id)), None)

    def too_old(self) -> Iterator[tuple[str, Path]]:
        """The ids and places of what was deleted too long ago."""
        for key, id, moment in self._keys():
            if time.time() - moment >= KEPT_FOR:
                yield id, self.path(key)

    def forget(self) -> None:
        """Remove what was deleted too long ago."""
        for _, path in self.too_old():
            if self._suffix:
                path.unlink(missing_ok=True)
            else:
                shutil.rmtree(path, ignore_errors=True)

    def ids(self) -> set[str]:
        """The ids of all that lies here, too old or not."""
        return {id for _, id, _ in self._keys()}

    def _keys(self) -> Iterator[tuple[str, str, float]]:
        for path in self._folder.iterdir():
            if not path.name.endswith(self._suffix) or path.is_dir() == bool(self._suffix):
                continue
            key = path.name.removesuffix(self._suffix)
            id, _, moment = key.partition(".")
            if ID.fullmatch(id) and moment.isdecimal():
                yield key, id, int(moment) / 1000
