"""What is read off files, once for each change of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")
Stamp = tuple[int, int, int]
MOST = 20_000
"""Readings that are remembered; beyond, all are made anew."""
_remembered: dict[tuple[Path, Callable[[Path], Any]], tuple[tuple[Stamp | None, ...], Any]] = {}


def once(path: Path, read: Callable[[Path], T], also: tuple[Path, ...] = ()) -> T:
    """What `read` makes of a path, unless it is known and the files that it reads are as they were.

    Args:
        path: a file; or a folder, where `also` names the files in it that count.
        read: a function of a module, which stays the same from call to call.
        also: further files that it reads; those may be missing.

    Raises:
        OSError: there is no such path.
    """
    told = (_stamp(path), *map(_stamp_if_there, also))
    known = _remembered.get((path, read))
    if known is None or known[0] != told:
        if len(_remembered) >= MOST:
            _remembered.clear()
        known = _remembered[path, read] = told, read(path)
    value: T = known[1]
    return value


def _stamp(path: Path) -> Stamp:
    told = path.stat()
    return told.st_mtime_ns, told.st_ino, told.st_size


def _stamp_if_there(path: Path) -> Stamp | None:
    try:
        return _stamp(path)
    except OSError:
        return None
