"""A gallery: many images as one, with words below each."""

import base64
import io
from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from PIL import Image

from pages.views.examples import escaped, montage

EDGE = (206, 212, 218)
STRIP = 0.42
"""Height of the words below an image, in sides of an image."""


def gallery(
    images: np.ndarray, captions: Sequence[str], told: Sequence[str], numbers: np.ndarray, columns: int = 6
) -> go.Figure:
    """Images (n, channels, height, width), each with a caption, words for who points at it, and its number as data."""
    _, _, height, width = images.shape
    rows = -(-len(images) // columns)
    across, down = np.arange(len(images)) % columns, np.arange(len(images)) // columns
    pitch = height / width + STRIP
    figure = go.Figure(
        go.Scatter(
            x=across + 0.46, y=down * pitch + height / width + 0.06, mode="text", text=[*map(escaped, captions)],
            textposition="bottom center", hoverinfo="skip", cliponaxis=False, textfont={"size": 11},
            selected={"textfont": {"color": "rgba(128,128,128,1)"}}, unselected={"textfont": {}},
        )
    )  # fmt: skip
    unseen = {"marker": {"opacity": 0}}
    figure.add_scatter(
        x=across + 0.46, y=down * pitch + height / width / 2, mode="markers", customdata=numbers,
        hovertext=[*map(_escaped_lines, told)], hovertemplate="%{hovertext}<extra></extra>",
        marker={"opacity": 0, "size": 56, "symbol": "square"}, selected=unseen, unselected=unseen,
    )  # fmt: skip
    source = _png(images, columns)
    figure.add_layout_image(
        source=source,
        xref="x",
        yref="y",
        x=0,
        y=0,
        sizex=columns,
        sizey=rows * pitch,
        sizing="stretch",
        layer="below",
    )
    figure.update_layout(
        height=int(rows * pitch * 112) + 16,
        margin={"l": 0, "r": 0, "t": 4, "b": 12},
        showlegend=False,
        dragmode=False,
    )
    # as wide as there is room, never out of shape
    figure.update_xaxes(visible=False, range=[0, columns], constrain="domain", constraintoward="left")
    return figure.update_yaxes(
        visible=False, range=[rows * pitch, 0], scaleanchor="x", constrain="domain", constraintoward="top"
    )


def _escaped_lines(text: str) -> str:
    return "<br>".join(escaped(line) for line in text.split("\n"))


def _png(images: np.ndarray, columns: int) -> str:
    """One picture of all, with a clear strip below each, as an address that holds it."""
    _, _, height, width = images.shape
    zoom = max(1, round(96 / width))
    gap, strip = round(0.08 * width * zoom), round(STRIP * width * zoom)
    cell_height, cell_width = height * zoom + strip, width * zoom + gap
    rows = -(-len(images) // columns)
    sheet = np.zeros((rows * cell_height, columns * cell_width, 4), np.uint8)
    together = montage(images, 1, 1)  # the extremes of all of them are black and white
    apart = max(1, width // 8)
    for place in range(len(images)):
        start = place * (height + apart)
        tile = together[start : start + height]
        tile = np.repeat(tile[:, :, None], 3, 2) if tile.ndim == 2 else tile
        tile = tile.repeat(zoom, 0).repeat(zoom, 1)
        top, left = place // columns * cell_height, place % columns * cell_width
        tile[[0, -1]] = tile[:, [0, -1]] = EDGE  # paper on a white page
        sheet[top : top + height * zoom, left : left + width * zoom, :3] = tile
        sheet[top : top + height * zoom, left : left + width * zoom, 3] = 255
    file = io.BytesIO()
    Image.fromarray(sheet).save(file, "PNG")
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()
