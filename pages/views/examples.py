"""Pictures of data: images side by side, points in the plane, how often each answer occurs."""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

MARGIN = {"l": 8, "r": 8, "t": 24, "b": 8}
LEGEND = {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"}
MOST_CLASSES = 40
MOST_POINTS = 4000


def montage(images: np.ndarray, columns: int = 8, pixels: int = 512) -> np.ndarray:
    """Images (n, channels, height, width) in a grid, ink on paper, uint8 (height, width) or (height, width, 3).

    The extremes of all of them are black and white. One channel is shown in grey, three as colours, else the first.
    """
    channels = 3 if images.shape[1] == 3 else 1
    images = images[:, :channels].astype(np.float64)
    low, high = float(images.min()), float(images.max())
    images = (images - low) / (high - low or 1.0)
    if channels == 1:
        images = 1 - images
    rows, (height, width) = -(-len(images) // columns), images.shape[2:]
    gap = max(1, width // 8)
    sheet = np.ones((rows * (height + gap) - gap, columns * (width + gap) - gap, channels))
    for place, image in enumerate(images):
        top, left = place // columns * (height + gap), place % columns * (width + gap)
        sheet[top : top + height, left : left + width] = np.moveaxis(image, 0, -1)
    zoom = max(1, round(pixels / sheet.shape[1]))
    sheet = (255 * sheet).round().astype(np.uint8).repeat(zoom, 0).repeat(zoom, 1)
    return sheet[:, :, 0] if channels == 1 else sheet


def scatter(points: np.ndarray, targets: np.ndarray, classes: Sequence[str]) -> go.Figure:
    """Points (n, 2), a colour for each class."""
    figure = go.Figure()
    every = max(1, -(-len(points) // MOST_POINTS))
    for number, name in enumerate(classes):
        chosen = points[targets == number][::every].astype(np.float32)
        figure.add_trace(
            go.Scatter(
                x=chosen[:, 0],
                y=chosen[:, 1],
                mode="markers",
                name=escaped(name),
                marker={"size": 6, "opacity": 0.8},
            )
        )
    figure.update_layout(height=440, margin=MARGIN, legend=LEGEND)
    return figure.update_yaxes(scaleanchor="x", zeroline=False).update_xaxes(zeroline=False)


def class_counts(counts: Mapping[str, Mapping[str, int]]) -> go.Figure:
    """A bar for each class and part: counts[part][class]."""
    figure = go.Figure()
    for part, numbers in counts.items():
        names = [*numbers][:MOST_CLASSES]
        figure.add_trace(
            go.Bar(x=[escaped(name) for name in names], y=[numbers[name] for name in names], name=part)
        )
    figure.update_layout(height=340, margin=MARGIN, legend=LEGEND, barmode="group", bargap=0.25)
    return figure.update_xaxes(type="category")


def histogram(values: np.ndarray, name: str) -> go.Figure:
    """How often each of the values (n,) occurs."""
    counts, edges = np.histogram(values, bins=min(40, max(5, int(len(values) ** 0.5))))
    centres = ((edges[1:] + edges[:-1]) / 2).astype(np.float32)
    figure = go.Figure(go.Bar(x=centres, y=counts, width=np.diff(edges).astype(np.float32)))
    figure.update_layout(height=340, margin=MARGIN, bargap=0.05)
    return figure.update_xaxes(title=escaped(name)).update_yaxes(title="examples")


def probabilities(names: Sequence[str], values: Sequence[float], most: int = 12) -> go.Figure:
    """A bar for each class, the most probable one on top."""
    pairs = sorted(zip(values, names, strict=True))[-most:]
    texts = [f"{value:.1%}" for value, _ in pairs]
    figure = go.Figure(
        go.Bar(
            x=[value for value, _ in pairs],
            y=[escaped(name) for _, name in pairs],
            orientation="h",
            text=texts,
            textposition="auto",
            cliponaxis=False,
            hoverinfo="skip",
        )
    )
    figure.update_layout(height=60 + 28 * len(pairs), margin=MARGIN)
    return figure.update_xaxes(range=[0, 1], tickformat=".0%").update_yaxes(type="category")


def escaped(name: str) -> str:
    """A name that Plotly shows as it stands: its texts may hold marks such as <b>."""
    return str(name)[:60].replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def brief(name: str, most: int) -> str:
    """The same, of at most so many characters."""
    return escaped(name if len(name) <= most else name[: most - 1] + "…")
