"""Glimpses: what a node gives as a picture small enough for its place on the canvas. Pure."""

import base64
import io

import numpy as np
from PIL import Image

from pages.views.relevance import largest
from pages.views.tensor import GAP, PAPER, coloured

SIDE = 48
"""Pixels of a picture at most, each way."""
MOST_MAPS = 9
LEVELS = 100
"""Shades of blue, and of orange."""
BAR = np.array([76, 110, 245], np.uint8)


def glimpse(values: np.ndarray) -> np.ndarray:
    """What a node gives for one example, uint8 (at most 48, at most 48, 3): blue below zero, orange above.

    A matrix is a heat map, a list is laid in rows of equal length, and of several maps up to nine lie side by side.
    All share one scale, from minus to plus the largest size.
    """
    values = np.nan_to_num(np.asarray(values, np.float64))
    values = np.round(values / largest(values) * LEVELS) / LEVELS  # few colours, so that a byte tells a pixel
    maps = values.reshape(-1, *values.shape[-2:]) if values.ndim > 1 else _rows(values)[None]
    across = min(3, int(np.ceil(min(len(maps), MOST_MAPS) ** 0.5)))
    shown = maps[: across * across]
    down = -(-len(shown) // across)
    side = SIDE // across - (across > 1)
    cells = [_fitted(coloured(one, 1.0), side) for one in shown]
    if across == 1:
        return cells[0]
    height, width = (size + 1 for size in cells[0].shape[:2])
    sheet = np.empty((down * height, across * width, 3), np.uint8)
    sheet[:] = GAP.astype(np.uint8)
    for place, cell in enumerate(cells):
        y, x = place // across * height, place % across * width
        sheet[y : y + height - 1, x : x + width - 1] = cell
    return sheet


def bars(histogram: np.ndarray) -> np.ndarray:
    """A histogram (lowest, highest, then counts) as bars, uint8 (32, 48, 3); a grey line stands at zero."""
    low, high = (float(one) for one in histogram[:2])
    counts = np.asarray(histogram[2:], np.float64)
    starts = np.arange(SIDE) * len(counts) // SIDE
    heights = np.maximum.reduceat(counts, starts)
    tall = np.ceil(32 * heights / max(heights.max(), 1)).astype(int)
    sheet = np.empty((32, SIDE, 3), np.uint8)
    sheet[:] = PAPER.astype(np.uint8)
    if low < 0 < high:
        sheet[:, min(SIDE - 1, int(SIDE * -low / (high - low)))] = 150
    sheet[np.arange(32)[:, None] >= 32 - tall[None]] = BAR
    return sheet


def address(picture: np.ndarray) -> str:
    """A picture of at most 256 colours as an address that holds it, a PNG of a byte or less for each pixel."""
    colours, places = np.unique(picture.reshape(-1, 3), axis=0, return_inverse=True)
    image = Image.fromarray(places.reshape(picture.shape[:2]).astype(np.uint8), "P")
    image.putpalette(colours.astype(np.uint8).tobytes())
    file = io.BytesIO()
    image.save(file, "PNG")
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()


def _rows(flat: np.ndarray) -> np.ndarray:
    """A list as rows, as square as may be; places beyond its end are as zero."""
    columns = max(1, int(np.ceil(len(flat.ravel()) ** 0.5)))
    rows = max(1, -(-flat.size // columns))
    return np.pad(flat.ravel(), (0, rows * columns - flat.size)).reshape(rows, columns)


def _fitted(picture: np.ndarray, side: int) -> np.ndarray:
    """At most so many pixels each way: every k-th place of a large picture, several for each of a small one."""
    tall, wide = picture.shape[:2]
    picture = picture[_places(tall, side)][:, _places(wide, side)]
    zoom = max(1, side // max(picture.shape[:2]))
    return picture.repeat(zoom, 0).repeat(zoom, 1)


def _places(count: int, most: int) -> np.ndarray:
    shown = min(count, most)
    return np.arange(shown) * count // max(shown, 1)
