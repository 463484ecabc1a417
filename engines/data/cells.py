"""How one row becomes numbers: plain Python, because exported scripts carry the text of these functions.

A column is a dict, as its encoder dumps it: kind, name, fill, offset and scale, or its categories.
"""

import re
from datetime import date, datetime

MISSING = ("", "?", "-", "na", "n/a", "#n/a", "nan", "null", "none", "missing")
TRUE = ("true", "yes", "y", "t", "1")
FALSE = ("false", "no", "n", "f", "0")
NUMBER = r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?"
GROUPED = r"[+-]?\d{1,3}(,\d{3})+(\.\d*)?"
LARGEST = 1e30


def text_of(cell: object) -> str:
    """A cell as text without spaces around it; "" where it is missing (None, NaN, or a usual word for it)."""
    if cell is None or cell != cell:
        return ""
    text = str(int(cell) if isinstance(cell, float) and cell.is_integer() else cell).strip()
    return "" if text.lower() in MISSING else text


def written(cell: object, decimal: str = ".") -> float | None:
    """The number that a cell says, of any size, None where it is missing; a ValueError if it is no number.

    Thousands may be grouped: 1,234.5, or 1.234,5 where `decimal` is a comma.
    """
    text = text_of(cell)
    if not text:
        return None
    swapped = decimal == "," and isinstance(cell, str)
    number = text.translate({ord(","): ".", ord("."): ","}) if swapped else text
    if re.fullmatch(GROUPED, number):
        number = number.replace(",", "")
    if not re.fullmatch(NUMBER, number):
        raise ValueError(f"{text[:40]!r} is not a number{' with a comma before its decimals' * swapped}")
    return float(number)


def number_of(cell: object, decimal: str = ".") -> float | None:
    """A cell as a number, None where it is missing; a ValueError if it is no number of a usable size."""
    number = written(cell, decimal)
    if number is not None and abs(number) > LARGEST:
        text = text_of(cell)[:40]
        raise ValueError(f"{text} is too large: a network computes with numbers up to {LARGEST:g}")
    return number


def boolean_of(cell: object) -> float | None:
    """A cell as 1 (true) or 0 (false), None where it is missing; a ValueError if it is neither."""
    text = text_of(cell).lower()
    if text and text not in TRUE + FALSE:
        raise ValueError(f"{text[:40]!r} is neither true nor false")
    return float(text in TRUE) if text else None


def days_of(cell: object, form: str) -> float | None:
    """A date as days since 1970, None where it is missing; a ValueError if it is not written as `form` says."""
    text = text_of(cell)
    if not text:
        return None
    if isinstance(cell, date):
        text = cell.strftime(form)
    return (datetime.strptime(text, form) - datetime(1970, 1, 1)).total_seconds() / 86400


def quantity_of(cell: object, column: dict) -> float | None:
    """A cell of a number, boolean or date column as a number, None where it is missing."""
    if column["kind"] == "boolean":
        return boolean_of(cell)
    if column["kind"] == "date":
        return days_of(cell, column["form"])
    return number_of(cell, column["decimal"])


def encode_cell(cell: object, column: dict) -> list[float]:
    """The features that one cell becomes; a ValueError names the column."""
    if column["kind"] == "category":
        hot = [float(text_of(cell) == value) for value in column["values"]]
        return [*hot, float(not any(hot))]
    try:
        value = quantity_of(cell, column)
    except ValueError as error:
        raise ValueError(f"column {column['name']!r}: {error}") from None
    return [((column["fill"] if value is None else value) - column["offset"]) / column["scale"]]


def encode_row(row: dict | list, columns: list[dict]) -> list[float]:
    """The features of one row of a table: a dict by column name, or the cells in the order of `columns`."""
    if not isinstance(row, dict):
        if len(row) != len(columns):
            raise ValueError(f"the row has {len(row)} cells where {len(columns)} are needed")
        row = {column["name"]: cell for column, cell in zip(columns, row, strict=True)}
    absent = [column["name"] for column in columns if column["name"] not in row]
    if absent:
        raise ValueError(f"column {absent[0]!r} is absent; give it, empty where its value is not known")
    return [value for column in columns for value in encode_cell(row[column["name"]], column)]


def flat(values: object) -> list[float]:
    """Nested lists of numbers as one list, row by row."""
    if isinstance(values, (list, tuple)):
        return [number for value in values for number in flat(value)]
    number = number_of(values)
    if number is None:
        raise ValueError("a number is missing")
    return [number]


def encode_array(row: dict | list, inputs: dict) -> list[float]:
    """The numbers of one example, scaled: nested or flat lists, or a dict by feature name."""
    if isinstance(row, dict):
        absent = [name for name in inputs["names"] if name not in row]
        if absent or not inputs["names"]:
            raise ValueError(f"feature {absent[0]!r} is absent" if absent else "give the numbers as a list")
        row = [row[name] for name in inputs["names"]]
    values, size = flat(row), 1
    for side in inputs["shape"]:
        size *= side
    if len(values) != size:
        raise ValueError(f"the example has {len(values)} numbers where {size} are needed")
    if not inputs["scale"]:
        return values
    each = size // len(inputs["scale"])
    return [
        (value - inputs["offset"][i // each]) / inputs["scale"][i // each] for i, value in enumerate(values)
    ]
