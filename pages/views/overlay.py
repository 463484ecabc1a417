"""The curves of several runs, one over the other."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from pages.views.examples import LEGEND, MARGIN, escaped

SYMBOLS = ("circle", "square", "diamond", "triangle-up", "x", "star")
MOST_MARKED = 60
"""Points of a line that are also marked one by one."""


@dataclass(frozen=True)
class Line:
    """A curve of a run, as it is drawn."""

    name: str
    letter: str
    """By which its run is called everywhere on the page; stands at the end of the line."""
    colour: str
    x: np.ndarray
    y: np.ndarray
    """(n,) each; NaN leaves a gap."""
    faint: tuple[np.ndarray, np.ndarray] | None = None
    """What the line smooths, drawn weakly behind it."""


def overlay(lines: Sequence[Line], across: str, unit: str = "", log: bool = False) -> go.Figure:
    """Lines over one another.

    Args:
        lines: one for each run that has such a curve.
        across: what x counts, for example "step".
        unit: "%" for shares.
        log: whether y grows by factors.
    """
    figure = go.Figure()
    for line in lines:
        if line.faint is not None:
            figure.add_trace(_faint(line))
    for place, line in enumerate(lines):
        few = len(line.x) <= MOST_MARKED
        symbol = SYMBOLS[place % len(SYMBOLS)]
        figure.add_trace(
            go.Scatter(
                x=_sent(line.x),
                y=_sent(line.y),
                name=f"{line.letter} · {escaped(line.name)}",
                legendgroup=line.letter,
                mode="lines+markers" if few and line.faint is None else "lines",
                line={"color": line.colour, "width": 2},
                marker={"symbol": symbol, "size": 6},
            )
        )
        figure.add_trace(_end(line, symbol))
    figure.update_layout(height=330, margin=MARGIN | {"r": 28}, legend=LEGEND, hovermode="closest")
    figure.update_xaxes(title=across, rangemode="tozero")
    return figure.update_yaxes(type="log" if log else "linear", tickformat=".0%" if unit == "%" else None)


def _faint(line: Line) -> go.Scatter:
    assert line.faint is not None
    return go.Scatter(
        x=_sent(line.faint[0]),
        y=_sent(line.faint[1]),
        legendgroup=line.letter,
        showlegend=False,
        mode="lines",
        line={"color": line.colour, "width": 1},
        opacity=0.25,
        hoverinfo="skip",
    )


def _end(line: Line, symbol: str) -> go.Scatter:
    """The letter of a run at the last point of its line, so that no one needs the colour."""
    there = np.flatnonzero(np.isfinite(line.y))[-1:]
    return go.Scatter(
        x=_sent(line.x[there]),
        y=_sent(line.y[there]),
        legendgroup=line.letter,
        showlegend=False,
        mode="markers+text",
        text=[line.letter] * len(there),
        textposition="middle right",
        textfont={"color": line.colour},
        marker={"color": line.colour, "symbol": symbol, "size": 7},
        cliponaxis=False,
        hoverinfo="skip",
    )


def _sent(values: np.ndarray) -> np.ndarray:
    """Numbers as they go to the browser: binary, which is 20 times as quick as text."""
    return np.asarray(values, np.float32)
