"""What counts for an answer, drawn on the input itself."""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from pages.views.examples import LEGEND, MARGIN, brief, escaped

FOR, AGAINST, GREY = "#E8590C", "#1971C2", "#868E96"
WARM, COLD = np.array([232.0, 89, 12]), np.array([25.0, 113, 194])
SCALE = [
    [0.0, "rgba(25,113,194,1)"], [0.5, "rgba(25,113,194,0.05)"],
    [0.5, "rgba(232,89,12,0.05)"], [1.0, "rgba(232,89,12,1)"],
]  # fmt: skip
INK = 0.3
"""How much the darkest pixel of an image darkens its relevance: little, so that colours stay what they are."""
FRAME = (206, 212, 218)
FADING = "#4C6EF5"
MOST_BARS, MOST_LANES, MOST_LINES = 30, 60, 6


def largest(relevance: np.ndarray) -> float:
    """The size that is drawn in full colour: the largest, but not a single one far beyond all others."""
    sizes = np.abs(relevance[np.isfinite(relevance)])
    if not sizes.size or not sizes.any():
        return 1.0
    usual = float(np.quantile(sizes, 0.995, method="higher"))
    return usual if usual > 0 else float(sizes.max())


def overlay(image: np.ndarray, relevance: np.ndarray, pixels: int = 360) -> np.ndarray:
    """An image (channels, height, width) in pale grey, what speaks for the answer in orange and against it in blue.

    Relevance has the image's shape, or (height, width); of several channels it is summed. The largest has the full
    colour; where nothing speaks against it, the lowest has none. uint8 (height, width, 3).
    """
    image = image.astype(np.float64)
    low, high = float(image.min()), float(image.max())
    ink = ((image - low) / ((high - low) or 1)).mean(0)
    paper = 1 - INK * (ink if image.shape[0] == 1 else 1 - ink)
    found = together(relevance)
    found = found - max(float(found.min()), 0.0) if np.ptp(found) else found
    share = np.clip(np.abs(np.nan_to_num(found)) / largest(found), 0, 1)[..., None]
    sheet = paper[..., None] * (255 * (1 - share) + np.where(found[..., None] > 0, WARM, COLD) * share)
    return framed(sheet.round().astype(np.uint8), pixels)


def framed(sheet: np.ndarray, pixels: int) -> np.ndarray:
    """An image (height, width, …) of uint8 about so many pixels wide, in a thin frame, which shows where it ends."""
    zoom = max(1, round(pixels / sheet.shape[1]))
    large = sheet.repeat(zoom, 0).repeat(zoom, 1)
    edge = FRAME if large.ndim == 3 else FRAME[0]
    large[[0, -1]] = edge
    large[:, [0, -1]] = edge
    return large


def together(relevance: np.ndarray) -> np.ndarray:
    """Relevance of an image (height, width), that of its channels summed."""
    return relevance.sum(0) if relevance.ndim == 3 else relevance


def strip(image: np.ndarray, maps: Sequence[np.ndarray], pixels: int = 900) -> np.ndarray:
    """Several maps of one image from left to right, each in its own full colours, as one image (height, width, 3)."""
    sheets = [overlay(image, one, pixels // len(maps)) for one in maps]
    gap = np.zeros((len(sheets[0]), max(4, pixels // 100), 4), np.uint8)
    solid = [np.dstack([one, np.full(one.shape[:2], 255, np.uint8)]) for one in sheets]
    return np.concatenate([piece for one in solid for piece in (gap, one)][1:], 1)


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


def series(values: np.ndarray, relevance: np.ndarray, names: Sequence[str]) -> go.Figure:
    """A series (steps, features): each point in the colour of what it counts; below it, the sum of each step."""
    figure, top = go.Figure(), largest(relevance)
    steps = np.arange(1, len(values) + 1)
    features = np.argsort(-np.abs(relevance).sum(0), kind="stable")[:MOST_LINES]
    for number, feature in enumerate(np.sort(features)):
        figure.add_scatter(
            x=steps, y=values[:, feature].astype(np.float32), name=escaped(names[feature]), mode="lines+markers",
            line={"color": GREY, "width": 1.5, "dash": ("solid", "dot", "dash")[number % 3]},
            marker={"size": 10, "color": relevance[:, feature].astype(np.float32), "colorscale": SCALE,
                    "cmin": -top, "cmax": top, "line": {"color": GREY, "width": 0.5}},
        )  # fmt: skip
    told = relevance.sum(1)
    figure.add_bar(
        x=steps, y=told.astype(np.float32), yaxis="y2", showlegend=False, name="relevance",
        marker={"color": [FOR if one > 0 else AGAINST for one in told]},
    )  # fmt: skip
    return figure.update_layout(
        height=400, margin=MARGIN, showlegend=values.shape[1] > 1, legend=LEGEND,
        xaxis={"title": "step", "anchor": "y2"},
        yaxis={"domain": [0.42, 1], "title": "value"},
        yaxis2={"domain": [0, 0.32], "title": "relevance", "anchor": "x"},
    )  # fmt: skip


def lanes(titles: Sequence[str], places: Sequence[str], maps: np.ndarray) -> go.Figure:
    """What each of several methods finds (methods, places), a lane each, in the colours of its own largest."""
    order = np.sort(
        np.argsort(-np.max([np.abs(one) / largest(one) for one in maps], 0), kind="stable")[:MOST_LANES]
    )
    shares = np.stack([one[order] / largest(one) for one in maps]).astype(np.float32)
    figure = go.Figure(
        go.Heatmap(
            z=shares, x=[*range(len(order))], y=[*map(escaped, titles)], zmin=-1, zmax=1, colorscale=SCALE,
            showscale=False, xgap=2, ygap=4, customdata=maps[:, order].astype(np.float32),
            hovertemplate="%{y}: %{customdata:.3g}<extra></extra>",
        )
    )  # fmt: skip
    figure.update_layout(height=90 + 46 * len(titles), margin=MARGIN)
    few = order[:: max(1, len(order) // 24)]
    at = [int(np.searchsorted(order, one)) for one in few]
    figure.update_xaxes(tickvals=at, ticktext=[brief(places[one], 24) for one in few])
    figure.update_xaxes(showgrid=False, zeroline=False)
    return figure.update_yaxes(autorange="reversed", type="category", showgrid=False)


def fading(layers: Sequence[str], curves: Mapping[str, np.ndarray]) -> go.Figure:
    """How alike a map stays while layers are shuffled from the output back: of each curve all draws, and their mean.

    Each curve is (draws, stages); before them stands the trained network, which is like itself.
    """
    figure, places = go.Figure(), [*range(len(layers) + 1)]
    for (name, alike), colour in zip(curves.items(), (FADING, FOR), strict=False):
        for row in alike:
            figure.add_scatter(
                x=places, y=[1.0, *row.tolist()], mode="lines", hoverinfo="skip", showlegend=False, opacity=0.3,
                line={"color": colour, "width": 1},
            )  # fmt: skip
        figure.add_scatter(
            x=places, y=[1.0, *alike.mean(0).tolist()], mode="lines+markers", name=name,
            line={"color": colour, "width": 2.5},
        )  # fmt: skip
    figure.add_hline(y=0, line={"color": GREY, "dash": "dot"})
    figure.update_layout(height=300, margin=MARGIN, legend=LEGEND, showlegend=len(curves) > 1)
    names = ["trained", *(escaped(one) for one in layers)]
    figure.update_xaxes(title="shuffled back to", tickvals=places, ticktext=names, tickfont={"size": 10})
    return figure.update_yaxes(title="rank correlation", range=[-1.05, 1.05])
