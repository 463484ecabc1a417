"""The preprocessing as text: constants and functions of plain Python, to stand in an exported script."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pprint import pformat
from typing import TYPE_CHECKING

from engines.data import cells

if TYPE_CHECKING:
    from engines.data.preprocessing import Preprocessing

_TABLE = '''
def encode(row: dict | list) -> list[float]:
    """One row, a dict by column name or the cells of the columns in use, as the numbers the network takes."""
    return encode_row(row, COLUMNS)
'''
_ARRAY = '''
def encode(row: dict | list) -> list[float]:
    """One example, as lists of numbers, nested or flat, as the numbers the network takes, in the order of SHAPE."""
    return encode_array(row, INPUTS)
'''
_DECODE = '''
def decode(outputs: list[float]) -> list[float]:
    """One row of the network's outputs in the units of the targets."""
    return [value * scale + offset for value, scale, offset in zip(outputs, SCALE, OFFSET, strict=True)]
'''


def source(preprocessing: Preprocessing) -> str:
    """A module's text that needs the standard library alone.

    It defines TASK, TARGET, CLASSES, SHAPE and DTYPE (of one example), EXAMPLE (a usual row), `encode(row)`, which
    gives the numbers of one example as a flat list, and, for regression, `decode(outputs)`. Names that people
    chose appear only as literals that `repr` wrote.
    """
    table = preprocessing.inputs.kind == "columns"
    regression = preprocessing.task == "regression"
    functions: list[Callable[..., object]] = [cells.text_of, cells.written, cells.number_of]
    if table:
        functions += [cells.boolean_of, cells.days_of, cells.quantity_of, cells.encode_cell, cells.encode_row]
    else:
        functions += [cells.flat, cells.encode_array]
    parts = [
        ("import re\nfrom datetime import date, datetime\n" if table else "import re\n"),
        _constants(preprocessing),
        *(inspect.getsource(function) for function in functions),
        _TABLE if table else _ARRAY,
        *([_DECODE] if regression else []),
    ]
    return "\n\n".join(part.strip("\n") + "\n" for part in parts).replace("\n\n\n\n", "\n\n\n")


def _constants(preprocessing: Preprocessing) -> str:
    inputs = preprocessing.inputs
    values: dict[str, object] = {
        "TASK": preprocessing.task,
        "TARGET": preprocessing.target,
        "CLASSES": preprocessing.classes,
        "SHAPE": inputs.shape,
        "DTYPE": inputs.dtype,
        "EXAMPLE": preprocessing.example(),
        "MISSING": cells.MISSING,
        "NUMBER": cells.NUMBER,
        "GROUPED": cells.GROUPED,
        "LARGEST": cells.LARGEST,
    }
    if inputs.kind == "columns":
        values |= {"TRUE": cells.TRUE, "FALSE": cells.FALSE}
        values["COLUMNS"] = [column.model_dump(exclude={"missing", "scaling"}) for column in inputs.used]
    else:
        values["INPUTS"] = inputs.model_dump(include={"shape", "names", "offset", "scale"})
    if preprocessing.task == "regression":
        values |= {"OFFSET": preprocessing.offset, "SCALE": preprocessing.scale}
    return "".join(f"{name} = {_literal(value)}\n" for name, value in values.items())


def _literal(value: object) -> str:
    return pformat(value, width=100, sort_dicts=False, compact=True)
