"""Tables as CSV that is safe to open in a spreadsheet."""

import csv
import io
from collections.abc import Iterable, Sequence

from builder.summary import Summary

COLUMNS = (
    "node",
    "layer",
    "output",
    "parameters",
    "multiply-adds",
    "activation bytes",
    "training bytes",
    "receptive field",
)
PASSING = "largest gradients between layers"
"""What training needs besides the nodes."""


def harmless(cell: object) -> object:
    """A cell as it is; a text that a spreadsheet would run as a formula gets an apostrophe in front (OWASP)."""
    risky = isinstance(cell, str) and cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n"))
    return f"'{cell}" if risky else cell


def as_csv(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table as CSV; what is None is an empty cell."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([harmless(cell) for cell in header])
    writer.writerows([harmless(cell) for cell in row] for row in rows)
    return out.getvalue()


def costs(summary: Summary, batch: int) -> str:
    """What each node of a graph costs, as CSV: for one example, but for training, which is for a batch.

    The last line is the total, to which each column of costs sums up; weights that are shared count where they are.
    """
    rows = [
        (
            row.node,
            row.kind,
            row.shape,
            0 if row.shares else row.parameters,
            row.multiply_adds,
            row.activation_bytes,
            row.training_bytes(batch),
            " × ".join(map(str, row.receptive_field or ())) or None,
        )
        for row in summary.rows
    ]
    passing, *sums = (
        summary.passing_bytes(batch),
        summary.parameters,
        summary.multiply_adds,
        summary.activation_bytes,
    )
    passed = (PASSING, None, None, 0, 0, 0, passing, None)
    total = ("total", None, None, *sums, summary.training_bytes(batch), None)
    return as_csv(COLUMNS, [*rows, passed, total])
