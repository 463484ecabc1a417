"""The numbers of a tensor as one picture: blue below zero, orange above, paper at zero."""

import io
import math

import numpy as np
from PIL import Image

from pages.views.relevance import COLD, WARM, largest

MOST_MAPS = 64
LARGEST = 2048
"""Cells in a line of the image, at most."""
TALLEST, BROADEST = 1.25, 16
"""How many times as high as it is broad the image becomes at most, and the other way round."""
PAPER = np.array([248.0, 249, 250])
DEEPEST = 126
"""How many shades there are on each side of zero."""
GAP, FRAME = 2 * DEEPEST + 1, 2 * DEEPEST + 2


def _palette() -> np.ndarray:
    """The colour of each shade, uint8 (shades, 3): from the coldest over paper to the warmest, then gap and frame."""
    share = np.abs(np.arange(-DEEPEST, DEEPEST + 1))[:, None] / DEEPEST
    end = np.array([*[COLD] * DEEPEST, *[WARM] * (DEEPEST + 1)])
    scale = (PAPER * (1 - share) + end * share).round()
    return np.array([*scale, (222, 226, 230), (33, 33, 33)], np.uint8)


PALETTE = _palette()


def shaded(values: np.ndarray) -> np.ndarray:
    """Numbers (…) as shades, uint8 (…): places in the palette; the largest size has the full colour."""
    finite = np.nan_to_num(np.asarray(values, np.float32))
    share = np.clip(finite * np.float32(DEEPEST / largest(finite)), -DEEPEST, DEEPEST)
    return (np.rint(share) + DEEPEST).astype(np.uint8)


def pictured(values: np.ndarray, pixels: int = 420, mark: int | None = None) -> bytes:
    """A tensor as one image, a PNG: numbers in rows, a matrix, or maps side by side.

    Of very large maps each pixel is the largest number in size of several. Cells are squares, unless the whole would be
    much longer than it is broad, or the other way round.

    Args:
        values: of any number of dimensions; of more than three the first ones are laid one after the other.
        pixels: about how wide it becomes.
        mark: the place of a number, in the flattened tensor, that gets a dark frame.
    """
    maps = _maps(values)[:MOST_MAPS]
    count, height, width = maps.shape
    slim = min(max(height / max(width, 1), 1 / BROADEST), BROADEST)
    columns = min(count, max(1, round((count * slim) ** 0.5)))
    rows = -(-count // columns)
    fold = (-(-rows * height // LARGEST) or 1, -(-columns * width // LARGEST) or 1)
    place = np.unravel_index(mark, maps.shape) if mark is not None and mark < maps.size else None
    maps = _folded(maps, *fold)
    height, width = maps.shape[1:]
    down, across = _zoom(rows * height, columns * (width + (count > 1)), pixels)
    gap = max(1, min(down, across) // 6) if count > 1 else 0
    size = (rows * (height * down + gap), columns * (width * across + gap))
    sheet = np.full(np.maximum(size, 1), GAP, np.uint8)
    shades = shaded(maps).repeat(down, 1).repeat(across, 2)
    for number in range(count):
        top, left = number // columns * (height * down + gap), number % columns * (width * across + gap)
        sheet[top : top + height * down, left : left + width * across] = shades[number]
    if place is not None:
        number, row, column = int(place[0]), int(place[1]) // fold[0], int(place[2]) // fold[1]
        top = number // columns * (height * down + gap) + row * down
        left = number % columns * (width * across + gap) + column * across
        _frame(sheet[top : top + down, left : left + across])
    return _png(sheet)


def _zoom(rows: int, columns: int, pixels: int) -> tuple[int, int]:
    """The height and width of a cell: squares, but neither a column that is endless nor a line that is thin."""
    rows, columns = max(rows, 1), max(columns, 1)
    zoom = max(1, min(28, round(pixels / columns), round(TALLEST * pixels / rows)))
    across = max(zoom, math.ceil(zoom * rows / (TALLEST * columns)))
    down = max(zoom, -(-zoom * columns // (BROADEST * rows)))
    return down, across


def _folded(maps: np.ndarray, down: int, across: int) -> np.ndarray:
    """Maps (n, height, width) with each block of so many numbers as one: that which is largest in size."""
    if down == across == 1:
        return maps
    count, height, width = maps.shape
    padded = np.pad(np.nan_to_num(maps), ((0, 0), (0, -height % down), (0, -width % across)))
    blocks = padded.reshape(count, padded.shape[1] // down, down, padded.shape[2] // across, across)
    flat = blocks.swapaxes(2, 3).reshape(*blocks.shape[:2], blocks.shape[3], down * across)
    largest = np.abs(flat).argmax(-1)[..., None]
    return np.take_along_axis(flat, largest, -1)[..., 0]


def _png(sheet: np.ndarray) -> bytes:
    """Shades (height, width) as a PNG, packed lightly: it is made anew with every rerun."""
    image = Image.frombytes("P", sheet.shape[::-1], sheet.tobytes())
    image.putpalette(PALETTE.tobytes())
    data = io.BytesIO()
    image.save(data, "PNG", compress_level=1)
    return data.getvalue()


def _maps(values: np.ndarray) -> np.ndarray:
    """A tensor as maps (count, height, width); numbers without an order of their own in rows of 16, or in a square."""
    if values.ndim > 1:
        return values.reshape(-1, *values.shape[-2:])
    flat = values.ravel()
    columns = min(len(flat), max(16, -(-len(flat) // max(int(len(flat) ** 0.5), 1)))) or 1
    rows = -(-len(flat) // columns)
    return np.pad(flat, (0, rows * columns - len(flat)), constant_values=np.nan).reshape(1, rows, columns)


def _frame(cell: np.ndarray) -> None:
    thick = max(1, len(cell) // 8)
    for edge in (cell[:thick], cell[-thick:], cell[:, :thick], cell[:, -thick:]):
        edge[:] = FRAME
