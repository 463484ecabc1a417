"""What a network costs, as a table by node that sorts and leaves as CSV, and its totals."""

from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

from builder.amounts import TRAINING, size
from builder.spreadsheet import costs, harmless
from builder.summary import Row, Summary
from pages.parts.words import count

HELP = {
    "Parameters": "Numbers that it learns; what it shares with another node counts there",
    "Multiply–adds": "Multiplications, each with an addition, for one example",
    "Activations": "Memory of what it gives, for one example",
    "Training": "Memory while Adam trains: weights, gradients, two moments, and what is kept of a batch",
    "Receptive field": "How wide a part of the input each value depends on; it may be wider than the input is. "
    "Empty where everything is seen",
    "Parameters %": "Share of all that the network learns",
    "Multiply–adds %": "Share of all that the network computes",
}
UNITS = ((1e9, "GB"), (1e6, "MB"), (1e3, "kB"), (1, "B"))


def totals(summary: Summary, batch: int, columns: int = 4) -> None:
    """What the whole network costs."""
    grid = st.grid(columns, min_column_width=130)
    grid.metric("Parameters", count(summary.parameters), border=True, help="Numbers that the network learns")
    grid.metric("Multiply–adds", count(summary.multiply_adds), border=True, help="For one example")
    grid.metric(
        "Depth", summary.depth, border=True, help="Layers that multiply by weights on the longest path"
    )
    grid.metric(
        f"Training, batch {batch}",
        size(summary.training_bytes(batch)),
        border=True,
        help=f"Memory, about, for a batch of {batch}: {TRAINING}",
    )


def cost_table(
    summary: Summary, batch: int, key: str, file: str, chosen: Callable[[str], object] | None = None
) -> None:
    """A row for each node; a click on a heading sorts.

    Args:
        summary: of the network, or of a block.
        batch: how many examples train at once.
        key: of the table.
        file: what the CSV is called.
        chosen: is told the node of a row that is clicked.
    """
    import pandas as pd

    rows, unit = summary.rows, _unit(summary, batch)

    def clicked() -> None:
        places = st.session_state[key].selection.rows
        if chosen and places and places[0] < len(rows):
            chosen(rows[places[0]].node)

    selects: dict[str, Any] = {"on_select": clicked, "selection_mode": "single-row"} if chosen else {}
    st.dataframe(
        pd.DataFrame(_cells(summary, batch, *unit)),
        hide_index=True,
        key=key,
        height="content" if len(rows) <= 16 else 560,
        column_config=_columns(unit[1]),
        placeholder="–",
        alt="What each node costs: shape, parameters, multiply–adds, memory, receptive field",
        **selects,
    )
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.caption(_total_line(summary, batch))
        st.download_button(
            "Costs as CSV", lambda: costs(summary, batch).encode(), f"{file}.csv", "text/csv", key=f"csv {key}",
            icon=":material/download:", on_click="ignore", type="tertiary",
        )  # fmt: skip


def _columns(unit: str) -> dict[str, Any]:
    """How the columns are written; those of memory are named with their unit."""
    forms = {"Parameters": "localized", "Multiply–adds": "localized", "Receptive field": "localized"}
    forms |= {"Activations": "%.3f", "Training": "%.3f"}
    column = st.column_config
    numbers = {
        f"{name} {unit}" if "%" in form else name: column.NumberColumn(format=form, help=HELP[name])
        for name, form in forms.items()
    }
    bars = {
        name: column.ProgressColumn(format="percent", min_value=0, max_value=1, help=HELP[name])
        for name in ("Parameters %", "Multiply–adds %")
    }
    return numbers | bars


def _unit(summary: Summary, batch: int) -> tuple[float, str]:
    """The unit of memory that suits the largest node."""
    most = max((row.training_bytes(batch) or 0 for row in summary.rows), default=0)
    return next((one for one in UNITS if most >= 10 * one[0]), UNITS[-1])


def _cells(summary: Summary, batch: int, factor: float, unit: str) -> dict[str, list[Any]]:
    rows = summary.rows
    learned, computed = max(summary.parameters, 1), max(summary.multiply_adds, 1)
    return {
        "Node": [row.node for row in rows],
        "Layer": [harmless(row.kind) for row in rows],  # the table has a download of its own
        "Shape": [row.shape or "?" for row in rows],
        "Parameters": [None if row.shares else row.parameters or None for row in rows],
        "Multiply–adds": [row.multiply_adds or None for row in rows],
        f"Activations {unit}": [_in(row.activation_bytes, factor) for row in rows],
        f"Training {unit}": [_in(row.training_bytes(batch), factor) for row in rows],
        "Receptive field": _seen(rows),
        "Parameters %": [0 if row.shares else (row.parameters or 0) / learned for row in rows],
        "Multiply–adds %": [(row.multiply_adds or 0) / computed for row in rows],
    }


def _in(bytes: int | None, factor: float) -> float | None:
    return bytes / factor if bytes else None


def _seen(rows: Sequence[Row]) -> list[Any]:
    """A number where all sides are alike, so that it sorts; else the sides."""
    fields = [row.receptive_field for row in rows]
    if all(len(set(field)) == 1 for field in fields if field):
        return [field[0] if field else None for field in fields]
    return [" × ".join(map(str, field)) if field else None for field in fields]


def _total_line(summary: Summary, batch: int) -> str:
    """All nodes together."""
    size_of = size(summary.training_bytes(batch))
    return (
        f"Together {summary.parameters:,} parameters ({size(summary.weight_bytes)}), "
        f"{summary.multiply_adds:,} multiply–adds, {size(summary.activation_bytes)} of activations for one example; "
        f"{size_of} to train in batches of {batch}, with the largest layer's gradients."
    )
