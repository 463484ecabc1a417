"""Column: what was found in one column of a table, and how its cells are read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict

from engines.data.cells import FALSE, LARGEST, TRUE, boolean_of, days_of, number_of, text_of, written

if TYPE_CHECKING:
    import pandas as pd

ColumnType = Literal["number", "category", "boolean", "date", "text", "empty"]
Decimal = Literal[".", ","]
DATE_FORMS = (
    "%Y-%m-%d", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M", "%Y/%m/%d", "%d.%m.%Y",
    "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y",
)  # fmt: skip
MOST_CATEGORIES = 50
NUMBERS_AT_LEAST = 0.95
"""A column is numeric when this share of its cells are numbers; the others then count as missing, and we say so."""


class Column(BaseModel):
    """One column: its type, how cells are written, and what is remarkable about it."""

    model_config = ConfigDict(frozen=True)
    name: str
    type: ColumnType
    missing: int = 0
    distinct: int = 0
    decimal: Decimal = "."
    form: str = ""
    """How dates are written, as strptime has it."""
    note: str = ""
    unread: str = ""
    """Which cells, with the first one's line, are no usable numbers in a column of numbers; part of the note."""


def read_column(
    name: str, cells: list[str], lines: Sequence[int], decimals: tuple[Decimal, ...] = (".",)
) -> tuple[Column, list | np.ndarray]:
    """What a column holds, and its cells: float64 with NaN for numbers, else text with None where missing."""
    fast = _plain_numbers(cells)
    if fast is not None:
        return _numeric(name, fast, "", "."), fast
    texts = [text_of(cell) for cell in cells]
    present = [text for text in texts if text]
    distinct = sorted(set(present))
    missing = len(texts) - len(present)
    if not present:
        note = "no cell has a value"
        return Column(name=name, type="empty", missing=missing, note=note), [None] * len(texts)
    found = _numbers(name, texts, distinct, lines, decimals)
    if found is not None:
        return found
    column = _worded(name, missing, distinct, present, decimals)
    return column, [text or None for text in texts]


def numbers_of(cells: pd.Series, column: Column) -> np.ndarray:
    """The cells of a number, boolean or date column as float64, NaN where missing.

    Raises:
        ValueError: a cell cannot be read; the message says which one and why.
    """
    if cells.dtype.kind in "fiu":
        return cells.to_numpy(np.float64, na_value=np.nan)
    read = {"boolean": boolean_of, "date": lambda cell: days_of(cell, column.form)}.get(
        column.type, lambda cell: number_of(cell, column.decimal)
    )
    values = [read(cell) for cell in cells]
    return np.array([np.nan if value is None else value for value in values], np.float64)


def _plain_numbers(cells: list[str]) -> np.ndarray | None:
    """Every cell as a number, None unless all are finite and of a usable size: the usual column, read fast."""
    try:
        values = np.array([float(cell) for cell in cells])
    except ValueError:
        return None
    # float() also takes digit groups such as 1_000, which number_of, and so a person's exported script, refuses.
    usable = np.isfinite(values).all() and np.abs(values).max(initial=0) <= LARGEST
    return values if usable and not any("_" in cell for cell in cells) else None


def _numbers(
    name: str, texts: list[str], distinct: list[str], lines: Sequence[int], decimals: tuple[Decimal, ...]
) -> tuple[Column, list | np.ndarray] | None:
    """The column as numbers, NaN where too large; None unless nearly all of its cells are numbers."""
    decimal, known = _best(distinct, decimals)
    others = sum(1 for text in texts if text and text not in known)
    if others > (1 - NUMBERS_AT_LEAST) * sum(1 for text in texts if text):
        return None
    values = np.array([known.get(text, np.nan) for text in texts])
    unread = [row for row, text in enumerate(texts) if text and np.isnan(values[row])]
    told = _unread(texts[unread[0]], lines[unread[0]], len(unread), decimal) if unread else ""
    column = _numeric(name, values, told, decimal)
    return column, [None] * len(values) if column.type == "empty" else values


def _best(distinct: list[str], decimals: tuple[Decimal, ...]) -> tuple[Decimal, dict[str, float]]:
    """The convention that makes most texts numbers, with those."""
    commas = any("," in text for text in distinct)
    chosen, *others = decimals if commas else decimals[::-1]
    known = _known(distinct, chosen)
    for decimal in others:
        if len(other := _known(distinct, decimal)) > len(known):
            chosen, known = decimal, other
    return chosen, known


def _known(distinct: list[str], decimal: Decimal) -> dict[str, float]:
    """The texts that are numbers, with their values; NaN for those that are too large."""
    known = {}
    for text in distinct:
        try:
            value = written(text, decimal)
        except ValueError:
            continue
        if value is not None:
            known[text] = value if abs(value) <= LARGEST else np.nan
    return known


def _unread(text: str, line: int, count: int, decimal: Decimal) -> str:
    """Which cells are no usable numbers, and why if the first is too large."""
    few = f"{count:,} cells are" if count > 1 else "1 cell is"
    large = ", too large" if _known([text], decimal) else ""
    return f"{few} no usable number (line {line}: {text[:40]!r}{large})"


def _numeric(name: str, values: np.ndarray, unread: str, decimal: Decimal) -> Column:
    missing = int(np.isnan(values).sum())
    distinct = len(np.unique(values[~np.isnan(values)]))
    notes = ["a comma before the decimals"] if decimal == "," else []
    if unread:
        notes.append(f"{unread} and counted as missing")
    if unread and not distinct:
        note = f"no cell has a value that can be used: {unread}"
        return Column(name=name, type="empty", missing=missing, note=note, unread=unread)
    if len(values) >= 10 and not missing and (np.diff(values) == 1).all():
        notes.append("counts the rows; if that is all it does, ignore it")
    return Column(
        name=name, type="number", missing=missing, distinct=distinct, decimal=decimal, note="; ".join(notes),
        unread=unread,
    )  # fmt: skip


def _worded(
    name: str, missing: int, distinct: list[str], present: list[str], decimals: tuple[Decimal, ...]
) -> Column:
    """A column that is not numeric: true or false, dates, categories, or text."""

    def column(kind: ColumnType, note: str = "", form: str = "") -> Column:
        return Column(name=name, type=kind, missing=missing, distinct=len(distinct), form=form, note=note)

    words = {text.lower() for text in distinct}
    pairs = [{yes, no} for yes, no in zip(TRUE, FALSE, strict=True)]
    if len(words) == 2 and words in pairs:
        return column("boolean")
    forms = [form for form in DATE_FORMS if _all_dates(distinct, form)]
    if forms:
        note = "day or month first? Read as day first" if "%m/%d/%Y" in forms and len(forms) > 1 else ""
        return column("date", note, forms[0])
    if len(distinct) <= MOST_CATEGORIES and (len(distinct) <= 10 or 2 * len(distinct) <= len(present)):
        return column("category")
    known = _best(distinct, decimals)[1]
    strange = [text for text in present if text not in known]
    if 2 * len(strange) < len(present):
        few = f"{len(strange):,} of {len(present):,} cells, such as {strange[0][:40]!r}, are no numbers"
        return column(
            "text", f"{few}, too many to count them as missing (at most {1 - NUMBERS_AT_LEAST:.0%})"
        )
    many = f"{len(distinct):,} different texts in {len(present):,} cells"
    return column("text", f"{many}: too many to be categories (at most {MOST_CATEGORIES}, each used twice)")


def _all_dates(distinct: list[str], form: str) -> bool:
    try:
        for text in distinct:
            days_of(text, form)
    except ValueError:
        return False
    return True
