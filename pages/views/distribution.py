"""How numbers are distributed, and how that changes."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from pages.views.examples import MARGIN, escaped

BLUE, ORANGE = "#4C6EF5", "#F08C00"
BINS = 64


def distribution(histogram: np.ndarray, name: str) -> go.Figure:
    """A histogram, (66,): lowest, highest, and counts in equal bins between them."""
    low, high, counts = float(histogram[0]), float(histogram[1]), histogram[2:]
    width = (high - low) / len(counts) or 1.0
    centres = (low + width * (np.arange(len(counts)) + 0.5)).astype(np.float32)
    figure = go.Figure(go.Bar(x=centres, y=counts, width=width, marker={"color": BLUE}))
    figure.update_layout(height=280, margin=MARGIN, bargap=0)
    return figure.update_xaxes(title=escaped(name)).update_yaxes(title="values", rangemode="tozero")


def over_time(steps: Sequence[int], histograms: Sequence[np.ndarray], now: int | None) -> go.Figure:
    """How a distribution changed: steps across, values up, the darker the more of them; the step `now` is marked.

    Args:
        steps: at which it was read, in order.
        histograms: of each, (66,): lowest, highest, counts in equal bins.
        now: the step that is looked at; None for the newest.
    """
    low = min(float(one[0]) for one in histograms)
    high = max(float(one[1]) for one in histograms)
    edges = np.linspace(low, high if high > low else low + 1, BINS + 1)
    shares = np.stack([_spread(one, edges) for one in histograms], 1)
    centres = ((edges[1:] + edges[:-1]) / 2).astype(np.float32)
    figure = go.Figure(
        go.Heatmap(
            x=[*steps], y=centres, z=np.sqrt(shares).astype(np.float32), showscale=False, hoverinfo="x+y",
            colorscale=[[0, "rgba(76,110,245,0)"], [0.15, "rgba(76,110,245,.25)"], [1, BLUE]],
        )
    )  # fmt: skip
    if now is not None:
        figure.add_vline(x=now, line={"color": ORANGE, "width": 2})
    figure.update_layout(height=280, margin=MARGIN)
    return figure.update_xaxes(title="step").update_yaxes(title="value")


def _spread(histogram: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """The shares of a histogram in other bins, each of its own spread evenly over where it lies."""
    counts = histogram[2:].astype(np.float64)
    own = np.linspace(
        float(histogram[0]), max(float(histogram[1]), float(histogram[0]) + 1e-12), len(counts) + 1
    )
    total = np.concatenate([[0], np.cumsum(counts)])
    return np.diff(np.interp(edges, own, total)) / max(counts.sum(), 1)


def units(stats: np.ndarray, dead: np.ndarray) -> go.Figure:
    """Each unit by mean and deviation, of (4, units): mean, deviation, share of zeros, largest; dead ones in orange."""
    mean, deviation = stats[0].astype(np.float32), stats[1].astype(np.float32)
    numbers = np.arange(len(mean))
    told = [
        f"unit {unit}: mean {one[0]:.4g} ± {one[1]:.3g}, zero in {one[2]:.0%}, at most {one[3]:.4g}"
        for unit, one in enumerate(stats.T)
    ]
    figure = go.Figure(
        go.Scatter(
            x=numbers, y=mean, mode="markers", hovertext=told, hoverinfo="text", customdata=numbers,
            marker={"size": 7, "color": [ORANGE if one else BLUE for one in dead]},
            error_y={"type": "data", "array": deviation, "color": "rgba(76,110,245,.35)", "thickness": 1.5, "width": 0},
        )
    )  # fmt: skip
    figure.update_layout(height=300, margin=MARGIN, showlegend=False, clickmode="event+select")
    return figure.update_xaxes(title="unit").update_yaxes(title="mean ± deviation")


def along(steps: Sequence[float], lines: dict[str, np.ndarray], title: str, log: bool = False) -> go.Figure:
    """Lines over steps, by name; on a logarithmic axis where values span decades."""
    figure = go.Figure()
    for name, values in lines.items():
        figure.add_scatter(x=[*steps], y=values.astype(np.float32), name=escaped(name), mode="lines+markers")
    figure.update_layout(
        height=280, margin=MARGIN, showlegend=len(lines) > 1,
        legend={"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"},
    )  # fmt: skip
    return figure.update_xaxes(title="step").update_yaxes(title=title, type="log" if log else "linear")
