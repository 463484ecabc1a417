"""From the bytes of a CSV file to a Table: encoding, delimiter, lines, names and column types."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from builder.errors import BadFile
from engines.data.table.columns import Column, Decimal, read_column

if TYPE_CHECKING:
    import pandas as pd

LARGEST_FILE = 50 * 2**20
MOST_COLUMNS = 2000
LONGEST_NAME = 200
DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "vertical bars"}
_MARKS = (
    (b"\xff\xfe\x00\x00", "utf-32"), (b"\x00\x00\xfe\xff", "utf-32"), (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"), (b"\xef\xbb\xbf", "utf-8-sig"),
)  # fmt: skip


@dataclass(frozen=True)
class Table:
    """A table that was read: numbers as float64, everything else as text, missing cells as NaN."""

    frame: pd.DataFrame
    columns: tuple[Column, ...]
    lines: tuple[int, ...]
    """The line of the file on which each row begins."""
    notes: tuple[str, ...]
    """How the file was read, where a person might have expected otherwise."""

    def __getitem__(self, name: str) -> Column:
        return next(column for column in self.columns if column.name == name)

    @property
    def names(self) -> tuple[str, ...]:
        """The columns' names, in order."""
        return tuple(column.name for column in self.columns)


def read_csv(file: bytes | Path) -> Table:
    """Read a CSV file, given by content or path: first line names, then one line per row.

    Raises:
        BadFile: it is empty, too large, not text, has lines of different lengths, a name twice, or a quote that
            is never closed; the message names the line and the fix.
    """
    import pandas as pd

    text, notes = decode(file if isinstance(file, bytes) else _bytes(file))
    delimiter = find_delimiter(text)
    rows = _rows(text, delimiter)
    header = next(rows, None)
    if header is None:
        raise BadFile(
            "The file is empty. Its first line should name the columns, and each further line be a row."
        )
    names = _names(header[1], delimiter, notes)
    cells, lines = _cells(rows, names)
    if delimiter != ",":
        notes.append(f"columns are separated by {DELIMITERS[delimiter]}")
    # Where commas do not separate columns, they are likely to stand before decimals.
    decimals: tuple[Decimal, ...] = (".",) if delimiter == "," else (",", ".")
    read = [read_column(name, cells[name].tolist(), lines, decimals) for name in names]
    series = {
        column.name: pd.Series(values, dtype="float64" if column.type == "number" else "str")
        for column, values in read
    }
    return Table(pd.DataFrame(series), tuple(column for column, _ in read), tuple(lines), tuple(notes))


def _bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(LARGEST_FILE + 1)
    except OSError as error:
        raise BadFile(f"The file {path.name} cannot be read: {error.strerror}. Upload it again.") from None


def decode(data: bytes) -> tuple[str, list[str]]:
    """The text of a file and notes on its encoding: by its byte-order mark, else UTF-8, else Western European.

    Raises:
        BadFile: it is too large, a workbook, or contains NUL characters.
    """
    if len(data) > LARGEST_FILE:
        raise BadFile(f"The file is larger than {LARGEST_FILE // 2**20} MB. Upload a part of its rows.")
    if data.startswith(b"PK\x03\x04"):
        raise BadFile("The file is a zip archive or a spreadsheet (.xlsx), not a CSV. Save the sheet as CSV.")
    text, notes = _decoded(data)
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise BadFile(
            f"Line {line} contains a NUL character, so this is no plain text. Save the table as CSV in UTF-8."
        )
    return text, notes


def _decoded(data: bytes) -> tuple[str, list[str]]:
    marked = next((name for mark, name in _MARKS if data.startswith(mark)), None)
    try:
        notes = [f"decoded from {marked.upper()}"] if marked in ("utf-16", "utf-32") else []
        return data.decode(marked or "utf-8"), notes
    except UnicodeDecodeError as error:
        if marked:
            raise BadFile(
                f"The file says it is {marked.upper()} but byte {error.start:,} does not fit: it is damaged or was "
                "cut off. Save it as CSV in UTF-8 and upload it again."
            ) from None
    notes = ["not in UTF-8; read as Western European (Windows-1252, Latin-1), so check letters with accents"]
    try:
        return data.decode("cp1252"), notes
    except UnicodeDecodeError:
        return data.decode("latin-1"), notes


