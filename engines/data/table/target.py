"""What a table is to teach: which columns are the targets, which task that is, and the targets as numbers."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, NoReturn

import numpy as np

from builder.errors import BadValue, Problem
from engines.data.cells import FALSE, TRUE, text_of
from engines.data.table.columns import Column, numbers_of
from engines.tasks import Task

if TYPE_CHECKING:
    from engines.data.table.reading import Table

FEW_VALUES = 10
MOST_CLASSES = 1000


@dataclass(frozen=True)
class Target:
    """The targets of the rows that have one."""

    rows: np.ndarray
    """Which rows of the table have a target."""
    values: np.ndarray
    task: Task
    classes: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def refuse(field: str, message: str, fix: str, value: object = None) -> NoReturn:
    """Refuse a setting of the Csv data set.

    Raises:
        BadValue: always; the text names the field, the cause and the fix.
    """
    raise BadValue(
        [Problem(f"CSV file: {field} {message}.", field=field, rule=message, value=value, fix=fix)]
    )


def check_names(table: Table, field: str, names: tuple[str, ...]) -> None:
    """Refuse names that the table does not have, with the nearest ones that it has.

    Raises:
        BadValue: a name is not a column's, or is there twice.
    """
    for name in names:
        if name not in table.names:
            near = get_close_matches(name, table.names, 1) or table.names[-1:]
            refuse(
                field, f"must be columns of the table; it has no {name!r}", f"Did you mean {near[0]!r}?", name
            )
        if names.count(name) > 1:
            refuse(field, f"names {name!r} twice", "Name it once.", name)


def read_target(table: Table, names: tuple[str, ...], task: Task | None) -> Target:
    """The targets in the columns `names`; with task None, the task that their values suggest.

    Raises:
        BadValue: the columns do not suit the task; says why, with the line at fault where there is one.
    """
    columns = [table[name] for name in names]
    chosen = task or _guess(table, columns)
    cells = table.frame[list(names)]
    rows = np.flatnonzero(cells.notna().all(axis=1).to_numpy())
    if not len(rows):
        empty = "; ".join(column.note for column in columns if column.type == "empty" and column.unread)
        message = f"{names[0]!r} is empty in every row" + (f": {empty}" if empty else "")
        refuse("target", message, "Choose a column with values.", names[0])
    notes = [] if task else [f"taken as {chosen}: {_reason(chosen, columns)}"]
    if lost := len(cells) - len(rows):
        notes.append(f"{lost:,} of {len(cells):,} rows have no target and are left out")
        notes += [f"{column.name!r}: {column.unread}" for column in columns if column.unread]
    read = {"classification": _classes, "multi-label": _labels, "regression": _quantities}[chosen]
    values, classes = read(table, columns, rows)
    return Target(rows, values, chosen, classes, tuple(notes))


def _guess(table: Table, columns: list[Column]) -> Task:
    """The task that the targets suggest."""
    if len(columns) > 1:
        return "regression" if all(_quantity(table, column) for column in columns) else "multi-label"
    return "regression" if _quantity(table, columns[0]) else "classification"


def _quantity(table: Table, column: Column) -> bool:
    """Whether a column is a measurement rather than a code for few classes."""
    if column.type != "number":
        return False
    values = table.frame[column.name].dropna().to_numpy()
    return column.distinct > FEW_VALUES or bool((values != np.round(values)).any())


def _reason(task: Task, columns: list[Column]) -> str:
    if len(columns) > 1:
        return "several targets" + (", all of them numbers" if task == "regression" else "")
    column = columns[0]
    kind = {"number": "numbers", "boolean": "true or false"}.get(column.type, "words")
    return f"{column.name!r} has {column.distinct:,} different {kind}"


def _classes(table: Table, columns: list[Column], rows: np.ndarray) -> tuple[np.ndarray, tuple[str, ...]]:
    if len(columns) > 1:
        refuse(
            "target",
            f"must be one column for classification, not {len(columns)}",
            "Choose task 'multi-label'.",
        )
    column = columns[0]
    cells = table.frame[column.name].iloc[rows]
    if column.type == "date":
        refuse("target", f"{column.name!r} holds dates, which are no classes", "Choose another column.")
    distinct = sorted(cells.unique())
    names = tuple(text_of(value) for value in distinct)
    if len(names) == 1:
        refuse(
            "target",
            f"{column.name!r} is {names[0][:40]!r} in every row: with one class there is nothing to learn",
            "Choose another column, or upload rows of a second class.",
            column.name,
        )
    if len(names) > MOST_CLASSES or 2 * len(names) > max(len(rows), 4):
        kind = "regression" if column.type == "number" else "another column"
        refuse(
            "target",
            f"{column.name!r} has {len(names):,} different values in {len(rows):,} rows, too many for classes",
            f"Choose {kind}.",
            column.name,
        )
    number = {value: place for place, value in enumerate(distinct)}
    return np.array([number[value] for value in cells], np.int64), names


def _labels(table: Table, columns: list[Column], rows: np.ndarray) -> tuple[np.ndarray, tuple[str, ...]]:
    values = np.empty((len(rows), len(columns)), np.float32)
    for place, column in enumerate(columns):
        texts = [text_of(cell).lower() for cell in table.frame[column.name].iloc[rows]]
        wrong = next((row for row, text in enumerate(texts) if text not in TRUE + FALSE), None)
        if wrong is not None:
            line = table.lines[rows[wrong]]
            refuse(
                "target",
                f"{column.name!r} must hold 0 and 1 (or yes and no) for multi-label; line {line} has "
                f"{texts[wrong][:40]!r}",
                "Choose columns of 0 and 1, or task 'classification' with one column.",
                column.name,
            )
        values[:, place] = [text in TRUE for text in texts]
    return values, tuple(column.name for column in columns)


def _quantities(table: Table, columns: list[Column], rows: np.ndarray) -> tuple[np.ndarray, tuple[str, ...]]:
    values = np.empty((len(rows), len(columns)), np.float64)
    for place, column in enumerate(columns):
        cells = table.frame[column.name].iloc[rows]
        if column.type != "number":
            line = table.lines[rows[0]]
            refuse(
                "target",
                f"{column.name!r} must hold numbers for regression; line {line} has {str(cells.iloc[0])[:40]!r}",
                "Choose task 'classification', or a column of numbers.",
                column.name,
            )
        values[:, place] = numbers_of(cells, column)
        if np.ptp(values[:, place]) == 0:
            refuse(
                "target",
                f"{column.name!r} is {values[0, place]:g} in every row: there is nothing to learn",
                "Choose another column.",
                column.name,
            )
    return values, ()
