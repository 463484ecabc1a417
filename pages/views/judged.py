"""How good answers are: who is taken for whom, curves over thresholds, certainty, residuals."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from pages.views.examples import LEGEND, MARGIN, brief, escaped

BLUE, ORANGE, GREEN, GREY = "#4C6EF5", "#F08C00", "#0CA678", "#868E96"
TEXT = "#FFFFFF"
"""Readable on every cell that is not empty, in light and dark, whether or not another one is chosen."""
FAINT = 0.02
"""Where the colours of cells begin: a single mistake among many has one, an empty cell has none."""
MOST_TEXTS = 20
MOST_POINTS = 3000


def confusion(counts: np.ndarray, names: Sequence[str]) -> go.Figure:
    """How often each class (row) was taken for each (column); right answers blue, mistakes orange, more is deeper.

    A cell can be chosen: a point of [row, column] lies on it.
    """
    shares = counts / np.maximum(counts.sum(1, keepdims=True), 1)
    depth = np.where(counts > 0, FAINT + (1 - FAINT) * shares, 0)
    colour = np.where(np.eye(len(counts), dtype=bool), depth, -depth)
    shown = [brief(name, 18) for name in names]
    places = np.arange(len(counts))
    edge = FAINT / 2
    scale = [
        [0, "#A63A0A"], [0.5 - edge, "#E8590C"], [0.5 - edge / 2, "rgba(0,0,0,0)"],
        [0.5 + edge / 2, "rgba(0,0,0,0)"], [0.5 + edge, "#5C7CFA"], [1, "#364FC7"],
    ]  # fmt: skip
    figure = go.Figure(
        go.Heatmap(
            z=colour,
            x=places,
            y=places,
            zmin=-1,
            zmax=1,
            colorscale=scale,
            showscale=False,
            xgap=1,
            ygap=1,
            hoverinfo="skip",
        )
    )
    rows, columns = np.divmod(np.arange(counts.size), max(len(counts), 1))
    texts = [
        f"{counts[r, c]:,}" if counts[r, c] and len(counts) <= MOST_TEXTS else ""
        for r, c in zip(rows, columns, strict=True)
    ]
    told = [f"{shown[r]} taken for {shown[c]}: {counts[r, c]:,}" for r, c in zip(rows, columns, strict=True)]
    figure.add_scatter(
        x=columns, y=rows, mode="markers+text", text=texts, hovertext=told, hoverinfo="text",
        customdata=np.stack([rows, columns], 1),
        marker={"size": max(6, min(34, 380 // max(len(counts), 1))), "symbol": "square", "opacity": 0.001},
        textfont={"color": TEXT, "size": 13}, showlegend=False,
        selected={"marker": {"opacity": 0.25}, "textfont": {"color": TEXT}},
        unselected={"marker": {"opacity": 0.001}, "textfont": {"color": TEXT}},
    )  # fmt: skip
    size = min(760, max(300, 150 + 34 * len(counts)))
    figure.update_layout(height=size, margin=MARGIN, dragmode=False, clickmode="event+select")
    axis = {"tickvals": places, "ticktext": shown, "showgrid": False, "zeroline": False}
    figure.update_xaxes(title="predicted", side="bottom", **axis)
    return figure.update_yaxes(title="true", autorange="reversed", **axis)


def two_curves(told: Mapping[str, Any]) -> go.Figure:
    """The receiver operating characteristic, and precision over recall, side by side, each with what chance gives."""
    figure = go.Figure()
    pairs = (
        ("x", told["false_rate"], told["true_rate"], f"ROC, area {told['area']:.3f}", BLUE),
        ("x2", told["recall"], told["precision"], f"precision–recall, average {told['average']:.3f}", ORANGE),
    )
    chance = {"x": ([0, 1], [0, 1]), "x2": ([0, 1], [told["share"]] * 2)}
    for axis, x, y, name, colour in pairs:
        y_axis = axis.replace("x", "y")
        figure.add_scatter(
            x=_thin(x), y=_thin(y), xaxis=axis, yaxis=y_axis, name=name, mode="lines",
            line={"color": colour, "width": 2.5},
        )  # fmt: skip
        across, up = chance[axis]
        figure.add_scatter(
            x=across, y=up, xaxis=axis, yaxis=y_axis, name="chance", showlegend=axis == "x",
            line={"color": GREY, "dash": "dot", "width": 1.5}, mode="lines", hoverinfo="skip",
        )  # fmt: skip
    unit = {"range": [-0.02, 1.02], "zeroline": False}
    return figure.update_layout(
        height=340, margin=MARGIN, legend=LEGEND,
        xaxis={"domain": [0, 0.46], "title": "false positive rate", **unit},
        yaxis={"title": "true positive rate", **unit},
        xaxis2={"domain": [0.56, 1], "title": "recall", "anchor": "y2", **unit},
        yaxis2={"title": "precision", "anchor": "x2", **unit},
    )  # fmt: skip


def reliability(mean: np.ndarray, hit: np.ndarray, count: np.ndarray) -> go.Figure:
    """How often answers are right (bars) that are so sure; on the diagonal a network says what it knows."""
    bins = len(mean)
    centres = (np.arange(bins) + 0.5) / bins
    figure = go.Figure(
        go.Bar(
            x=centres, y=np.nan_to_num(hit), width=1 / bins, name="right", marker={"color": BLUE, "opacity": 0.75},
            customdata=np.stack([count, np.nan_to_num(mean)], 1),
            hovertemplate="%{customdata[0]} answers, %{customdata[1]:.0%} sure, %{y:.0%} right<extra></extra>",
        )
    )  # fmt: skip
    figure.add_scatter(
        x=[0, 1],
        y=[0, 1],
        name="as sure as right",
        mode="lines",
        line={"color": GREY, "dash": "dot"},
        hoverinfo="skip",
    )
    figure.update_layout(height=340, margin=MARGIN, legend=LEGEND, bargap=0)
    figure.update_xaxes(title="how sure", range=[0, 1], tickformat=".0%")
    return figure.update_yaxes(title="share that is right", range=[0, 1], tickformat=".0%")


def predicted(truth: np.ndarray, found: np.ndarray, name: str) -> go.Figure:
    """Predicted over true values (n,), with the line on which both are the same; a point can be chosen."""
    every = max(1, -(-len(truth) // MOST_POINTS))
    low, high = float(min(truth.min(), found.min())), float(max(truth.max(), found.max()))
    figure = go.Figure(
        go.Scatter(
            x=truth[::every].astype(np.float32), y=found[::every].astype(np.float32), mode="markers", name="examples",
            marker={"size": 6, "opacity": 0.65, "color": BLUE}, customdata=np.arange(len(truth))[::every],
        )
    )  # fmt: skip
    figure.add_scatter(
        x=[low, high], y=[low, high], mode="lines", name="the same", line={"color": GREY, "dash": "dot"}
    )
    figure.update_layout(height=360, margin=MARGIN, legend=LEGEND, clickmode="event+select")
    return figure.update_xaxes(title=f"true {escaped(name)}").update_yaxes(title="predicted")


def residuals(found: np.ndarray, errors: np.ndarray) -> go.Figure:
    """Predicted minus true over the prediction, (n,) both: a good network leaves a cloud around 0, without a shape."""
    every = max(1, -(-len(found) // MOST_POINTS))
    figure = go.Figure(
        go.Scatter(
            x=found[::every].astype(np.float32), y=errors[::every].astype(np.float32), mode="markers",
            marker={"size": 6, "opacity": 0.65, "color": ORANGE}, showlegend=False,
        )
    )  # fmt: skip
    figure.add_hline(y=0, line={"color": GREY, "dash": "dot"})
    figure.update_layout(height=360, margin=MARGIN)
    return figure.update_xaxes(title="predicted").update_yaxes(title="predicted − true")


def autocorrelation(lags: np.ndarray, values: np.ndarray, bounds: np.ndarray) -> go.Figure:
    """How much residuals go with those of earlier rows, by lag, (lags,) each; within ± bounds they may be chance."""
    figure = go.Figure(go.Bar(x=lags, y=values.astype(np.float32), marker={"color": BLUE}, width=0.6))
    for sign in (1, -1):
        line = {"color": GREY, "dash": "dot", "shape": "hvh", "width": 1.5}
        figure.add_scatter(x=lags, y=sign * bounds, mode="lines", line=line, hoverinfo="skip")
    figure.update_layout(height=260, margin=MARGIN, showlegend=False)
    return figure.update_xaxes(title="rows apart").update_yaxes(title="autocorrelation", range=[-1.05, 1.05])


def by_group(
    names: Sequence[str], values: Sequence[float], ranges: Sequence[tuple[float, float]], counts: Sequence[int],
    overall: float, title: str,
) -> go.Figure:  # fmt: skip
    """A point for each group with the range in which it lies with 95 % confidence, and the value of all as a line."""
    shown = [f"{brief(name, 28)} ({count:,})" for name, count in zip(names, counts, strict=True)]
    places = np.arange(len(shown))
    found, (low, high) = np.array(values, float), np.array(ranges, float).reshape(-1, 2).T
    figure = go.Figure(
        go.Scatter(
            x=found, y=places, mode="markers", marker={"color": BLUE, "size": 11}, showlegend=False, text=shown,
            error_x={"array": high - found, "arrayminus": found - low, "symmetric": False, "color": BLUE, "width": 5},
            hovertemplate="%{text}: %{x:.4g}<extra></extra>",
        )
    )  # fmt: skip
    figure.add_vline(
        x=overall, line={"color": ORANGE, "width": 2}, annotation_text="all", annotation_position="top"
    )
    figure.update_layout(height=max(200, 90 + 26 * len(names)), margin={**MARGIN, "t": 34})
    return figure.update_xaxes(title=title).update_yaxes(
        tickvals=places, ticktext=shown, autorange="reversed"
    )


def thresholds(steps: np.ndarray, lines: Mapping[str, np.ndarray], chosen: float) -> go.Figure:
    """Measures by name over the threshold from which on a class is told, (steps,) each; a line at the chosen one."""
    figure = go.Figure()
    for (name, values), colour in zip(lines.items(), (BLUE, ORANGE, GREEN), strict=False):
        figure.add_scatter(
            x=steps.astype(np.float32), y=values.astype(np.float32), mode="lines", name=name,
            line={"color": colour, "width": 2.5},
        )  # fmt: skip
    figure.add_vline(x=chosen, line={"color": GREY, "dash": "dot", "width": 2})
    figure.update_layout(height=300, margin=MARGIN, legend=LEGEND, hovermode="x unified")
    return figure.update_xaxes(title="threshold", range=[0, 1]).update_yaxes(range=[-0.02, 1.02])


def _thin(values: np.ndarray) -> np.ndarray:
    every = max(1, len(values) // 400)
    kept = values[::every]
    return (kept if (len(values) - 1) % every == 0 else np.append(kept, values[-1])).astype(np.float32)
