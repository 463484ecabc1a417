"""Where uploaded tables are kept: one file each, under a name that says what is in it and cannot harm."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from builder.errors import BadFile
from builder.files import write_atomically
from builder.spreadsheet import harmless
from engines.data.table.reading import Table, read_csv

if TYPE_CHECKING:
    import pandas as pd

STORED_NAME = r"[a-z0-9][a-z0-9-]{0,39}-[0-9a-f]{16}\.csv"
"""What a stored name looks like: the stem in plain letters and the first digits of the content's SHA-256."""


def store_csv(data: bytes, name: str, folder: Path) -> str:
    """Check an uploaded table and keep it in `folder`, whole or not at all; its stored name.

    The same content under the same name is stored once. `name` is only a hint for the eye: whatever it holds
    (emoji, paths, reserved or very long names), the stored name is safe on every file system.

    Raises:
        BadFile: the table cannot be read; nothing is stored then.
    """
    read_csv(data)
    stored = f"{_stem(name)}-{hashlib.sha256(data).hexdigest()[:16]}.csv"
    folder.mkdir(parents=True, exist_ok=True)
    try:
        write_atomically(folder / stored, data)
    except OSError as error:
        raise BadFile(
            f"{stored} could not be stored: {error.strerror}. Nothing was kept; try again."
        ) from None
    return stored


def familiar(stored: str) -> str:
    """A stored name as people know it: without the digits that tell contents apart."""
    return f"{stored.rpartition('-')[0]}.csv" if re.fullmatch(STORED_NAME, stored) else stored


def stored_table(stored: str, folder: Path) -> Table:
    """The table kept under a stored name; read once and remembered, so do not change it.

    Raises:
        BadFile: there is none, or its content is not what was stored.
    """
    if not re.fullmatch(STORED_NAME, stored):
        raise BadFile(f"{stored[:60]!r} is not the name of a stored table. Upload the file again.")
    return _read(folder / stored)


@lru_cache(maxsize=4)
def _read(path: Path) -> Table:
    try:
        data = path.read_bytes()
    except OSError:
        raise BadFile(f"The table {path.name} is not among the uploads. Upload the file again.") from None
    if not path.stem.endswith(hashlib.sha256(data).hexdigest()[:16]):
        raise BadFile(f"The stored table {path.name} was changed or damaged. Upload the file again.")
    return read_csv(data)


def _stem(name: str) -> str:
    """At most 40 plain lower-case letters, digits and hyphens of a file name."""
    last = re.split(r"[/\\]", name)[-1].rsplit(".", 1)[0]
    plain = unicodedata.normalize("NFKD", last).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:40].strip("-") or "table"


def write_csv(frame: pd.DataFrame) -> bytes:
    """A table as CSV in UTF-8, its texts safe to open in a spreadsheet.

    A text that a spreadsheet would run as a formula gets an apostrophe in front (OWASP, CSV injection).
    """
    safe = frame.rename(columns=harmless)
    for place, kind in enumerate(safe.dtypes):
        if kind.kind not in "biuf":
            safe.isetitem(place, [harmless(cell) for cell in safe.iloc[:, place]])
    return safe.to_csv(index=False, lineterminator="\n").encode()