def find_delimiter(text: str) -> str:
    """The delimiter that cuts the first lines into equally many columns, as many as possible; else a comma."""
    sample = text[:100_000].splitlines(keepends=True)[:11]
    best, most = ",", 1
    for delimiter in DELIMITERS:
        try:
            widths = [len(row) for row in csv.reader(sample[:10], delimiter=delimiter) if row]
        except csv.Error:
            continue
        # A quoted cell may run past the sample: its row counts only when nothing else is there.
        widths = widths[:-1] if len(sample) > 10 and len(widths) > 1 else widths
        if widths and len(set(widths)) == 1 and widths[0] > most:
            best, most = delimiter, widths[0]
    if most > 1 or not sample:
        return best
    # Ragged lines fit no delimiter: take the header's word for it, so that the error names the ragged line.
    return max(DELIMITERS, key=sample[0].count)


def _rows(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """The line on which each row begins, and its cells; blank lines are passed over."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    while True:
        start = reader.line_num + 1
        try:
            row = next(reader, None)
        except csv.Error as error:
            raise BadFile(_broken(start, reader.line_num, str(error))) from None
        if row is None:
            return
        if row:
            yield start, row


def _broken(start: int, end: int, reason: str) -> str:
    if "unexpected end of data" in reason or end > start:
        return (
            f"A quote opened in the row that begins on line {start} is not closed properly (the row runs to line "
            f'{end}). Close it, or write a quote inside a cell twice: "".'
        )
    if "field larger" in reason:
        return f"Line {start} has a cell of more than {csv.field_size_limit():,} characters. Shorten it."
    return f'Line {start}: {reason}. A quoted cell must end with its quote; write a quote inside a cell twice: "".'


def _names(header: list[str], delimiter: str, notes: list[str]) -> list[str]:
    """The columns' names, checked."""
    if len(header) > MOST_COLUMNS:
        raise BadFile(
            f"The first line names {len(header):,} columns; at most {MOST_COLUMNS:,} can be used. "
            "Keep those that matter, or swap rows and columns if the table lies on its side."
        )
    names = [name.strip() or f"column {place}" for place, name in enumerate(header, 1)]
    long = next((name for name in names if len(name) > LONGEST_NAME), None)
    if long is not None:
        raise BadFile(
            f"The first line should name the columns, but one name has {len(long):,} characters ({long[:30]!r}…). "
            f"Give short names, separated by {DELIMITERS[delimiter]}."
        )
    places: dict[str, int] = {}
    for place, name in enumerate(names, 1):
        if name in places:
            raise BadFile(f"Columns {places[name]} and {place} are both called {name!r}. Rename one of them.")
        places[name] = place
    if all(_is_number(name) for name in names):
        notes.append(
            "the first line was taken as names, but it looks like data: put a line of names above it"
        )
    return names


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _cells(rows: Iterator[tuple[int, list[str]]], names: list[str]) -> tuple[pd.DataFrame, list[int]]:
    """All cells as text, in chunks that pandas keeps compactly (a Python string of its own costs 60 bytes)."""
    import pandas as pd

    lines: list[int] = []
    chunk: list[list[str]] = []
    chunks: list[pd.DataFrame] = []
    ragged: list[tuple[int, int]] = []
    for line, row in rows:
        if len(row) != len(names):
            ragged.append((line, len(row)))
            continue
        lines.append(line)
        chunk.append(row)
        if len(chunk) * len(names) >= 500_000:
            chunks.append(pd.DataFrame(chunk, columns=names, dtype="str"))
            chunk = []
    if ragged:
        raise BadFile(_uneven(ragged, len(names)))
    if not lines:
        raise BadFile("The file has a line of names but no rows. Add at least one row below the names.")
    chunks.append(pd.DataFrame(chunk, columns=names, dtype="str"))
    return pd.concat(chunks, ignore_index=True), lines


def _uneven(ragged: list[tuple[int, int]], width: int) -> str:
    line, cells = ragged[0]
    others = f" (and {len(ragged) - 1:,} other lines do not fit either)" if len(ragged) > 1 else ""
    fix = (
        "Put quotes around cells that contain the separator."
        if cells > width
        else "Add the missing separators; an empty cell is fine. Or look for a quote that is not closed."
    )
    plural = "cell" if cells == 1 else "cells"
    return f"Line {line} has {cells} {plural}, but the first line names {width} columns{others}. {fix}"
