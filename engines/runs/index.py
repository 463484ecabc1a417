"""The index: what lists tell of all runs, without reading their folders each time.

The folders are the truth. A row is used while the files that it was read from are as they were, so nothing here can
be out of date, and a file that is lost, damaged or locked costs time and nothing else.
"""

from __future__ import annotations

import json
import os
import sqlite3
import threading
import time
from contextlib import suppress
from dataclasses import asdict, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engines.runs.summary import Summary, summary

if TYPE_CHECKING:
    from engines.workspace import Workspace

FILE = ".index.sqlite3"
FILES = ("run.json", "status.json", "label.json")
"""What a summary is read from."""
PATIENCE = 0.05
"""Seconds to wait for a locked file: pages wait as long, and then do without it."""
EVERY = 1.0
"""Seconds between two writings of what has changed."""
AGAIN = 2.0
"""Seconds until a file that was locked is tried again."""
TABLE = "CREATE TABLE IF NOT EXISTS runs (id TEXT PRIMARY KEY, stamps TEXT NOT NULL, summary TEXT NOT NULL)"
NAMES = frozenset(item.name for item in fields(Summary))

Stamp = tuple[int, int, int]
NONE: Stamp = (0, 0, 0)
Row = tuple[list[Stamp], Summary]


class Index:
    """The runs of a workspace. Any number may be made: those of one home in one process share what they know."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self._memory = _memory(workspace.runs)

    def summaries(self, of: str = "") -> list[Summary]:
        """All runs, or those of one project, newest first."""
        return self._found(of, FILES)

    def doing(self, of: str = "") -> list[Summary]:
        """The same with what their workers told last; labels may be older. For those who look often."""
        return self._found(of, FILES[1:2])

    def ids(self, of: str = "") -> list[str]:
        """The ids alone, newest first."""
        return [one.id for one in self._found(of, FILES[:1])]

    def newest(self) -> dict[str, str]:
        """The id of the newest run of each project that was ever trained, by the project's id."""
        return {one.of: one.id for one in reversed(self._found("", FILES[:1])) if one.of}

    def _found(self, of: str, files: tuple[str, ...]) -> list[Summary]:
        rows = self._memory.sync(self.workspace.run_ids(), files)
        return [rows[id][1] for id in sorted(rows, reverse=True) if not of or rows[id][1].of == of]


class _Memory:
    """What this process knows of the runs in a folder, and the file in which that outlives it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._rows: dict[str, Row] | None = None
        self._stale: set[str] = set()
        """What the file does not know yet: changed or removed."""
        self._due = 0.0
        self._lock = threading.Lock()

    def sync(self, ids: list[str], files: tuple[str, ...]) -> dict[str, Row]:
        """The rows of the runs, read again where one of the files has changed."""
        with self._lock:
            if self._rows is None or not (self.folder / FILE).exists():
                self._rows = self._load() if self._rows is None else self._rows
                self._stale |= {*self._rows, *ids}
            rows, places = self._rows, [FILES.index(name) for name in files]
            base = str(self.folder)
            for id in ids:
                known = rows.get(id)
                if known is None:
                    self._read(id)
                    continue
                for at in places:
                    if known[0][at] != _stamp(f"{base}/{id}/{FILES[at]}"):
                        self._read(id)
                        break
            for id in rows.keys() - set(ids):
                self._forget(id)
            if self._stale and time.monotonic() >= self._due:
                self._store()
            return dict(rows)

    def _read(self, id: str) -> None:
        assert self._rows is not None
        folder = self.folder / id
        stamps = [
            _stamp(f"{folder}/{name}") for name in FILES
        ]  # before: what is written meanwhile is read again
        if stamps[0] == NONE:
            self._forget(id)
            return
        self._rows[id] = stamps, summary(folder)
        self._stale.add(id)

    def _forget(self, id: str) -> None:
        assert self._rows is not None
        if self._rows.pop(id, None):
            self._stale.add(id)

    # -- the file ------------------------------------------------------------------------------------------

    def _load(self) -> dict[str, Row]:
        rows: dict[str, Row] = {}
        try:
            with _opened(self.folder / FILE) as file:
                for id, stamps, text in file.execute("SELECT id, stamps, summary FROM runs"):
                    with suppress(
                        ValueError, TypeError, AttributeError
                    ):  # a row that is no row is read from its folder
                        rows[id] = [tuple(stamp) for stamp in json.loads(stamps)], _summary(json.loads(text))
        except sqlite3.Error:
            return {}
        return rows

    def _store(self) -> None:
        """Write what the file does not know; if it is locked, another time; if it is damaged, all of it anew."""
        assert self._rows is not None
        gone = [(id,) for id in self._stale if id not in self._rows]
        kept = [
            (id, json.dumps(row[0]), json.dumps(asdict(row[1])))
            for id in self._stale
            if (row := self._rows.get(id)) is not None
        ]
        try:
            with _opened(self.folder / FILE) as file:
                file.execute("BEGIN IMMEDIATE")
                file.executemany("DELETE FROM runs WHERE id = ?", gone)
                file.executemany("INSERT OR REPLACE INTO runs VALUES (?, ?, ?)", kept)
                file.execute("COMMIT")
            self._stale.clear()
            self._due = time.monotonic() + EVERY
        except sqlite3.OperationalError:  # locked, or the disk is full
            self._due = time.monotonic() + AGAIN
        except sqlite3.DatabaseError:
            for ending in ("", "-wal", "-shm"):
                with suppress(OSError):
                    (self.folder / f"{FILE}{ending}").unlink()
            self._stale |= set(self._rows)
            self._due = time.monotonic() + AGAIN


class _opened:
    """The file, opened, with its table; closed at the end."""

    def __init__(self, path: Path) -> None:
        self._file = sqlite3.connect(path, timeout=PATIENCE, isolation_level=None)

    def __enter__(self) -> sqlite3.Connection:
        try:
            self._file.execute("PRAGMA journal_mode = WAL")
            self._file.execute("PRAGMA synchronous = OFF")  # what is lost is read from the folders again
            self._file.execute(TABLE)
        except BaseException:
            self._file.close()
            raise
        return self._file

    def __exit__(self, *error: object) -> None:
        self._file.close()


def _stamp(path: str) -> Stamp:
    try:
        told = os.stat(path)  # noqa: PTH116  (a Path would double the time of a sync)
    except OSError:
        return NONE
    return told.st_mtime_ns, told.st_ino, told.st_size


def _summary(values: dict[str, Any]) -> Summary:
    if values.keys() != NAMES:
        raise ValueError("written by another version")
    return Summary(**{**values, "tags": tuple(values["tags"])})


_MEMORIES: dict[Path, _Memory] = {}
_MAKING = threading.Lock()


def _memory(folder: Path) -> _Memory:
    with _MAKING:
        return _MEMORIES.setdefault(folder, _Memory(folder))
