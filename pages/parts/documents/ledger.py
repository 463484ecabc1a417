"""Ledger: which edits of which tab are in a project's file, so that none is made twice, even after a kill -9."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

MOST = 100
"""Tabs that are remembered, those that wrote last."""
Entries = dict[str, tuple[int, int]]


class Ledger:
    """The last number of each tab that was dealt with, in a file beside that of the project.

    A number is written down before the project is saved, with the revision that the project will then have: where the
    server is killed in between, the file of the project has not come so far, and the number does not count.
    """

    def __init__(self, path: Path, revision: int) -> None:
        self._path = path
        found = _read(path)
        self._entries = {tab: (n, at) for tab, (n, at) in found.items() if at <= revision}
        if self._entries != found:
            self._write(self._entries)

    def done(self, tab: str) -> int:
        """The last number of a tab that was dealt with; 0 if none was."""
        return self._entries.get(tab, (0, 0))[0]

    @contextmanager
    def taking(self, tab: str, n: int, revision: int) -> Iterator[None]:
        """Numbers up to `n` are dealt with, once the body has saved the project under this revision."""
        others = {other: entry for other, entry in self._entries.items() if other != tab}
        entries = dict([*others.items(), (tab, (n, revision))][-MOST:])
        self._write(entries)
        try:
            yield
        except BaseException:
            self._write(self._entries)
            raise
        self._entries = entries

    def _write(self, entries: Entries) -> None:
        """Replace the file; where that cannot be done, saving the project will tell."""
        new = self._path.with_name(f"{self._path.name}.new")
        with suppress(OSError):
            new.write_text(json.dumps(entries), encoding="utf-8")
            os.replace(new, self._path)


def _read(path: Path) -> Entries:
    try:
        told = json.loads(path.read_bytes())
        return {str(tab): (int(n), int(at)) for tab, (n, at) in told.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}
