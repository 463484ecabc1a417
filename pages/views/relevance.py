"""What counts for an answer, drawn on the input itself."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from pages.views.examples import MARGIN, escaped

FOR, AGAINST, GREY = "#E8590C", "#1971C2", "#868E96"
WARM, COLD = np.array([232.0, 89, 12]), np.array([25.0, 113, 194])
MOST_BARS = 30


def largest(relevance: np.ndarray) -> float:
    """The size that is drawn in full colour: the largest, but not a single one far beyond all others."""
    sizes = np.abs(relevance[np.isfinite(relevance)])
    if not sizes.size or not sizes.any():
        return 1.0
    usual = float(np.quantile(sizes, 0.995))
    return usual if usual > 0 else float(sizes.max())


def overlay(image: np.ndarray, relevance: np.ndarray, pixels: int = 360) -> np.ndarray:
    """An image (channels, height, width) in pale grey, what speaks for the answer in orange and against it in blue.

    Relevance has the image's shape, or (height, width); of several channels it is summed. uint8 (height, width, 3).
    """
    image = image.astype(np.float64)
    low, high = float(image.min()), float(image.max())
    ink = ((image - low) / ((high - low) or 1)).mean(0)
    paper = 255 - 110 * ink if image.shape[0] == 1 else 145 + 110 * ink
    found = relevance.sum(0) if relevance.ndim == 3 else relevance
    share = np.clip(np.abs(np.nan_to_num(found)) / largest(found), 0, 1)[..., None]
    colour = np.where(found[..., None] > 0, WARM, COLD)
    sheet = paper[..., None] * (1 - 0.85 * share) + colour * 0.85 * share
    zoom = max(1, round(pixels / sheet.shape[1]))
    return sheet.round().astype(np.uint8).repeat(zoom, 0).repeat(zoom, 1)


def bars(names: Sequence[str], values: Sequence[str], relevance: np.ndarray) -> go.Figure:
    """A bar for each column (n,), the most important ones on top, its value beside its name."""
    order = np.argsort(-np.abs(relevance), kind="stable")[:MOST_BARS][::-1]
    shown = [f"{escaped(names[one])[:32]} = {escaped(values[one])[:14]}" for one in order]
    colours = [FOR if relevance[one] > 0 else AGAINST for one in order]
    figure = go.Figure(
        go.Bar(x=relevance[order].astype(np.float32), y=shown, orientation="h", marker={"color": colours})
    )
    figure.update_layout(height=max(180, 70 + 24 * len(order)), margin=MARGIN)
    return figure.update_xaxes(title="relevance", zeroline=True).update_yaxes(type="category")


def series(values: np.ndarray, relevance: np.ndarray) -> go.Figure:
    """A series (steps, features) as lines, and below it what each step counts, summed over features."""
    figure = go.Figure()
    steps = np.arange(len(values))
    for number in range(min(values.shape[1], 8)):
        name = f"feature {number + 1}" if values.shape[1] > 1 else "value"
        figure.add_scatter(x=steps, y=values[:, number].astype(np.float32), name=name, mode="lines+markers")
    told = relevance.sum(1)
    figure.add_bar(
        x=steps, y=told.astype(np.float32), yaxis="y2", showlegend=False,
        marker={"color": [FOR if one > 0 else AGAINST for one in told]},
    )  # fmt: skip
    return figure.update_layout(
        height=400, margin=MARGIN, showlegend=values.shape[1] > 1,
        xaxis={"title": "step", "anchor": "y2"},
        yaxis={"domain": [0.42, 1], "title": "value"},
        yaxis2={"domain": [0, 0.32], "title": "relevance", "anchor": "x"},
    )  # fmt: skip


def fading(layers: Sequence[str], alike: Sequence[float]) -> go.Figure:
    """How alike a map stays while layers are shuffled, from the output back: a good method falls to 0."""
    names = ["trained", *(escaped(one) for one in layers)]
    figure = go.Figure(
        go.Scatter(x=names, y=[1.0, *alike], mode="lines+markers", line={"color": "#4C6EF5", "width": 2.5})
    )
    figure.add_hline(y=0, line={"color": GREY, "dash": "dot"})
    figure.update_layout(height=260, margin=MARGIN)
    figure.update_xaxes(title="shuffled back to", type="category")
    return figure.update_yaxes(title="rank correlation", range=[-1.05, 1.05])


def robustness(epsilon: np.ndarray, attacked: np.ndarray, control: np.ndarray, now: float) -> go.Figure:
    """Accuracy by ε, under attack and under random noise of the same size; the ε that is looked at is marked."""
    figure = go.Figure()
    for values, name, colour, dash in (
        (control, "random signs", GREY, "dot"), (attacked, "attacked", FOR, "solid"),
    ):  # fmt: skip
        figure.add_scatter(
            x=epsilon,
            y=values,
            name=name,
            mode="lines+markers",
            line={"color": colour, "width": 2.5, "dash": dash},
        )
    figure.add_vline(x=now, line={"color": "#4C6EF5", "width": 1.5})
    figure.update_layout(
        height=320, margin=MARGIN, legend={"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"}
    )
    figure.update_xaxes(title="ε", rangemode="tozero")
    return figure.update_yaxes(title="accuracy", range=[0, 1.02], tickformat=".0%")
