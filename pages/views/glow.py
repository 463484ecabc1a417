"""Thumbnails of what nodes give, for the canvas: small pictures of a few hundred bytes."""

import io

import numpy as np
from PIL import Image

from pages.views.tensor import PALETTE, shaded

SIDE = 56
MAPS = 16
BAR, GROUND = (76, 110, 245), (241, 243, 245)


def values(array: np.ndarray) -> bytes:
    """What a node gives, as a PNG: up to 16 maps side by side, a heat map, or numbers in rows; blue below 0."""
    array = np.asarray(array, np.float64)
    if array.ndim > 2:
        maps = array.reshape(-1, *array.shape[-2:])[:MAPS]
        columns = max(1, round(len(maps) ** 0.5))
        rows = -(-len(maps) // columns)
        padded = np.full((rows * columns, maps.shape[1] + 1, maps.shape[2] + 1), np.nan)
        padded[: len(maps), :-1, :-1] = maps
        sheet = padded.reshape(rows, columns, *padded.shape[1:]).swapaxes(1, 2)
        flat = sheet.reshape(rows * padded.shape[1], columns * padded.shape[2])[:-1, :-1]
    elif array.ndim == 2:
        flat = array
    else:
        side = max(1, int(np.ceil(array.size**0.5)))
        flat = np.pad(array.ravel(), (0, -array.size % side), constant_values=np.nan).reshape(-1, side)
    return _png(PALETTE[shaded(flat)])


def histogram(told: np.ndarray) -> bytes:
    """A distribution, (66,): lowest, highest, counts in equal bins; as a PNG."""
    counts = told[2:].reshape(-1, 2).sum(1)
    heights = np.ceil(SIDE // 2 * counts / (counts.max() or 1)).astype(int)
    sheet = np.empty((SIDE // 2, len(counts), 3), np.uint8)
    sheet[:] = GROUND
    for column, height in enumerate(heights):
        if height:
            sheet[-height:, column] = BAR
    return _png(sheet)


def _png(colours: np.ndarray) -> bytes:
    """At most 56 pixels wide and high, sharp where it is enlarged."""
    picture = Image.fromarray(np.ascontiguousarray(colours))
    scale = SIDE / max(picture.size)
    size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    method = Image.Resampling.NEAREST if scale >= 1 else Image.Resampling.BOX
    data = io.BytesIO()
    picture.resize(size, method).quantize(32).save(data, "PNG", optimize=True)
    return data.getvalue()
